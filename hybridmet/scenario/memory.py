"""How much memory a scenario needs, and whether this machine has it.

Constants are measured (Linux, 64^3 to 128^3, one and four slots); tests hold them to a fifth.
"""

import math
import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from hybridmet.errors import ScenarioError
from hybridmet.organs import DEFAULT_ORGAN, OrganParameters

if TYPE_CHECKING:
    from hybridmet.scenario.model import Scenario

BASE_BYTES = 155_000_000
"""Interpreter and libraries, VTK among them [bytes]."""
SITE_BYTES = 64
"""Per site: workspace of the multigrid solver, vessel mask, temporary arrays [bytes]."""
FIELD_BYTES = 12
"""Per site and field: its values, and their copy in an output [bytes]."""
SLOT_BYTES = 16
"""Per slot of a site: the columns of cells [bytes]."""
CELL_BYTES = 130
"""Per cell: its rows in an output [bytes]."""
CONTROL_GROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Where Linux says how much a container may use."""


def lattice_bytes(organ: OrganParameters, scenario: "Scenario", occupied: float = 0.0) -> int:
    """Memory of one lattice [bytes]; `occupied` is the share of its slots that holds a cell."""
    slots = scenario.tissue.slots
    site = SITE_BYTES + FIELD_BYTES * len(scenario.fields) + SLOT_BYTES * slots
    return round(math.prod(organ.shape) * (site + CELL_BYTES * slots * occupied))


def least_bytes(scenario: "Scenario") -> int:
    """Memory with the primary and one lattice of the largest organ, few cells in them [bytes]."""
    organs = (lattice_bytes(organ, scenario) for organ in scenario.organs.values())
    primary = 0 if scenario.primary is None else lattice_bytes(scenario.primary, scenario)
    return BASE_BYTES + primary + max(organs, default=0)


def most_bytes(scenario: "Scenario", beds: Collection[str]) -> int:
    """Memory with the primary and one lattice in every capillary bed, few cells in them [bytes]."""
    default = scenario.organs.get(DEFAULT_ORGAN)
    lattices = [scenario.primary, *(scenario.organs.get(bed, default) for bed in beds)]
    held = sum(lattice_bytes(organ, scenario) for organ in lattices if organ is not None)
    return BASE_BYTES + held


def machine_bytes() -> int:
    """Memory that this process may use [bytes]: the machine's or the container's."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([total, *filter(None, map(_limit, CONTROL_GROUP_LIMITS))])


def _limit(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # no such control group, or "max"
        return None


def check_memory(scenario: "Scenario") -> None:
    """Raise ScenarioError where the scenario cannot fit into memory."""
    needed, there = least_bytes(scenario), machine_bytes()
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
    for unit in ("B", "kB", "MB", "GB", "TB", "PB", "EB"):
        if n < 999.5:
            break
        n /= 1000
    return f"{n:.3g} {unit}"
