"""Mean and spread of the front against the one-dimensional continuum equation.

Tips that leave VEGF and fibronectin as they are and do not branch are independent walkers in
given fields: their mean position and its spread over seeds are those of the continuum equation,
within three standard errors (fixed beforehand). The lattice's own errors, of second order in the
spacing and first in the sub-step, are far below: some micrometres in a drift of 900.
"""

import numpy as np
import pytest

from tests.validation.anderson_chaplain_1998.continuum import (
    UNIT_H,
    UNIT_UM,
    moments,
    solve,
    turning_point,
)
from tests.validation.anderson_chaplain_1998.measure import (
    ANGIOGENESIS,
    STILL,
    UNBRANCHED,
    simulation,
    tips_at,
)

HOURS = (40.0, 80.0, 160.0, 240.0)
SEEDS = (1, 2, 3)
ROWS, SPROUTS = 4000, 50
"""Sprouts 80 sites apart: four standard deviations of the distance of two tips at the end."""
START = 5.0 / UNIT_UM
"""Tips begin in the middle of the first site."""


def continuum(coupled: bool) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the position at HOURS [um]."""
    times = np.array(HOURS) / UNIT_H
    x, n = solve(times, START, coupled=coupled, density=SPROUTS / ROWS)
    mean, deviation = moments(x, n)
    return UNIT_UM * mean, UNIT_UM * deviation


def fronts(overrides) -> list[np.ndarray]:
    """x of the tips of all seeds at HOURS [um]."""
    runs = [
        tips_at(simulation(seed, overrides, rows=ROWS, sprouts=SPROUTS), HOURS) for seed in SEEDS
    ]
    return [np.concatenate(parts) for parts in zip(*runs, strict=True)]


def standard_errors(front: np.ndarray) -> tuple[float, float]:
    """Of the mean and of the standard deviation."""
    deviation = front.std(ddof=1)
    fourth = np.mean((front - front.mean()) ** 4)
    variance_error = np.sqrt((fourth - deviation**4) / len(front))
    return deviation / np.sqrt(len(front)), variance_error / (2.0 * deviation)


@pytest.mark.slow
def test_front_of_independent_tips_is_that_of_the_continuum_equation():
    means, deviations = continuum(coupled=False)
    for front, mean, deviation in zip(fronts(STILL + UNBRANCHED), means, deviations, strict=True):
        assert len(front) == SPROUTS * len(SEEDS)
        of_mean, of_deviation = standard_errors(front)
        assert abs(front.mean() - mean) < 3.0 * of_mean
        assert abs(front.std(ddof=1) - deviation) < 3.0 * of_deviation


@pytest.mark.slow
def test_tips_that_take_up_vegf_run_ahead_of_the_continuum_equation():
    """The equation spreads a tip's uptake over all rows and barely notices it; each tip leaves
    less VEGF behind than before itself, and that pushes it on."""
    still, _ = continuum(coupled=False)
    means, _ = continuum(coupled=True)
    assert np.all(np.abs(means / still - 1.0) < 0.01)
    for front, mean in zip(fronts(UNBRANCHED), means, strict=True):
        assert front.mean() > mean + 3.0 * standard_errors(front)[0]


CROWD = 5.6
"""Tips per row of sites where cells stand at density 1 beside the vessel: n = exp(-x^2 / 0.001),
whose integral is 0.028, over sites of 0.005."""


def test_whether_cells_reach_the_tumour_depends_on_their_density():
    """By the equation with haptotaxis, after 30 d: of a crowd one in ten is in the last twentieth of
    the way, since all take up VEGF and dissolve fibronectin together; of single tips none is."""
    time = np.array([30.0 * 24.0 / UNIT_H])
    shares = []
    for density in (CROWD, SPROUTS / ROWS):
        x, n = solve(time, START, coupled=True, density=density)
        shares.append(n[0][x > 0.95].sum())
    assert shares[0] > 0.1 and shares[1] < 1e-4


@pytest.mark.slow
def test_a_single_tip_settles_where_the_drift_turns():
    """25 tips that neither branch nor fuse: after 40 and 60 d they stand, on the mean, where the
    drift of the initial fields turns, to 3 standard errors and 2 %; none has reached the tumour."""
    alone = (*UNBRANCHED, f"{ANGIOGENESIS}.anastomosis_age=9600 h")
    for front in tips_at(simulation(1, alone, rows=1000, sprouts=25), (960.0, 1440.0)):
        assert len(front) == 25
        gap = abs(front.mean() - UNIT_UM * turning_point())
        assert gap < 3.0 * standard_errors(front)[0] + 0.02 * UNIT_UM * turning_point()
        assert front.max() < 0.9 * UNIT_UM


def test_the_solver_of_this_test_keeps_mass_and_finds_the_steady_state():
    """No flux: n = exp(integral of v / D), which it holds to a tenth of a percent."""
    x, n = solve(np.array([2.0, 4000.0]), START, coupled=False)
    np.testing.assert_allclose(n.sum(axis=1), 1.0, rtol=1e-6)
    c, f = np.exp(-((1.0 - x) ** 2) / 0.45), 0.75 * np.exp(-(x**2) / 0.45)
    potential = 0.38 / 0.6 * np.log1p(0.6 * c) + 0.34 * f
    steady = np.exp((potential - potential.max()) / 3.5e-4)
    np.testing.assert_allclose(
        moments(x, n[1:])[0], x @ steady / steady.sum(), rtol=1e-3
    )
