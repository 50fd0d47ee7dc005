"""How much memory a scenario needs, and whether this machine has it.

Arrays are counted as the code allocates them; what it allocates for a moment is measured
(Linux). Tests hold the sum to a fifth of what a run takes.
"""

import math
import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.organ_catalogue import catalogue
from hybridmet.organs import OrganParameters
from hybridmet.scenario.surrogate import is_surrogate
from hybridmet.tissue.cell_file import read_cells
from hybridmet.tissue.cell_shapes import CellBall, CellBox

if TYPE_CHECKING:
    from hybridmet.scenario.model import Scenario

BASE_BYTES = 92_000_000
"""Interpreter and libraries [bytes]."""
VTK_BYTES = 57_000_000
"""The library that writes frames for ParaView [bytes]."""
REAL_BYTES = {"float64": 8, "float32": 4}
"""A number of a field [bytes]."""
SLOT_BYTES = 15
"""Per slot of a site: kind, proposal and outcome 1 each, clone, founder and birth 4 [bytes]."""
MASK_BYTES = 1
"""Per site: whether a vessel passes [bytes]."""
FINEST_ARRAYS, COARSE_ARRAYS = 4, 5
"""Of the multigrid solver, shared by all fields (csrc/hm_multigrid.c)."""
GROWTH_BYTES = 8
"""Per site while tips move: which node or segment stands there [bytes]."""
VESSEL_BYTES = 135
"""Per site and piece of vessel as long as a site: pieces, areas, exchange [bytes]."""
SPROUT_BYTES = 700
"""The same of a sprout, a segment a site: with its columns and the equations of its flow [bytes]."""
SPROUT_DENSITY = 1e-4
"""Length of sprouts per volume to reckon with [1/um^2]: ASSUMED, 100 mm/mm^3."""
FRAME_FIELD_BYTES = 8
"""Per site and field while a frame is written: single precision, and its file [bytes]."""
FRAME_CELL_BYTES = 120
"""Per cell while a frame is written: position and traits, and their file [bytes]."""
SURROGATE_BYTES = 200_000
"""An organ that is counted (its model is "surrogate"), its tables and some founders [bytes]."""
CONTROL_GROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Where Linux says how much a container may use."""


def lattice_bytes(organ: OrganParameters, scenario: "Scenario") -> int:
    """Memory that one lattice keeps [bytes], however many cells it holds."""
    lattice, tissue = organ.lattice(), scenario.tissue
    if is_surrogate(organ, scenario):
        return SURROGATE_BYTES
    real = REAL_BYTES[tissue.precision]
    coarse = COARSE_ARRAYS / (2**lattice.dim - 1)
    padded = real * (len(scenario.fields) + FINEST_ARRAYS + coarse)
    padded += SLOT_BYTES * tissue.slots + MASK_BYTES
    padded += GROWTH_BYTES if organ.vessels.angiogenesis is not None else 0
    vessels = VESSEL_BYTES * organ.vessels.length_density * organ.spacing**2
    if organ.vessels.sprouting is not None:
        vessels += SPROUT_BYTES * SPROUT_DENSITY * organ.spacing**2
    return round(padded * math.prod(lattice.padded_shape) + vessels * lattice.sites)


def output_bytes(organ: OrganParameters, scenario: "Scenario", cells: float) -> int:
    """Memory that writing a lattice with so many cells takes for a moment [bytes]."""
    if is_surrogate(organ, scenario):
        return 0
    sites = math.prod(organ.shape)
    median = REAL_BYTES[scenario.tissue.precision] * sites
    if not scenario.output.vtk:
        return median
    return round(
        max(median, FRAME_FIELD_BYTES * len(scenario.fields) * sites, FRAME_CELL_BYTES * cells)
    )


def initial_cells(scenario: "Scenario") -> int:
    """Cells to begin with: volume of balls and boxes over that of a site, roughly, and the cells
    of files."""
    if scenario.primary is None or scenario.primary.cells is None:
        return 0
    lattice, cells = scenario.primary.lattice(), scenario.primary.cells
    volume = sum(_sites_of(shape, lattice) for shape in cells.shapes)
    filled = cells.per_site * min(volume, lattice.sites)
    names, slots = list(scenario.phenotypes), scenario.tissue.slots
    filled += sum(len(read_cells(path, names, lattice, slots)) for path in cells.files)
    return max(1, round(filled))


def _sites_of(shape: CellBall | CellBox, lattice: Lattice) -> float:
    """Volume of a shape over that of a site."""
    if isinstance(shape, CellBall):
        ratio = shape.radius / lattice.spacing
        return math.pi * ratio**2 if lattice.dim == 2 else 4 / 3 * math.pi * ratio**3
    edges = [b - a for a, b in zip(shape.lower, shape.upper, strict=False)]
    return math.prod(edge / lattice.spacing for edge in edges[: lattice.dim])


def peak_bytes(scenario: "Scenario", cells: float | None = None, organs: int = 1) -> int:
    """Memory at most [bytes], with so many cells (default: the initial ones) in the primary and
    so many further lattices (of the largest organ)."""
    cells = initial_cells(scenario) if cells is None else cells
    further = organs * max((lattice_bytes(o, scenario) for o in _organs(scenario)), default=0)
    lasting = _libraries_bytes(scenario) + further
    primary = scenario.primary
    if primary is None:
        return lasting
    return lasting + lattice_bytes(primary, scenario) + output_bytes(primary, scenario, cells)


def _organs(scenario: "Scenario") -> list[OrganParameters]:
    """What lattices of organs may be like."""
    unnamed = [scenario.organ(bed) for bed in catalogue()]
    return [*scenario.organs.values(), *(organ for organ in unnamed if organ is not None)]


def most_bytes(scenario: "Scenario", beds: Collection[str]) -> int:
    """Memory with the primary and one lattice in every capillary bed, few cells in them [bytes]."""
    lattices = [scenario.primary, *(scenario.organ(bed) for bed in beds)]
    held = sum(lattice_bytes(organ, scenario) for organ in lattices if organ is not None)
    return _libraries_bytes(scenario) + held


def _libraries_bytes(scenario: "Scenario") -> int:
    return BASE_BYTES + (VTK_BYTES if scenario.output.vtk else 0)


def machine_bytes() -> int:
    """Memory that this process may use [bytes]: the machine's or the container's."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([total, *filter(None, map(_limit, CONTROL_GROUP_LIMITS))])


