"""Who moves onto a vessel enters the blood with all its neighbours."""

import numpy as np
import pytest

from hybridmet.lattice import Lattice
from hybridmet.tissue.cells import Cells, kind_of
from hybridmet.tissue.contact_entry import ContactDoor, ContactEntry
from hybridmet.tissue.perfusion import VesselSites

NAMES = ("epithelial", "mesenchymal")
E, M = kind_of(0), kind_of(1)


def world(ruptured: bool, boundary="closed", site=(2, 2)):
    """Cells of a 5 x 5 lattice of two slots, and the door of one vessel at a site (y, x)."""
    lattice = Lattice((5, 5), 10.0, boundary)
    cells = Cells(lattice, slots=2)
    padded = lattice.padded(0, np.uint8)
    padded[0, site[0] + 1, site[1] + 1] = 1
    area = np.array([1.0])
    vessels = VesselSites(
        sites=np.flatnonzero(padded),
        intact_area=area * (not ruptured),
        ruptured_area=area * ruptured,
        length=area,
        mask=padded,
    )
    return cells, ContactDoor(ContactEntry(), lattice, cells, vessels, NAMES)


def put(cells, y, x, *kinds):
    cells.column("kind")[y, x, : len(kinds)] = kinds


@pytest.mark.parametrize(
    ("kind", "ruptured", "enters"), [(E, 0, 0), (M, 0, 1), (E, 1, 1), (M, 1, 1)]
)
def test_mesenchymal_cells_enter_any_vessel_and_all_cells_a_ruptured_one(kind, ruptured, enters):
    cells, door = world(bool(ruptured))
    put(cells, 2, 2, kind)
    leavers = door.step(3.0)
    assert len(leavers) == enters
    assert int((cells.column("kind") != 0).sum()) == 1 - enters
    if enters:
        assert (leavers["time"][0], leavers["site"][0], leavers["ruptured"][0]) == (
            3.0,
            12,
            ruptured,
        )


def test_all_cells_of_the_site_and_its_four_neighbours_go_as_one_cluster():
    cells, door = world(False)
    put(cells, 2, 2, E, M)
    for y, x in ((1, 2), (3, 2), (2, 1), (2, 3)):
        put(cells, y, x, E, E)
    put(cells, 1, 1, E)  # across the corner: stays
    put(cells, 3, 2, kind_of(0, 2), E)  # debris stays
    leavers = door.step(0.0)
    assert len(leavers) == 9
    assert len(np.unique(leavers["claimer"])) == 1
    assert int((cells.column("kind") != 0).sum()) == 2


@pytest.mark.parametrize(("boundary", "members"), [("closed", 1), ("periodic", 2)])
def test_neighbours_are_found_across_a_periodic_side_only(boundary, members):
    cells, door = world(False, boundary, site=(0, 2))
    put(cells, 0, 2, M)
    put(cells, 4, 2, E)
    assert len(door.step(0.0)) == members


def test_nothing_happens_without_cells_or_vessels():
    cells, door = world(True)
    assert len(door.step(0.0)) == 0
    put(cells, 2, 3, M)
    assert len(door.step(0.0)) == 0
