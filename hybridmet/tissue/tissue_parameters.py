"""TissueParameters: rules that all lattices of a patient share."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from hybridmet._core import cells as kernel
from hybridmet.errors import ScenarioError
from hybridmet.tissue.colony_sizes import ColonySizes
from hybridmet.tissue.contact_entry import ContactEntry
from hybridmet.tissue.surrogate_parameters import SurrogateParameters
from hybridmet.units import Duration, Length, Pressure, check_quantities


@dataclass(frozen=True)
class TissueParameters:
    """Rules that all lattices of a patient share."""

    model: Literal["lattice", "surrogate"] = "lattice"
    """lattice: cells on sites, with fields and vessels; surrogate: numbers of cells that divide,
    sleep, die and shed with the same rates, for populations of patients (docs/surrogate.md)."""
    surrogate: SurrogateParameters = field(default_factory=SurrogateParameters)
    """How the surrogate counts; nothing on a lattice."""
    slots: Annotated[int, "cells per site"] = 1
    """Cells that fit in a site [1]: 1 at 20 um, about one cell diameter."""
    division_neighbours: Literal["faces", "all"] = "faces"
    """Where a daughter may go: 4 or 6 face neighbours, or all 8 or 26."""
    precision: Literal["float64", "float32"] = "float64"
    """Number type of the fields: float32 takes half the memory and time; its error is near
    1e-5 of the largest concentration."""
    hypoxia_threshold: Pressure = 8.0
    """Oxygen below which a cell counts as hypoxic [mmHg] (PhysiCell's hypoxic response)."""
    seeding_radius: Length = 100.0
    """How far from its vessel a DTC looks for a free site [um]: ASSUMED."""
    seeding_beside: bool = False
    """Whether the site of the vessel itself is left out (Franssen 2019: its 4 neighbours)."""
    arrival: Literal["dormant", "active"] = "dormant"
    """Condition of a DTC that found a place (Franssen 2019: active)."""
    synchronous_division: dict[str, Duration] = field(default_factory=dict)
    """Doubling time [h] of phenotypes that divide by the clock, into their own site; beside
    division at a rate, which is 0 where a phenotype should have one kind only."""
    contact_entry: ContactEntry | None = None
    """Entry into the blood with certainty by moving onto a vessel, if any."""
    colonies: ColonySizes = field(default_factory=ColonySizes)
    """From how many cells a colony is called a micrometastasis, a macrometastasis, detectable."""

    def __post_init__(self):
        check_quantities(self)
        if not 1 <= self.slots <= kernel.MAX_SLOTS:
            raise ScenarioError(
                f"TissueParameters.slots: got {self.slots}, must be 1 to {kernel.MAX_SLOTS}"
            )
