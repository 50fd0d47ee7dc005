"""Rheology: the published values, limits, and shares that add up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybridmet.tissue.rheology import MOST_HAEMATOCRIT, NARROWEST, red_cell_share, viscosity

diameters = st.floats(0.5, 500.0)
haematocrits = st.floats(0.0, MOST_HAEMATOCRIT)


@pytest.mark.parametrize(
    ("diameter", "expected"),
    [(5.0, 12.6200), (10.0, 5.8724), (20.0, 3.2311), (50.0, 2.2816), (100.0, 2.5315)],
)
def test_viscosity_in_vivo_at_a_haematocrit_of_45_percent(diameter, expected):
    assert viscosity(np.array([diameter]), np.array([0.45]))[0] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("feeding", "branch", "other", "blood_share", "haematocrit", "expected"),
    [(20.0, 10.0, 18.0, 0.3, 0.45, 0.29295), (10.0, 8.0, 8.0, 0.2, 0.45, 0.09536)],
)
def test_share_of_red_cells(feeding, branch, other, blood_share, haematocrit, expected):
    share = red_cell_share(blood_share, feeding, branch, other, haematocrit)
    assert share == pytest.approx(expected, abs=1e-5)


@given(st.floats(0.0, 1.0), diameters, diameters, diameters, haematocrits)
def test_both_branches_together_take_all_red_cells(share, feeding, branch, other, haematocrit):
    first = red_cell_share(share, feeding, branch, other, haematocrit)
    second = red_cell_share(1.0 - share, feeding, other, branch, haematocrit)
    assert first + second == pytest.approx(1.0, abs=1e-10)
    assert 0.0 <= first <= 1.0


def test_a_branch_with_little_of_the_blood_takes_plasma_only():
    threshold = 0.964 * 0.55 / 10.0
    shares = red_cell_share(np.array([0.99, 1.01]) * threshold, 10.0, 8.0, 8.0, 0.45)
    assert shares[0] == 0.0 < shares[1]
    assert red_cell_share(1.0 - 0.99 * threshold, 10.0, 8.0, 8.0, 0.45) == 1.0


def test_equal_branches_with_equal_flow_take_half_each():
    assert red_cell_share(0.5, 9.0, 7.0, 7.0, 0.3) == 0.5


@given(diameters, st.floats(0.0, 0.9))
def test_more_red_cells_make_blood_more_viscous(diameter, haematocrit):
    low, high = viscosity(np.full(2, diameter), np.array([haematocrit, haematocrit + 0.05]))
    assert 1.0 <= low < high


@given(diameters)
def test_plasma_in_wide_vessels_has_the_viscosity_of_plasma(diameter):
    relative = viscosity(np.array([diameter]), np.array([0.0]))[0]
    wall = (max(diameter, NARROWEST) / (max(diameter, NARROWEST) - 1.1)) ** 2
    assert relative == pytest.approx(wall, rel=1e-12)


def test_vessels_too_narrow_for_red_cells_count_as_the_narrowest():
    thin, narrowest = viscosity(np.array([0.4, NARROWEST]), np.array([0.45, 0.45]))
    assert thin == narrowest
    assert np.isfinite(red_cell_share(0.3, 0.4, 0.4, 0.5, 0.0))
