"""Capillary beds: how they arrest CTCs, and what becomes of the arrested.

A CTC that enters a bed is arrested with probability p,

    logit p = logit p_bed + a (d - d0) + c ln n,

d being the largest diameter in the cluster [um] and n its number of cells. Of the arrested, a
reversible fraction is released again; the others extravasate or die.
"""

from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Literal

import numpy as np

from hybridmet.circulation.network import BodyNetwork
from hybridmet.errors import ScenarioError, unknown_name
from hybridmet.units import (
    Duration,
    FilePath,
    Fraction,
    Length,
    Mass,
    Number,
    PerLength,
    Quantity,
    Rate,
    check_quantities,
)

Stages = Annotated[int, Quantity("1", "3", gt=0, le=100, whole=True)]
VeinFraction = Annotated[float, Quantity("1", "0.2", gt=0, le=1)]


@dataclass(frozen=True)
class CapillaryBed:
    """The filter of one organ; `capillary_beds` reads it from the network's data."""

    arrest_probability: Fraction
    """Of a single cell of the reference diameter, each time it enters [1]: calibrated to the
    portal-to-peripheral ratio of CTCs, Catenacci et al. 2015 (key S11 of the data)."""
    reversible_fraction: Fraction
    """Share of the arrested that will be released [1]: ASSUMED (S13)."""
    release_half_life: Duration
    """Half-life of the reversible arrest [h]: ASSUMED 1.7 h, midpoint of the apparent 1-2.4 h of
    Meng et al. 2004 (S13)."""
    extravasation_probability: Fraction
    """Share of the irreversibly arrested that extravasates [1]: 0.80, Luzzi et al. 1998 (S14)."""
    capillary_diameter: Length
    """Of the bed's capillaries [um]: key capillary_diameter_source; for information."""
    sources: dict[str, str] = field(default_factory=dict)
    """Text of each source named by the data, by the data's key."""

    def __post_init__(self):
        check_quantities(self)


@dataclass(frozen=True)
class BedOverride:
    """What a scenario changes in one bed; None keeps the network's value."""

    arrest_probability: Fraction | None = None
    """Of a single cell of the reference diameter [1]."""
    reversible_fraction: Fraction | None = None
    """Share of the arrested that will be released [1]."""
    release_half_life: Duration | None = None
    """[h]."""
    extravasation_probability: Fraction | None = None
    """Share of the irreversibly arrested that extravasates [1]."""


@dataclass(frozen=True)
class FixedTime:
    """What becomes of CTCs without a walk through the body."""

    time_in_blood: Duration = 2.0
    """[h] (Franssen 2019: 180 steps of 40 s)."""
    survival_single: Fraction = 5e-4
    """Chance of a single cell to leave the blood alive [1] (Franssen 2019)."""
    survival_cluster: Fraction = 2.5e-2
    """Chance of a cluster to leave the blood alive, as a whole [1] (Franssen 2019)."""
    disaggregation: Fraction = 0.5
    """Chance of each cell of a cluster to split off [1]: ASSUMED."""
    organs: dict[str, Fraction] = field(
        default_factory=lambda: {"bone": 0.5461, "lung": 0.2553, "liver": 0.1986}
    )
    """Share of the capillary beds [1] (Franssen 2019, from breast cancer data)."""

    def __post_init__(self):
        check_quantities(self)
        total = sum(self.organs.values())
        if abs(total - 1.0) > 1e-9:
            raise ScenarioError(
                f"FixedTime.organs: got {dict(self.organs)}, "
                f"must be shares whose sum is 1, not {total:g}"
            )


@dataclass(frozen=True)
class BloodTraits:
    """What a phenotype is like in blood, beyond its mean diameter."""

    diameter_cv: Fraction = 0.15
    """Coefficient of variation of the diameter [1]: ASSUMED; log-normal around the phenotype's
    mean, one draw a cell."""
    death_factor: Number = 1.0
    """Factor on death in blood, whatever the cause [1]: ASSUMED 1."""
    diameter: Length | None = None
    """Mean diameter of a cell that takes this phenotype in blood [um]; None: it keeps its own."""
    transition_rates: dict[str, Rate] = field(default_factory=dict)
    """Change into another phenotype while in blood or arrested [1/h]: none by default, because
    CTCs are in blood for hours; EMT in blood is observed (Yu et al. 2013,
    doi:10.1126/science.1228522) but its rate is not."""

    def __post_init__(self):
        check_quantities(self)


