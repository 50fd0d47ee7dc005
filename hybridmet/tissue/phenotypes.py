"""Phenotypes: what a cell of a kind does, at which rates, and how fields change these.

Adding a phenotype, or a response to a field, is data: no code.
"""

from dataclasses import dataclass, field
from typing import Annotated, Literal, get_args

from hybridmet.errors import ScenarioError
from hybridmet.units import (
    AreaRate,
    Diffusivity,
    Fraction,
    Number,
    PositiveNumber,
    Quantity,
    Rate,
    check_quantities,
)

Behaviour = Literal[
    "division",
    "death",
    "necrosis",
    "clearance",
    "dormant_death",
    "reactivation",
    "intravasation",
    "shedding",
    "transition",
    "motility",
    "taxis",
    "secretion",
]
BEHAVIOURS = tuple(b for b in get_args(Behaviour) if b != "secretion")
"""What a cell does by chance, in the order of `enum hm_behaviour` in csrc/hm_cells.h; secretion
is what it does to fields."""

CellDiameter = Annotated[float, Quantity("um", "15 um", gt=0, le=200)]


@dataclass(frozen=True)
class Response:
    """A field changes a rate: multiplied by 1 + (extreme - 1) H at high or at low values.

    H = u^n / (K^n + u^n) (Hill), or 1 where u > K (threshold); 1 - H for low values.
    Responses of one behaviour to several fields multiply.
    """

    behaviour: Behaviour
    """The rate it acts on; `transition` covers EMT and MET; `secretion` names its `target`."""
    field: str
    """Name of the field."""
    when: Literal["high", "low"]
    """Whether high or low values of the field bring the rate to its extreme."""
    half_maximum: PositiveNumber
    """K, in the field's unit."""
    extreme: Number
    """Factor on the rate where the response is saturated [1]."""
    power: Annotated[float, Quantity("1", "4", gt=0, le=64)] = 4.0
    """Hill power n [1] (PhysiCell's rules: 1 to 8 in published use; ASSUMED 4)."""
    shape: Literal["hill", "threshold"] = "hill"
    """Smooth or sharp."""
    target: str | None = None
    """Field whose secretion responds, where the behaviour is `secretion`."""

    def __post_init__(self):
        check_quantities(self)
        if (self.target is not None) != (self.behaviour == "secretion"):
            must = "name a field" if self.target is None else "be left out"
            raise ScenarioError(
                f"Response.target: got {self.target!r}, must {must} where the behaviour is "
                f'"{self.behaviour}"'
            )


@dataclass(frozen=True)
class SaturableUptake:
    """Michaelis-Menten uptake of a field: maximum_rate u / (half_maximum + u)."""

    maximum_rate: PositiveNumber
    """Uptake where there is plenty, in the cell's site [unit/h]."""
    half_maximum: PositiveNumber
    """Concentration at which it is half of that [unit]."""

    def __post_init__(self):
        check_quantities(self)


HYPOXIC_ARREST = Response("division", "oxygen", "low", half_maximum=5.0, extreme=0.0, power=8.0)
"""No division in severe hypoxia: 5 mmHg (PhysiCell's proliferation threshold)."""
ANOXIC_NECROSIS = Response(
    "necrosis", "oxygen", "high", half_maximum=2.5, extreme=0.0, power=8.0
)
"""Necrosis only where oxygen is nearly absent: 2.5 mmHg (PhysiCell's necrosis threshold)."""
HYPOXIC_EMT = Response("transition", "oxygen", "low", half_maximum=8.0, extreme=10.0)
"""Hypoxia raises EMT: 8 mmHg (PhysiCell's hypoxic response); tenfold ASSUMED."""
HYPOXIC_VEGF = Response(
    "secretion", "oxygen", "high", half_maximum=8.0, extreme=0.0, target="vegf"
)
"""Cells secrete VEGF where oxygen is low: 8 mmHg (PhysiCell's hypoxic response)."""
VEGF_SECRETION = 0.6
"""Secretion of VEGF in hypoxia [1/h]: 0.01 / min (Owen 2009)."""


