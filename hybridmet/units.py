"""Quantities: one type per dimension, with its internal unit and its allowed range.

Inside the house every number is a float in these units: micrometre, hour, mmHg, millilitre.
A parameter declares its type once, as an annotation (`division_rate: Rate`); that annotation
reads scenario strings, checks ranges and writes the resolved scenario.
"""

import functools
import math
from dataclasses import dataclass, fields, is_dataclass
from typing import Annotated, Any, get_args, get_type_hints

from hybridmet.errors import ScenarioError

SECONDS_PER_HOUR = 3600.0


@functools.cache
def registry():
    """The pint registry (loaded on first use: it takes half a second)."""
    import pint

    return pint.UnitRegistry(cache_folder=":auto:")


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

    def allowed(self) -> str:
        """The range in words: `> 0 um, <= 1000 um`."""
        suffix = "" if self.unit == "1" else f" {self.unit}"
        bounds = [(">", self.gt), (">=", self.ge), ("<=", self.le)]
        return ", ".join(f"{sign} {value:g}{suffix}" for sign, value in bounds if value is not None)

    def check(self, value: float) -> float:
        """Return the value, or raise ValueError that says what is allowed."""
        wrong = (
            not math.isfinite(value)
            or (self.gt is not None and not value > self.gt)
            or (self.ge is not None and not value >= self.ge)
            or (self.le is not None and not value <= self.le)
        )
        if wrong:
            raise ValueError(f"must be finite and {self.allowed()}")
        return value

    def parse(self, raw: Any) -> float:
        """A scenario's value in internal units; raises ValueError with what is allowed."""
        if isinstance(raw, bool) or not isinstance(raw, int | float | str):
            raise ValueError(f'must be a quantity such as "{self.example}"')
        if self.unit == "1":
            return self.check(self._number(raw))
        if not isinstance(raw, str):
            raise ValueError(f'must carry a unit, such as "{self.example}"')
        return self.check(self._convert(raw))

    def _number(self, raw: int | float | str) -> float:
        try:
            return float(raw)
        except ValueError:
            raise ValueError(f"must be a plain number such as {self.example}") from None

    def _convert(self, text: str) -> float:
        import pint

        wanted = f'must be a quantity in units of {self.unit}, such as "{self.example}"'
        try:
            parsed = registry().Quantity(text)
            return float(parsed.to(self.unit).magnitude)
        except pint.DimensionalityError:
            raise ValueError(f"{wanted} (wrong dimension)") from None
        except Exception:  # pint raises a dozen types for text it cannot read
            raise ValueError(wanted) from None

    def format(self, value: float) -> str | float:
        """The value as a scenario would write it; `parse` returns it unchanged."""
        return value if self.unit == "1" else f"{value!r} {self.unit}"

    def __get_pydantic_core_schema__(self, source, handler):
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            self.parse,
            serialization=core_schema.plain_serializer_function_ser_schema(
                self.format, when_used="json"
            ),
        )


# A micrometre is written "um": pint and ParaView both read it.
Length = Annotated[float, Quantity("um", "20 um", gt=0, le=1e6)]
Duration = Annotated[float, Quantity("h", "30 d", gt=0, le=24 * 366 * 100)]
Time = Annotated[float, Quantity("h", "12 h", ge=0, le=24 * 366 * 100)]
Rate = Annotated[float, Quantity("1/h", "0.03 / h", ge=0, le=1e6)]
PositiveRate = Annotated[float, Quantity("1/h", "0.03 / h", gt=0, le=1e6)]
Diffusivity = Annotated[float, Quantity("um^2/h", "2000 um^2/s", ge=0, le=1e10)]
Velocity = Annotated[float, Quantity("um/h", "6 cm/min", ge=0, le=1e10)]
AreaRate = Annotated[float, Quantity("1/(um^2 h)", "1e-5 / (um^2 h)", ge=0, le=1e3)]
LengthDensity = Annotated[float, Quantity("1/um^2", "100 mm/mm^3", ge=0, le=0.04)]
Pressure = Annotated[float, Quantity("mmHg", "40 mmHg", ge=0, le=1000)]
Fraction = Annotated[float, Quantity("1", "0.5", ge=0, le=1)]
Number = Annotated[float, Quantity("1", "1.0", ge=0, le=1e12)]
PositiveNumber = Annotated[float, Quantity("1", "1.0", gt=0, le=1e12)]
PerLength = Annotated[float, Quantity("1/um", "0.3 / um", ge=0, le=10)]


def quantity_of(hint: Any) -> Quantity | None:
    """The Quantity in an annotation, if it is one."""
    return next((item for item in get_args(hint)[1:] if isinstance(item, Quantity)), None)


def check_quantities(instance: Any) -> None:
    """Check every annotated number of a dataclass; call it from `__post_init__`.

    Raises ScenarioError naming class, field, value and range.
    """
    assert is_dataclass(instance)
    hints = _hints(type(instance))
    for field in fields(instance):
        quantity = quantity_of(hints[field.name])
        if quantity is None:
            continue
        value = getattr(instance, field.name)
        try:
            quantity.check(value)
        except (TypeError, ValueError) as error:
            raise ScenarioError(
                f"{type(instance).__name__}.{field.name}: got {value!r}, {error}"
            ) from None


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls, include_extras=True)