@dataclass(frozen=True)
class CirculationParameters:
    """The bloodstream of a patient: whose body, and what happens to CTCs in it."""

    sex: Literal["male", "female"] = "male"
    """Reference adult of ICRP Publication 89 (2002)."""
    death_rate: Rate = 0.29
    """Death of free CTCs [1/h]: ln 2 / 2.4 h, the slowest apparent decline in Meng et al. 2004
    (doi:10.1158/1078-0432.CCR-04-1110); ASSUMED to be death in blood alone."""
    mean_arrest_time: Duration = 12.0
    """Mean time the irreversibly arrested spend until they extravasate or die [h]: ASSUMED, so
    that 86 % of those that do so extravasate within 24 h (Koop et al. 1995: over 80 % of cells)."""
    arrest_per_diameter: PerLength = 0.2
    """a, change of logit p per diameter [1/um]: ASSUMED."""
    reference_diameter: Length = 15.0
    """d0 [um], to which the beds' arrest probabilities refer: ASSUMED, a carcinoma cell in
    suspension."""
    arrest_per_log_size: Number = 1.1
    """c, change of logit p per ln n [1]: ASSUMED, so that 0.6 of single cells becomes 0.9 of
    clusters of five (arrest_cluster in the data)."""
    beds: dict[str, BedOverride] = field(default_factory=dict)
    """Changes by capillary bed."""
    immune_death_rate: Rate = 0.0
    """Killing of free CTCs by immune cells [1/h]: ASSUMED 0, because `death_rate` is calibrated
    to all causes together; whoever states it lowers `death_rate`."""
    shear_death_rate: Rate = 0.0
    """Death of free CTCs by shear where the wall shear stress is `SHEAR_REFERENCE` [1/h], in
    proportion to it elsewhere: ASSUMED 0, as above. Regmi et al. 2017
    (doi:10.1038/srep39975) find over 90 % necrotic after 4 h at 60 dyn/cm^2, about 0.15 / h here."""
    arrest_stages: Stages = 1
    """Equal stages of the irreversible arrest [1]: the time until extravasation or death is
    gamma distributed with this shape and mean `mean_arrest_time`. 1, the exponential: ASSUMED."""
    disaggregation_rate: Rate = 0.0
    """Rate at which each further cell of a cluster parts from it while free [1/h]: ASSUMED 0;
    clusters are oligoclonal from the start and arrive as such (Aceto et al. 2014)."""
    phenotypes: dict[str, BloodTraits] = field(default_factory=dict)
    """What distinguishes the phenotypes in blood; defaults hold for those not named."""
    clone_survival_cv: Fraction = 0.0
    """Coefficient of variation of the factor that each clone has on its death in blood [1]:
    ASSUMED 0; log-normal of mean 1, drawn once for a clone."""
    clone_death_factors: dict[str, Number] = field(default_factory=dict)
    """Factor on death in blood of single clones, by number [1]; replaces the drawn one."""
    body_mass: Mass | None = None
    """[kg]; blood volume scales with its power 1, cardiac output with its power 3/4 (West, Brown
    & Enquist 1997, doi:10.1126/science.276.5309.122). None: the reference adult."""
    network: FilePath | None = None
    """A network of one's own, a TOML or JSON file laid out as docs/circulation.md says; None:
    the reference adult of ICRP 89."""
    routes: tuple[str, ...] | None = None
    """Optional routes that are open ("batson", "rectal_split"); None: those of the network's
    data that are ordinarily open."""
    draining_vein_fraction: VeinFraction | None = None
    """Share of the host bed's blood that leaves it by the tumour's draining vein [1]; None: the
    data's value for the site."""
    embolized: dict[str, Fraction] = field(default_factory=dict)
    """Share of the arterial supply [1] taken from a bed and given to the others in proportion;
    1 removes a bed that has no other supply."""
    fixed_time: FixedTime | None = None
    """What stands in for the walk through the body, if anything."""

    def __post_init__(self):
        check_quantities(self)
        for clone in self.clone_death_factors:
            if not clone.isdecimal():
                raise ScenarioError(
                    f'CirculationParameters.clone_death_factors: got "{clone}", must be clone numbers'
                )

    def death_rates(self, shear_stress: np.ndarray) -> dict[str, np.ndarray]:
        """By cause, (nodes,) [1/h], for `shear_stress` (nodes,) [dyn/cm^2]; the order is that of
        HM_DEATH_CAUSES."""
        everywhere = np.ones(len(shear_stress))
        return {
            "death_in_blood": self.death_rate * everywhere,
            "death_immune": self.immune_death_rate * everywhere,
            "death_shear": self.shear_death_rate * shear_stress / SHEAR_REFERENCE,
        }


SHEAR_REFERENCE = 15.0
"""Wall shear stress [dyn/cm^2] to which `shear_death_rate` refers: of large arteries, 4-30
(Wirtz, Konstantopoulos & Searson 2011, doi:10.1038/nrc3080)."""
DATA_KEYS = {
    "arrest_probability": "arrest_single",
    "reversible_fraction": "reversible_fraction",
    "release_half_life": "release_half_life_h",
    "extravasation_probability": "p_extravasate",
    "capillary_diameter": "capillary_diameter_um",
}
"""Name in the data file of each parameter of a bed."""


def capillary_beds(
    network: BodyNetwork, overrides: dict[str, BedOverride] | None = None
) -> dict[str, CapillaryBed]:
    """The beds of a network by name, in the network's order, with a scenario's changes."""
    overrides = overrides or {}
    for name in overrides:
        if name not in network.beds:
            raise unknown_name("capillary bed", name, network.beds)
    return {name: _bed(network, name, overrides.get(name)) for name in network.beds}


def _bed(network: BodyNetwork, name: str, override: BedOverride | None) -> CapillaryBed:
    changes = asdict(override or BedOverride())
    changes = {key: value for key, value in changes.items() if value is not None}
    try:
        return replace(_from_data(network, name), **changes)
    except KeyError as error:
        raise ScenarioError(f"capillary_beds.{name}: the key {error} is missing") from None
    except ScenarioError as error:
        raise ScenarioError(f"capillary_beds.{name}: {error}") from None


def _from_data(network: BodyNetwork, name: str) -> CapillaryBed:
    entry = network.bed_data[name]
    sources = {
        key: network.sources.get(value, value)
        for key, value in entry.items()
        if key.endswith("source")
    }
    values = {parameter: entry[key] for parameter, key in DATA_KEYS.items()}
    return CapillaryBed(**values, sources=sources)
