"""CTCs from no tissue: so many a day, from a place, with phenotypes and clusters.

The entries of a source are a Poisson process. The k-th gap and what enters then are keyed by
(source, k), so that they do not depend on where steps begin and end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np

from hybridmet.errors import ScenarioError
from hybridmet.random import Stream, uniform
from hybridmet.tables import CTC
from hybridmet.units import Fraction, PositiveCount, Quantity, Time, check_quantities

EntryRate = Annotated[float, Quantity("1/h", "24000 / d", gt=0, le=1e15)]
NO_TISSUE = np.iinfo(np.uint16).max
"""`tissue` of injected cells: they come from no lattice."""
GAP, SIZE, CLONE, PHENOTYPE = range(4)
"""Draw numbers of an entry; the j-th cell's phenotype is draw PHENOTYPE + j."""
MOST_INDIVIDUALS = 2e7
"""Entries an hour that may have an identity [1/h]: ASSUMED, about 2 GB of state."""
MOST_CELLS = 100
"""Cells of a cluster [1]: ASSUMED."""


@dataclass(frozen=True, kw_only=True)
class SourceParameters:
    """CTCs that enter the blood at a place without a lattice there."""

    place: str
    """A primary site (its draining vein) or a compartment; a bed is entered as from its artery."""
    rate: EntryRate
    """Single cells and clusters that enter [1/h]."""
    phenotypes: dict[str, Fraction] = field(default_factory=dict)
    """Shares of the phenotypes, summing to 1; empty: all of the scenario's first."""
    cluster_sizes: dict[str, Fraction] = field(default_factory=lambda: {"1": 1.0})
    """Shares of entries by number of cells, summing to 1: ASSUMED single cells."""
    clones: PositiveCount = 1
    """Clones, in equal shares, numbered from 1."""
    start: Time = 0.0
    """First moment [h]."""
    end: Time | None = None
    """Last moment [h]; None: never ends."""
    individual: bool = True
    """Whether each cell has an identity; else cells are counted, extravasate into no lattice,
    and their number costs nothing."""

    def __post_init__(self):
        check_quantities(self)
        for name in ("phenotypes", "cluster_sizes"):
            shares = getattr(self, name)
            if shares and abs(sum(shares.values()) - 1.0) > 1e-9:
                total = sum(shares.values())
                raise ScenarioError(f"SourceParameters.{name}: shares sum to {total:g}, must be 1")
        for size in self.cluster_sizes or {"": 1.0}:
            if not (size.isdecimal() and 1 <= int(size) <= MOST_CELLS):
                raise ScenarioError(
                    f'SourceParameters.cluster_sizes: got "{size}", must be numbers of cells '
                    f"from 1 to {MOST_CELLS}"
                )
        if self.end is not None and self.end <= self.start:
            raise ScenarioError(f"SourceParameters.end: got {self.end}, must be > start")
        if self.individual and self.rate > MOST_INDIVIDUALS:
            raise ScenarioError(
                f"SourceParameters.rate: got {self.rate:g}, must be <= {MOST_INDIVIDUALS:g} / h "
                "where each cell has an identity (individual = false counts them)"
            )


class Source:
    """The entries of one source, in order of time."""

    def __init__(
        self,
        parameters: SourceParameters,
        drains: Mapping[str, float],
        diameters: Sequence[float],
        shares: Sequence[float],
        *,
        index: int,
        seed: int,
    ):
        """`drains`: compartments entered, shares [1]; `diameters` [um] and `shares` [1] by
        phenotype; `index` numbers the scenario's sources."""
        self.parameters, self.drains = parameters, dict(drains)
        self.index, self.seed = index, seed
        self.diameters = np.asarray(diameters, dtype=np.float32)
        self.shares = np.asarray(shares, dtype=np.float64)
        self._sizes = np.array([int(size) for size in parameters.cluster_sizes])
        self._size_edges = np.cumsum(list(parameters.cluster_sizes.values()))
        self._entry, self._last = 0, parameters.start

    def until(self, end: float) -> np.ndarray:
        """Cells that enter before `end` [h] and did not before, (n,) CTC without serial
        numbers, in order of time."""
        last = self.parameters.end
        times = self._times(end if last is None else min(end, last))
        first, self._entry = self._entry, self._entry + len(times)
        if not len(times):
            return np.empty(0, CTC)
        self._last = times[-1]
        size = self._drawn(SIZE, first, len(times), self._sizes, self._size_edges)
        clone = 1 + np.floor(self._uniform(CLONE, first, len(times)) * self.parameters.clones)
        owner = np.repeat(np.arange(len(times)), size)
        row = np.cumsum(size) - size
        table = np.zeros(len(owner), CTC)
        table["time"], table["clone"] = times[owner], clone[owner]
        table["cluster"], table["cluster_size"] = row[owner], size[owner]
        table["tissue"], table["site"] = NO_TISSUE, -1
        table["phenotype"] = self._phenotypes(first, size, row)
        table["diameter"] = self.diameters[table["phenotype"]]
        return table

    def state_arrays(self) -> list[tuple[str, np.ndarray]]:
        return [("entry", np.array([self._entry])), ("last", np.array([self._last]))]

    def _times(self, end: float) -> np.ndarray:
        """Entries after the last one and before `end` [h]."""
        blocks, last, known = [], self._last, self._entry
        while last < end:
            ahead = self.parameters.rate * (end - last)
            n = int(ahead + 6 * np.sqrt(ahead)) + 8
            gaps = -np.log(self._uniform(GAP, known, n)) / self.parameters.rate
            # One by one, so that rounding does not depend on where blocks begin.
            times = np.cumsum(np.concatenate([[last], gaps]))[1:]
            blocks.append(times)
            last, known = times[-1], known + n
        times = np.concatenate([np.empty(0), *blocks])
        return times[times < end]

    def _phenotypes(self, first: int, size: np.ndarray, row: np.ndarray) -> np.ndarray:
        out = np.zeros(int(size.sum()), dtype=np.uint8)
        kinds, edges = np.arange(len(self.shares)), np.cumsum(self.shares)
        for j in range(int(size.max())):
            has = np.flatnonzero(size > j)
            out[row[has] + j] = self._drawn(PHENOTYPE + j, first, len(size), kinds, edges)[has]
        return out

    def _drawn(self, draw: int, first: int, n: int, values: np.ndarray, edges: np.ndarray):
        chosen = np.searchsorted(edges, self._uniform(draw, first, n), side="right")
        return values[np.minimum(chosen, len(values) - 1)]

    def _uniform(self, draw: int, first: int, n: int) -> np.ndarray:
        return uniform(
            self.seed, Stream.SOURCES, n, first_identity=first, step=self.index, draw=draw
        )
