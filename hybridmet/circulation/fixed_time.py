"""Fixed time in blood: CTCs spend the same time in it, then all is decided at once.

Each cell of a cluster splits off with a chance; each part survives with a chance that depends on
whether it is one cell or more, and leaves the blood in an organ drawn by fixed shares (Franssen,
Lorenzi, Burgess & Chaplain 2019, doi:10.1007/s11538-019-00597-x). It stands in for the walk
through the body network where a scenario asks for it.
"""

from functools import cached_property

import numpy as np

from hybridmet.circulation.capillary_bed import FixedTime
from hybridmet.circulation.transit import DIED_IN_BLOOD, EXTRAVASATED, FREE, Transit
from hybridmet.errors import ScenarioError
from hybridmet.random import Stream, uniform
from hybridmet.tables import BLOOD_EVENT, BLOOD_EVENTS

SURVIVAL, ORGAN, SPLIT = 1, 2, 3
"""Numbers of the draws of a cell or cluster; the entry into the blood has number 0."""
SLACK = 1e-9
"""Relative slack of times [1], for sums of steps in floating point."""


class FixedTimeTransit(Transit):
    """CTCs and clusters that wait in the compartment where they entered."""

    @property
    def fixed_time(self) -> FixedTime:
        return self.parameters.fixed_time

    @cached_property
    def _organs(self) -> tuple[np.ndarray, np.ndarray]:
        """Nodes where cells leave the blood, ascending, and their cumulative shares."""
        shares = sorted((self.network.index(n), p) for n, p in self.fixed_time.organs.items())
        nodes = np.array([node for node, _ in shares], dtype=np.uint16)
        return nodes, np.cumsum([share for _, share in shares])

    def parted(self, table: np.ndarray) -> np.ndarray:
        """Cells that will split off become clusters of their own; what is left keeps together
        under the serial number of its first cell. Nothing happens to a cluster before its time
        is over, so the law is that of splitting then."""
        out = table.copy()
        alone = table["cluster_size"] > 1
        alone &= self._draw(table["ctc"], SPLIT) < self.fixed_time.disaggregation
        out["cluster"][alone], out["cluster_size"][alone] = table["ctc"][alone], 1
        kept = np.flatnonzero(~alone)
        _, first, group, size = np.unique(
            table["cluster"][kept], return_index=True, return_inverse=True, return_counts=True
        )
        out["cluster"][kept], out["cluster_size"][kept] = (
            table["ctc"][kept][first][group],
            size[group],
        )
        return out

    def set_filter(self, rate: np.ndarray, time: float) -> None:
        raise ScenarioError(
            "circulation.fixed_time: leaves no walk to filter, must be without filters"
        )

    def place(self, serial, cells, diameter, time, drains, traits=None) -> None:
        n = len(self.columns["serial"])
        super().place(serial, cells, diameter, time, drains, traits)
        self.columns["mode"][n:] = FREE
        self.columns["next_time"][n:] += self.fixed_time.time_in_blood

    def advance(self, end: float) -> tuple[np.ndarray, int]:
        columns = self.columns
        due = np.flatnonzero(columns["next_time"] <= end * (1.0 + SLACK))
        if len(due) == 0:
            return np.empty(0, BLOOD_EVENT), 0
        serial, cells = columns["serial"][due], columns["cells"][due]
        p, (organs, edges) = self.fixed_time, self._organs
        chance = np.where(cells > 1, p.survival_cluster, p.survival_single)
        alive = self._draw(serial, SURVIVAL) < chance
        bed = np.searchsorted(edges, self._draw(serial, ORGAN) * edges[-1])
        columns["mode"][due] = np.where(alive, EXTRAVASATED, DIED_IN_BLOOD)
        columns["node"][due] = np.where(alive, organs[bed], columns["node"][due])
        columns["passes"][due] = alive
        events = np.empty(len(due), BLOOD_EVENT)
        events["time"], events["cluster"] = columns["next_time"][due], serial
        events["cells"], events["node"] = cells, columns["node"][due]
        names = np.array([BLOOD_EVENTS.index(n) for n in ("death_in_blood", "extravasation")])
        events["event"] = names[alive.astype(int)]
        return events[np.lexsort((events["cluster"], events["time"]))], len(due)

    def _draw(self, serial: np.ndarray, number: int) -> np.ndarray:
        """A uniform for each serial number: (n,) float64."""
        return np.array(
            [
                uniform(self.seed, Stream.TRANSIT, 1, first_identity=int(s), draw=number)[0]
                for s in serial
            ]
        )
