"""Transient fields in time: order one, as many sub-steps as the accuracy needs, never negative."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import fft

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.scenario import loads_scenario
from hybridmet.tissue.field_accuracy import FEATURE
from hybridmet.tissue.fields import (
    DEFAULT_FIELDS,
    CellTables,
    FieldParameters,
    Fields,
    VesselExchange,
)
from tests.tissue.field_problems import (
    NO_CELLS,
    NO_VESSELS,
    bytes_of,
    padded_sites,
    per_byte,
    single,
)

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
    for n in (16, 32, 64):
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
    assert abs(value - math.exp(-rate)) < accuracy


def heat(lattice, start, number):
    """Exact diffusion on a closed lattice for D t / h^2 = number, by cosines."""
    axes = [4 * np.sin(np.pi * np.arange(n) / (2 * n)) ** 2 for n in lattice.shape]
    decay = sum(np.meshgrid(*axes, indexing="ij", sparse=True))
    return fft.idctn(fft.dctn(start, norm="ortho") * np.exp(-number * decay), norm="ortho")


def peak_error(shape, number, accuracy, precision="float64"):
    """Largest error of one step from a Gaussian of 3 sites, over its height after it."""
    lattice = Lattice(shape, 20.0)
    p = FieldParameters(kind="transient", diffusivity=400.0 * number, accuracy=accuracy)
    fields = Fields(lattice, {"u": p}, precision)
    squares = [((np.arange(n) - n // 2) / FEATURE) ** 2 for n in shape]
    fields["u"][...] = np.exp(-0.5 * sum(np.meshgrid(*squares, indexing="ij", sparse=True)))
    exact = heat(lattice, fields["u"].astype("float64"), number)
    report = fields.step(1.0, bytes_of(lattice), NO_CELLS, NO_VESSELS)["u"]
    assert fields["u"].min() >= 0.0
    return np.abs(fields["u"] - exact).max() / exact.max(), report


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("accuracy", [0.2, 0.02, 0.005])
@pytest.mark.parametrize("shape", [(96, 96), (20, 20), (32, 32, 32)])
def test_peak_is_as_accurate_as_stated_on_both_sides_of_the_switch(shape, accuracy, precision):
    schemes = set()
    for number in (0.1, 0.9, 4.5, 11.0, 40.0, 100.0, 300.0, 3000.0):
        error, report = peak_error(shape, number, accuracy, precision)
        assert error < accuracy, (number, report)
        schemes.add(report.cycles > 0)
    assert schemes == {False, True}


@pytest.mark.parametrize("accuracy", [0.2, 0.1, 0.02, 0.005])
def test_vessels_fill_a_field_as_accurately_as_stated_on_both_sides_of_the_switch(accuracy):
    """u' = g (1 - u) everywhere: what the exchange of vessels alone does in a step."""
    lattice, schemes = Lattice((4, 4), 20.0), set()
    sites = padded_sites(lattice).ravel()
    for diffusivity in (1.0, FAST):
        for exchange in (0.1, 0.3, 0.8, 1.4, 1.7, 2.0, 3.0, 30.0, 1e4):
            fields = single(
                lattice,
                kind="transient",
                diffusivity=diffusivity,
                accuracy=accuracy,
                blood_value=1.0,
            )
            vessels = VesselExchange(sites, {"u": np.full(sites.size, exchange)})
            report = fields.step(1.0, bytes_of(lattice), NO_CELLS, vessels)["u"]
            assert np.abs(fields["u"] + math.expm1(-exchange)).max() < accuracy, (exchange, report)
            schemes.add(report.cycles > 0)
    assert schemes == {False, True}


def test_default_field_keeps_its_explicit_sub_steps():
    """Accuracy asks for fewer than stability does: 7 at 20 um and 1 h in 3-D."""
    lattice = Lattice((8, 8, 8), 20.0)
    fields = Fields(lattice, {"u": DEFAULT_FIELDS["mmp2"]})
    fields["u"][4, 4, 4] = 1.0
    report = fields.step(1.0, bytes_of(lattice), NO_CELLS, NO_VESSELS)["u"]
    assert (report.substeps, report.cycles) == (7, 0)


