"""CTC filtration: an extracorporeal circuit that removes CTCs for some time.

Blood is taken from a vessel at a flow F and given back; of the free CTCs in it a fraction
(efficiency) is removed. In a well-mixed compartment of volume V that is a hazard e F / V.
"""

from dataclasses import dataclass

import numpy as np

from hybridmet.circulation.network import BodyNetwork
from hybridmet.errors import ScenarioError
from hybridmet.units import Flow, Fraction, Time, check_quantities


@dataclass(frozen=True, kw_only=True)
class FilterParameters:
    """One window of filtration."""

    vessel: str
    """A clinical vessel or a compartment."""
    flow: Flow
    """Through the filter [mL/h]; apheresis runs at 50-100 mL/min (ASSUMED: no default)."""
    efficiency: Fraction = 0.9
    """Share of the CTCs in the filtered blood that is removed [1]: ASSUMED."""
    start: Time = 0.0
    """First moment [h]."""
    end: Time | None = None
    """Last moment [h]; None: never ends."""

    def __post_init__(self):
        check_quantities(self)
        if self.end is not None and self.end <= self.start:
            raise ScenarioError(f"FilterParameters.end: got {self.end}, must be > start")

    def runs(self, time: float) -> bool:
        """Whether the filter runs from `time` [h] on."""
        return self.start <= time and (self.end is None or time < self.end)

    def removal_rate(self, network: BodyNetwork) -> np.ndarray:
        """(nodes,) hazard of removal of a free CTC [1/h]."""
        rate = np.zeros(len(network.names))
        for name, share in network.vessel(self.vessel).items():
            node = network.index(name)
            through = share * self.flow
            if through > network.flow[node]:
                raise ScenarioError(
                    f"FilterParameters.flow: got {self.flow:g} mL/h, must be <= "
                    f"{network.flow[node] / share:.4g} mL/h, the flow of {self.vessel}"
                )
            rate[node] = self.efficiency * through / network.volume[node]
        return rate


class Filtration:
    """Switches the filters of a circulation on and off at their times."""

    def __init__(self, filters: tuple[FilterParameters, ...], network: BodyNetwork):
        self.filters = filters
        self._rates = [one.removal_rate(network) for one in filters]
        ends = [one.end for one in filters if one.end is not None]
        self._moments = sorted({*(one.start for one in filters), *ends})

    def moments(self, before: float, now: float) -> list[float]:
        """Times in (before, now] [h] at which something changes."""
        return [moment for moment in self._moments if before < moment <= now]

    def act(self, circulation, time: float) -> None:
        pairs = zip(self.filters, self._rates, strict=True)
        running = [rate for one, rate in pairs if one.runs(time)]
        circulation.set_filter(np.sum([np.zeros(len(self._rates[0])), *running], axis=0))
