"""SurrogateParameters: how a tissue is counted instead of laid out on a lattice."""

from dataclasses import dataclass
from typing import Annotated

from hybridmet.units import Length, PositiveCount, Quantity, check_quantities

LeapAccuracy = Annotated[float, Quantity("1", "0.03", gt=0, le=0.2)]


@dataclass(frozen=True)
class SurrogateParameters:
    """Where `tissue.model = "surrogate"`: docs/surrogate.md."""

    shell: Length | None = None
    """Cells that near to the surface of a colony, a ball, have room to divide [um]. None: the
    depth that a front of the lattice has, from spacing, motility and division rate
    (hybridmet/tissue/mean_field.py)."""
    capacity: PositiveCount | None = None
    """Cells that an organ holds [1]. None: as many as its lattice would."""
    exact_below: PositiveCount = 300_000
    """Colonies of as many living cells are followed event by event, larger ones by leaps [1]:
    ASSUMED, about where leaps become cheaper for a colony that is mostly full."""
    leap: LeapAccuracy = 0.03
    """Largest expected number of events of a cell in a leap [1]: ASSUMED; the growth rate is
    then exact to a sixth of its square (midpoint rule)."""

    def __post_init__(self):
        check_quantities(self)