def free_bytes() -> int:
    """Memory that this process may still take [bytes]; all there is where that is unknown."""
    left = machine_bytes() - _kilobytes(Path("/proc/self/status"), "VmRSS", 0)
    return min(left, _kilobytes(Path("/proc/meminfo"), "MemAvailable", left))


def _kilobytes(path: Path, name: str, default: int) -> int:
    """A line `name: 1234 kB` of a file of Linux [bytes]."""
    try:
        lines = dict(line.split(":", 1) for line in path.read_text().splitlines())
        return 1024 * int(lines[name].split()[0])
    except (OSError, KeyError, ValueError):
        return default


def check_room(scenario: "Scenario", organ: OrganParameters) -> None:
    """Raise MemoryError where a further lattice does not fit into the memory that is left."""
    needed, there = lattice_bytes(organ, scenario) + output_bytes(organ, scenario, 0), free_bytes()
    if needed > there:
        raise MemoryError(f"needs about {bytes_text(needed)}, {bytes_text(there)} are free")


def _limit(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # no such control group, or "max"
        return None


def check_memory(scenario: "Scenario") -> None:
    """Raise ScenarioError where the scenario cannot fit into memory."""
    needed, there = peak_bytes(scenario), machine_bytes()
    if needed <= there:
        return
    sizes = {f"organs.{name}": organ for name, organ in scenario.organs.items()}
    if scenario.primary is not None:
        sizes = {"primary": scenario.primary} | sizes
    path = max(sizes, key=lambda name: math.prod(sizes[name].shape))
    raise ScenarioError(
        f"{path}.shape: got {sizes[path].shape}, must fit into memory: the scenario needs about "
        f"{bytes_text(needed)}, this machine has {bytes_text(there)}"
    )


def bytes_text(n: float) -> str:
    """`1.5 GB`."""
    units = ["EB", "PB", "TB", "GB", "MB", "kB", "B"]
    while n >= 999.5 and len(units) > 1:
        n /= 1000
        units.pop()
    return f"{n:.3g} {units[-1]}"
