"""Metastasis by organ in a population."""

import numpy as np
import pytest

from hybridmet.measures.organ_incidence import organ_incidence

NAN = float("nan")


def rows():
    first = {"lung": [5.0, NAN, 2.0, 9.0], "brain": [NAN] * 4, "liver": [NAN, NAN, 7.0, NAN]}
    arrivals = {"lung": [4, 0, 2, 2], "brain": [0, 0, 1, 0], "liver": [1, 1, 1, 1]}
    return organ_incidence(first, arrivals, 24.0, {"lung": 0.5, "liver": 0.125})


def test_organs_come_by_their_frequency():
    assert [(row.organ, row.cases, row.patients) for row in rows()] == [
        ("lung", 3, 4),
        ("liver", 1, 4),
        ("brain", 0, 4),
    ]


def test_intervals_are_wilson_s():
    """3 of 4 and 0 of 4: (0.3006, 0.9544) and (0, 0.4899), Newcombe 1998's formula by hand."""
    lung, _, brain = rows()
    assert (lung.low, lung.high) == pytest.approx((0.30064, 0.95441), abs=1e-4)
    assert (brain.low, brain.high) == pytest.approx((0.0, 0.48989), abs=1e-4)


def test_efficiency_is_incidence_over_relative_flow():
    lung, liver, brain = rows()
    assert lung.efficiency == 0.75 / 0.5
    assert liver.efficiency == 0.25 / 0.125
    assert np.isnan(brain.efficiency)
    assert lung.arrivals == 2.0
    assert lung.first.median == 5.0
