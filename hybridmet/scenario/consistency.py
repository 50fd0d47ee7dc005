"""What the parts of a scenario must agree on, beyond the range of each number."""

import math
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hybridmet.errors import ScenarioError
from hybridmet.organs import DEFAULT_ORGAN, OrganParameters
from hybridmet.scenario.blood import check_blood, scenario_network
from hybridmet.scenario.problem import nearest
from hybridmet.tissue import kinetics
from hybridmet.tissue.capillary_mesh import grid_cells
from hybridmet.tissue.cell_file import read_cells
from hybridmet.tissue.fields import DEFAULT_FIELDS, STEP_ERROR, FieldParameters, check_fields
from hybridmet.tissue.phenotypes import Phenotype

if TYPE_CHECKING:
    from hybridmet.scenario.model import Scenario

MOST_STEPS = 10_000_000
"""Macro steps of a run [1]: ASSUMED; more is a slip of the pen."""
MOST_FIELD_SUBSTEPS = 1000
"""Sub-steps of a transient field in a macro step [1]: ASSUMED; each may cost a solve."""
MOST_SUBSTEPS = 10_000
"""Sub-steps of the cells in a macro step [1]: ASSUMED; more is a slip of the pen."""


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
    _check_steps(scenario)
    check_blood(scenario)
    _check_places(scenario)
    _check_phenotypes(scenario)
    for path, organ in lattices(scenario):
        check_fields(organ.lattice(), scenario.fields)
        _check_steady_fields(path, organ, scenario.fields)
        _check_spacing(path, organ, scenario)
        _check_vessels(path, organ)
        _check_substeps(path, organ, scenario)
    _check_accuracy(scenario)
    _check_initial_cells(scenario)


def lattices(scenario: "Scenario") -> Iterator[tuple[str, OrganParameters]]:
    """Key path and parameters of every lattice that may come into being."""
    if scenario.primary is not None:
        yield "primary", scenario.primary
    for name, organ in scenario.organs.items():
        yield f"organs.{name}", organ


def _check_steps(scenario: "Scenario") -> None:
    steps = scenario.duration / scenario.time_step
    if steps > MOST_STEPS:
        raise ScenarioError(
            f"time_step: got {scenario.time_step}, must be at least "
            f"{scenario.duration / MOST_STEPS:.3g} h for this duration "
            f"(it asks for {steps:.3g} steps, at most {MOST_STEPS} are allowed)"
        )


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
    fields = (*scenario.fields, *DEFAULT_FIELDS)
    for name, phenotype in scenario.phenotypes.items():
        for table in FIELD_TABLES:
            for key in getattr(phenotype, table):
                _check_known(f"phenotypes.{name}.{table}.{key}", key, "field", fields)
        for target in phenotype.transition_rates:
            path = f"phenotypes.{name}.transition_rates.{target}"
            _check_known(path, target, "phenotype", scenario.phenotypes)
        for index, response in enumerate(phenotype.responses):
            path = f"phenotypes.{name}.responses[{index}].field"
            _check_known(path, response.field, "field", scenario.fields)
    for name in scenario.primary.cells.named_phenotypes if scenario.primary else ():
        path = f"primary.cells.phenotypes.{name}"
        _check_known(path, name, "phenotype", scenario.phenotypes)


def _check_steady_fields(
    path: str, organ: OrganParameters, fields: Mapping[str, FieldParameters]
) -> None:
    """A quasi-steady field has a steady state only where something takes it up or fixes it."""
    for name, p in fields.items():
        vessels = p.vessel_permeability > 0.0 and organ.vessels.length_density > 0.0
        lost = p.decay_rate > 0.0 or p.background_uptake_rate > 0.0 or vessels or p.fixed_sides
        if p.kind == "quasi-steady" and not lost:
            raise ScenarioError(
                f"fields.{name}: has no steady state in the lattice {path}, must have a "
                "decay_rate, a background_uptake_rate, vessels that exchange it or fixed_sides"
            )


def _largest_uptake(name: str, scenario: "Scenario") -> float:
    """Fastest uptake of a field by the cells of a site [1/h]."""
    slots, phenotypes = scenario.tissue.slots, scenario.phenotypes.values()
    return slots * max(largest_uptake(p, name) for p in phenotypes)


def largest_uptake(phenotype: Phenotype, field: str) -> float:
    """Fastest uptake of a field by a cell [1/h]: of first order, and saturable where there is
    little."""
    rate = phenotype.uptake_rates.get(field, 0.0)
    if field in phenotype.saturable_uptake:
        saturable = phenotype.saturable_uptake[field]
        rate += saturable.maximum_rate / saturable.half_maximum
    return rate


