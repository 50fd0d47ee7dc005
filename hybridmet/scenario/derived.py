"""What a scenario amounts to: the numbers that `hybridmet check` prints."""

import math
from typing import TYPE_CHECKING

from hybridmet.organ_catalogue import catalogue, is_cut
from hybridmet.organs import DEFAULT_ORGAN, OrganParameters
from hybridmet.scenario.blood import scenario_network
from hybridmet.scenario.consistency import lattices
from hybridmet.scenario.memory import (
    bytes_text,
    initial_cells,
    lattice_bytes,
    machine_bytes,
    most_bytes,
    peak_bytes,
)
from hybridmet.scenario.resolution import substeps
from hybridmet.scenario.surrogate import is_surrogate, room, surrogate_rows
from hybridmet.tissue.fields import FieldParameters

if TYPE_CHECKING:
    from hybridmet.scenario.model import Scenario

Row = tuple[str, str]
"""What it is, and its value with unit."""

VTK_SITE_BYTES = 4
"""Per site and field in a frame, before compression [bytes]: float32."""
VTK_CELL_BYTES = 40
"""Per cell in a frame, before compression [bytes]: position and traits."""


def derived(scenario: "Scenario", cells: float | None = None, organs: int = 1) -> list[Row]:
    """All rows, in groups separated by the first word of their labels; memory for so many cells
    (default: the initial ones) and organs with a lattice."""
    rows = [("scenario", scenario.name), *_time_rows(scenario), *_route_rows(scenario)]
    rows += _blood_rows(scenario)
    for path, organ in lattices(scenario):
        of_organ = surrogate_rows if is_surrogate(organ, scenario) else _lattice_rows
        rows += of_organ(path, organ, scenario)
    rows += _catalogue_rows(scenario) + _size_rows(scenario)
    for name, parameters in scenario.fields.items():
        rows += _field_rows(f"fields.{name}", parameters)
    for name, phenotype in scenario.phenotypes.items():
        rows.append((f"phenotypes.{name}: doubling time", _doubling(phenotype.division_rate)))
    return rows + _memory_rows(scenario, cells, organs)


def _catalogue_rows(scenario: "Scenario") -> list[Row]:
    """Which organs differ by the catalogue, and where their capillaries are too dense for it."""
    unnamed = [bed for bed in catalogue() if bed not in scenario.organs]
    if not scenario.organ_catalogue or DEFAULT_ORGAN not in scenario.organs:
        return []
    differ = f"{len(unnamed)} beds that the scenario does not name differ from organs.default"
    rows = [("organ_catalogue: beds", differ)]
    cut = [bed for bed in unnamed if is_cut(bed, scenario.organ(bed))]
    if cut:
        most = scenario.organ(cut[0]).vessels.length_density * 1e6
        held = f"{most:.4g} mm/mm^3 of capillaries, all that the lattice holds"
        rows.append(("organ_catalogue: densest vessels", f"{held}, in {', '.join(cut)}"))
    return rows


def _size_rows(scenario: "Scenario") -> list[Row]:
    """Sizes of colonies that no organ has room for."""
    most = max((room(organ, scenario) for organ in scenario.organs.values()), default=0)
    sizes = vars(scenario.tissue.colonies).items()
    beyond = [f"{name} ({least:,} cells)" for name, least in sizes if least > most]
    if not beyond or not most:
        return []
    text = f"{' and '.join(beyond)}: no organ has room for more than {most:,} cells"
    return [("tissue.colonies: never reached", text)]


def _blood_rows(scenario: "Scenario") -> list[Row]:
    """What enters the blood without a tissue, what is drawn and filtered from it."""
    rows = []
    for index, source in enumerate(scenario.sources):
        size = sum(int(n) * share for n, share in source.cluster_sizes.items())
        end = scenario.duration if source.end is None else min(source.end, scenario.duration)
        cells = source.rate * size * max(0.0, end - source.start)
        kind = "one by one" if source.individual else "counted"
        rows.append((f"sources[{index}]", f"{source.place}: about {cells:.3g} cells, {kind}"))
    for index, draw in enumerate(scenario.draws):
        times = len(draw.schedule.moments(-1.0, scenario.duration))
        text = f"{draw.volume:g} mL from {draw.vessel}, {times} times"
        rows.append((f"draws[{index}]", text))
    for index, one in enumerate(scenario.filters):
        rate = one.removal_rate(scenario_network(scenario)).max()
        rows.append((f"filters[{index}]", f"{one.vessel}: a hazard of {rate:.3g} / h there"))
    return rows


