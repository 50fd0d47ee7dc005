"""Individual CTCs and clusters on their way through the body, solved event by event in C.

See csrc/hm_transit.h for the walk and why it depends neither on threads nor on the step.
"""

import math
from itertools import pairwise

import numpy as np

from hybridmet._core import transit as kernel
from hybridmet.circulation.capillary_bed import CapillaryBed, CirculationParameters
from hybridmet.circulation.network import BodyNetwork
from hybridmet.tables import BLOOD_EVENT

MODES = tuple(kernel.MODES)
"""Names of the column `mode`; from `died_in_blood` on the walk is over."""
ENTERING, FREE, REVERSIBLE, IRREVERSIBLE = (kernel.MODES[name] for name in MODES[:4])
DIED_IN_BLOOD = kernel.MODES["died_in_blood"]
EXTRAVASATED = kernel.MODES["extravasated"]
WALKING, PARTING, CHANGING, RESUME = kernel.PAUSES.values()

EVENTS_AT_ONCE = 4
"""Events of a CTC in a step for which there is room at first [1]: most record one or two."""

COLUMNS = {
    "serial": np.uint64,  # of the cluster: identity of its random numbers
    "cells": np.uint32,  # in the cluster
    "diameter": np.float32,  # of its largest cell [um]
    "death_factor": np.float32,  # on its death in blood [1]
    "parting_rate": np.float32,  # of a cell from it while free [1/h]
    "change_rate": np.float32,  # of a cell's phenotype [1/h]
    "mode": np.uint8,  # index into MODES
    "pause": np.uint8,  # why it stands still, 0 if it walks
    "stage": np.uint8,  # of irreversible arrest
    "node": np.uint16,  # compartment
    "next_time": np.float64,  # of the next event, or of the last one where the walk is over [h]
    "event": np.uint32,  # number of the next event
    "passes": np.uint32,  # capillary beds entered
    "entered": np.float64,  # the blood [h]
    "arrested_since": np.float64,  # [h]
    "time_arrested": np.float64,  # in arrests that are over [h]
}
"""Columns of the state, one row a CTC or cluster."""


