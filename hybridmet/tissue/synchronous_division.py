"""Synchronous division: all cells of a phenotype divide at once, each doubling time.

A cell divides where its own site has room, and its daughter stays there (Franssen, Lorenzi,
Burgess & Chaplain 2019, doi:10.1007/s11538-019-00597-x). Where fewer slots are free than cells
would divide, those of the lowest keyed draw do.
"""

import math
from collections.abc import Mapping

import numpy as np

from hybridmet.random import Stream, uniform
from hybridmet.tissue.cells import Cells, kind_of

ROUNDING = 1e-6
"""Part of a doubling time [1] within which a division counts as due: times are sums of steps."""


def divisions_due(start: float, end: float, doubling_time: float) -> int:
    """Multiples of a doubling time in (start, end] [h]."""

    def passed(time: float) -> int:
        return math.floor(time / doubling_time + ROUNDING)

    return passed(end) - passed(start)


class SynchronousDivision:
    """The cells of one lattice that divide by the clock."""

    def __init__(
        self, doubling_times: Mapping[str, float], phenotypes: tuple[str, ...], cells: Cells
    ):
        """`doubling_times` [h] by phenotype; the others never divide by the clock."""
        self.doubling_times = [
            (number, doubling_times[name])
            for number, name in enumerate(phenotypes)
            if name in doubling_times
        ]
        self.cells = cells

    def step(self, start: float, end: float, seed: int, tissue: int, step: int) -> int:
        """Divide all that are due in (start, end] [h], in order of phenotype; returns births."""
        born = 0
        for phenotype, doubling_time in self.doubling_times:
            for _ in range(divisions_due(start, end, doubling_time)):
                born += self._divide(phenotype, end, seed, tissue, step)
        return born

    def _divide(self, phenotype: int, now: float, seed: int, tissue: int, step: int) -> int:
        slots = self.cells.slots
        kind = np.ascontiguousarray(self.cells.column("kind")).reshape(-1, slots)
        sites, mothers = np.nonzero(kind == kind_of(phenotype))
        draws = _draws(len(kind) * slots, seed, tissue, step)[sites * slots + mothers]
        order = np.lexsort((draws, sites))
        sites, mothers = sites[order], mothers[order]
        rank = _rank_within(sites)
        room = (kind == 0).sum(axis=1)[sites]
        fits = rank < room
        sites, mothers, rank = sites[fits], mothers[fits], rank[fits]
        free_first = np.argsort(kind != 0, axis=1, kind="stable")
        self._write(sites, mothers, free_first[sites, rank], now)
        return len(sites)

    def _write(self, sites, mothers, daughters, now: float) -> None:
        cells = self.cells
        mother = cells.padded_index(sites, mothers)
        daughter = cells.padded_index(sites, daughters)
        for name in ("kind", "clone", "founder"):
            flat = cells.columns[name].reshape(-1)
            flat[daughter] = flat[mother]
        born = cells.columns["born"].reshape(-1)
        born[mother] = born[daughter] = now


def _draws(n: int, seed: int, tissue: int, step: int) -> np.ndarray:
    """A uniform for each (global site, slot) of a lattice: (n,) float64."""
    return uniform(seed, Stream.DIVISION, n, first_identity=tissue << 48, step=step)


def _rank_within(sites: np.ndarray) -> np.ndarray:
    """How many equal values stand before each one in an ascending array: (n,) int64."""
    first = np.flatnonzero(np.diff(sites, prepend=-1))
    return np.arange(len(sites)) - np.repeat(first, np.diff(first, append=len(sites)))
