"""Colonies of the surrogate against colonies of the lattice that were not used to calibrate it.

Which colonies, and why the clock of those of one cell runs from their first FOUNDED cells or more:
pairs.py. What is asked: the mean size at each time within TOLERANCE beyond three standard errors of
both means, and enough colonies that these errors are below MOST_ERROR; the spread of the sizes.
Survival of single cells, which all have room, is that of a branching process (test_branching.py).
"""

from functools import cache

import numpy as np
import pytest
from scipy.stats import f

from hybridmet.tissue.colony_room import depths, room_table
from tests.validation.surrogate_lattice.calibrate import MOVES, share_at
from tests.validation.surrogate_lattice.grown import Clock, grown_to, history, organ, put_ball
from tests.validation.surrogate_lattice.pairs import CASES, lattice_sizes, surrogate_sizes

TOLERANCE, MOST_ERROR, MANY = 0.05, 0.025, 200
"""Of a mean; largest standard error of one; colonies of the surrogate."""
QUICK = {"still": 16, "packed epithelial": 8}
SLOW = {
    "default epithelial": 24,
    "slow": 16,
    "dying and motile": 14,
}
"""Colonies on the lattice. Default mesenchymal ones would have to be more than 16 (docs/surrogate.md)."""


@cache
def sizes(name: str, colonies: int) -> tuple[np.ndarray, np.ndarray]:
    """Of the lattice and of the surrogate: (colonies, times)."""
    return lattice_sizes(CASES[name], colonies), surrogate_sizes(CASES[name], MANY)


def assert_means_agree(name: str, colonies: int) -> None:
    a, b = sizes(name, colonies)
    for time, x, y in zip(CASES[name].times, a.T, b.T, strict=True):
        error = np.hypot(x.std(ddof=1) / np.sqrt(len(x)), y.std(ddof=1) / np.sqrt(len(y)))
        assert error < MOST_ERROR * y.mean(), (name, time, error / y.mean())
        difference = abs(x.mean() - y.mean())
        assert difference < TOLERANCE * y.mean() + 3.0 * error, (name, time, x.mean(), y.mean())


@pytest.mark.parametrize("name", QUICK)
def test_mean_sizes_agree(name):
    assert_means_agree(name, QUICK[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_mean_sizes_agree_up_to_ten_thousand_cells(name):
    assert_means_agree(name, SLOW[name])
    assert sizes(name, SLOW[name])[1].mean(axis=0)[-1] > 1000


@pytest.mark.slow
@pytest.mark.parametrize("name", ["default epithelial"])
def test_sizes_spread_as_much(name):
    """By an F-test in log size, at the level of three standard errors."""
    a, b = (np.log(x[x.min(axis=1) > 0]) for x in sizes(name, SLOW[name]))
    ratio = a.var(axis=0, ddof=1) / b.var(axis=0, ddof=1)
    low, high = f.ppf([0.00135, 0.99865], len(a) - 1, len(b) - 1)
    assert np.all((low < ratio) & (ratio < high)), (ratio, low, high)


def test_the_table_is_what_the_lattice_counts():
    """Recounted with other seeds where it takes seconds: the share of cells with room in colonies
    of 64 to 512 cells, for a reach and a death share of the table."""
    reach, death, octaves, colonies = 0.75, 0.1, (6, 7, 8, 9), 16
    found = []
    for seed in range(1, colonies + 1):
        clock = Clock(1.6, MOVES)
        tissue = organ((48, 48, 48), reach, death, "faces", seed, clock)
        put_ball(tissue, 1.0)
        _, cells, with_room = history(tissue, reach, clock, grown_to(768)).T
        if cells[-1] > 0:
            found.append([share_at(k, cells, with_room) for k in octaves])
    mean, error = np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
    assert len(found) > 4 and error.max() < 0.01
    counted, _ = room_table(3, "faces").at(reach, death)
    again = depths(3, 2.0 ** np.array(octaves), mean, np.array(death))
    width = depths(3, 2.0 ** np.array(octaves), mean + 4.0 * error, np.array(death)) - again
    assert np.all(np.abs(again - counted[list(octaves)]) < width), (again, counted[list(octaves)])