@dataclass(frozen=True)
class Phenotype:
    """Rates and responses of one kind of cell."""

    division_rate: Rate = 0.0312
    """Division where a neighbour has room [1/h]: ln 2 / 8e4 s (Franssen 2019, epithelial)."""
    death_rate: Rate = 0.00319
    """Apoptosis [1/h]: 5.31667e-5 / min (PhysiCell's default; Ghaffarizadeh 2018)."""
    necrosis_rate: Rate = 0.1667
    """Necrosis in anoxia [1/h]: 1 / 6 h (PhysiCell's default; Ghaffarizadeh 2018)."""
    clearance_rate: Rate = 0.000694
    """Clearance of necrotic debris [1/h]: 1 / 60 d (PhysiCell's lysed phase)."""
    dormant_death_rate: Rate = 0.00319
    """Death of a dormant DTC [1/h]: with `reactivation_rate`, 36 % are still dormant after
    13 days and 1/40 ever reactivate (targets: Luzzi 1998; exponential law ASSUMED)."""
    reactivation_rate: Rate = 8.2e-5
    """Exit from dormancy [1/h]; see `dormant_death_rate`."""
    motility: Diffusivity = 18.0
    """Random motility [um^2/h]: 5e-11 cm^2/s (Franssen 2019, epithelial)."""
    haptotaxis: Diffusivity = 180.0
    """Drift up the gradient of ecm [um^2/h per unit ecm]: 5e-10 cm^2/s (Franssen 2019)."""
    chemotaxis: dict[str, Diffusivity] = field(default_factory=dict)
    """Drift up the gradient of other fields [um^2/h per unit of the field]."""
    uptake_rates: dict[str, Rate] = field(default_factory=lambda: {"oxygen": 780.0})
    """First-order uptake of a field in the cell's site [1/h]: oxygen 13 / min (Owen 2009)."""
    saturable_uptake: dict[str, SaturableUptake] = field(default_factory=dict)
    """Michaelis-Menten uptake of a field in the cell's site, besides `uptake_rates`."""
    secretion_rates: dict[str, Rate] = field(default_factory=lambda: {"vegf": VEGF_SECRETION})
    """Secretion of a field in the cell's site [unit/h]."""
    degradation_rates: dict[str, Rate] = field(default_factory=dict)
    """Degradation of an immobile field in the cell's site [1/h]."""
    transition_rates: dict[str, Rate] = field(default_factory=dict)
    """Change into another phenotype [1/h]: EMT and MET."""
    intravasation_rate: AreaRate = 0.0
    """Entry through an intact wall, per wall area in the site [1/(um^2 h)]: active
    intravasation is a trait of mesenchymal cells."""
    shedding_rate: AreaRate = 1e-5
    """Entry through a ruptured wall, per wall area in the site [1/(um^2 h)]: any cell;
    about 1 / 160 h in a site crossed by a 10 um wide vessel, ASSUMED."""
    cohesion: Fraction = 0.02
    """Chance that a touching neighbour goes along into the blood [1]: ASSUMED; with up to six
    neighbours about a tenth of the entries are clusters, a minority as in Aceto 2014."""
    diameter: CellDiameter = 15.0
    """Diameter in blood [um]: ASSUMED, typical of cultured carcinoma cells."""
    responses: tuple[Response, ...] = (
        HYPOXIC_ARREST,
        ANOXIC_NECROSIS,
        HYPOXIC_EMT,
        HYPOXIC_VEGF,
    )
    """How fields change the rates."""

    def __post_init__(self):
        check_quantities(self)


DEFAULT_PHENOTYPES = {
    "epithelial": Phenotype(transition_rates={"mesenchymal": 0.0005}),
    "mesenchymal": Phenotype(
        division_rate=0.0208,
        motility=36.0,
        secretion_rates={"mmp2": 0.01755, "vegf": VEGF_SECRETION},
        degradation_rates={"ecm": 0.09},
        transition_rates={"epithelial": 0.001},
        intravasation_rate=1e-5,
        cohesion=0.01,
        diameter=12.0,
        responses=(HYPOXIC_ARREST, ANOXIC_NECROSIS, HYPOXIC_VEGF),
    ),
}
"""Epithelial and mesenchymal cells. Mesenchymal: division ln 2 / 1.2e5 s, motility
1e-10 cm^2/s, MMP-2 0.195 and ECM 1 per unit time of 4e4 s (Franssen 2019). EMT 1 / 2000 h,
MET 1 / 1000 h, intravasation, cohesion and diameter ASSUMED."""
