"""The time at which virtual patients are most like those at autopsy."""

import numpy as np
import pytest

from hybridmet.measures.likeliest_time import likeliest_time

RATES = {"lung": 0.01, "bone": 0.004, "brain": 0.001}
"""First metastases a patient and hour, exponential."""


def first_times(patients, until, seed=1):
    random = np.random.default_rng(seed)
    out = {site: random.exponential(1.0 / rate, patients) for site, rate in RATES.items()}
    return {site: np.where(times <= until, times, np.nan) for site, times in out.items()}


def test_the_time_of_known_incidence_comes_back():
    """5000 patients, autopsies with the exact fractions at 100 h; one site alone gives 100 h within
    some 2 %, three within less."""
    counts = {s: (round(1e6 * -np.expm1(-100.0 * rate)), 10**6) for s, rate in RATES.items()}
    found = likeliest_time(first_times(5000, 300.0), counts, np.arange(1.0, 301.0))
    assert found.time == pytest.approx(100.0, rel=0.05)
    assert not found.last and found.deviance >= 0.0


def test_the_last_time_may_be_too_early():
    counts = dict.fromkeys(RATES, (9, 10))
    found = likeliest_time(first_times(200, 50.0), counts, [10.0, 25.0, 50.0])
    assert (found.time, found.last) == (50.0, True)


def test_a_site_that_no_virtual_patient_has_forbids_nothing():
    times = first_times(200, 300.0) | {"heart": np.full(200, np.nan)}
    counts = {"lung": (30, 100), "heart": (1, 100)}
    assert np.isfinite(likeliest_time(times, counts, np.arange(1.0, 301.0)).deviance)


def test_the_interval_holds_the_time_of_known_incidence_as_often_as_it_says():
    """100 virtual patients and 100 autopsies at 100 h, 60 times over: 95 % of 60 are 57 with a
    standard deviation of 1.7."""
    held = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        chance = {s: -np.expm1(-100.0 * rate) for s, rate in RATES.items()}
        counts = {s: (int(random.binomial(100, p)), 100) for s, p in chance.items()}
        found = likeliest_time(
            first_times(100, 400.0, seed + 1000), counts, np.arange(2.0, 402.0, 2.0)
        )
        assert found.low <= found.time <= found.high
        held += found.low <= 100.0 <= found.high
    assert 52 <= held


@pytest.mark.parametrize(
    ("times", "why"),
    [
        ([np.nan] * 40, "no patient has one"),
        ([np.nan] * 3 + [7.0], "none in any patient would fit the autopsies best"),
        ([np.nan] * 39 + [7.0], "the bootstrap cannot exclude"),
    ],
)
def test_a_time_that_too_few_events_would_tell_is_not_determined(times, why):
    """4 % at autopsy: in 4 patients even none at all (1/2 over 5) is more; with 1 of 40 a
    third of all samples with replacement have none."""
    found = likeliest_time({"lung": times}, {"lung": (4, 100)}, np.arange(1.0, 11.0))
    assert why in found.why_not
    assert np.isnan([found.time, found.low, found.high, found.deviance]).all()
    assert not found.last


def test_the_interval_is_open_where_later_times_may_do():
    found = likeliest_time(
        first_times(200, 50.0), dict.fromkeys(RATES, (9, 10)), [10.0, 25.0, 50.0]
    )
    assert 0.0 < found.low <= 50.0 and found.high == np.inf
    assert found == likeliest_time(
        first_times(200, 50.0), dict.fromkeys(RATES, (9, 10)), [10.0, 25.0, 50.0]
    )
