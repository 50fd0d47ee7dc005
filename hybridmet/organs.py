"""Organs: the lattice that stands for an organ, its vessels and its soil."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from hybridmet.lattice import Lattice
from hybridmet.tissue.cells import InitialCells
from hybridmet.tissue.field_parameters import FieldParameters
from hybridmet.tissue.phenotypes import Phenotype
from hybridmet.tissue.tissue_parameters import TissueParameters
from hybridmet.tissue.vessel_parameters import VesselParameters
from hybridmet.units import Fraction, Length, Number, Quantity, check_quantities

FlowFraction = Annotated[float, Quantity("1", "1.0", ge=0.01, le=1)]
"""Not smaller: each lattice of an organ stands for this share, so there may be that many."""
Factor = Annotated[float, Quantity("1", "1.0", ge=0, le=1e6)]


@dataclass(frozen=True)
class Soil:
    """What an organ does to cells that arrive in it, as factors on their rates."""

    survival: Fraction = 1.0
    """Share of the DTCs that survive their arrival [1]: 1, neutral soil. The others die before
    they find a place (`failed_soil` in the ledger)."""
    growth: Factor = 1.0
    """Factor on division [1]: 1, neutral soil."""
    dormant_death: Factor = 1.0
    """Factor on death in dormancy [1]: 1, neutral soil."""
    reactivation: Factor = 1.0
    """Factor on the exit from dormancy [1]: 1, neutral soil."""

    def __post_init__(self):
        check_quantities(self)

    def applied_to(self, phenotypes: Mapping[str, Phenotype]) -> dict[str, Phenotype]:
        """Phenotypes with their rates in this soil."""
        return {
            name: replace(
                p,
                division_rate=p.division_rate * self.growth,
                dormant_death_rate=p.dormant_death_rate * self.dormant_death,
                reactivation_rate=p.reactivation_rate * self.reactivation,
            )
            for name, p in phenotypes.items()
        }


@dataclass(frozen=True)
class OrganField:
    """How a field differs in one organ; None keeps the value of [fields]."""

    blood_value: Number | None = None
    """Concentration in the organ's capillaries [unit of the field]."""
    initial: Number | None = None
    """Concentration at the start [unit of the field]."""

    def __post_init__(self):
        check_quantities(self)

    def applied_to(self, parameters: FieldParameters) -> FieldParameters:
        changes = {name: value for name, value in vars(self).items() if value is not None}
        return replace(parameters, **changes)


@dataclass(frozen=True)
class OrganParameters:
    """The lattice of an organ; it is allocated when the first cell arrives."""

    shape: tuple[int, ...] = (48, 48, 48)
    """Sites per axis, (nz, ny, nx) or (ny, nx): ASSUMED, about 1 mm at 20 um."""
    spacing: Length = 20.0
    """Edge of a site [um]: about one cell diameter (PhysiCell: 20 um)."""
    boundary: str = "closed"
    """closed or periodic."""
    model: Literal["lattice", "surrogate"] | None = None
    """What stands for it: cells on sites or numbers of cells. None: what `tissue.model` says."""
    flow_fraction: FlowFraction = 1.0
    """Share of the bed's flow that the lattice stands for [1]: a DTC falls into the lattice with
    this chance, else into the bed's next lattice. ASSUMED 1: one lattice stands for the organ."""
    vessels: VesselParameters = field(default_factory=VesselParameters)
    """Its capillaries."""
    soil: Soil = field(default_factory=Soil)
    """What it does to cells."""
    fields: dict[str, OrganField] = field(default_factory=dict)
    """Fields that differ here by name: oxygen of the blood, matrix at the start."""

    def __post_init__(self):
        check_quantities(self)
        self.lattice()

    def lattice(self) -> Lattice:
        return Lattice(tuple(self.shape), self.spacing, self.boundary)

    def model_in(self, tissue: TissueParameters) -> str:
        """What stands for it where these rules hold."""
        return self.model or tissue.model

    def local(self, fields: Mapping[str, FieldParameters]) -> dict[str, FieldParameters]:
        """The fields of a patient as they are in this organ."""
        own = self.fields
        return {n: own[n].applied_to(p) if n in own else p for n, p in fields.items()}


@dataclass(frozen=True)
class PrimaryParameters(OrganParameters):
    """The primary tumour: an organ that starts with cells."""

    shape: tuple[int, ...] = (64, 64, 64)
    """Sites per axis: ASSUMED, 1.3 mm at 20 um."""
    flow_fraction: Fraction = 0.01
    """Share of the host bed's flow that passes the tumour [1]: ASSUMED; this share of the DTCs
    of the bed return to the primary (self-seeding)."""
    site: str = "liver"
    """A primary site of the body network: it fixes the host bed and the draining veins."""
    cells: InitialCells | None = field(default_factory=InitialCells)
    """The cells it starts with; `false`: none, a tissue without a tumour."""


DEFAULT_ORGAN = "default"
"""Key of the organ parameters that hold where an organ has none of its own."""
