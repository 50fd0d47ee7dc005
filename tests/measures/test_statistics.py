"""Intervals against their formulas."""

import math

import numpy as np
import pytest
from scipy import stats

from hybridmet.measures.statistics import (
    bias_corrected,
    bootstrap_interval,
    mean_interval,
    wilson,
)


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (3, 10), (10, 10), (57, 200)])
def test_wilson_is_the_interval_of_its_formula(successes, trials):
    p, z2 = successes / trials, stats.norm.ppf(0.975) ** 2
    middle = (p + z2 / (2 * trials)) / (1 + z2 / trials)
    half = math.sqrt(z2 * (p * (1 - p) / trials + z2 / (4 * trials**2))) / (1 + z2 / trials)
    assert wilson(successes, trials) == pytest.approx((middle - half, middle + half), abs=1e-12)


def test_wilson_holds_the_truth_as_often_as_it_says():
    truth, trials = 0.2, 100
    chance = stats.binom.pmf(np.arange(trials + 1), trials, truth)
    held = [low <= truth <= high for low, high in (wilson(k, trials) for k in range(trials + 1))]
    assert chance @ held == pytest.approx(0.95, abs=0.015)


def test_no_trials_say_nothing():
    assert all(math.isnan(bound) for bound in wilson(0, 0))


def test_the_interval_of_a_mean_is_students():
    values = [1.0, 2.0, 4.0, 9.0]
    expected = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    mean, *interval = mean_interval(values)
    assert mean == 4.0
    assert interval == pytest.approx(expected)


@pytest.mark.parametrize("values", [[], [3.0]])
def test_an_interval_needs_two_values(values):
    mean, low, high = mean_interval(values)
    assert math.isnan(low) and math.isnan(high)
    assert mean == 3.0 if values else math.isnan(mean)


def test_the_bootstrap_of_a_mean_is_near_students_interval():
    values = np.random.default_rng(2).normal(3.0, 2.0, 400)
    _, low, high = mean_interval(values)
    assert bootstrap_interval(values) == pytest.approx((values.mean(), low, high), abs=0.03)


def test_the_bootstrap_takes_whole_rows():
    """Columns that always go together: their difference has no spread, their sum twice one's."""
    one = np.random.default_rng(3).random(200)
    rows = np.stack([one, one], axis=1)
    assert bootstrap_interval(rows, lambda x: float(np.ptp(x.mean(axis=0))))[0] == 0.0
    mean, low, high = bootstrap_interval(rows, lambda x: float(x.sum(axis=1).mean()))
    alone = bootstrap_interval(one)
    assert (mean, low, high) == pytest.approx([2 * value for value in alone])


@pytest.mark.parametrize("values", [[2.0], [2.0, 2.0, 2.0]])
def test_no_bootstrap_without_spread(values):
    mean, low, high = bootstrap_interval(values)
    assert mean == 2.0 and math.isnan(low) and math.isnan(high)


def test_without_bias_the_corrected_interval_is_that_of_percentiles():
    values = np.arange(2001.0)
    assert bias_corrected(1000.5, values) == pytest.approx(
        tuple(np.quantile(values, [0.025, 0.975])), abs=3
    )


def test_values_that_resampling_raises_are_brought_down():
    """Normal values around 1 where 0.5 was found: of Efron's formula, -1 + 1 +- 1.96, twice the bias
    of 0.5 below the interval of percentiles."""
    values = stats.norm.ppf((np.arange(1_000_000) + 0.5) / 1_000_000) + 1.0
    reach = stats.norm.ppf(0.975)
    assert bias_corrected(0.5, values) == pytest.approx((-reach, reach), abs=1e-3)


@pytest.mark.parametrize("values", [[], [2.0, 2.0]])
def test_no_corrected_interval_without_spread(values):
    assert all(math.isnan(end) for end in bias_corrected(2.0, values))
