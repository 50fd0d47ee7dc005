"""The bloodstream of a patient: CTCs come in, DTCs go out, every cell is accounted for."""

import math

import numpy as np

from hybridmet.circulation.capillary_bed import CapillaryBed, CirculationParameters
from hybridmet.circulation.network import BodyNetwork
from hybridmet.circulation.transit import (
    ENTERING,
    EXTRAVASATED,
    FREE,
    IRREVERSIBLE,
    REVERSIBLE,
    Transit,
)
from hybridmet.tables import BLOOD_EVENTS, CTC, DTC
from hybridmet.work import Work

NO_TISSUE = np.iinfo(np.uint16).max
"""`tissue` of injected cells: they come from no lattice."""
COUNTED = {
    "died_in_blood": "death_in_blood",
    "died_arrested": "death_arrested",
    "extravasated": "extravasation",
}
"""Flows of the ledger and the blood event that counts them."""
TIME_SLACK = 1e-9
"""Relative slack of entry times [1], for sums of steps in floating point."""


class Circulation:
    """CTCs and clusters in the blood of one patient.

    Results are bitwise the same for any number of threads and any macro step.
    """

    def __init__(
        self,
        network: BodyNetwork,
        beds: dict[str, CapillaryBed],
        parameters: CirculationParameters,
        seed: int,
        threads: int = 1,
    ):
        self.network = network
        self.transit = Transit(network, beds, parameters, seed, threads)
        self.time = 0.0
        """The clock [h]."""
        self.work = Work()
        self.events: list[np.ndarray] = []
        """BLOOD_EVENT arrays, one a step, since the last `drain_events`."""
        self._next_serial = 1
        self._flows = dict.fromkeys(("intravasated", "injected", *COUNTED), 0)
        self._cargo = np.empty(0, CTC)  # cells in the blood, in order of (cluster, ctc)

    def admit(self, ctcs: np.ndarray, drains: dict[str, float]) -> np.ndarray:
        """Let cells that left a tissue enter the blood at their times.

        `ctcs` (n,) CTC in order of (time, site, slot), `ctc` unset and `cluster` the row of the
        cluster's first cell; times lie in the macro step to come. `drains` are the compartments
        that drain the tissue, with their shares [1]. A compartment that is a capillary bed is
        entered as from its artery, so that arrest is drawn there.

        Returns the cells with their serial numbers.
        """
        return self._taken(ctcs, drains, "intravasated")

    def inject(
        self, node: str, n: int, time: float | np.ndarray, phenotype: int, diameter: float
    ) -> np.ndarray:
        """Let `n` single cells from no tissue enter the blood in compartment `node`.

        `time` [h] is one moment, or (n,) ascending; `diameter` [um]. Returns their CTC rows.
        """
        table = np.zeros(n, CTC)
        table["time"] = time
        table["cluster"] = np.arange(n)
        table["cluster_size"] = 1
        table["tissue"], table["site"] = NO_TISSUE, -1
        table["phenotype"], table["diameter"] = phenotype, diameter
        return self._taken(table, {node: 1.0}, "injected")

    def step(self, dt: float) -> dict[str, np.ndarray]:
        """Walk for `dt` [h]; returns the DTCs by capillary bed, in order of (arrival, ctc)."""
        if not (math.isfinite(dt) and dt > 0):
            raise ValueError(f"dt: got {dt}, must be > 0 h")
        end = self.time + dt
        self._check_entered(end)
        with self.work.timed():
            events, transitions = self.transit.advance(end)
            self._count(events)
            self.work.updates += transitions
            self.time = end
            return self._by_bed(self._extravasated())

    def drain_events(self) -> list[np.ndarray]:
        """The BLOOD_EVENT arrays since the last call, in order of time; forgets them."""
        events, self.events = self.events, []
        return events

    @property
    def free(self) -> np.ndarray:
        """(nodes,) int64: cells free in each compartment, recounted from the state."""
        return self.transit.cells_in(ENTERING, FREE)

    @property
    def arrested(self) -> np.ndarray:
        """(nodes,) int64: cells arrested in each bed, recounted from the state."""
        return self.transit.cells_in(REVERSIBLE, IRREVERSIBLE)

    @property
    def concentration(self) -> np.ndarray:
        """(nodes,) float64: free cells per volume of blood [1/mL]."""
        return self.free / self.network.volume

    @property
    def ledger(self) -> dict[str, int]:
        """Cells that came, are here and went; `imbalance` is 0.

        Stocks are recounted from the state, flows were counted at the events.
        """
        flows = self._flows
        entries = {
            "intravasated": flows["intravasated"],
            "injected": flows["injected"],
            "in_blood": int(self.free.sum()),
            "arrested": int(self.arrested.sum()),
            **{name: flows[name] for name in COUNTED},
            "filtered": 0,
            "drawn": 0,
        }
        came = entries["intravasated"] + entries["injected"]
        return {**entries, "imbalance": 2 * came - sum(entries.values())}

    def state_arrays(self) -> list[tuple[str, np.ndarray]]:
        """The whole state as (name, array), in a fixed order: rows by serial number."""
        columns = [(f"ctc.{name}", column) for name, column in self.transit.columns.items()]
        counters = np.array([self._next_serial, *self._flows.values()], dtype=np.int64)
        return [
            *columns,
            ("cargo", self._cargo),
            ("counters", counters),
            ("time", np.array([self.time])),
        ]

    def _taken(self, ctcs: np.ndarray, drains: dict[str, float], flow: str) -> np.ndarray:
        """Number cells, let them enter the blood and count them as `flow`."""
        if not len(ctcs):
            return ctcs.copy()
        with self.work.timed():
            self._check_rows(ctcs)
            table = self._numbered(ctcs)
            self._enter(table, drains)
            self._flows[flow] += len(table)
        return table

    def _check_rows(self, ctcs: np.ndarray) -> None:
        """Raise ValueError where the rows are not what `admit` asks for."""
        if ctcs.dtype != CTC:
            raise TypeError(f"ctcs: got dtype {ctcs.dtype}, must be tables.CTC")
        first, time = ctcs["cluster"].astype(np.int64), ctcs["time"]
        rows = np.arange(len(ctcs))
        if np.any((first < 0) | (first > rows)) or np.any(first[first] != first):
            raise ValueError("ctcs.cluster: must be the row of the cluster's first cell")
        if np.any(np.bincount(first)[first] != ctcs["cluster_size"]):
            raise ValueError("ctcs.cluster_size: must be the number of rows of the cluster")
        if not np.all(np.isfinite(time)) or np.any(np.diff(time) < 0):
            raise ValueError("ctcs.time: must be finite and ascending")
        if np.any(time != time[first]):
            raise ValueError("ctcs.time: must be the same for all cells of a cluster")
        if time[0] < self.time - TIME_SLACK * max(1.0, self.time):
            raise ValueError(f"ctcs.time: got {time[0]} h, must be >= the clock, {self.time} h")
        if not np.all(np.isfinite(ctcs["diameter"]) & (ctcs["diameter"] > 0)):
            raise ValueError("ctcs.diameter: must be finite and > 0 um")

    def _check_entered(self, end: float) -> None:
        latest = self.transit.columns["entered"].max(initial=-math.inf)
        if latest > end + TIME_SLACK * max(1.0, end):
            raise ValueError(
                f"ctcs.time: got {latest} h, must lie in the step that ends at {end} h"
            )

    def _numbered(self, ctcs: np.ndarray) -> np.ndarray:
        """A copy with serial numbers, consecutive in the order of the rows."""
        table = ctcs.copy()
        table["ctc"] = np.arange(self._next_serial, self._next_serial + len(ctcs), dtype=np.uint64)
        table["cluster"] = table["ctc"][ctcs["cluster"].astype(np.int64)]
        return table

    def _enter(self, table: np.ndarray, drains: dict[str, float]) -> None:
        """Hand clusters over to the walk and keep their cells; the last step that can fail
        comes before the first change."""
        cargo = table[np.argsort(table["cluster"], kind="stable")]
        first = np.flatnonzero(np.diff(cargo["cluster"], prepend=np.uint64(0)))
        self.transit.place(
            serial=cargo["cluster"][first],
            cells=np.diff(first, append=len(cargo)),
            diameter=np.maximum.reduceat(cargo["diameter"], first),
            time=cargo["time"][first],
            drains=drains,
        )
        self._cargo = np.concatenate([self._cargo, cargo])
        self._next_serial += len(table)

    def _count(self, events: np.ndarray) -> None:
        if len(events):
            self.events.append(events)
        for flow, event in COUNTED.items():
            rows = events["event"] == BLOOD_EVENTS.index(event)
            self._flows[flow] += int(events["cells"][rows].sum(dtype=np.int64))

    def _extravasated(self) -> np.ndarray:
        """Take out the clusters whose walk is over; returns the cells that left alive, (n,) DTC."""
        gone = self.transit.ended()
        if not gone.any():
            return np.empty(0, DTC)
        gone_cells = np.repeat(gone, self.transit.columns["cells"])
        ended = self.transit.remove(gone)
        cells, self._cargo = self._cargo[gone_cells], self._cargo[~gone_cells]
        out = ended["mode"] == EXTRAVASATED
        cluster = np.repeat(np.arange(len(out)), ended["cells"])
        alive = out[cluster]
        return _dtcs(cells[alive], {name: ended[name][cluster[alive]] for name in ended})

    def _by_bed(self, dtcs: np.ndarray) -> dict[str, np.ndarray]:
        dtcs = dtcs[np.lexsort((dtcs["ctc"], dtcs["arrival"]))]
        return {
            self.network.names[bed]: dtcs[dtcs["bed"] == bed] for bed in np.unique(dtcs["bed"])
        }


def _dtcs(cells: np.ndarray, walk: dict[str, np.ndarray]) -> np.ndarray:
    """Cells that extravasated, with what the walk tells of each: (n,) DTC."""
    table = np.empty(len(cells), DTC)
    for name in CTC.names:
        table[name] = cells[name]
    table["arrival"] = walk["next_time"]
    table["bed"] = walk["node"]
    table["passes"] = walk["passes"]
    table["time_in_blood"] = walk["next_time"] - cells["time"]
    table["time_arrested"] = walk["time_arrested"]
    return table
