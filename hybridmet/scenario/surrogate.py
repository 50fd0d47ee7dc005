"""What a scenario without lattices may not ask for, and what it amounts to."""

from typing import TYPE_CHECKING

from hybridmet.errors import ScenarioError
from hybridmet.organs import OrganParameters
from hybridmet.tissue.mean_field import EvenVessels, cell_rates, shells
from hybridmet.tissue.phenotypes import BEHAVIOURS

if TYPE_CHECKING:
    from hybridmet.scenario.model import Scenario


def is_surrogate(scenario: "Scenario") -> bool:
    """Whether organs are numbers of cells."""
    return scenario.tissue.model == "surrogate"


def check_surrogate(scenario: "Scenario") -> None:
    """Raise ScenarioError for rules that need the sites of a lattice."""
    if not is_surrogate(scenario):
        return
    for key in ("contact_entry", "synchronous_division"):
        if getattr(scenario.tissue, key):
            raise ScenarioError(
                f"tissue.{key}: needs sites, must be left out where tissue.model is "
                '"surrogate" (or tissue.model be "lattice")'
            )


def surrogate_rows(
    path: str, organ: OrganParameters, scenario: "Scenario"
) -> list[tuple[str, str]]:
    """What stands in for the lattice of an organ, as `hybridmet check` prints it."""
    lattice, tissue = organ.lattice(), scenario.tissue
    phenotypes = organ.soil.applied_to(scenario.phenotypes)
    vessels = EvenVessels.of(organ.vessels, lattice)
    rates = cell_rates(phenotypes, organ.local(scenario.fields), vessels, lattice)
    division = rates.rates[:, BEHAVIOURS.index("division")]
    depth = shells(list(phenotypes.values()), division, lattice, tissue) * lattice.spacing
    entry = rates.rates[:, [BEHAVIOURS.index(b) for b in ("intravasation", "shedding")]].sum(1)
    rows = [
        (f"{path}: model", "surrogate: numbers of cells, without lattice, fields and vessels"),
        (f"{path}: room", f"{tissue.surrogate.capacity or lattice.sites * tissue.slots} cells"),
    ]
    for name, oxygen, d, e in zip(phenotypes, rates.oxygen, depth, entry, strict=True):
        text = f"enters the blood at {e:.3g} / h, divides within {d:.3g} um of the surface"
        mean = f", oxygen {oxygen:.3g} mmHg" if "oxygen" in scenario.fields else ""
        rows.append((f"{path}: {name}", text + mean))
    return rows
