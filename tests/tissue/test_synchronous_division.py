"""Division by the clock: when, who, and never beyond a site's capacity."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybridmet.lattice import Lattice
from hybridmet.tissue.cells import Cells, kind_of
from hybridmet.tissue.synchronous_division import SynchronousDivision, divisions_due

NAMES = ("epithelial", "mesenchymal")


def test_sums_of_steps_meet_every_doubling_time_once():
    dt, doubling, time, due = 40 / 3600, 8e4 / 3600, 0.0, []
    for step in range(1, 6001):
        if divisions_due(time, time + dt, doubling):
            due.append(step)
        time += dt
    assert due == [2000, 4000, 6000]


@given(st.integers(0, 2**31), st.integers(1, 8))
@settings(max_examples=50, deadline=None)
def test_all_divide_that_have_room_and_no_site_holds_more_than_its_slots(seed, slots):
    rng = np.random.default_rng(seed)
    cells = Cells(Lattice((4, 5), 10.0), slots)
    kind = cells.column("kind")
    kind[:] = rng.choice([0, 0, kind_of(0), kind_of(1)], kind.shape)
    before = kind.copy()
    clock = SynchronousDivision({"epithelial": 2.0}, NAMES, cells)
    born = clock.step(1.0, 2.0, seed, 0, 7)
    mothers, room = (before == kind_of(0)).sum(-1), (before == 0).sum(-1)
    np.testing.assert_array_equal((kind == kind_of(0)).sum(-1) - mothers, np.minimum(mothers, room))
    np.testing.assert_array_equal(kind[before != 0], before[before != 0])
    assert born == np.minimum(mothers, room).sum()


def test_a_daughter_inherits_and_both_are_newborn():
    cells = Cells(Lattice((3, 3), 10.0), 4)
    cells.put(np.array([4]), np.array([2]), kind_of(1), 5, 9, 0.0)
    assert SynchronousDivision({"mesenchymal": 3.0}, NAMES, cells).step(2.0, 3.0, 1, 0, 0) == 1
    for name, value in (("kind", kind_of(1)), ("clone", 5), ("founder", 9), ("born", 3.0)):
        assert cells.column(name)[1, 1].tolist() == [value, 0, value, 0]


@pytest.mark.parametrize("end", [1.99, 2.01])
def test_nothing_divides_before_its_time(end):
    cells = Cells(Lattice((3, 3), 10.0), 2)
    cells.put(np.array([4]), np.array([0]), kind_of(0), 1, 0, 0.0)
    clock = SynchronousDivision({"epithelial": 2.0}, NAMES, cells)
    assert clock.step(0.0, end, 1, 0, 0) == (end > 2.0)
