"""Shares of patients over swept values."""

from types import SimpleNamespace

import numpy as np
import pytest

from hybridmet.measures.statistics import wilson
from hybridmet.report.sweeps import MOST_VALUES, as_numbers, swept_shares

NAN = float("nan")


def point(key, value, times):
    return SimpleNamespace(point={key: value}, first_anywhere=lambda column: times)


def test_patients_of_one_value_are_together_whatever_the_other_keys_are():
    points = [point("a", "2", [5.0, NAN]), point("a", "1", [NAN]), point("a", "2", [7.0])]
    one, two = swept_shares(points, "a", "micrometastasis_h")
    assert (one.value, one.cases, one.patients) == ("1", 0, 1)
    assert (two.value, two.cases, two.patients) == ("2", 2, 3)
    assert two.share == (2 / 3, *wilson(2, 3))


def test_words_stay_in_their_order():
    points = [point("site", name, [1.0]) for name in ("liver", "breast", "colon")]
    found = swept_shares(points, "site", "detection_h")
    assert [one.value for one in found] == ["liver", "breast", "colon"]
    assert all(np.isnan(one.least) for one in found)


def test_many_values_are_pooled_with_their_neighbours():
    points = [
        point("a", repr(float(value)), [1.0, NAN]) for value in np.random.default_rng(1).random(32)
    ]
    found = swept_shares(points, "a", "detection_h")
    assert len(found) == MOST_VALUES
    assert [(one.cases, one.patients) for one in found] == [(4, 8)] * MOST_VALUES
    ends = [end for one in found for end in (one.least, one.most)]
    assert ends == sorted(ends)


@pytest.mark.parametrize(
    ("values", "numbers", "unit"),
    [
        (["1e-2 / h", "0.5 / h"], [0.01, 0.5], "/ h"),
        (["20 um", "3.5 um"], [20.0, 3.5], "um"),
        (["7", "-.5"], [7.0, -0.5], ""),
    ],
)
def test_numbers_with_one_unit_are_numbers(values, numbers, unit):
    assert as_numbers(values) == (numbers, unit)


@pytest.mark.parametrize("values", [["1 um", "1 mm"], ["liver", "2"], ["[16, 16]", "[8, 8]"]])
def test_anything_else_is_words(values):
    numbers, unit = as_numbers(values)
    assert np.isnan(numbers).all() and unit == ""
