"""Quantities: what a scenario may write, what it means, and what is refused."""

import math
import subprocess
import sys
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybridmet import units
from hybridmet.errors import ScenarioError
from hybridmet.units import Quantity, check_quantities, quantity_of, readable


def parse(hint, raw):
    return quantity_of(hint).parse(raw)


@pytest.mark.parametrize(
    ("hint", "raw", "value"),
    [
        (units.Length, "20 um", 20.0),
        (units.Length, "20um", 20.0),
        (units.Length, "20 µm", 20.0),
        (units.Length, "0.02 mm", 20.0),
        (units.Length, "2e-5 m", 20.0),
        (units.Duration, "30 d", 720.0),
        (units.Duration, "30 days", 720.0),
        (units.Duration, "90 min", 1.5),
        (units.Rate, "0.03 / h", 0.03),
        (units.Rate, "0.03/h", 0.03),
        (units.Rate, "0.03 1/h", 0.03),
        (units.Rate, "0.03 h^-1", 0.03),
        (units.Rate, "13 /min", 780.0),
        (units.Rate, "0.24 / day", 0.01),
        (units.Diffusivity, "0.00145 cm^2/min", 8.7e6),
        (units.Diffusivity, "2000 um²/s", 7.2e6),
        (units.Velocity, "6 cm/min", 3.6e6),
        (units.AreaRate, "1e-5 / (um^2 h)", 1e-5),
        (units.AreaRate, "1e-5 / um^2 / h", 1e-5),
        (units.LengthDensity, "100 mm/mm^3", 1e-4),
        (units.Pressure, "40 mmHg", 40.0),
        (units.PerLength, "300 / mm", 0.3),
        (units.Fraction, 0.5, 0.5),
        (units.Number, 3, 3.0),
    ],
)
def test_a_quantity_is_read_in_internal_units_without_conversion_noise(hint, raw, value):
    assert parse(hint, raw) == value


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("20 h", "wrong dimension"),
        ("20 um^2", "wrong dimension"),
        ("20 furlongz", "unknown unit"),
        ("20 um2", "unknown unit"),
        ("20", "must carry a unit"),
        (20, "must carry a unit"),
        (20.0, "must carry a unit"),
        (math.nan, "must carry a unit"),
        (True, "must carry a unit"),
        (["20 um"], "must carry a unit"),
        ("twenty um", "must be a number with a unit"),
        ("", "must be a number with a unit"),
        ("-20 um", "must be > 0 um and <= 1000000 um"),
        ("0 um", "must be > 0 um"),
        ("nan um", "must be > 0 um"),
        ("inf um", "must be > 0 um"),
        ("-inf um", "must be > 0 um"),
        ("1e999 um", "must be > 0 um"),
        ("40 m", "<= 1000000 um"),
    ],
)
def test_a_wrong_length_is_refused_with_what_is_allowed(raw, why):
    with pytest.raises(ValueError, match="must") as caught:
        parse(units.Length, raw)
    assert why in str(caught.value)


@pytest.mark.parametrize("raw", ["0.5", "half", True, None, [0.5]])
def test_a_plain_number_is_not_a_string_or_a_truth_value(raw):
    with pytest.raises(ValueError, match="must be a plain number such as 0.5"):
        parse(units.Fraction, raw)


@pytest.mark.parametrize("raw", [math.nan, math.inf, -1, 1.5, 10**400])
def test_a_fraction_lies_between_zero_and_one(raw):
    with pytest.raises(ValueError, match="must be >= 0 and <= 1"):
        parse(units.Fraction, raw)


@pytest.mark.parametrize("raw", ["9 um^9^9^9^9", "9**9**9**9 um", "1 um * 9**9**9**9", "1 (2) um"])
def test_arithmetic_in_a_unit_is_not_executed(raw):
    with pytest.raises(ValueError, match="must be"):
        parse(units.Length, raw)


