"""Quantities: one type per dimension, with its internal unit and its allowed range.

Inside the house every number is a float in these units: micrometre, hour, mmHg, millilitre.
A parameter declares its type once, as an annotation (`division_rate: Rate`); that annotation
reads scenario strings, checks ranges and writes the resolved scenario.
"""

import functools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from hybridmet.errors import ScenarioError

SIGNIFICANT_DIGITS = 15
"""Digits kept of a converted quantity [1]: what every float holds; beyond is conversion noise."""

UNIT_TEXT = re.compile(r"1?[\sA-Za-z_\u00b5\u03bc%()/*^.\u00b7\u00b2\u00b3\u2070-\u207b-]*")
"""Characters of a unit once its exponents are taken out: no numbers, so no arithmetic to run."""

EXPONENT = re.compile(r"(?<=[A-Za-z)])\s*(?:\^|\*\*)\s*-?\d(?!\d)")
NUMBER_AND_UNIT = re.compile(
    r"\s*([-+]?(?:nan\b|inf(?:inity)?\b|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?))\s*(.*?)\s*",
    re.IGNORECASE | re.DOTALL,
)


@functools.cache
def registry():
    """The pint registry (loaded on first use: it takes a third of a second)."""
    import pint

    try:
        return pint.UnitRegistry(cache_folder=":auto:")
    except OSError:  # no home directory to keep the cache in
        return pint.UnitRegistry()


@functools.lru_cache(maxsize=1024)
def conversion_factor(unit: str, internal: str) -> float:
    """Internal units in one `unit`.

    Raises DimensionError for another dimension and ValueError for text that is no unit.
    """
    if _spelling(unit) == _spelling(internal):
        return 1.0
    if not UNIT_TEXT.fullmatch(EXPONENT.sub("", unit)):
        raise ValueError(f"{unit!r} is no unit")
    import pint

    text = unit if unit.startswith("1") else f"1 {unit}"
    try:
        return float(registry().Quantity(text).to(internal).magnitude)
    except pint.DimensionalityError:
        raise DimensionError(unit) from None
    except Exception:  # pint raises a dozen types for text it cannot read
        raise ValueError(f"{unit!r} is no unit") from None


def _spelling(unit: str) -> str:
    """Unit without spaces and leading 1, so that `/ h` is `1/h`."""
    return "".join(unit.split()).removeprefix("1")


class DimensionError(ValueError):
    """A unit of another dimension than the one wanted."""


def readable(value: float) -> str:
    """The shortest text that reads back as the same number: `20`, not `20.0`."""
    if isinstance(value, int):
        return str(value)
    if value.is_integer() and abs(value) < 1e9:
        return str(int(value))
    return repr(float(value))


@dataclass(frozen=True)
class Quantity:
    """Unit and allowed range of a number; a marker for `typing.Annotated`."""

    unit: str
    """Internal unit as pint spells it; "1" for a plain number."""
    example: str
    """A value as a scenario would write it."""
    gt: float | None = None
    ge: float | None = None
    le: float | None = None
    whole: bool = False
    """Whether only integers are allowed."""

    def allowed(self) -> str:
        """The range in words: `> 0 um and <= 1000 um`."""
        suffix = "" if self.unit == "1" else f" {self.written_unit}"
        bounds = [(">", self.gt), (">=", self.ge), ("<=", self.le)]
        words = [f"{sign} {readable(v)}{suffix}" for sign, v in bounds if v is not None]
        return " and ".join(words)

    def check(self, value: float) -> float:
        """Return the value, or raise ValueError that says what is allowed."""
        wrong = (
            not (isinstance(value, int) or math.isfinite(value))
            or (self.whole and value != int(value))
            or (self.gt is not None and not value > self.gt)
            or (self.ge is not None and not value >= self.ge)
            or (self.le is not None and not value <= self.le)
        )
        if wrong:
            integer = "an integer " if self.whole else ""
            raise ValueError(f"must be {integer}{self.allowed() or 'finite'}")
        return value

    def parse(self, raw: Any) -> float:
        """A scenario's value in internal units; raises ValueError with what is allowed."""
        if self.unit == "1":
            return self.check(self._number(raw))
        if isinstance(raw, str):
            return self.check(self._convert(raw))
        raise ValueError(f'must carry a unit, such as "{self.example}"')

    def _number(self, raw: Any) -> float:
        if self.whole:
            return self._integer(raw)
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            raise ValueError(f"must be a plain number such as {self.example}")
        try:
            return float(raw)
        except OverflowError:
            return math.inf

    def _integer(self, raw: Any) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int):
            raise ValueError(f"must be an integer {self.allowed()}")
        return raw

    def _convert(self, text: str) -> float:
        match = NUMBER_AND_UNIT.fullmatch(text)
        if match is None:
            raise ValueError(f'must be a number with a unit, such as "{self.example}"')
        number, unit = float(match[1]), match[2]
        if not unit:
            raise ValueError(f'must carry a unit, such as "{self.example}"')
        wanted = f'must be in units of {self.unit}, such as "{self.example}"'
        try:
            factor = conversion_factor(unit, self.unit)
        except DimensionError:
            raise ValueError(f"{wanted} (wrong dimension)") from None
        except ValueError:
            raise ValueError(f"{wanted} (unknown unit)") from None
        return number if factor == 1.0 else float(f"{number * factor:.{SIGNIFICANT_DIGITS}g}")

    def format(self, value: float) -> str | float:
        """The value as a scenario would write it; `parse` returns it unchanged."""
        if self.unit == "1":
            return value
        return f"{readable(value)} {self.written_unit}"

    @property
    def written_unit(self) -> str:
        """The unit after a number: `/ h` for 1/h, else as it is."""
        return f"/ {self.unit[2:]}" if self.unit.startswith("1/") else self.unit

    def __get_pydantic_core_schema__(self, source, handler):
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(self.parse)


