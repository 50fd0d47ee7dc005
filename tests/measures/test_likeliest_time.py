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
    times = {"lung": np.full(100, np.nan)}
    assert np.isfinite(likeliest_time(times, {"lung": (5, 10)}, [1.0]).deviance)
