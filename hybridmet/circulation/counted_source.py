"""A source whose cells are counted: they have no identity, and their number costs nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from hybridmet.circulation.counts import Counts
from hybridmet.circulation.network import BodyNetwork
from hybridmet.circulation.source import Source


@dataclass(frozen=True, eq=False)
class CountedSource:
    """A source of cells without identity, with a population for each kind of its cells."""

    source: Source
    populations: tuple[tuple[int, float, Counts], ...]
    """Phenotype, share of the source's entries [1], and the numbers."""

    def moments(self, before: float, now: float) -> list[float]:
        """A source begins and ends between steps of the numbers, which assume a constant rate."""
        ends = (self.source.parameters.start, self.source.parameters.end)
        return [moment for moment in ends if moment is not None and before < moment <= now]

    def act(self, circulation, time: float) -> None:
        """Nothing: the stop is what matters."""

    def step(self, now: float, dt: float) -> int:
        """Walk for `dt` [h]; returns the cells that entered."""
        p = self.source.parameters
        runs = p.start <= now and (p.end is None or now < p.end)
        entered = 0
        for _, share, counts in self.populations:
            influx = p.rate * share if runs else 0.0
            entered += counts.step(dt, influx, self.source.drains) * counts.cells
        return entered


def cells_held(counted: Sequence[CountedSource], name: str, network: BodyNetwork) -> np.ndarray:
    """(nodes,) int64: cells in each compartment that are `free` or `arrested`."""
    out = np.zeros(len(network.names), dtype=np.int64)
    for counts in all_counts(counted):
        out += getattr(counts, name)
    return out


def cells_ended(counted: Sequence[CountedSource], name: str) -> int:
    """Cells that left the blood in one of the ways of the ledger."""
    return sum(counts.ended.get(name, 0) for counts in all_counts(counted)) if counted else 0


def free_groups(
    counted: Sequence[CountedSource], network: BodyNetwork
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Nodes, cells of a cluster and such clusters free there, of each population: (n,) int64."""
    for counts in all_counts(counted):
        held = counts.state[: len(network.names)]
        there = np.flatnonzero(held)
        yield there, np.full(len(there), counts.cells), held[there]


def all_counts(counted: Sequence[CountedSource]) -> Iterator[Counts]:
    """The numbers of all populations."""
    return (counts for one in counted for _, _, counts in one.populations)
