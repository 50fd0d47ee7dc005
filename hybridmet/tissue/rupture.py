"""Rupture: walls tear where cells press or dissolve them; any cell can enter there.

Vessels near a tumour are damaged by its cells (Franssen et al. 2019,
doi:10.1007/s11538-019-00597-x, who place ruptured vessels at the start); the law is ours.
"""

from dataclasses import dataclass, replace

import numpy as np

from hybridmet.random import Stream
from hybridmet.tissue.compression import LengthRate, Packing, drawn
from hybridmet.tissue.segments import crowding_along, mean_along
from hybridmet.tissue.vessel_process import Surroundings
from hybridmet.tissue.vessels import COLLAPSED, RUPTURED, VesselNetwork
from hybridmet.units import Number, PositiveNumber, check_quantities


@dataclass(frozen=True)
class Rupture:
    """Open walls tear at a rate per length.

    rate length (p + m / (m + K)) f: p is the pressure max(0, (c - packing) / (1 - packing)) of
    cells that take the share c of the places around, m the protease, f = 1 for a mature wall up
    to `immature_factor` for a new one.
    """

    rate: LengthRate = 1e-5
    """Of a mature wall under full pressure or full protease [1/(um h)]: ASSUMED; a capillary of
    100 um in 40 d."""
    packing: Packing = 0.9
    """Share of places taken from which cells press [1]: ASSUMED."""
    protease: str | None = "mmp2"
    """Field that dissolves walls, if any."""
    half_maximum: PositiveNumber = 1.0
    """K, protease at which it does half of what it can [unit]: ASSUMED."""
    immature_factor: Number = 5.0
    """Factor for a new wall [1]: ASSUMED."""

    def __post_init__(self):
        check_quantities(self)

    def step(
        self, network: VesselNetwork, surroundings: Surroundings
    ) -> tuple[VesselNetwork, dict[str, int]]:
        """Events: ruptured."""
        whole = (network.state != RUPTURED) & (network.state != COLLAPSED)
        frailty = 1.0 + (self.immature_factor - 1.0) * (1.0 - network.maturity)
        load = np.where(whole, self._load(network, surroundings) * frailty, 0.0)
        if not load.any():
            return network, {}
        rate = self.rate * network.lengths * load
        torn = drawn(network, surroundings, Stream.RUPTURE, rate)
        if not torn.any():
            return network, {}
        state = np.where(torn, RUPTURED, network.state)
        return replace(network, state=state), {"ruptured": int(np.count_nonzero(torn))}

    def _load(self, network: VesselNetwork, surroundings: Surroundings) -> np.ndarray:
        """Pressure and protease on each segment: (m,) float64 [1], 0 to 2."""
        lattice, fields = surroundings.lattice, surroundings.fields
        pieces = surroundings.pieces_of(network)
        crowding = crowding_along(lattice, network, pieces, surroundings.kind)
        load = np.clip((crowding - self.packing) / (1.0 - self.packing), 0.0, 1.0)
        if self.protease is not None and self.protease in fields:
            protease = np.maximum(mean_along(network, pieces, fields.padded(self.protease)), 0.0)
            load += protease / (protease + self.half_maximum)
        return load
