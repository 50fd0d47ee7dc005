"""The bloodstream of a patient: CTCs come in, DTCs go out, every cell is accounted for."""

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from hybridmet.circulation.admission import check_entered, check_rows, numbered, single_cells
from hybridmet.circulation.alteration import altered
from hybridmet.circulation.blood_rows import events_at, extravasated_rows
from hybridmet.circulation.capillary_bed import CapillaryBed, CirculationParameters
from hybridmet.circulation.counted_source import (
    CountedSource,
    all_counts,
    cells_ended,
    cells_held,
    free_groups,
)
from hybridmet.circulation.ctc_traits import CtcTraits
from hybridmet.circulation.expected import Expected
from hybridmet.circulation.fixed_time import FixedTimeTransit
from hybridmet.circulation.network import BodyNetwork
from hybridmet.circulation.selection import Selection
from hybridmet.circulation.source import Source
from hybridmet.circulation.transit import (
    ENTERING,
    EXTRAVASATED,
    FREE,
    IRREVERSIBLE,
    REVERSIBLE,
    Transit,
)
from hybridmet.random import Stream, uniform_of
from hybridmet.tables import BLOOD_EVENTS, CTC, DRAW, DTC
from hybridmet.work import Work

COUNTED = {
    "died_in_blood": ("death_in_blood", "death_immune", "death_shear"),
    "died_arrested": ("death_arrested",),
    "extravasated": ("extravasation",),
    "filtered": ("filtration",),
    "drawn": ("draw",),
}
"""Flows of the ledger and the blood events that count them."""


