"""Rates of cells in a ball: the field inside against its equation, cores, depletion beside vessels."""

from dataclasses import replace

import numpy as np
import pytest

from hybridmet._core.population import SIZES
from hybridmet.lattice import Lattice
from hybridmet.tissue.ball_rates import MIDDLES, ball_rates, depletion, profile
from hybridmet.tissue.colony_room import radii
from hybridmet.tissue.fields import DEFAULT_FIELDS
from hybridmet.tissue.mean_field import EvenVessels, cell_rates, field_value
from hybridmet.tissue.phenotypes import BEHAVIOURS, DEFAULT_PHENOTYPES

OXYGEN, CELL = DEFAULT_FIELDS["oxygen"], DEFAULT_PHENOTYPES["epithelial"]
SPARSE, SPARSER = EvenVessels(2e-5, 5.0, 0.1), EvenVessels(5e-6, 5.0, 0.1)
BALLS = Lattice((64, 64, 64), 20.0)
DISCS = Lattice((200, 200), 20.0)


@pytest.mark.parametrize("lattice", [BALLS, DISCS])
def test_oxygen_in_a_ball_solves_its_equation(lattice):
    """Finite differences of u'' + (d - 1) u' / r = (K + decay + q) (u - u_full) / D."""
    u = profile("oxygen", OXYGEN, CELL, SPARSE, lattice)[-1]
    supply, full = SPARSE.exchange_rate(OXYGEN), field_value("oxygen", OXYGEN, CELL, SPARSE)
    r = MIDDLES * 20.0 * radii(lattice.dim, np.array([2.0 ** (SIZES - 1)]))[0]
    step = r[1] - r[0]
    bend = (u[2:] - 2.0 * u[1:-1] + u[:-2]) / step**2
    bend += (lattice.dim - 1) / r[1:-1] * (u[2:] - u[:-2]) / (2.0 * step)
    loss = supply + OXYGEN.decay_rate + CELL.uptake_rates["oxygen"]
    rest = OXYGEN.diffusivity * bend - loss * (u[1:-1] - full)
    assert np.abs(rest).max() < 0.1 * (loss * (u - full)).max()
    assert u[0] == pytest.approx(full, rel=0.05) and np.all(np.diff(u) >= 0.0)


def test_a_single_cell_has_nearly_the_oxygen_of_tissue_without_tumour():
    alone = profile("oxygen", OXYGEN, CELL, SPARSE, BALLS)[0]
    supply = SPARSE.exchange_rate(OXYGEN)
    empty = supply * OXYGEN.blood_value / (supply + OXYGEN.decay_rate)
    assert np.all(alone > 0.97 * empty) and np.all(alone < empty)


def test_what_no_vessel_exchanges_keeps_its_value():
    assert np.all(profile("ecm", DEFAULT_FIELDS["ecm"], CELL, SPARSE, BALLS) == 1.0)


def rates(vessels: EvenVessels):
    phenotypes = {"cell": replace(CELL, transition_rates={})}
    lone = cell_rates(phenotypes, vessels, BALLS)
    depth = np.array([2.0])
    return ball_rates(phenotypes, {"oxygen": OXYGEN}, vessels, BALLS, lone, depth, 8.0)


def test_large_balls_with_few_vessels_are_hypoxic_inside_and_divide_outside():
    found, division = rates(SPARSER), BEHAVIOURS.index("division")
    table, hypoxic = found.table[:, 0, 0], found.hypoxic[:, 0, 0]
    assert hypoxic[0] == 0.0 and hypoxic[-1] > 0.5
    assert np.all(np.diff(hypoxic) >= 0.0)
    assert table[0, division] == pytest.approx(CELL.division_rate, rel=0.01)
    inner = table[:, len(BEHAVIOURS)]
    assert inner[-1] < 0.5 * table[-1, division] < table[0, division]


def test_debris_in_the_middle_leaves_the_cells_that_have_oxygen():
    found, necrosis = rates(SPARSER), BEHAVIOURS.index("necrosis")
    by_core = found.table[-1, :, 0, necrosis]
    assert by_core[0] > 0.0 and np.all(np.diff(by_core) <= 0.0)
    assert by_core[-1] < 0.1 * by_core[0]
    assert np.all(np.diff(found.hypoxic[-1, :, 0]) <= 0.0)


def test_shares_between_sizes_and_cores_are_linear():
    found = rates(SPARSE)
    at = found.hypoxic_share(np.array([2.0**17, 2.0**9]), np.array([0.125, 0.0]))
    assert at[:, 0] == pytest.approx([found.hypoxic[17, 1, 0], found.hypoxic[9, 0, 0]])


def test_only_those_who_enter_more_often_than_others_become_few_beside_vessels():
    lone = cell_rates(DEFAULT_PHENOTYPES, SPARSE, BALLS)
    depth = np.array([3.0, 5.0])
    epithelial, mesenchymal = (depletion(p, lone, SPARSE, BALLS, depth) for p in (0, 1))
    assert np.all(epithelial == 1.0) and np.all(mesenchymal[..., 1] == 1.0)
    intact = mesenchymal[..., 0]
    assert np.all(intact[0] == 1.0) and intact[-1, -1] == 1.0
    k = 1e-5 * 0.9 * 2.0 * np.pi * 5.0 * 20.0
    renewed = 0.00319 + 0.001
    assert intact[-1, 0] == pytest.approx(renewed / (renewed + k), rel=0.2)
