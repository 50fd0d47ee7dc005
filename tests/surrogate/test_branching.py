"""Exact statements about single colonies, from the surrogate and from the lattice alike.

Birth-death process: Kendall 1948 (doi:10.1214/aoms/1177730285); fluctuation test: Luria &
Delbrueck 1943, the distribution by Lea & Coulson 1949 in the recursion of Ma, Sandri & Sarkar 1992
(doi:10.2307/3214828).
"""

from dataclasses import replace

import numpy as np
import pytest

from hybridmet.tissue.cells import DORMANT
from hybridmet.tissue.clones import MutationParameters
from hybridmet.tissue.surrogate_parameters import SurrogateParameters
from tests.surrogate.cultures import (
    STILL,
    lattice_cultures,
    living_lattice,
    living_surrogate,
    run,
    surrogate,
    with_founders,
)

BIRTH, DEATH = 0.1, 0.05
BRANCHING = replace(STILL, division_rate=BIRTH, death_rate=DEATH)


def extinct_by(t: float, b: float = BIRTH, d: float = DEATH) -> float:
    """Chance that the line of one cell has died out at time `t` [h]."""
    growth = np.exp((b - d) * t)
    return d * (growth - 1.0) / (b * growth - d)


def standard_error(p: float, n: int) -> float:
    return float(np.sqrt(p * (1.0 - p) / n))


def assert_share(found: int, n: int, p: float) -> None:
    """A share of n independent trials is p within three standard errors."""
    assert abs(found / n - p) < 3.0 * standard_error(p, n), (found / n, p, standard_error(p, n))


@pytest.mark.parametrize("cells", [1, 3])
def test_surrogate_colonies_die_out_as_a_branching_process_does(cells):
    n, now = 4000, 0.0
    tissue = with_founders(surrogate(BRANCHING), n, cells)
    for t in (5.0, 20.0, 60.0, 120.0):
        run(tissue, t - now, 5.0)
        now = t
        assert_share(int((living_surrogate(tissue, n) == 0).sum()), n, extinct_by(t) ** cells)
    assert extinct_by(120.0) == pytest.approx(DEATH / BIRTH, abs=0.3 * standard_error(0.5, n))
    assert_share(int((living_surrogate(tissue, n) > 0).sum()), n, 1.0 - (DEATH / BIRTH) ** cells)


@pytest.mark.parametrize("t, dt", [(10.0, 0.1), (30.0, 0.1)])
def test_lattice_colonies_die_out_as_a_branching_process_does_by(t, dt):
    """Sparse cells: eight to a site, so that hardly any lacks room; a step in which a cell
    divides with a chance of 1 %."""
    n = 64 * 64
    tissue = lattice_cultures(BRANCHING, 64, 9)
    run(tissue, t, dt)
    assert_share(int((living_lattice(tissue, n) == 0).sum()), n, extinct_by(t))


@pytest.mark.parametrize("cells", [1, 3])
def test_lattice_colonies_survive_as_a_branching_process_does(cells):
    """Survival for ever does not depend on the step: births and deaths share it. Those that live
    after 130 h are hundreds of cells or fill their ground."""
    n = 30 * 30
    tissue = lattice_cultures(BRANCHING, 30, 6, cells)
    run(tissue, 130.0, 1.0)
    assert extinct_by(130.0) == pytest.approx(DEATH / BIRTH, abs=0.1 * standard_error(0.5, n))
    assert_share(int((living_lattice(tissue, n) > 0).sum()), n, 1.0 - (DEATH / BIRTH) ** cells)


def test_sizes_of_surrogate_colonies_have_the_moments_of_a_birth_death_process():
    n, t = 4000, 40.0
    tissue = with_founders(surrogate(BRANCHING), n)
    run(tissue, t, 4.0)
    sizes = living_surrogate(tissue, n)
    growth = np.exp((BIRTH - DEATH) * t)
    variance = (BIRTH + DEATH) / (BIRTH - DEATH) * growth * (growth - 1.0)
    assert abs(sizes.mean() - growth) < 3.0 * np.sqrt(variance / n)
    fourth = ((sizes - sizes.mean()) ** 4).mean()
    assert abs(sizes.var() - variance) < 3.0 * np.sqrt((fourth - variance**2) / n)


