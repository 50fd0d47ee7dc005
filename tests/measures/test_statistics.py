"""Intervals against their formulas."""

import math

import numpy as np
import pytest
from scipy import stats

from hybridmet.measures.statistics import mean_interval, wilson


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
