"""How far virtual patients are from autopsies."""

import numpy as np
import pytest

from hybridmet.measures.autopsy_error import rms_error, rms_if_alike
from hybridmet.measures.incidence import site_counts

COUNTS = {"lung": (40, 100), "bone": (20, 100), "brain": (0, 100)}


def hits(shares, patients=200):
    return np.array([np.arange(patients) < share * patients for share in shares], dtype=float).T


def test_the_error_is_that_of_its_formula():
    found, low, high = rms_error(hits([0.5, 0.2, 0.1]), COUNTS)
    assert found == pytest.approx(np.sqrt((0.1**2 + 0.0 + 0.1**2) / 3))
    assert low < found < high


def test_few_autopsies_widen_the_interval_and_move_no_error():
    lots = {site: (100 * cases, 100 * n) for site, (cases, n) in COUNTS.items()}
    many, some = (rms_error(hits([0.5, 0.2, 0.1]), counts) for counts in (lots, COUNTS))
    assert many[0] == some[0]
    assert some[1] < many[1] < many[2] < some[2]


def test_the_same_patients_give_the_same_interval():
    assert rms_error(hits([0.5, 0.2, 0.1]), COUNTS) == rms_error(hits([0.5, 0.2, 0.1]), COUNTS)


def test_all_sites_alike_miss_by_the_spread_of_the_sites():
    assert rms_if_alike(COUNTS) == pytest.approx(np.std([0.4, 0.2, 0.0]))


@pytest.mark.parametrize(("primary", "percent"), [("liver", 11.3), ("breast", 18.8)])
def test_all_sites_alike_are_a_poor_guess_for_the_table_of_autopsies(primary, percent):
    assert 100 * rms_if_alike(site_counts(primary)) == pytest.approx(percent, abs=0.05)
