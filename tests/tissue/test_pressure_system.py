"""Pressures of circuits: conjugate gradients against a dense solution."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybridmet._core.pressure import Balance
from hybridmet.errors import KernelError
from hybridmet.tissue.pressure_system import PressureSystem


def circuit(seed: int, unknowns: int, extra: int, decades: float):
    """Ends (-1: known pressure) and conductances of a random tree with more segments."""
    rng = np.random.default_rng(seed)
    child = np.arange(unknowns)
    stem = np.array([rng.integers(-1, n) if n else -1 for n in child], dtype=np.int64)
    more = rng.integers(-1, unknowns, (2, extra))
    i, j = np.concatenate([child, more[0]]), np.concatenate([stem, more[1]])
    kept = i != j
    name = np.append(rng.permutation(unknowns), -1)
    return name[i[kept]], name[j[kept]], 10.0 ** (decades * rng.random(int(kept.sum())))


def matrix(unknowns: int, i, j, g) -> np.ndarray:
    a = np.zeros((unknowns + 1, unknowns + 1))
    np.add.at(a, (i, i), g)
    np.add.at(a, (j, j), g)
    np.subtract.at(a, (i, j), g)
    np.subtract.at(a, (j, i), g)
    return a[:-1, :-1]


@given(
    seed=st.integers(0, 10**6),
    unknowns=st.integers(1, 60),
    extra=st.integers(0, 90),
    decades=st.floats(0.0, 3.0),
)
@settings(max_examples=100, deadline=None)
def test_solutions_are_those_of_the_matrix(seed, unknowns, extra, decades):
    i, j, g = circuit(seed, unknowns, extra, decades)
    right = np.random.default_rng(seed + 1).random(unknowns) - 0.5
    system = PressureSystem(unknowns, i, j)
    for factor in (1.0, 2.0):  # conductances change, the network stays
        system.renew(factor * g)
        solution = system.solve(right, 1e-13)
        expected = np.linalg.solve(matrix(unknowns, i, j, factor * g), right)
        assert solution == pytest.approx(expected, abs=1e-9 * np.abs(expected).max())


def test_a_tree_is_solved_in_one_step_whatever_its_numbers(monkeypatch):
    """Children are eliminated before what they hang on, so that the factors are whole."""
    monkeypatch.setattr("hybridmet.tissue.pressure_system.MOST_STEPS", 1)
    for seed in range(20):
        i, j, g = circuit(seed, 200, 0, 1.0)
        right = np.random.default_rng(seed).random(200)
        system = PressureSystem(200, i, j)
        system.renew(g)
        expected = np.linalg.solve(matrix(200, i, j, g), right)
        assert system.solve(right, 1e-15) == pytest.approx(expected, rel=1e-9)


def test_what_no_known_pressure_reaches_is_refused():
    system = PressureSystem(3, np.array([0, 1]), np.array([-1, 2]))
    with pytest.raises(KernelError):
        system.renew(np.ones(2))


@pytest.mark.parametrize(
    "node, other, segment",
    [([0, 0], [1, -1], [0, 1]), ([1, 0], [-1, -1], [0, 1]), ([0], [2], [0]), ([0], [-1], [1])],
)
def test_entries_out_of_order_or_range_are_refused(node, other, segment):
    with pytest.raises(ValueError):
        Balance(2, len(segment), *(np.array(a, np.int32) for a in (node, other, segment)))