# A micrometre is written "um": pint and ParaView both read it.
Length = Annotated[float, Quantity("um", "20 um", gt=0, le=1e6)]
Duration = Annotated[float, Quantity("h", "30 d", gt=0, le=24 * 366 * 100)]
Time = Annotated[float, Quantity("h", "12 h", ge=0, le=24 * 366 * 100)]
Rate = Annotated[float, Quantity("1/h", "0.03 / h", ge=0, le=1e6)]
PositiveRate = Annotated[float, Quantity("1/h", "0.03 / h", gt=0, le=1e6)]
Volume = Annotated[float, Quantity("mL", "7.5 mL", gt=0, le=1e6)]
Flow = Annotated[float, Quantity("mL/h", "50 mL/min", gt=0, le=1e9)]
Mass = Annotated[float, Quantity("kg", "70 kg", gt=0, le=1000)]
Diffusivity = Annotated[float, Quantity("um^2/h", "2000 um^2/s", ge=0, le=1e10)]
Velocity = Annotated[float, Quantity("um/h", "6 cm/min", ge=0, le=1e10)]
AreaRate = Annotated[float, Quantity("1/(um^2 h)", "1e-5 / (um^2 h)", ge=0, le=1e3)]
LengthDensity = Annotated[float, Quantity("1/um^2", "100 mm/mm^3", ge=0, le=0.04)]
Pressure = Annotated[float, Quantity("mmHg", "40 mmHg", ge=0, le=1000)]
Fraction = Annotated[float, Quantity("1", "0.5", ge=0, le=1)]
Number = Annotated[float, Quantity("1", "1.0", ge=0, le=1e12)]
PositiveNumber = Annotated[float, Quantity("1", "1.0", gt=0, le=1e12)]
Count = Annotated[int, Quantity("1", "4", ge=0, le=10**12, whole=True)]
PositiveCount = Annotated[int, Quantity("1", "4", gt=0, le=10**12, whole=True)]
Seed = Annotated[int, Quantity("1", "1", ge=0, le=2**64 - 1, whole=True)]
Threads = Annotated[int, Quantity("1", "2", gt=0, le=1024, whole=True)]
@dataclass(frozen=True)
class InputFile:
    """Marks the path of a file that a scenario names; relative to the scenario's own file."""


FilePath = Annotated[str, InputFile()]
PerLength = Annotated[float, Quantity("1/um", "0.3 / um", ge=0, le=10)]


@functools.cache
def quantity_of(hint: Any) -> Quantity | None:
    """The Quantity in an annotation (`Length`, `Length | None`), if it is one."""
    hint = without_none(hint)
    return next((item for item in get_args(hint)[1:] if isinstance(item, Quantity)), None)


@functools.cache
def is_input_file(hint: Any) -> bool:
    """Whether an annotation is the path of a file (`FilePath`, `FilePath | None`)."""
    return any(isinstance(item, InputFile) for item in get_args(without_none(hint))[1:])


def without_none(hint: Any) -> Any:
    """`X` of `X | None`; any other annotation as it is."""
    if get_origin(hint) not in (Union, UnionType):
        return hint
    members = [member for member in get_args(hint) if member is not NoneType]
    return members[0] if len(members) == 1 else hint


@functools.cache
def hints_of(cls: type) -> dict[str, Any]:
    """Annotations of a dataclass by field, their Quantity included."""
    return get_type_hints(cls, include_extras=True)


def check_quantities(instance: Any) -> None:
    """Check every annotated number of a dataclass; call it from `__post_init__`.

    Looks into tuples and dictionaries of quantities too. Raises ScenarioError naming class,
    field, value and range.
    """
    name = type(instance).__name__
    hints = hints_of(type(instance))
    for field in fields(instance):
        _check(f"{name}.{field.name}", hints[field.name], getattr(instance, field.name))


def _check(path: str, hint: Any, value: Any) -> None:
    quantity = quantity_of(hint)
    if quantity is not None:
        _check_one(path, hint, quantity, value)
    elif isinstance(value, tuple) and get_args(hint):
        for index, item in enumerate(value):
            _check(f"{path}.{index}", get_args(hint)[0], item)
    elif isinstance(value, Mapping) and len(get_args(hint)) == 2:
        for key, item in value.items():
            _check(f"{path}.{key}", get_args(hint)[1], item)


def _check_one(path: str, hint: Any, quantity: Quantity, value: Any) -> None:
    if value is None and without_none(hint) is not hint:
        return
    try:
        quantity.check(value)
    except (TypeError, ValueError) as error:
        raise ScenarioError(f"{path}: got {value!r}, {error}") from None
