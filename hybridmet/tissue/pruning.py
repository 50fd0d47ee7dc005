"""Pruning: vessels without a use go.

As Owen et al. 2011 (doi:10.1158/0008-5472.CAN-10-2834): a segment whose wall shear stress stays low for
long is removed.
"""

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from hybridmet.tissue.poiseuille import between_ends
from hybridmet.tissue.vessel_process import Surroundings
from hybridmet.tissue.vessels import NO_BOUNDARY, VesselNetwork
from hybridmet.units import Duration, Quantity, check_quantities

LowShearStress = Annotated[float, Quantity("dyn/cm^2", "8 dyn/cm^2", ge=0, le=1e5)]


@dataclass(frozen=True)
class Pruning:
    """Segments of low wall shear stress regress. Needs flow.

    Kept are segments at a boundary of the network, a sprout as long as its tip grows, and the
    segments it springs from.
    """

    wall_shear_stress: LowShearStress = 8.0
    """Wall shear stress below which time counts [dyn/cm^2]: Owen 2011."""
    time: Duration = 66.7
    """Time below it until a segment goes [h]: 4000 min (Owen 2011)."""

    def __post_init__(self):
        check_quantities(self)

    def step(
        self, network: VesselNetwork, surroundings: Surroundings
    ) -> tuple[VesselNetwork, dict[str, int]]:
        """Events: pruned."""
        if not network.flow_solved:
            return network, {}
        low = network.wall_shear_stress < self.wall_shear_stress
        waited = np.where(low, network.low_shear_time + surroundings.dt, 0.0)
        if waited.any() or network.low_shear_time.any():
            network = replace(network, low_shear_time=waited)
        gone = (waited >= self.time) & ~_bounded(network) & ~_growing(network)
        if not gone.any():
            return network, {}
        return network.kept(~gone), {"pruned": int(np.count_nonzero(gone))}


def _bounded(network: VesselNetwork) -> np.ndarray:
    """Segments that end at a boundary node: (m,) bool."""
    return (network.boundary != NO_BOUNDARY)[network.segments].any(axis=1)


def _growing(network: VesselNetwork) -> np.ndarray:
    """Segments without blood by which a tip hangs on the vessels, and those with blood that touch
    them: (m,) bool. Dead ends without a tip, and loops at them, do not."""
    perfused, n = network.perfused, len(network.nodes)
    held = (network.tip != 0) | (network.boundary != NO_BOUNDARY)
    held[network.segments[perfused]] = True
    idle, _ = between_ends(network, ~perfused, held)
    first, second = network.segments[idle].T
    links = coo_array((np.ones(len(first)), (first, second)), shape=(n, n))
    _, label = connected_components(links, directed=False)
    alive = np.zeros(label.max(initial=0) + 1, bool)
    alive[label[network.tip != 0]] = True
    return alive[label][network.segments].any(axis=1) & (idle | perfused)
