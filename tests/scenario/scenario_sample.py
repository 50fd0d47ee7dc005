"""A small schema with every kind of parameter, to test the reading of scenarios with."""

from dataclasses import dataclass, field
from typing import Literal

from hybridmet.errors import ScenarioError
from hybridmet.units import (
    Count,
    Diffusivity,
    Duration,
    Fraction,
    Length,
    PositiveCount,
    Rate,
    Seed,
    Time,
    check_quantities,
)


@dataclass(frozen=True)
class SampleField:
    kind: Literal["quasi-steady", "transient", "immobile"] = "transient"
    diffusivity: Diffusivity = 100.0
    degraded_by: dict[str, Rate] = field(default_factory=dict)
    permeability: Rate | None = None

    def __post_init__(self):
        check_quantities(self)
        if self.kind == "immobile" and self.diffusivity > 0:
            raise ScenarioError(
                f"SampleField.diffusivity: got {self.diffusivity}, must be 0 in an immobile field"
            )


@dataclass(frozen=True)
class SampleDraw:
    volume: Fraction = 0.5
    at: tuple[Time, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class SamplePrimary:
    site: Literal["liver", "breast", "lung"] = "liver"
    shape: tuple[PositiveCount, ...] = (64, 64, 64)
    spacing: Length = 20.0
    cells: Count = 100
    vascular: bool = True

    def __post_init__(self):
        check_quantities(self)
        if len(self.shape) not in (2, 3):
            raise ScenarioError(f"SamplePrimary.shape: got {self.shape}, must be 2 or 3 sizes")


def default_fields() -> dict[str, SampleField]:
    return {
        "oxygen": SampleField("quasi-steady", 7.2e6, permeability=3.0),
        "ecm": SampleField("immobile", 0.0, degraded_by={"mmp2": 0.1}),
    }


@dataclass(frozen=True)
class SampleScenario:
    name: str
    duration: Duration
    random_seed: Seed = 1
    primary: SamplePrimary = SamplePrimary()
    fields: dict[str, SampleField] = field(default_factory=default_fields)
    draws: tuple[SampleDraw, ...] = ()
    limit: Length | None = 50.0

    def __post_init__(self):
        check_quantities(self)
        for name, one in self.fields.items():
            for other in one.degraded_by:
                if other not in self.fields and other != "mmp2":
                    raise ScenarioError(
                        f"fields.{name}.degraded_by.{other}: got a rate, must be one of the fields"
                    )
