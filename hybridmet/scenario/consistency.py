"""What the parts of a scenario must agree on, beyond the range of each number."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hybridmet.errors import ScenarioError
from hybridmet.organs import DEFAULT_ORGAN, OrganParameters
from hybridmet.scenario.blood import check_blood, scenario_network
from hybridmet.scenario.initial import check_initial_cells
from hybridmet.scenario.problem import nearest
from hybridmet.scenario.resolution import (
    check_accuracy,
    check_lattice,
    check_steps,
    check_substeps,
)
from hybridmet.scenario.surrogate import check_surrogate, is_surrogate
from hybridmet.tissue import kinetics
from hybridmet.tissue.blood_transport import check_transport
from hybridmet.tissue.capillary_mesh import grid_cells
from hybridmet.tissue.field_parameters import OPTIONAL_FIELDS
from hybridmet.tissue.fields import DEFAULT_FIELDS, FieldParameters, check_fields
from hybridmet.tissue.network_file import read_network
from hybridmet.tissue.vessel_line import check_lines

if TYPE_CHECKING:
    from hybridmet.scenario.model import Scenario

FIELD_TABLES = (
    "chemotaxis",
    "uptake_rates",
    "saturable_uptake",
    "secretion_rates",
    "degradation_rates",
)
"""Tables of a phenotype whose keys are fields."""


def check_consistency(scenario: "Scenario") -> None:
    """Raise ScenarioError("key.path: got VALUE, must ...") for the first disagreement."""
    if not scenario.name.strip() or not scenario.name.isprintable():
        raise ScenarioError(f'name: got "{scenario.name}", must be a printable name')
    check_steps(scenario)
    check_blood(scenario)
    _check_places(scenario)
    _check_phenotypes(scenario)
    for path, organ in lattices(scenario):
        local = organ.local(scenario.fields)
        for name in organ.fields:
            known = (*scenario.fields, *DEFAULT_FIELDS)
            _check_known(f"{path}.fields.{name}", name, "field", known)
        check_fields(organ.lattice(), local)
        check_surrogate(path, organ, scenario)
        if is_surrogate(organ, scenario):
            continue
        _check_steady_fields(path, organ, local)
        check_lattice(path, organ, scenario)
        _check_vessels(path, organ, scenario.fields)
        check_substeps(path, organ, scenario)
        check_accuracy(path, organ, scenario)
    check_initial_cells(scenario)


def lattices(scenario: "Scenario") -> Iterator[tuple[str, OrganParameters]]:
    """Key path and parameters of every lattice that may come into being."""
    if scenario.primary is not None:
        yield "primary", scenario.primary
    for name, organ in scenario.organs.items():
        yield f"organs.{name}", organ


def _check_places(scenario: "Scenario") -> None:
    if scenario.primary is None and not scenario.sources:
        raise ScenarioError("primary: must be given where there are no sources of CTCs")
    network = scenario_network(scenario)
    for name in scenario.organs:
        _check_known(f"organs.{name}", name, "organ", (DEFAULT_ORGAN, *network.beds))
    for name in scenario.circulation.beds:
        _check_known(f"circulation.beds.{name}", name, "capillary bed", network.beds)


def _check_known(path: str, name: str, what: str, known: Collection[str]) -> None:
    if name in known:
        return
    close = nearest(name, known)
    hint = "" if close is None else f'did you mean "{close}"? '
    raise ScenarioError(f"{path}: unknown {what}, {hint}must be one of {', '.join(known)}")


def _check_phenotypes(scenario: "Scenario") -> None:
    """Every field and phenotype that is named exists (a default field may be left out)."""
    kinetics.check_limits(scenario.phenotypes)
    if scenario.mutation.probability > 0.0 and scenario.tissue.synchronous_division:
        raise ScenarioError(
            f"mutation.probability: got {scenario.mutation.probability:g}, must be 0 where cells "
            "divide by the clock (tissue.synchronous_division)"
        )
    fields = (*scenario.fields, *DEFAULT_FIELDS, *OPTIONAL_FIELDS)
    for name, phenotype in scenario.phenotypes.items():
        for table in FIELD_TABLES:
            for key in getattr(phenotype, table):
                _check_known(f"phenotypes.{name}.{table}.{key}", key, "field", fields)
        for target in phenotype.transition_rates:
            path = f"phenotypes.{name}.transition_rates.{target}"
            _check_known(path, target, "phenotype", scenario.phenotypes)
        for index, response in enumerate(phenotype.responses):
            path = f"phenotypes.{name}.responses[{index}]"
            if response.target is not None:
                _check_known(f"{path}.target", response.target, "field", fields)
            if response.target is None or response.target in scenario.fields:
                _check_known(f"{path}.field", response.field, "field", scenario.fields)
    primary = scenario.primary
    for name in primary.cells.named_phenotypes if primary and primary.cells else ():
        path = f"primary.cells.phenotypes.{name}"
        _check_known(path, name, "phenotype", scenario.phenotypes)


def _check_steady_fields(
    path: str, organ: OrganParameters, fields: Mapping[str, FieldParameters]
) -> None:
    """A quasi-steady field has a steady state only where something takes it up or fixes it."""
    for name, p in fields.items():
        there = organ.vessels.length_density > 0.0 or organ.vessels.network is not None
        vessels = p.vessel_permeability > 0.0 and there
        lost = p.decay_rate > 0.0 or p.background_uptake_rate > 0.0 or vessels or p.fixed_sides
        if p.kind == "quasi-steady" and not lost:
            raise ScenarioError(
                f"fields.{name}: has no steady state in the lattice {path}, must have a "
                "decay_rate, a background_uptake_rate, vessels that exchange it or fixed_sides"
            )


def _check_vessels(
    path: str, organ: OrganParameters, fields: Mapping[str, FieldParameters]
) -> None:
    vessels = organ.vessels
    if vessels.network is not None:
        _check_network(f"{path}.vessels.network", vessels.network, organ)
    try:
        if not vessels.lines and vessels.network is None:
            grid_cells(organ.lattice(), vessels.length_density)
        check_lines(organ.lattice(), vessels.lines)
        for process in (vessels.sprouting, vessels.angiogenesis):
            if process is not None:
                process.check_fields(fields)
        check_transport(vessels.transport, organ.local(fields))
    except ScenarioError as error:
        message = str(error).removeprefix("VesselParameters.").replace("Sprouting", "sprouting")
        message = message.replace("Angiogenesis", "angiogenesis")
        raise ScenarioError(f"{path}.vessels.{message}") from None


def _check_network(key: str, file: str, organ: OrganParameters) -> None:
    """A network file is whole, lies in the lattice and, where blood flows, has an inlet."""
    try:
        read_network(file, organ.lattice(), inlet=organ.vessels.flow is not None)
    except ScenarioError as error:
        text = str(error).removeprefix(f"{Path(file).parent}/")
        raise ScenarioError(f'{key}: got "{file}", {text}') from None
