"""How values are written."""

import pytest

from hybridmet.report.page import extent, within

NAN = float("nan")


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((7.44, 3.636, 10.6), "7.44 (3.64-10.6)"),
        ((-1.9, -2.8, -1.3), "-1.9 (-2.8 to -1.3)"),
        ((3, NAN, NAN), "3"),
        ((NAN, NAN, NAN), "–"),
        ((55.5, 51, NAN), "55.5 (51-–)"),
    ],
)
def test_intervals_are_in_brackets_where_there_are_any(values, text):
    assert within(*values) == text


@pytest.mark.parametrize(("numbers", "text"), [([36, 36], "36"), ([430, 432, 431], "430 to 432")])
def test_numbers_that_differ_are_told_by_their_ends(numbers, text):
    assert extent(numbers) == text
