"""Lines: numbers of cells by founder, clone, phenotype and condition."""

import numpy as np

from hybridmet.tissue.cells import DEBRIS

FIRST_LINES = 64
"""Rows to begin with; they double when full."""


class Lines:
    """The table of one tissue, ascending by (founder, clone); rows of one founder are a colony.

    founder, clone : (n,) uint32; count : (n, phenotypes, conditions) int64.
    """

    def __init__(self, phenotypes: int, conditions: int = DEBRIS + 1):
        self.n = 0
        self._shape = (phenotypes, conditions)
        self.columns = self._made(FIRST_LINES)
        self._spare = self._made(FIRST_LINES)

    def _made(self, rows: int) -> tuple[np.ndarray, ...]:
        return (
            np.zeros(rows, np.uint32),
            np.zeros(rows, np.uint32),
            np.zeros((rows, *self._shape), np.int64),
            np.zeros(2 * rows),  # the kernel's own
        )

    @property
    def spare(self) -> tuple[np.ndarray, ...]:
        """Columns for the next state, at least as large as those of this one."""
        if len(self._spare[0]) < len(self.columns[0]):
            self._spare = self._made(len(self.columns[0]))
        return self._spare

    def enlarge(self) -> None:
        """Twice as many rows for the next state."""
        self._spare = self._made(2 * len(self._spare[0]))

    def take_spare(self, n: int) -> None:
        """The spare columns, of which `n` rows are in use, are the state from now on."""
        self.columns, self._spare, self.n = self._spare, self.columns, n

    @property
    def founder(self) -> np.ndarray:
        return self.columns[0][: self.n]

    @property
    def clone(self) -> np.ndarray:
        return self.columns[1][: self.n]

    @property
    def count(self) -> np.ndarray:
        return self.columns[2][: self.n]

    def replace(self, first: int, end: int, clone: np.ndarray, count: np.ndarray) -> None:
        """New lines for a colony, rows first ... end - 1; those without cells are dropped."""
        kept = count.any(axis=(1, 2))
        founder = np.full(int(kept.sum()), self.founder[first], np.uint32)
        new = (founder, clone[kept], count[kept])
        old = (self.founder, self.clone, self.count)
        self._set([np.concatenate([o[:first], x, o[end:]]) for o, x in zip(old, new, strict=True)])

    def add(self, founder: int, clone: int, phenotype: int, condition: int, cells: int = 1) -> None:
        """Cells of a founder and a clone; a line is added where there is none."""
        key = (int(founder) << 32) | int(clone)
        keys = (self.founder.astype(np.uint64) << np.uint64(32)) | self.clone
        row = int(np.searchsorted(keys, np.uint64(key)))
        if row == self.n or int(keys[row]) != key:
            blank = np.zeros((1, *self._shape), np.int64)
            new = (np.array([founder], "u4"), np.array([clone], "u4"), blank)
            old = (self.founder, self.clone, self.count)
            pairs = zip(old, new, strict=True)
            self._set([np.concatenate([o[:row], x, o[row:]]) for o, x in pairs])
        self.count[row, phenotype, condition] += cells

    def add_colonies(
        self, founder: np.ndarray, clone: np.ndarray, phenotype: np.ndarray, condition: int
    ) -> None:
        """A line of one cell for each founder (n,), none of which has a line."""
        order = np.argsort(founder)
        count = np.zeros((len(order), *self._shape), np.int64)
        count[np.arange(len(order)), phenotype[order], condition] = 1
        at = np.searchsorted(self.founder, founder[order])
        new = (founder[order], clone[order], count)
        old = (self.founder, self.clone, self.count)
        self._set([np.insert(o, at, x, axis=0) for o, x in zip(old, new, strict=True)])

    def clear(self) -> None:
        """No cell is left."""
        self.n = 0

    def _set(self, values: list[np.ndarray]) -> None:
        n = len(values[0])
        while len(self.columns[0]) < n:
            self.columns = self._made(2 * len(self.columns[0]))
        for column, value in zip(self.columns, values, strict=False):
            column[:n] = value
        self.n = n

    def colonies(self) -> tuple[np.ndarray, np.ndarray]:
        """First row of each colony, and one past its last: two (m,) int64."""
        starts = np.ones(self.n, dtype=bool)
        starts[1:] = self.founder[1:] != self.founder[:-1]
        first = np.flatnonzero(starts)
        return first, np.append(first[1:], self.n)

    def totals(self) -> np.ndarray:
        """Cells by phenotype and condition: (phenotypes, conditions) int64."""
        return self.count.sum(axis=0)

    def living_of(self, founders: np.ndarray) -> np.ndarray:
        """Living cells of each founder, (n,) uint32 ascending: (n,) int64."""
        out = np.zeros(len(founders), np.int64)
        if self.n:
            first, _ = self.colonies()
            living = np.add.reduceat(self.count[:, :, :DEBRIS].sum(axis=(1, 2)), first)
            there = self.founder[first]
            at = np.minimum(np.searchsorted(there, founders), len(there) - 1)
            out = np.where(there[at] == founders, living[at], 0)
        return out

    def state_arrays(self) -> list[tuple[str, np.ndarray]]:
        """The state in canonical order, for the digest."""
        return [("founder", self.founder), ("clone", self.clone), ("count", self.count)]
