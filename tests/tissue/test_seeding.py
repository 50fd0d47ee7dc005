"""Where a DTC finds a place."""

import numpy as np
import pytest

from hybridmet.lattice import Lattice
from hybridmet.tissue.perfusion import VesselSites
from hybridmet.tissue.seeding import arrest_site, nearest_free_place

SQUARE = Lattice((20, 20))
TORUS = Lattice((20, 20), boundary="periodic")


def kinds(lattice, slots=1, full=False):
    return np.full((*lattice.shape3, slots), 1 if full else 0, dtype=np.uint8)


def free(kind, *sites):
    for y, x, slot in sites:
        kind[0, y, x, slot] = 0
    return kind


def test_an_empty_site_takes_the_cell_itself():
    assert nearest_free_place(SQUARE, kinds(SQUARE), 47, 100.0) == (47, 0)


def test_the_nearest_free_site_wins_and_ties_go_to_the_lower_number():
    kind = free(kinds(SQUARE, full=True), (5, 8, 0), (5, 2, 0), (5, 5 - 4, 0))
    assert nearest_free_place(SQUARE, kind, 5 * 20 + 5, 100.0) == (5 * 20 + 2, 0)


@pytest.mark.parametrize(("radius", "found"), [(28.0, None), (28.3, (6 * 20 + 6, 0))])
def test_the_radius_is_a_length_and_no_number_of_sites(radius, found):
    kind = free(kinds(SQUARE, full=True), (6, 6, 0))
    assert nearest_free_place(SQUARE, kind, 5 * 20 + 5, radius) == found


def test_a_periodic_lattice_has_no_border():
    kind = free(kinds(TORUS, full=True), (19, 3, 0))
    assert nearest_free_place(TORUS, kind, 3, 30.0) == (19 * 20 + 3, 0)
    assert nearest_free_place(SQUARE, kind, 3, 30.0) is None


def test_a_large_radius_sees_each_site_of_a_torus_once():
    kind = free(kinds(TORUS, full=True), (13, 0, 0))
    assert nearest_free_place(TORUS, kind, 0, 1e5) == (13 * 20, 0)


def test_a_site_takes_cells_up_to_its_slots():
    kind = free(kinds(SQUARE, slots=3, full=True), (4, 4, 2))
    assert nearest_free_place(SQUARE, kind, 4 * 20 + 4, 20.0) == (4 * 20 + 4, 2)


def test_arrest_sites_follow_the_length_of_wall():
    lattice = Lattice((3, 3))
    padded = np.array([1 * 5 + 1, 1 * 5 + 2], dtype=np.int64)  # global sites 0 and 1
    area = np.ones(2)
    vessels = VesselSites(padded, area, area, np.array([1.0, 3.0]), lattice.padded(0, np.uint8))
    drawn = [arrest_site(lattice, vessels, 7, 0, cluster) for cluster in range(4000)]
    share = np.mean(np.array(drawn) == 1)
    assert set(drawn) == {0, 1}
    assert abs(share - 0.75) < 3 * np.sqrt(0.75 * 0.25 / 4000)


def test_without_vessels_the_middle_is_taken():
    lattice = Lattice((5, 5))
    none = np.empty(0)
    vessels = VesselSites(none.astype(np.int64), none, none, none, lattice.padded(0, np.uint8))
    assert arrest_site(lattice, vessels, 1, 0, 1) == 12
