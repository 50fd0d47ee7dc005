"""The scenario: all parameters of a patient and of a run, composed of the parts' own classes."""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated

from hybridmet.circulation.capillary_bed import CirculationParameters
from hybridmet.circulation.filtration import FilterParameters
from hybridmet.circulation.source import SourceParameters
from hybridmet.errors import ScenarioError
from hybridmet.measures.blood_draw import DrawParameters
from hybridmet.organ_catalogue import completed
from hybridmet.organs import DEFAULT_ORGAN, OrganParameters, PrimaryParameters
from hybridmet.scenario.consistency import check_consistency
from hybridmet.scenario.initial import file_message
from hybridmet.scenario.load import load, loads
from hybridmet.scenario.memory import check_memory
from hybridmet.scenario.override import Override
from hybridmet.scenario.resolution import warnings
from hybridmet.tissue.clones import MutationParameters
from hybridmet.tissue.fields import DEFAULT_FIELDS, FieldParameters
from hybridmet.tissue.phenotypes import DEFAULT_PHENOTYPES, Phenotype
from hybridmet.tissue.rules_file import with_rules
from hybridmet.tissue.tissue_parameters import TissueParameters
from hybridmet.units import Duration, FilePath, Quantity, Seed, check_quantities, quantity_of

TimeStep = Annotated[float, Quantity("h", "1 h", gt=0, le=24)]


@dataclass(frozen=True)
class OutputParameters:
    """How often a run writes."""

    every: Duration = 12.0
    """Interval of the tables [h]: history, circulation, colonies, events, run.json."""
    events: bool = True
    """Whether to keep events.h5, a row for everything that happens to a CTC: megabytes for ten
    thousand CTCs."""
    vtk: bool = True
    """Whether to write frames for ParaView: one of 10^8 cells takes gigabytes."""
    vtk_every: Duration = 24.0
    """Interval of the frames for ParaView [h]; there is one at the start and at the end, too."""

    def __post_init__(self):
        check_quantities(self)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A patient and a run.

    >>> Scenario(name="breast", duration=720.0, primary=PrimaryParameters(site="breast"))
    """

    name: str
    """What the run is called."""
    random_seed: Seed = 1
    """Equal seeds, equal results."""
    duration: Duration
    """Simulated time [h]."""
    time_step: TimeStep = 1.0
    """Macro step [h], once in which fields, cells and blood are coupled: ASSUMED."""
    output: OutputParameters = field(default_factory=OutputParameters)
    """How often a run writes."""
    circulation: CirculationParameters = field(default_factory=CirculationParameters)
    """The bloodstream."""
    primary: PrimaryParameters | None = field(default_factory=PrimaryParameters)
    """The primary tumour; `primary = false`: none, where sources alone feed the blood."""
    sources: tuple[SourceParameters, ...] = ()
    """CTCs that come from no tissue."""
    draws: tuple[DrawParameters, ...] = ()
    """Virtual blood draws, in draws.csv."""
    filters: tuple[FilterParameters, ...] = ()
    """Windows of CTC filtration."""
    organs: dict[str, OrganParameters] = field(
        default_factory=lambda: {DEFAULT_ORGAN: OrganParameters()}
    )
    """Lattices of the organs by capillary bed; `default` holds for those not named. With
    `organs.default = false` DTCs of beds not named are counted and not followed."""
    organ_catalogue: bool = True
    """Whether organs differ as hybridmet/data/organs.toml says, wherever neither [organs.BED] nor
    [organs.default] says anything but the house's default; false: all are as `default`."""
    tissue: TissueParameters = field(default_factory=TissueParameters)
    """Rules that all lattices share."""
    fields: dict[str, FieldParameters] = field(default_factory=lambda: dict(DEFAULT_FIELDS))
    """Concentrations by name."""
    phenotypes: dict[str, Phenotype] = field(default_factory=lambda: dict(DEFAULT_PHENOTYPES))
    """Kinds of cells by name."""
    mutation: MutationParameters = field(default_factory=MutationParameters)
    """How clones come into being."""
    rules: FilePath | None = None
    """A CSV file of responses, relative to the scenario (hybridmet/tissue/rules_file.py). They
    become responses of the phenotypes: a scenario that was read has none."""

    def __post_init__(self):
        check_quantities(self)
        if self.rules is not None:
            self._take_rules(self.rules)
        check_consistency(self)

    @property
    def warnings(self) -> list[str]:
        """What is allowed but costs accuracy, a line each."""
        return warnings(self)

    def _take_rules(self, path: str) -> None:
        """Fold the rules into the phenotypes, once."""
        try:
            phenotypes = with_rules(self.phenotypes, path, self.fields)
        except ScenarioError as error:
            raise ScenarioError(file_message("rules", path, str(error))) from None
        object.__setattr__(self, "phenotypes", phenotypes)
        object.__setattr__(self, "rules", None)

    def organ(self, bed: str) -> OrganParameters | None:
        """What a lattice in a capillary bed is like; None where its DTCs are only counted."""
        default = self.organs.get(DEFAULT_ORGAN)
        if bed in self.organs or default is None or not self.organ_catalogue:
            return self.organs.get(bed, default)
        if bed not in self._completed:
            self._completed[bed] = completed(bed, default, said={})
        return self._completed[bed]

    @cached_property
    def _completed(self) -> dict[str, OrganParameters]:
        """Organs that were asked for, completed from the catalogue."""
        return {}

    def with_seed(self, random_seed: int) -> "Scenario":
        """The same with another random seed: nothing else has to be checked again."""
        other = copy(self)
        object.__setattr__(other, "random_seed", quantity_of(Seed).check(random_seed))
        return other


def load_scenario(path: str | Path, overrides: Iterable[str | Override] = ()) -> Scenario:
    """The scenario in a TOML file; `overrides` are texts such as "primary.site=breast".

    Raises ScenarioError that lists every mistake, one a line, with file, line, key and range;
    also for a scenario that would not fit into this machine's memory.
    """
    return load(path, Scenario, overrides, [check_memory])


def loads_scenario(
    text: str, overrides: Iterable[str | Override] = (), *, name: str = "scenario"
) -> Scenario:
    """The scenario in a TOML text; as `load_scenario`, messages call the text `name`."""
    return loads(text, Scenario, overrides, [check_memory], name=name)