def test_leaps_keep_the_mean_and_variance_of_a_birth_death_process():
    """150 colonies of 2000 cells, all by leaps, against the exact moments."""
    n, cells, t = 150, 2000, 24.0
    leaping = SurrogateParameters(shell=1e6, capacity=10**12, exact_below=1)
    tissue = with_founders(surrogate(BRANCHING, leaping), n, cells)
    run(tissue, t, 4.0)
    assert tissue.flows["leaps"] >= n * t * (BIRTH + DEATH) / leaping.leap
    sizes = living_surrogate(tissue, n)
    growth = np.exp((BIRTH - DEATH) * t)
    variance = cells * (BIRTH + DEATH) / (BIRTH - DEATH) * growth * (growth - 1.0)
    error = growth * cells * BIRTH * t * leaping.leap**2 / 6.0
    assert abs(sizes.mean() - growth * cells) < 3.0 * np.sqrt(variance / n) + error
    # A sum of 2000 independent lines is normal: the variance of its variance is 2 / n.
    assert sizes.var() == pytest.approx(variance, rel=3.0 * np.sqrt(2.0 / n) + leaping.leap)


SLEEPING = replace(STILL, dormant_death_rate=0.02, reactivation_rate=0.012)
AWAKE = 0.012 / (0.012 + 0.02)


def test_dormant_cells_of_the_surrogate_wake_with_the_chance_of_their_rates():
    n = 4000
    tissue = with_founders(surrogate(SLEEPING), n, condition=DORMANT)
    run(tissue, 400.0, 24.0)
    assert tissue.flows["reactivated"] + tissue.flows["died_dormant"] == n
    assert_share(tissue.flows["reactivated"], n, AWAKE)


def test_dormant_cells_of_the_lattice_wake_with_the_chance_of_their_rates():
    n = 64 * 64
    tissue = lattice_cultures(SLEEPING, 64, 2, dormant=True)
    run(tissue, 400.0, 4.0)
    assert tissue.flows["reactivated"] + tissue.flows["died_dormant"] == n
    assert_share(tissue.flows["reactivated"], n, AWAKE)


def test_half_of_a_dormancy_is_over_when_the_rates_say():
    n = 4000
    tissue = with_founders(surrogate(SLEEPING), n, condition=DORMANT)
    run(tissue, 24.0, 24.0)
    asleep = int(tissue.totals[0, DORMANT])
    assert_share(asleep, n, np.exp(-24.0 * (0.012 + 0.02)))


def luria_delbrueck(m: float, most: int) -> np.ndarray:
    """Chances of 0 ... `most` mutants for a mean number `m` of mutations."""
    p = [np.exp(-m)]
    for n in range(1, most + 1):
        p.append(m / n * sum(p[k] / (n - k + 1) for k in range(n)))
    return np.array(p)


def test_mutants_of_the_surrogate_have_the_luria_delbrueck_distribution():
    """1500 cultures from 100 to some 5500 cells, one mutation a culture on average."""
    n, cells, b, t = 1500, 100, 0.1, 40.0
    last = cells * np.exp(b * t)
    mutation = MutationParameters(probability=1.0 / (last - cells))
    tissue = with_founders(surrogate(replace(STILL, division_rate=b), mutation=mutation), n, cells)
    run(tissue, t, 5.0)
    lines = tissue.lines
    mutants = np.bincount(
        lines.founder, weights=lines.count.sum(axis=(1, 2)) * (lines.clone > 1), minlength=n + 1
    )[1:]
    expected = luria_delbrueck(1.0, 4)
    assert expected == pytest.approx([0.36788, 0.18394, 0.10730, 0.06898, 0.04745], abs=1e-5)
    for number, p in enumerate(expected):
        assert_share(int((mutants == number).sum()), n, p)