class Transit:
    """CTCs and clusters in the blood, rows in ascending order of serial number."""

    def __init__(
        self,
        network: BodyNetwork,
        beds: dict[str, CapillaryBed],
        parameters: CirculationParameters,
        seed: int,
        threads: int = 1,
    ):
        self.network = network
        self.seed = seed
        self.threads = threads
        self.columns = {name: np.empty(0, dtype) for name, dtype in COLUMNS.items()}
        self.beds, self.parameters = beds, parameters
        self.filter_rate = np.zeros(len(network.names))
        self._body = self._made_body()

    def _made_body(self) -> kernel.Body:
        arrays = body_arrays(self.network, self.beds, self.parameters)
        arrays["filter_rate"] = self.filter_rate
        return kernel.Body(arrays, _numbers(self.parameters))

    def set_filter(self, rate: np.ndarray, time: float) -> None:
        """From `time` [h] on remove free CTCs at `rate` (nodes,) [1/h]; all walked until then.

        What was planned for the free is drawn anew: their walk has no memory.
        """
        self.filter_rate = np.array(rate, dtype=np.float64)
        self._body = self._made_body()
        free = self.columns["mode"] == FREE
        self.columns["pause"][free] = RESUME
        self.columns["next_time"][free] = time

    def parted(self, table: np.ndarray) -> np.ndarray:
        """Cells (n,) CTC as they enter: here a cluster keeps together."""
        return table

    def arrest_probability(self, bed: str, diameter: float, cells: int = 1) -> float:
        """Probability [1] that `bed` arrests a cluster of `cells` cells, the largest of
        `diameter` [um], when it enters."""
        return self._body.arrest_probability(self.network.index(bed), diameter, cells)

    def place(
        self,
        serial: np.ndarray,
        cells: np.ndarray,
        diameter: np.ndarray,
        time: np.ndarray,
        drains: dict[str, float],
        traits: dict[str, np.ndarray] | None = None,
    ) -> None:
        """Let clusters enter the blood at their `time` (n,) [h], in compartments drawn from
        `drains`; serial numbers ascend and exceed those before. `traits` may hold the columns
        death_factor (else 1), parting_rate and change_rate (else 0)."""
        n = len(serial)
        new = {name: np.zeros(n, dtype) for name, dtype in COLUMNS.items()}
        new["serial"][:], new["cells"][:], new["diameter"][:] = serial, cells, diameter
        new["next_time"][:] = new["entered"][:] = time
        new["death_factor"][:] = 1.0
        for name, values in (traits or {}).items():
            new[name][:] = values
        new["mode"][:] = ENTERING
        nodes, cumulative = self._drains(drains)
        kernel.start(self.seed, new["serial"], nodes, cumulative, new["node"])
        self.columns = {
            name: np.concatenate([column, new[name]]) for name, column in self.columns.items()
        }

    def advance(self, end: float) -> tuple[np.ndarray, int]:
        """Walk until `end` [h].

        Returns the recorded events, a BLOOD_EVENT array in order of (time, cluster), and the
        number of all transitions, changes of compartment included.
        """
        table, transitions, over = self._attempted(end)
        if not over:  # rows ascend by cluster, so that ties keep that order
            return table[np.argsort(table["time"], kind="stable")], transitions
        rest, more = self._counted_first(end)
        table = np.concatenate([table, rest])
        return table[np.lexsort((table["cluster"], table["time"]))], transitions + more

    def _attempted(self, end: float) -> tuple[np.ndarray, int, bool]:
        """Walk those that record few events; returns these, transitions, and whether there are
        others."""
        n = len(self.columns["serial"])
        events = _event_columns(n * EVENTS_AT_ONCE)
        rows, transitions = kernel.attempt(
            self._body, self.seed, end, self.columns, self.threads, EVENTS_AT_ONCE, events
        )
        wrote = np.flatnonzero(rows > 0)
        size = rows[wrote].astype(np.int64)
        begin = np.cumsum(size) - size
        where = np.repeat(wrote * EVENTS_AT_ONCE - begin, size) + np.arange(size.sum())
        return _event_table(events, where), transitions, bool((rows < 0).any())

    def _counted_first(self, end: float) -> tuple[np.ndarray, int]:
        """Walk the others, with as many rows as they turn out to need."""
        offset = kernel.count(self._body, self.seed, end, self.columns, self.threads)
        events = _event_columns(offset[-1])
        transitions = kernel.advance(
            self._body, self.seed, end, self.columns, self.threads, offset, events
        )
        return _event_table(events, np.arange(offset[-1])), transitions

    def add(self, rows: dict[str, np.ndarray]) -> None:
        """Take in rows that walk on from where they are, at their places in the order of serial
        number."""
        merged = {n: np.concatenate([column, rows[n]]) for n, column in self.columns.items()}
        order = np.argsort(merged["serial"], kind="stable")
        self.columns = {name: column[order] for name, column in merged.items()}

    def paused(self) -> np.ndarray:
        """(n,) int64: rows that wait for the caller to alter them."""
        pause = self.columns["pause"]
        return np.flatnonzero((pause == PARTING) | (pause == CHANGING))

    def ended(self) -> np.ndarray:
        """(n,) bool: clusters whose walk is over."""
        return self.columns["mode"] >= DIED_IN_BLOOD

    def remove(self, gone: np.ndarray) -> dict[str, np.ndarray]:
        """Take out the rows where `gone` (n,) bool; returns their columns."""
        removed = {name: column[gone] for name, column in self.columns.items()}
        self.columns = {name: column[~gone] for name, column in self.columns.items()}
        return removed

    def cells_in(self, *modes: int) -> np.ndarray:
        """(nodes,) int64: cells counted by compartment over the clusters in one of `modes`."""
        wanted = np.zeros(256, dtype=bool)
        wanted[list(modes)] = True
        rows = np.flatnonzero(wanted[self.columns["mode"]])
        node, cells = self.columns["node"][rows], self.columns["cells"][rows]
        # Sums of integers in float64: exact below 2^53.
        return np.bincount(node, cells, len(self.network.names)).astype(np.int64)

    def cells_by_mode(self) -> list[int]:
        """Cells over the clusters in each of MODES, wherever they are: integers, exact below 2^53."""
        mode, cells = self.columns["mode"], self.columns["cells"]
        return np.bincount(mode, cells, len(MODES)).astype(np.int64).tolist()

    def _drains(self, drains: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
        """Nodes and cumulative probabilities, in order of node whatever the mapping's order."""
        shares = sorted((self.network.index(name), share) for name, share in drains.items())
        nodes = np.array([node for node, _ in shares], dtype=np.uint16)
        weights = np.array([share for _, share in shares], dtype=np.float64)
        if not (len(shares) and np.all(weights >= 0) and abs(weights.sum() - 1) < 1e-9):
            raise ValueError(f"drains: got {drains}, must be shares >= 0 that add up to 1")
        return nodes, _cumulative(weights)


def _event_columns(n: int) -> dict[str, np.ndarray]:
    return {name: np.empty(n, BLOOD_EVENT[name]) for name in BLOOD_EVENT.names}


def _event_table(columns: dict[str, np.ndarray], rows: np.ndarray) -> np.ndarray:
    table = np.empty(len(rows), BLOOD_EVENT)
    for name in BLOOD_EVENT.names:
        table[name] = columns[name][rows]
    return table


def _cumulative(weights: np.ndarray) -> np.ndarray:
    """Cumulative shares, the last one exactly 1."""
    out = np.cumsum(weights) / weights.sum()
    out[-1] = 1.0
    return np.minimum(out, 1.0)


def body_arrays(
    network: BodyNetwork, beds: dict[str, CapillaryBed], parameters: CirculationParameters
) -> dict[str, np.ndarray]:
    """The columns of hm_body_t."""
    return {
        "exit_rate": network.exit_rate,
        "is_bed": network.is_bed.astype(np.uint8),
        **_edges(network),
        **_bed_columns(network, beds, parameters),
        **_deaths(network, parameters),
    }


def _deaths(network: BodyNetwork, parameters: CirculationParameters) -> dict[str, np.ndarray]:
    """Death in blood by node [1/h], and the cumulative shares of its causes."""
    causes = np.stack(list(parameters.death_rates(network.shear_stress).values()), axis=1)
    total = causes.sum(axis=1)
    shares = np.cumsum(causes, axis=1) / np.where(total > 0, total, 1.0)[:, None]
    shares[:, -1] = 1.0
    return {"death_rate": total, "cause_cumulative": np.minimum(shares, 1.0).ravel()}


def _edges(network: BodyNetwork) -> dict[str, np.ndarray]:
    """Edges by compartment of origin, with cumulative shares of its outflow."""
    order = np.argsort(network.edge_source, kind="stable")
    flows = network.edge_flow_bp[order]
    degree = np.bincount(network.edge_source, minlength=len(network.names))
    first = np.concatenate([[0], np.cumsum(degree)]).astype(np.int32)
    shares = [_cumulative(flows[a:b]) for a, b in pairwise(first)]
    return {
        "first_edge": first,
        "edge_target": network.edge_target[order].astype(np.int32),
        "edge_cumulative": np.concatenate(shares).astype(np.float64),
    }


def _bed_columns(
    network: BodyNetwork, beds: dict[str, CapillaryBed], parameters: CirculationParameters
) -> dict[str, np.ndarray]:
    """What each node does with CTCs that enter it; zeros where it is no bed. Rates [1/h]."""
    names = (
        "arrest_probability",
        "reversible_fraction",
        "release_rate",
        "extravasation_rate",
        "arrested_death_rate",
    )
    columns = {name: np.zeros(len(network.names)) for name in names}
    for name in network.beds:
        if name not in beds:
            raise ValueError(f"beds: {name} is missing")
        bed, node = beds[name], network.index(name)
        columns["arrest_probability"][node] = bed.arrest_probability
        columns["reversible_fraction"][node] = bed.reversible_fraction
        columns["release_rate"][node] = math.log(2.0) / bed.release_half_life
        leaving = bed.extravasation_probability / parameters.mean_arrest_time
        columns["extravasation_rate"][node] = leaving
        columns["arrested_death_rate"][node] = 1.0 / parameters.mean_arrest_time - leaving
    return columns


def _numbers(parameters: CirculationParameters) -> dict[str, float]:
    names = ("arrest_per_diameter", "reference_diameter", "arrest_per_log_size")
    numbers = {name: getattr(parameters, name) for name in names}
    return numbers | {"num_stages": parameters.arrest_stages}