HINTS = [
    units.Length,
    units.Duration,
    units.Rate,
    units.Diffusivity,
    units.Velocity,
    units.AreaRate,
    units.LengthDensity,
    units.Pressure,
    units.Fraction,
    units.PerLength,
]


@given(st.sampled_from(HINTS), st.floats(0, 1))
def test_what_is_written_reads_back_as_the_same_float(hint, fraction):
    quantity = quantity_of(hint)
    value = fraction * quantity.le
    if quantity.gt is not None and value <= quantity.gt:
        value = quantity.le
    assert quantity.parse(quantity.format(value)) == value


@pytest.mark.parametrize("hint", HINTS)
def test_the_example_of_a_type_is_a_value_of_it(hint):
    quantity = quantity_of(hint)
    example = float(quantity.example) if quantity.unit == "1" else quantity.example
    assert quantity.parse(example) > 0


def test_quantities_are_written_readably():
    assert quantity_of(units.Length).format(20.0) == "20 um"
    assert quantity_of(units.Rate).format(0.03) == "0.03 / h"
    assert quantity_of(units.AreaRate).format(1e-5) == "1e-05 / (um^2 h)"
    assert quantity_of(units.Diffusivity).format(8.7e6) == "8700000 um^2/h"
    assert readable(0.1 + 0.2) == "0.30000000000000004"
    assert readable(1e30) == "1e+30"


@dataclass(frozen=True)
class Sample:
    length: units.Length = 1.0
    maybe: units.Rate | None = None
    times: tuple[units.Time, ...] = ()
    rates: dict[str, units.Rate] = field(default_factory=dict)
    name: str = ""

    def __post_init__(self):
        check_quantities(self)


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"length": -1.0}, "Sample.length: got -1.0, must be > 0 um and <= 1000000 um"),
        ({"length": None}, "Sample.length: got None"),
        ({"maybe": -1.0}, "Sample.maybe: got -1.0"),
        ({"times": (1.0, math.nan)}, "Sample.times.1: got nan"),
        ({"rates": {"mmp2": -2.0}}, "Sample.rates.mmp2: got -2.0"),
    ],
)
def test_an_object_built_without_a_scenario_is_checked_too(arguments, path):
    with pytest.raises(ScenarioError) as caught:
        Sample(**arguments)
    assert str(caught.value).startswith(path)


def test_a_sound_object_passes():
    sample = Sample(maybe=0.5, times=(0.0, 3.0), rates={"mmp2": 1.0})
    assert sample.maybe == 0.5


def test_the_unit_registry_is_not_loaded_before_it_is_needed():
    code = "import sys, hybridmet.units; print('pint' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_units_are_read_where_no_cache_can_be_written(monkeypatch, tmp_path):
    import pint

    real = pint.UnitRegistry

    def refusing(*args, cache_folder=None, **kwargs):
        if cache_folder is not None:
            raise OSError("read-only file system")
        return real(*args, **kwargs)

    monkeypatch.setattr(pint, "UnitRegistry", refusing)
    assert units.registry.__wrapped__().Quantity("1 mm").to("um").magnitude == pytest.approx(1000)


def test_a_quantity_without_bounds_must_be_finite():
    assert Quantity("um", "1 um").check(-5.0) == -5.0
    with pytest.raises(ValueError, match="must be finite"):
        Quantity("um", "1 um").check(math.inf)


@pytest.mark.parametrize("raw", [1.0, 1.5, True, "1", math.nan])
def test_a_count_is_an_integer(raw):
    with pytest.raises(ValueError, match="must be an integer > 0 and <= 1000000000000"):
        parse(units.PositiveCount, raw)


def test_a_seed_takes_all_64_bits_and_no_more():
    assert parse(units.Seed, 2**64 - 1) == 2**64 - 1
    with pytest.raises(ValueError, match="must be an integer >= 0 and <= 18446744073709551615"):
        parse(units.Seed, 2**64)