def _check_spacing(path: str, organ: OrganParameters, scenario: "Scenario") -> None:
    """A field that cells use up within a site is not resolved by the lattice."""
    for name, p in scenario.fields.items():
        uptake = _largest_uptake(name, scenario)
        if p.kind != "quasi-steady" or uptake == 0.0:
            continue
        length = math.sqrt(p.diffusivity / uptake)
        if organ.spacing > length:
            raise ScenarioError(
                f"{path}.spacing: got {organ.spacing:g}, must be <= {length:.4g} um: the length "
                f"within which cells use up {name} (diffusivity and uptake rate)"
            )


def _check_accuracy(scenario: "Scenario") -> None:
    """Sub-steps of a transient field within reason."""
    for name, p in scenario.fields.items():
        if p.kind != "transient":
            continue
        rate = p.decay_rate + max(p.background_uptake_rate, _largest_uptake(name, scenario))
        least = STEP_ERROR * rate * scenario.time_step / MOST_FIELD_SUBSTEPS
        if p.accuracy < least:
            raise ScenarioError(
                f"fields.{name}.accuracy: got {p.accuracy:g}, must be >= {least:.3g} for this "
                f"time_step (or time_step <= {scenario.time_step * p.accuracy / least:.3g} h)"
            )


def _check_vessels(path: str, organ: OrganParameters) -> None:
    try:
        grid_cells(organ.lattice(), organ.vessels.length_density)
    except ScenarioError as error:
        message = str(error).removeprefix("VesselParameters.")
        raise ScenarioError(f"{path}.vessels.{message}") from None


def substeps(organ: OrganParameters, scenario: "Scenario") -> int:
    """Sub-steps of the cells in a macro step, for a site crossed by one mean vessel."""
    lattice = organ.lattice()
    ranges = {name: field.largest_value for name, field in scenario.fields.items()}
    wall = 2.0 * math.pi * organ.vessels.radius * lattice.spacing
    phenotypes = organ.soil.applied_to(scenario.phenotypes)
    return kinetics.substeps(phenotypes, lattice, ranges, wall, scenario.time_step)


def _check_substeps(path: str, organ: OrganParameters, scenario: "Scenario") -> None:
    n = substeps(organ, scenario)
    if n > MOST_SUBSTEPS:
        raise ScenarioError(
            f"phenotypes: rates too high for the lattice {path}: {n} sub-steps of the cells in a "
            f"macro step, must be at most {MOST_SUBSTEPS} (lower the largest rate or motility, "
            "time_step, or raise spacing)"
        )


def _check_initial_cells(scenario: "Scenario") -> None:
    if scenario.primary is None:
        return
    cells, lattice = scenario.primary.cells, scenario.primary.lattice()
    if cells.radius is not None:
        _check_radius(scenario, cells.radius)
    if not (cells.shapes or cells.files):
        raise ScenarioError("primary.cells.radius: must be given, or balls, boxes or files")
    if cells.per_site > scenario.tissue.slots:
        raise ScenarioError(
            f"primary.cells.per_site: got {cells.per_site}, must be at most tissue.slots, "
            f"{scenario.tissue.slots}"
        )
    for index, path in enumerate(cells.files):
        try:
            read_cells(path, list(scenario.phenotypes), lattice, scenario.tissue.slots)
        except ScenarioError as error:
            message = file_message(f"primary.cells.files[{index}]", path, str(error))
            raise ScenarioError(message) from None


def file_message(key: str, path: str, message: str) -> str:
    """`KEY: got "PATH", NAME, row 3, column x: ...` from a reader's message that begins with the file."""
    text = message.removeprefix(str(Path(path))).lstrip(",: ")
    return f'{key}: got "{path}", {Path(path).name}, {text}'


def _check_radius(scenario: "Scenario", radius: float) -> None:
    """The ball reaches a site's centre and does not outgrow the lattice."""
    lattice = scenario.primary.lattice()
    sizes = lattice.shape3[-lattice.dim :]
    even = sum(n % 2 == 0 for n in sizes)
    least = lattice.spacing * math.sqrt(even) / 2
    most = math.hypot(*sizes) * lattice.spacing / 2
    if not least <= radius <= most:
        raise ScenarioError(
            f"primary.cells.radius: got {radius}, must be >= {least:.4g} um (one cell) and "
            f"<= {most:.4g} um (the whole lattice)"
        )
