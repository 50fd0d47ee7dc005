"""What changes a vessel network: processes, each of its own file, each of which can be left out.

A process is its own frozen parameter dataclass, and so its own table of the scenario.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hybridmet.lattice import Lattice
from hybridmet.tissue.fields import Fields
from hybridmet.tissue.pieces import PieceMemory, Pieces, cut
from hybridmet.tissue.vessel_map import MapRoom
from hybridmet.tissue.vessels import VesselNetwork


@dataclass(frozen=True)
class Surroundings:
    """What a process may look at beside the network itself."""

    lattice: Lattice
    fields: Fields
    kind: np.ndarray
    """Cell bytes, padded, slots on the last axis: uint8, 0 where no cell is."""
    seed: int
    tissue: int
    """Index of the lattice, part of each random identity."""
    step: int
    """Number of the macro step."""
    time: float
    """Now [h]."""
    dt: float
    """Time since the process acted last [h]."""
    memory: PieceMemory | None = None
    """Of the pieces cut last; changes no result."""
    room: MapRoom | None = None
    """Arrays for a vessel map; changes no result."""

    def pieces_of(self, network: VesselNetwork) -> Pieces:
        """The network's segments cut at the sides of sites."""
        return cut(self.lattice, network) if self.memory is None else self.memory.of(network)


class VesselProcess(Protocol):
    """Flow, angiogenesis, maturation, ...: one step of a network."""

    def step(
        self, network: VesselNetwork, surroundings: Surroundings
    ) -> tuple[VesselNetwork, dict[str, int]]:
        """The network after `surroundings.dt`, the same object when nothing changed, and what
        happened, such as {"sprouts": 3}."""
        ...
