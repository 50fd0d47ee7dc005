"""How much memory a scenario needs, and whether this machine has it."""

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

from hybridmet.errors import ScenarioError
from hybridmet.organs import OrganParameters
from hybridmet.tissue.cells import Cells

if TYPE_CHECKING:
    from hybridmet.scenario.model import Scenario

BASE_BYTES = 150e6
"""Interpreter and libraries, VTK among them [bytes]; measured on Linux."""
FIELD_BYTES = 8
"""Bytes of a concentration in a site."""
CELL_BYTES = 24
"""Bytes of all columns of cells in a slot, the temporary ones of an output included."""
CONTROL_GROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Where Linux says how much a container may use."""


def lattice_bytes(organ: OrganParameters, scenario: "Scenario") -> int:
    """Memory of one lattice with its fields, cells and solver [bytes], estimated."""
    return 1


def least_bytes(scenario: "Scenario") -> int:
    """Memory of the scenario with its primary and one lattice of the largest organ [bytes]."""
    organ = max(lattice_bytes(one, scenario) for one in scenario.organs.values())
    return int(BASE_BYTES) + lattice_bytes(scenario.primary, scenario) + organ

def check_memory(scenario):
    pass
