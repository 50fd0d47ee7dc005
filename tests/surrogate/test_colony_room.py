"""Room in colonies: mean depths, and how far colonies differ."""

from dataclasses import replace

import numpy as np
import pytest

from hybridmet.tissue.colony_room import (
    SIZES,
    SPREAD,
    radii,
    room_table,
    size_spread,
)
from hybridmet.tissue.surrogate_parameters import SurrogateParameters
from tests.surrogate.cultures import STILL, living_surrogate, run, surrogate, with_founders

RATE = 0.0312
WANDERING = replace(STILL, division_rate=RATE, death_rate=0.1 * RATE, motility=RATE * 480.0)
"""A reach of 1.1 sites of 20 um."""
FREE = SurrogateParameters(capacity=10**12)


@pytest.mark.parametrize("dim", [2, 3])
def test_colonies_differ_until_half_of_their_cells_have_room(dim):
    depth, _ = room_table(dim, "faces").at(1.25, 0.1)
    sites = 2.0 ** np.arange(SIZES)
    room = 1.0 - (1.0 - np.minimum(1.0, depth / radii(dim, sites))) ** dim
    spread = size_spread(dim, depth)
    assert np.all(np.diff(spread) < 0.0)
    assert spread[0] > 0.98 * SPREAD
    half = np.interp(-0.5, -room, spread)
    assert half == pytest.approx(SPREAD / 3.0 ** (0.5 * (dim - 1)), rel=0.05)


def test_colonies_have_a_width_each_for_good():
    tissue = with_founders(surrogate(WANDERING, FREE), 50)
    founders, one = np.arange(1, 51, dtype=np.uint32), np.ones((50, 1))
    shells = tissue._kernel.shells(founders, one)
    run(tissue, 100.0, 20.0)
    again = tissue._kernel.shells(founders[::-1].copy(), 7.0 * one)[::-1]
    assert np.array_equal(again, shells)
    assert len(np.unique(shells[:, 12])) == 50


def test_a_wide_colony_outgrows_a_narrow_one():
    """At 200 h after 100 cells: the correlation with its room at 4096 cells is the larger part."""
    n = 120
    tissue = with_founders(surrogate(WANDERING, FREE), n, cells=100)
    founders = np.arange(1, n + 1, dtype=np.uint32)
    room = tissue._kernel.shells(founders, np.ones((n, 1)))[:, 12]
    run(tissue, 200.0, 10.0)
    sizes = living_surrogate(tissue, n)
    assert sizes.min() > 4000
    assert np.corrcoef(room, np.log(sizes))[0, 1] > 0.6


def test_colonies_do_not_differ_where_the_depth_is_stated():
    stated = SurrogateParameters(capacity=10**12, shell=60.0)
    tissue = surrogate(WANDERING, stated)
    shells = tissue._kernel.shells(np.arange(1, 9, dtype=np.uint32), np.ones((8, 1)))
    assert np.all(shells == 3.0)


def test_initial_cells_are_as_they_were_put():
    tissue = surrogate(WANDERING, FREE)
    tissue._kernel.take_initial(tissue._shells.initial(5.0))
    initial = tissue._kernel.shells(np.zeros(1, dtype=np.uint32), np.ones((1, 1)))
    assert np.array_equal(initial, tissue._shells.initial(5.0))
