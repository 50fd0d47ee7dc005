"""What a scenario says of the vessels of a lattice: where they run and what changes them."""

from dataclasses import dataclass, field
from typing import Annotated

from hybridmet.errors import ScenarioError
from hybridmet.tissue.adaptation import Adaptation
from hybridmet.tissue.angiogenesis import Angiogenesis
from hybridmet.tissue.blood_flow import BloodFlow
from hybridmet.tissue.blood_transport import BloodTransport
from hybridmet.tissue.compression import Compression
from hybridmet.tissue.maturation import Maturation
from hybridmet.tissue.pruning import Pruning
from hybridmet.tissue.rupture import Rupture
from hybridmet.tissue.sprouting import Sprouting
from hybridmet.tissue.vessel_line import VesselLine
from hybridmet.tissue.vessel_process import VesselProcess
from hybridmet.units import (
    Count,
    Duration,
    FilePath,
    Fraction,
    Length,
    LengthDensity,
    Number,
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
class EntryParameters:
    """How open the walls of vessels are to cells, beside the rates of the phenotypes."""

    immature_factor: Number = 3.0
    """Factor on the wall area of immature segments [1]: ASSUMED; new walls lack pericytes, whose
    loss lets more cells metastasize (Xian et al. 2006, doi:10.1172/JCI25705)."""
    unperfused_factor: Number = 0.0
    """Factor on that of segments without flow [1]: nothing is carried off there."""

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
    network: FilePath | None = None
    """File of a measured network instead of the mesh: NAME.vtp, NAME.vtk or NAME_segments.csv
    beside NAME_nodes.csv; coordinates in um from the lattice's corner (docs/vessels.md)."""
    lines: tuple[VesselLine, ...] = ()
    """Vessels given one by one instead of the mesh; the keys above do not count then."""
    clock: Duration = 6.0
    """Time between steps of flow and of the processes that change the vessels [h]: ASSUMED, short
    against the days in which vessels adapt, long against the minutes of a cell's step. Sprouts
    begin by this clock and grow at every macro step; those that meet carry blood from the next
    tick on."""
    entry: EntryParameters = field(default_factory=EntryParameters)
    """How open walls are to cells."""
    sprouting: Sprouting | None = None
    """New tips on mature vessels; left out unless given, as all processes."""
    angiogenesis: Angiogenesis | None = None
    """What tips do."""
    flow: BloodFlow | None = None
    """Blood flow; left out, all vessels carry blood alike."""
    transport: dict[str, BloodTransport] = field(default_factory=dict)
    """By field: what blood holds of it, so that it loses what it gives; left out, blood holds the
    field's blood value everywhere."""
    compression: Compression | None = None
    """Collapse under packed cells."""
    rupture: Rupture | None = None
    """Tearing of walls."""
    pruning: Pruning | None = None
    """Regression of segments of low shear."""
    maturation: Maturation | None = None
    """From immature to intact."""
    adaptation: Adaptation | None = None
    """Radii that follow shear, pressure and need."""

    def __post_init__(self):
        check_quantities(self)
        if self.network is not None and (self.points is not None or self.lines):
            raise ScenarioError(
                f"VesselParameters.network: got {self.network!r}, must be left out where points "
                "or lines say where the vessels run"
            )
        for name in ("pruning", "adaptation"):
            if self.flow is None and getattr(self, name) is not None:
                raise ScenarioError(
                    f"VesselParameters.{name}: must go with flow, by whose shear stress it acts"
                )
        if self.flow is None and self.transport:
            raise ScenarioError(
                f"VesselParameters.transport.{next(iter(self.transport))}: must go with flow, by which "
                "blood comes along"
            )
        if self.sprouting is not None and self.angiogenesis is None:
            raise ScenarioError(
                "VesselParameters.angiogenesis: must go with sprouting, whose tips nothing else moves"
            )
        if self.points is not None and self.flow is not None and self.flow.inlet_side[0] != "z":
            raise ScenarioError(
                f"VesselParameters.flow.inlet_side: got {self.flow.inlet_side!r}, must be z- or z+ "
                "where vessels cross a slice (points)"
            )

    @property
    def widest(self) -> float:
        """Largest radius that is stated, of a mesh the mean [um]; 0 where a file states it."""
        if self.network is not None:
            return 0.0
        if self.points is not None:
            return self.points.radius
        return max((line.radius for line in self.lines), default=self.radius)

    def growth(self) -> dict[str, VesselProcess]:
        """What acts at every macro step, by name and in this order."""
        return self._given("angiogenesis")

    def remodelling(self) -> dict[str, VesselProcess]:
        """What acts on the slow clock, by name and in this order; flow comes after."""
        names = ("sprouting", "compression", "rupture", "pruning", "maturation", "adaptation")
        return self._given(*names)

    def _given(self, *names: str) -> dict[str, VesselProcess]:
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}