@settings(max_examples=25, deadline=None)
@given(
    shape=st.one_of(st.tuples(*[st.integers(1, 20)] * 2), st.tuples(*[st.integers(1, 8)] * 3)),
    boundary=st.sampled_from(["closed", "periodic"]),
    diffusivity=st.floats(1.0, 1e8),
    dt=st.floats(0.01, 24.0),
    seed=st.integers(0, 1000),
    side=st.sampled_from([None, "x-", "x+", "y-"]),
)
def test_no_site_goes_negative_or_above_the_start(shape, boundary, diffusivity, dt, seed, side):
    lattice = Lattice(shape, 20.0, boundary)
    sides = {side: 0.5} if side and boundary == "closed" else {}
    fields = single(
        lattice, kind="transient", diffusivity=diffusivity, decay_rate=0.1, fixed_sides=sides
    )
    fields["u"][...] = np.random.default_rng(seed).random(shape) ** 8
    most = max(fields["u"].max(), *sides.values(), 0.0)
    for _ in range(2):
        report = fields.step(dt, bytes_of(lattice), NO_CELLS, NO_VESSELS)
        assert report["u"].clamped == 0 or fields["u"].max() < 1e-3 * most
        assert fields["u"].min() >= 0.0 and fields["u"].max() <= most * (1 + 1e-5)


def test_accuracy_beyond_reason_is_refused_with_the_number_that_would_do():
    text = 'name = "a"\nduration = "1 d"\n[fields.mmp2]\ndecay_rate = "{} / h"\naccuracy = 1e-4\n'
    with pytest.raises(ScenarioError, match="accuracy: got 0.0001, must be >= ") as caught:
        loads_scenario(text.format(100))
    least = float(re.search(r">= (\S+) for", str(caught.value))[1])
    enough = text.replace("1e-4", str(1.01 * least)).format(100)
    assert loads_scenario(enough).fields["mmp2"].accuracy == 1.01 * least


def test_lattice_too_coarse_for_the_uptake_is_refused_with_the_number_that_would_do():
    text = 'name = "a"\nduration = "1 d"\nprimary.cells.radius = "1 mm"\nprimary.spacing = "150 um"'
    with pytest.raises(ScenarioError, match="primary.spacing: got .*150.*, must be <= 105.6 um"):
        loads_scenario(text)


IMPLICIT_BUDGET = {"float64": 1e-12, "float32": 5e-6}
"""Rounding of 48 macro steps of some ten backward steps each."""


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("boundary", ["closed", "periodic"])
@pytest.mark.parametrize("shape", [(40, 40, 40), (90, 91)])
def test_backward_steps_conserve_mass(shape, boundary, precision):
    """Diffusion moves mass, however little one step changes."""
    lattice = Lattice(shape, 20.0, boundary)
    p = FieldParameters(kind="transient", diffusivity=1e5, accuracy=0.2)
    fields = Fields(lattice, {"u": p}, precision)
    fields["u"][tuple(n // 3 for n in shape)] = 1000.0
    cycles = 0
    for _ in range(48):
        cycles += fields.step(1.0, bytes_of(lattice), NO_CELLS, NO_VESSELS)["u"].cycles
        mass = fields["u"].sum(dtype="float64")
        assert mass == pytest.approx(1000.0, rel=IMPLICIT_BUDGET[precision])
    assert cycles > 0 and fields["u"].min() >= 0.0


def test_secretion_and_decay_balance_where_the_update_is_implicit():
    """In each of the n steps: change = (source - decay * new stock) dt / n."""
    lattice = Lattice((30, 31), 20.0)
    fields = single(lattice, kind="transient", diffusivity=1e5, decay_rate=0.5, accuracy=0.2)
    kind = bytes_of(lattice, np.eye(30, 31, dtype=np.uint8))
    tables, total = CellTables(secretion={"u": per_byte(k1=2.0)}), 0.0
    for _ in range(3):
        report = fields.step(1.0, kind, tables, NO_VESSELS)["u"]
        assert report.cycles > 0
        for _ in range(n := report.substeps):
            total = (total + 30 * 2.0 / n) / (1.0 + 0.5 / n)
        assert fields["u"].sum() == pytest.approx(total, rel=1e-12)
