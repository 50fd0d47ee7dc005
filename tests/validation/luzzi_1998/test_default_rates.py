"""What the house's default rates predict of the steps of Luzzi et al. 1998, from exact statements.

A DTC sleeps, dies asleep (0.00319 / h) or wakes (8.2e-5 / h) and is a linear birth-death process from
then on (Kendall 1948, doi:10.1214/aoms/1177730285). FITTED, two rates for two figures: 36 % of the
cells still sleep on day 13, 1 in 40 ever wakes. NOT FITTED, and not the paper's: 3.0 per
thousand are micrometastases on day 3 (paper: 1 in 40), because waking takes weeks, and nearly all of
these are there on day 13 (paper: 1 in 100), because the default death rate is a tenth of division. One
kind of cell cannot give the paper's figures together; test_steps_in_the_liver.py has two kinds.
"""

from functools import cache

import numpy as np
from scipy.integrate import quad
from scipy.stats import binomtest

from hybridmet.tissue.cells import DORMANT
from hybridmet.tissue.phenotypes import DEFAULT_PHENOTYPES
from tests.surrogate.cultures import STILL, living_surrogate, run, surrogate

CELL = DEFAULT_PHENOTYPES["epithelial"]
BIRTH, DEATH = CELL.division_rate, CELL.death_rate
WAKES, DIES = CELL.reactivation_rate, CELL.dormant_death_rate
DAY_3, DAY_13, CELLS, LARGEST = 72.0, 312.0, 200_000, 200


def sizes(t: float) -> np.ndarray:
    """Chances of 0, 1 ... LARGEST living cells `t` [h] after one woke."""
    growth = np.exp((BIRTH - DEATH) * t)
    extinct = DEATH * (growth - 1.0) / (BIRTH * growth - DEATH)
    ratio = BIRTH * (growth - 1.0) / (BIRTH * growth - DEATH)
    lives = (1.0 - extinct) * (1.0 - ratio) * ratio ** np.arange(LARGEST)
    return np.concatenate([[extinct], lives])


def woken(t: float, n: int) -> float:
    """Chance that a DTC has woken and has `n` living cells at `t` [h] after its arrival."""
    return quad(lambda s: WAKES * np.exp(-(WAKES + DIES) * s) * sizes(t - s)[n], 0.0, t)[0]


def still_two(n: int, t: float) -> float:
    """Chance that a colony of `n` cells has two or more `t` [h] later."""
    none, one = sizes(t)[:2]
    return 1.0 - none**n - n * one * none ** (n - 1)


def micrometastases() -> float:
    """Of the DTCs on day 3."""
    return sum(woken(DAY_3, n) for n in range(2, 60))


def persisting() -> float:
    """Of these on day 13."""
    both = sum(woken(DAY_3, n) * still_two(n, DAY_13 - DAY_3) for n in range(2, 60))
    return both / micrometastases()


@cache
def counted() -> tuple[int, int, int, int, int]:
    """Of CELLS DTCs: micrometastases on day 3, those of them on day 13, asleep on day 13, all that
    woke or died by then, those that woke."""
    rates = {
        "division_rate": BIRTH,
        "death_rate": DEATH,
        "reactivation_rate": WAKES,
        "dormant_death_rate": DIES,
    }
    tissue = surrogate(type(STILL)(**(vars(STILL) | rates)))
    tissue.clones.add_initial(1, 0)
    founder, phenotype = np.arange(1, CELLS + 1, dtype=np.uint32), np.zeros(CELLS, int)
    tissue.lines.add_colonies(founder, np.ones(CELLS, np.uint32), phenotype, DORMANT)
    tissue.flows["initial"] += CELLS
    tissue._touch()
    run(tissue, DAY_3, 24.0)
    early = living_surrogate(tissue, CELLS) >= 2
    run(tissue, DAY_13 - DAY_3, 24.0)
    late = living_surrogate(tissue, CELLS) >= 2
    woke, died = tissue.flows["reactivated"], tissue.flows["died_dormant"]
    asleep = int(tissue.totals[0, DORMANT])
    return int(early.sum()), int((early & late).sum()), asleep, woke + died, woke


def agrees(found: int, n: int, p: float) -> bool:
    """Exact binomial test at the level of three standard errors."""
    return binomtest(found, n, p).pvalue > 0.0027


def test_fitted_those_asleep_on_day_13_and_those_that_ever_wake():
    *_, asleep, ended, woke = counted()
    assert abs(np.exp(-(WAKES + DIES) * DAY_13) - 0.36) < 0.005
    assert abs(WAKES / (WAKES + DIES) - 1 / 40) < 0.0005
    assert agrees(asleep, CELLS, np.exp(-(WAKES + DIES) * DAY_13))
    assert agrees(woke, ended, WAKES / (WAKES + DIES))


def test_predicted_micrometastases_on_day_3_are_ten_times_fewer_than_the_papers():
    early, *_ = counted()
    assert agrees(early, CELLS, micrometastases())
    assert not agrees(early, CELLS, 1 / 40)
    assert abs(micrometastases() - 0.00296) < 1e-5


def test_predicted_micrometastases_persist_which_the_papers_do_not():
    early, both, *_ = counted()
    assert agrees(both, early, persisting())
    assert not agrees(both, early, 1 / 100)
    assert abs(persisting() - 0.9966) < 1e-4
