"""What a scenario says of the vessels of a lattice: where they run and what changes them."""

from dataclasses import dataclass
from typing import Annotated

from hybridmet.units import (
    Count,
    Duration,
    Fraction,
    Length,
    LengthDensity,
    Quantity,
    check_quantities,
)

VesselRadius = Annotated[float, Quantity("um", "5 um", gt=0, le=1000)]


@dataclass(frozen=True)
class PointVessels:
    """How many vessels cross the slice, and where they may not."""

    intact: Count = 8
    """Intact vessels, one site each [1] (Franssen 2019: 8 beside a primary tumour)."""
    ruptured: Count = 2
    """Ruptured vessels, five sites each [1] (Franssen 2019: 2 beside a primary tumour)."""
    clear_centre: Count = 200
    """Sites nearest the middle that stay free of vessels [1] (Franssen 2019: 200)."""
    margin: Count = 2
    """Sites between a vessel and the sides [1] (Franssen 2019: 2)."""
    radius: Length = 5.0
    """Radius [um]: general capillary range; it matters for exchange and for hazards per wall
    area only, and Franssen 2019 has neither."""

    def __post_init__(self):
        check_quantities(self)


@dataclass(frozen=True)
class VesselParameters:
    """Vessels of a lattice: a capillary mesh of a given density unless told otherwise."""

    length_density: LengthDensity = 1e-4
    """Vessel length per tissue volume [1/um^2]: 100 mm/mm^3, ASSUMED; capillaries some 150 um
    apart, as in the periphery of solid tumours."""
    radius: VesselRadius = 5.0
    """Mean radius [um]: general capillary range, 5-10 um in diameter."""
    radius_variation: Annotated[float, Quantity("1", "0.2", ge=0, le=0.5)] = 0.2
    """Coefficient of variation of the radius, uniformly distributed [1]: ASSUMED."""
    ruptured_fraction: Fraction = 0.1
    """Share of segments that are ruptured [1]: ASSUMED; 2 of 10 in Franssen 2019 near a tumour."""
    points: PointVessels | None = None
    """Vessels across a slice instead of the mesh; the keys above do not count then."""
    clock: Duration = 6.0
    """Time between steps of the processes that change the vessels [h]: ASSUMED, short against
    the days in which vessels grow and adapt, long against the minutes of a cell's step."""

    def __post_init__(self):
        check_quantities(self)
