"""Maturation: a new vessel wall takes on pericytes and becomes intact."""

from dataclasses import dataclass, replace

import numpy as np

from hybridmet.tissue.vessel_process import Surroundings
from hybridmet.tissue.vessels import IMMATURE, INTACT, VesselNetwork
from hybridmet.units import Duration, check_quantities


@dataclass(frozen=True)
class Maturation:
    """Immature segments that carry blood mature in a given time.

    Maturity rises by dt / time under flow and stays where there is none. The order is that of
    pericyte coverage, which ends the plasticity of new vessels within days (Benjamin, Hemo &
    Keshet 1998, doi:10.1242/dev.125.9.1591).
    """

    time: Duration = 72.0
    """Time under flow until a wall is mature [h]: ASSUMED."""

    def __post_init__(self):
        check_quantities(self)

    def step(
        self, network: VesselNetwork, surroundings: Surroundings
    ) -> tuple[VesselNetwork, dict[str, int]]:
        """Events: matured."""
        growing = (network.state == IMMATURE) & network.perfused
        if not growing.any():
            return network, {}
        maturity = np.where(
            growing,
            np.minimum(network.maturity + surroundings.dt / self.time, 1.0),
            network.maturity,
        )
        done = growing & (maturity >= 1.0)
        riper = replace(network, maturity=maturity)
        if not done.any():
            return riper, {}
        state = np.where(done, INTACT, network.state)
        return replace(riper, state=state), {"matured": int(np.count_nonzero(done))}