def _time_rows(scenario: "Scenario") -> list[Row]:
    steps = math.ceil(scenario.duration / scenario.time_step - 1e-9)
    frames = _count(scenario.duration, scenario.output.vtk_every)
    tables = _count(scenario.duration, scenario.output.every)
    return [
        ("duration", f"{scenario.duration / 24:g} d in {steps} steps of {scenario.time_step:g} h"),
        ("output", f"{tables} times; {frames if scenario.output.vtk else 0} frames for ParaView"),
    ]


def _count(duration: float, every: float) -> int:
    """Outputs of a run: at the start, at each interval, and at the end."""
    return math.ceil(duration / every - 1e-9) + 1


def _route_rows(scenario: "Scenario") -> list[Row]:
    network = scenario_network(scenario)
    if scenario.primary is None:
        return [("primary.site", "no primary: CTCs come from the sources")]
    drains = network.drainage(scenario.primary.site)
    veins = ", ".join(f"{name} ({share:.0%})" for name, share in drains.items())
    host = network.primary_sites[scenario.primary.site].host
    return [("primary.site", f"{scenario.primary.site}: host bed {host}, drains into {veins}")]


def _lattice_rows(path: str, organ: OrganParameters, scenario: "Scenario") -> list[Row]:
    lattice = organ.lattice()
    size = " x ".join(f"{length / 1000:.3g}" for length in lattice.extent[: lattice.dim])
    sites = math.prod(organ.shape)
    memory = lattice_bytes(organ, scenario)
    rows = [
        (f"{path}: size", f"{size} mm, {sites} sites of {organ.spacing:g} um"),
        (f"{path}: room", f"{room(organ, scenario)} cells"),
        (f"{path}: sub-steps", f"{substeps(organ, scenario)} of the cells in a step"),
        (f"{path}: memory", f"{bytes_text(memory)}, {memory / sites:.3g} bytes a site"),
        (f"{path}: frame", f"at most {bytes_text(_frame_bytes(sites, scenario))}"),
    ]
    if path == "primary":
        rows.insert(2, (f"{path}: cells", f"about {initial_cells(scenario)} to begin with"))
    return rows


def _frame_bytes(sites: int, scenario: "Scenario") -> int:
    """Size of a lattice's frame for ParaView when it is full of cells [bytes]."""
    fields = VTK_SITE_BYTES * len(scenario.fields)
    return sites * (fields + VTK_CELL_BYTES * scenario.tissue.slots)


def _field_rows(path: str, parameters: FieldParameters) -> list[Row]:
    loss = parameters.background_uptake_rate + parameters.decay_rate
    if parameters.diffusivity == 0.0 or loss == 0.0:
        return []
    length = math.sqrt(parameters.diffusivity / loss)
    return [(f"{path}: diffusion length", f"{length:.4g} um without cells")]


def _doubling(rate: float) -> str:
    return f"{math.log(2) / rate:.4g} h" if rate > 0.0 else "never"


def _memory_rows(scenario: "Scenario", cells: float | None, organs: int) -> list[Row]:
    needed, there = bytes_text(peak_bytes(scenario, cells, organs)), machine_bytes()
    count = initial_cells(scenario) if cells is None else cells
    what = f"{count:.3g} cells and {organs} {'organ' if organs == 1 else 'organs'}"
    beds = scenario_network(scenario).beds
    most = most_bytes(scenario, beds)
    verdict = "" if most <= there else "; that does not fit: make organs.default.shape smaller"
    return [
        (
            "memory",
            f"about {needed} with {what} besides the primary; this machine has {bytes_text(there)}",
        ),
        (
            "memory: all organs",
            f"{bytes_text(most)} with a tissue in each of {len(beds)} beds{verdict}",
        ),
    ]