class Appointment(Protocol):
    """Something that happens to the blood at times of its own, within a macro step or not."""

    def moments(self, before: float, now: float) -> Sequence[float]:
        """Times in (before, now] [h], ascending; `before` < 0 at the very start."""

    def act(self, circulation: "Circulation", time: float) -> None:
        """Called when all CTCs have walked until `time` [h]."""


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
        phenotypes: Sequence[str] = (),
    ):
        """`phenotypes` name the phenotypes by number; without names cells have the diameters
        they come with."""
        self.network, self.beds, self.parameters = network, beds, parameters
        self.seed = seed
        self.traits = CtcTraits(parameters, phenotypes, seed)
        kind = Transit if parameters.fixed_time is None else FixedTimeTransit
        self.transit = kind(network, beds, parameters, seed, threads)
        self.sources: list[Source] = []
        """Where cells with an identity enter from no tissue."""
        self.counted: list[CountedSource] = []
        """Where cells without one do."""
        self.appointments: list[Appointment] = []
        """What happens at times of its own, such as blood draws and filtration; those of the
        same moment in this order."""
        self.selection = Selection.empty(len(network.names))
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
        table = single_cells(n, time, phenotype, diameter)
        return self._taken(table, {node: 1.0}, "injected")

    def step(self, dt: float) -> dict[str, np.ndarray]:
        """Walk for `dt` [h]; returns the DTCs by capillary bed, in order of (arrival, ctc)."""
        if not (math.isfinite(dt) and dt > 0):
            raise ValueError(f"dt: got {dt}, must be > 0 h")
        end = self.time + dt
        for source in self.sources:
            table = source.until(end)
            self._taken(table, source.drains, "injected")
        check_entered(self.transit.columns["entered"], end)
        agenda = self._agenda(end)
        if agenda == [(end, [])] and self._nobody:
            self.time = end  # no one is in the blood and nothing is due
            return {}
        with self.work.timed():
            arrived = [self._walk(moment, chosen) for moment, chosen in agenda]
            return self._by_bed(np.concatenate(arrived))

    def set_filter(self, rate: np.ndarray) -> None:
        """From now on remove free cells at `rate` (nodes,) [1/h]."""
        self.transit.set_filter(rate, self.time)
        for counts in all_counts(self.counted):
            counts.set_filter(rate)

    def expected(self, diameter: float, cells: int = 1, death_factor: float = 1.0) -> Expected:
        """Means for clusters of `cells` cells, the largest of `diameter` [um], in this body."""
        return Expected(
            self.network,
            self.beds,
            self.parameters,
            diameter,
            cells,
            death_factor,
            self.transit.filter_rate,
        )

    def sample(self, probability: np.ndarray, stream_step: int, remove: bool) -> np.ndarray:
        """Cells of the clusters in a sample that holds each free one with `probability`
        (nodes,); `stream_step` numbers the sample. Returns (n,) CTC in order of cluster."""
        columns = self.transit.columns
        free = columns["mode"] == FREE
        step = np.full(len(free), stream_step, dtype=np.uint32)
        draw = uniform_of(self.seed, Stream.DRAWS, columns["serial"], step)
        taken = free & (draw < probability[columns["node"]])
        cells = np.repeat(taken, columns["cells"])
        sampled = self._cargo[cells].copy()
        if remove and taken.any():
            self._count(events_at(self.time, columns, np.flatnonzero(taken), DRAW))
            self.transit.remove(taken)
            self._cargo = self._cargo[~cells]
        return sampled

    def sample_counted(self, probability: np.ndarray, stream_step: int, remove: bool):
        """The same of cells without identity: (phenotype, cells of a cluster, clusters)."""
        out = []
        for one in self.counted:
            for phenotype, _, counts in one.populations:
                n = int(counts.take(probability, stream_step, remove).sum())
                self._flows["drawn"] += n * counts.cells if remove else 0
                out.append((phenotype, counts.cells, n))
        return out

    def free_clusters(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Node, number of cells of a cluster and number of such clusters free in the blood, of
        all that have entered it: three (n,) int64."""
        columns = self.transit.columns
        rows = columns["mode"] == FREE
        pairs = np.stack([columns["node"][rows], columns["cells"][rows]]).astype(np.int64)
        (node, cells), n = np.unique(pairs, axis=1, return_counts=True)
        groups = [(node, cells, n), *free_groups(self.counted, self.network)]
        return tuple(np.concatenate(column) for column in zip(*groups, strict=True))

    def cells_by_kind(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Node, phenotype and clone of each free cell with an identity: three (n,)."""
        columns = self.transit.columns
        free = np.repeat(columns["mode"] == FREE, columns["cells"])
        node = np.repeat(columns["node"], columns["cells"])[free]
        return node, self._cargo["phenotype"][free], self._cargo["clone"][free]

    def drain_events(self) -> list[np.ndarray]:
        """The BLOOD_EVENT arrays since the last call, in order of time; forgets them."""
        events, self.events = self.events, []
        return events

    @property
    def free(self) -> np.ndarray:
        """(nodes,) int64: cells free in each compartment, recounted from the state."""
        return self.transit.cells_in(ENTERING, FREE) + cells_held(
            self.counted, "free", self.network
        )

    @property
    def arrested(self) -> np.ndarray:
        """(nodes,) int64: cells arrested in each bed, recounted from the state."""
        return self.transit.cells_in(REVERSIBLE, IRREVERSIBLE) + cells_held(
            self.counted, "arrested", self.network
        )

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
            **self._stocks(),
            **{name: flows[name] + cells_ended(self.counted, name) for name in COUNTED},
        }
        came = entries["intravasated"] + entries["injected"]
        return {**entries, "imbalance": 2 * came - sum(entries.values())}

    def _stocks(self) -> dict[str, int]:
        """Cells in the blood and arrested, recounted from the state."""
        if self._nobody:
            return {"in_blood": 0, "arrested": 0}
        cells = self.transit.cells_by_mode()
        free = cells[ENTERING] + cells[FREE]
        arrested = cells[REVERSIBLE] + cells[IRREVERSIBLE]
        if self.counted:
            free += int(cells_held(self.counted, "free", self.network).sum())
            arrested += int(cells_held(self.counted, "arrested", self.network).sum())
        return {"in_blood": free, "arrested": arrested}

    @property
    def _nobody(self) -> bool:
        """Whether there are no rows to count."""
        return not (self.counted or len(self.transit.columns["serial"]))

    @property
    def extravasated_without_identity(self) -> int:
        """Cells without identity that extravasated: no lattice takes them."""
        return cells_ended(self.counted, "extravasated")

    def state_arrays(self) -> list[tuple[str, np.ndarray]]:
        """The whole state as (name, array), in a fixed order: rows by serial number."""
        columns = [(f"ctc.{name}", column) for name, column in self.transit.columns.items()]
        counters = np.array([self._next_serial, *self._flows.values()], dtype=np.int64)
        inner = [(f"source.{i}.", source) for i, source in enumerate(self.sources)]
        for i, one in enumerate(self.counted):
            inner += [(f"counts.{i}.{j}.", p[2]) for j, p in enumerate(one.populations)]
        return [
            *columns,
            *((prefix + name, a) for prefix, part in inner for name, a in part.state_arrays()),
            ("cargo", self._cargo),
            ("counters", counters),
            ("time", np.array([self.time])),
        ]

    def _taken(self, ctcs: np.ndarray, drains: dict[str, float], flow: str) -> np.ndarray:
        """Number cells, let them enter the blood and count them as `flow`."""
        if not len(ctcs):
            return ctcs.copy()
        with self.work.timed():
            check_rows(ctcs, self.time)
            table = numbered(ctcs, self._next_serial, self.traits)
            self._enter(table, drains)
            self._flows[flow] += len(table)
            self.selection.add_entered(table)
        return table

    def _agenda(self, end: float) -> list[tuple[float, list[Appointment]]]:
        """Moments until `end` at which the walk stops, with what happens there."""
        if not (self.counted or self.appointments):
            return [(end, [])]
        before = self.time if self.time > 0 else -1.0
        stops: dict[float, list[Appointment]] = {}
        for one in [*self.counted, *self.appointments]:
            for moment in one.moments(before, end):
                stops.setdefault(moment, []).append(one)
        stops.setdefault(end, [])
        return sorted(stops.items(), key=lambda item: item[0])

    def _walk(self, end: float, appointments: list[Appointment]) -> np.ndarray:
        """All CTCs until `end` [h], then what happens there; returns (n,) DTC."""
        if end > self.time:
            self._count(self._advanced(end))
            for one in self.counted:
                self._flows["injected"] += one.step(self.time, end - self.time)
            self.time = end
        for appointment in appointments:
            appointment.act(self, end)
        return self._extravasated()

    def _advanced(self, end: float) -> np.ndarray:
        """Events until `end` [h], in order of (time, cluster).

        A walk that pauses because a cluster changes is altered and goes on, until all are there.
        """
        events = []
        while True:
            recorded, transitions = self.transit.advance(end)
            events.append(recorded)
            self.work.updates += transitions
            rows = self.transit.paused()
            if not len(rows):
                break
            self._cargo, recorded = altered(self.transit, self._cargo, rows, self.traits)
            events.append(recorded)
        if len(events) == 1:
            return events[0]
        table = np.concatenate(events)
        return table[np.lexsort((table["cluster"], table["time"]))]

    def _enter(self, table: np.ndarray, drains: dict[str, float]) -> None:
        """Hand clusters over to the walk and keep their cells; the last step that can fail
        comes before the first change."""
        table = self.transit.parted(table)
        cargo = table[np.argsort(table["cluster"], kind="stable")]
        first = np.flatnonzero(np.diff(cargo["cluster"], prepend=np.uint64(0)))
        traits = self.traits.of_clusters(cargo, first)
        self.transit.place(
            serial=cargo["cluster"][first],
            cells=traits.pop("cells"),
            diameter=traits.pop("diameter"),
            time=cargo["time"][first],
            drains=drains,
            traits=traits,
        )
        self._cargo = np.concatenate([self._cargo, cargo])
        self._next_serial += len(table)

    def _count(self, events: np.ndarray) -> None:
        if not len(events):
            return
        self.events.append(events)
        # Sums of integers in float64: exact below 2^53.
        cells = np.bincount(events["event"], events["cells"], len(BLOOD_EVENTS)).astype(np.int64)
        for flow, names in COUNTED.items():
            self._flows[flow] += sum(int(cells[BLOOD_EVENTS.index(name)]) for name in names)

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
        dtcs = extravasated_rows(
            cells[alive], {name: ended[name][cluster[alive]] for name in ended}
        )
        self.selection.add_extravasated(dtcs)
        return dtcs

    def _by_bed(self, dtcs: np.ndarray) -> dict[str, np.ndarray]:
        dtcs = dtcs[np.lexsort((dtcs["ctc"], dtcs["arrival"]))]
        beds = sorted(set(dtcs["bed"].tolist()))
        return {self.network.names[bed]: dtcs[dtcs["bed"] == bed] for bed in beds}
