"""What a scenario without lattices may not ask for, and what it amounts to."""

import math
from typing import TYPE_CHECKING

from hybridmet.errors import ScenarioError
from hybridmet.organs import OrganParameters
from hybridmet.scenario.blood import scenario_network
from hybridmet.tissue.colony_room import Shells
from hybridmet.tissue.mean_field import EvenVessels, cell_rates, field_value
from hybridmet.tissue.phenotypes import BEHAVIOURS

if TYPE_CHECKING:
    from hybridmet.scenario.model import Scenario


def is_surrogate(organ: OrganParameters, scenario: "Scenario") -> bool:
    """Whether an organ is numbers of cells."""
    return organ.model_in(scenario.tissue) == "surrogate"


def room(organ: OrganParameters, scenario: "Scenario") -> int:
    """Cells that a tissue of an organ holds at most."""
    capacity = scenario.tissue.surrogate.capacity if is_surrogate(organ, scenario) else None
    return capacity or math.prod(organ.shape) * scenario.tissue.slots


def check_surrogate(path: str, organ: OrganParameters, scenario: "Scenario") -> None:
    """Raise ScenarioError for rules that need the sites of a lattice, where it has none."""
    if not is_surrogate(organ, scenario):
        return
    key_path = "tissue.model" if organ.model is None else f"{path}.model"
    for key in ("contact_entry", "synchronous_division"):
        if getattr(scenario.tissue, key):
            raise ScenarioError(
                f"tissue.{key}: needs sites, must be left out where {key_path} is "
                f'"surrogate" (or {key_path} be "lattice")'
            )


def surrogate_rows(
    path: str, organ: OrganParameters, scenario: "Scenario"
) -> list[tuple[str, str]]:
    """What stands in for the lattice of an organ, as `hybridmet check` prints it."""
    lattice, tissue = organ.lattice(), scenario.tissue
    phenotypes = organ.soil.applied_to(scenario.phenotypes)
    vessels = EvenVessels.of(organ.vessels, lattice)
    rates = cell_rates(phenotypes, vessels, lattice)
    front = Shells.of(list(phenotypes.values()), rates, lattice, tissue).front[:, 0]
    depth = front * lattice.spacing
    entry = rates.rates[:, [BEHAVIOURS.index(b) for b in ("intravasation", "shedding")]].sum(1)
    held = f"{room(organ, scenario)} cells"
    if path.removeprefix("organs.") in scenario_network(scenario).beds:  # one of many
        enters = " and ".join(f"{e:.3g}" for e in entry)
        return [(path, f"surrogate: room for {held}, which enter the blood at {enters} / h")]
    rows = [
        (f"{path}: model", "surrogate: numbers of cells, without lattice, fields and vessels"),
        (f"{path}: room", held),
    ]
    fields = organ.local(scenario.fields)
    for (name, phenotype), d, e in zip(phenotypes.items(), depth, entry, strict=True):
        text = f"enters the blood at {e:.3g} / h, divides within {d:.3g} um of the surface"
        if "oxygen" in fields:
            core = field_value("oxygen", fields["oxygen"], phenotype, vessels)
            text += f", oxygen {core:.3g} mmHg in the core of a large colony"
        rows.append((f"{path}: {name}", text))
    return rows
