"""Transient fields in time: order one, as many sub-steps as the accuracy needs, never negative."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.scenario import loads_scenario
from tests.tissue.field_problems import NO_CELLS, NO_VESSELS, bytes_of, single

FAST = 4e6
"""A diffusivity that makes explicit sub-steps dear, so that backward Euler is taken [um^2/h]."""


def decayed(dt, n, diffusivity, accuracy=0.2, rate=0.5):
    lattice = Lattice((4, 4), 20.0)
    fields = single(
        lattice, kind="transient", diffusivity=diffusivity, decay_rate=rate, initial=1.0,
        accuracy=accuracy, tolerance=1e-12,
    )
    for _ in range(n):
        report = fields.step(dt, bytes_of(lattice), NO_CELLS, NO_VESSELS)
    return fields["u"][1, 1], report["u"]


@pytest.mark.parametrize("diffusivity", [1.0, FAST])
def test_error_in_time_is_of_first_order(diffusivity):
    errors = []
    for n in (8, 16, 32):
        value, report = decayed(2.0 / n, n, diffusivity)
        assert (report.cycles > 0) == (diffusivity == FAST)
        errors.append(abs(value - math.exp(-1.0)))
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    np.testing.assert_allclose(orders, 1.0, atol=0.05)


@pytest.mark.parametrize("diffusivity", [1.0, FAST])
@pytest.mark.parametrize("accuracy", [0.05, 0.02, 0.005])
@pytest.mark.parametrize("rate", [0.1, 0.6, 3.0])
def test_error_stays_below_the_accuracy(diffusivity, accuracy, rate):
    value, _ = decayed(1.0, 1, diffusivity, accuracy, rate)
    assert abs(value - math.exp(-rate)) < 1.1 * accuracy


@settings(max_examples=25, deadline=None)
@given(
    shape=st.one_of(st.tuples(*[st.integers(1, 20)] * 2), st.tuples(*[st.integers(1, 8)] * 3)),
    boundary=st.sampled_from(["closed", "periodic"]),
    diffusivity=st.floats(1.0, 1e8),
    dt=st.floats(0.01, 24.0),
    seed=st.integers(0, 1000),
)
def test_no_site_goes_negative_or_above_the_start(shape, boundary, diffusivity, dt, seed):
    lattice = Lattice(shape, 20.0, boundary)
    fields = single(lattice, kind="transient", diffusivity=diffusivity, decay_rate=0.1)
    fields["u"][...] = np.random.default_rng(seed).random(shape) ** 8
    most = fields["u"].max()
    for _ in range(2):
        report = fields.step(dt, bytes_of(lattice), NO_CELLS, NO_VESSELS)
        assert report["u"].clamped == 0 or fields["u"].max() < 1e-3 * most
        assert fields["u"].min() >= 0.0 and fields["u"].max() <= most * (1 + 1e-5)


def test_accuracy_beyond_reason_is_refused_with_the_number_that_would_do():
    text = 'name = "a"\nduration = "1 d"\n[fields.mmp2]\ndecay_rate = "{} / h"\naccuracy = 1e-4\n'
    assert loads_scenario(text.format(0.5)).fields["mmp2"].accuracy == 1e-4
    with pytest.raises(ScenarioError, match="accuracy: got 0.0001, must be >= 0.0184"):
        loads_scenario(text.format(100))


def test_lattice_too_coarse_for_the_uptake_is_refused_with_the_number_that_would_do():
    text = 'name = "a"\nduration = "1 d"\nprimary.cells.radius = "1 mm"\nprimary.spacing = "150 um"'
    with pytest.raises(ScenarioError, match="primary.spacing: got .*150.*, must be <= 105.6 um"):
        loads_scenario(text)
