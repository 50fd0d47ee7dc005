"""Colonies of the surrogate against colonies of the lattice, up to 2000 cells.

Lattice and surrogate have the same phenotype, but that a cell of the lattice that moves in a
sub-step does nothing else: with a chance m to move, its other rates are those stated times (1 - m),
and the lattice is given rates raised by 1 / (1 - m), m being that of a cell among empty sites. What
is compared: the share of colonies that live, mean and standard deviation of their sizes. The
agreement asked for is stated: survival within three standard errors; the mean within 15 % beyond
three standard errors, which is the error of the closure (a ball, docs/surrogate.md); the standard
deviation within 20 % beyond three.
"""

import functools
from dataclasses import replace

import numpy as np
import pytest

from hybridmet.lattice import Lattice
from hybridmet.tissue.cells import kind_of
from hybridmet.tissue.surrogate_parameters import SurrogateParameters
from hybridmet.tissue.tissue import Tissue
from hybridmet.tissue.tissue_parameters import TissueParameters
from tests.surrogate.cultures import (
    NO_VESSELS,
    STILL,
    lattice_cultures,
    living_lattice,
    living_surrogate,
    surrogate,
    with_founders,
)

CASES = {
    # name: motility [um^2/h], death rate [1/h], lattice, first cells, step [h], times [h]
    "compact, one": (0.0, 0.005, (30, 30), 1, 0.5, (72.0, 120.0, 168.0)),
    "motile, one": (18.0, 0.00319, (30, 30), 1, 0.2, (48.0, 96.0, 144.0)),
    "compact ball": (0.0, 0.0, (40, 40, 40), 123, 0.5, (72.0, 120.0, 168.0)),
    "dying ball": (0.0, 0.01, (40, 40, 40), 123, 0.5, (72.0, 144.0, 216.0)),
    "motile ball": (18.0, 0.00319, (56, 56, 56), 123, 0.1, (48.0, 72.0, 96.0)),
    "motile disc": (18.0, 0.00319, (120, 120), 29, 0.1, (72.0, 144.0, 216.0)),
}
"""Single cells stand on one plane, so many sites apart; balls and discs each in a lattice."""
BALL = 60.0
"""Radius of the first cells [um] where they are more than one: 123 sites, 29 in a slice."""
ACROSS, BALLS, MANY = 40, 12, 2000
MEAN_TOLERANCE, DEVIATION_TOLERANCE = 0.15, 0.2
DIVISION = 0.0312

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("case", CASES)]


def _phenotype(case: str, factor: float = 1.0):
    motility, death, *_ = CASES[case]
    return replace(
        STILL, division_rate=DIVISION * factor, death_rate=death * factor, motility=motility
    )


def _raised(case: str):
    """The phenotype of the lattice: a cell that moves does nothing else."""
    motility, _, shape, _, dt, _ = CASES[case]
    return _phenotype(case, 1.0 / (1.0 - 2 * len(shape) * motility * dt / 20.0**2))


def _run_through(tissue: Tissue, case: str, size) -> list:
    """`size()` at the times."""
    *_, dt, times = CASES[case]
    assert tissue.substeps(dt) == 1
    sizes = []
    for time in times:
        while tissue.time < time - 1e-9:
            tissue.step(dt)
        sizes.append(size())
    return sizes


def _single_cells(case: str) -> np.ndarray:
    apart = CASES[case][2][0]
    tissue = lattice_cultures(
        _raised(case), ACROSS, apart, slots=1, division_neighbours="faces"
    )
    n = ACROSS**2
    return np.array(_run_through(tissue, case, lambda: living_lattice(tissue, n))).T


def _ball(case: str, seed: int) -> list[int]:
    _, _, shape, first, *_ = CASES[case]
    tissue = Tissue(
        "organ", index=0, bed="organ", lattice=Lattice(shape, 20.0), fields={},
        phenotypes={"cell": _raised(case)}, vessels=NO_VESSELS,
        parameters=TissueParameters(), seed=seed,
    )  # fmt: skip
    centre = (np.indices(shape).reshape(len(shape), -1).T - np.array(shape) // 2) * 20.0
    sites = np.flatnonzero((centre**2).sum(axis=1) <= BALL**2)
    assert len(sites) == first
    tissue.cells.put(sites, np.zeros(first, int), kind_of(0), 1, 0, 0.0)
    tissue._touch()
    return _run_through(tissue, case, lambda: tissue.living)


@functools.cache
def lattice(case: str) -> np.ndarray:
    """(colonies, times) living cells."""
    if CASES[case][3] == 1:
        return _single_cells(case)
    return np.array([_ball(case, seed) for seed in range(1, BALLS + 1)])


@functools.cache
def counted(case: str) -> np.ndarray:
    """The same of the surrogate, many colonies."""
    _, _, shape, first, _, times = CASES[case]
    tissue = surrogate(_phenotype(case), SurrogateParameters(capacity=10**12), shape=shape)
    with_founders(tissue, MANY, first)
    sizes = []
    for time in times:
        while tissue.time < time:
            tissue.step(12.0)
        sizes.append(living_surrogate(tissue, MANY))
    return np.array(sizes).T


def test_as_many_colonies_live(case):
    a, b = (lattice(case) > 0).mean(axis=0), (counted(case) > 0).mean(axis=0)
    error = np.sqrt(b * (1.0 - b) * (1.0 / len(lattice(case)) + 1.0 / MANY))
    assert np.all(np.abs(a - b) <= 3.0 * error), (a, b)


def test_mean_sizes_agree_up_to_2000_cells(case):
    a, b = lattice(case), counted(case)
    assert 30 < b.mean(axis=0)[-1] < 2000
    error = 3.0 * np.sqrt(a.var(axis=0) / len(a) + b.var(axis=0) / MANY)
    difference = np.abs(a.mean(axis=0) - b.mean(axis=0))
    assert np.all(difference < MEAN_TOLERANCE * b.mean(axis=0) + error), (a.mean(0), b.mean(0))


def test_sizes_spread_as_much(case):
    a, b = lattice(case), counted(case)
    for k in range(a.shape[1]):
        deviation = a[:, k].std(ddof=1)
        centred = a[:, k] - a[:, k].mean()
        kurtosis = (centred**4).mean() / deviation**4
        error = 3.0 * deviation * np.sqrt(max(kurtosis - 1.0, 0.5) / len(a)) / 2.0
        wanted = b[:, k].std()
        assert abs(deviation - wanted) < DEVIATION_TOLERANCE * wanted + error, (deviation, wanted)
