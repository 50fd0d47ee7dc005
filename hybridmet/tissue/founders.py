"""Founders: the DTCs seeded in a lattice and the colonies that grow from them."""

from bisect import insort
from dataclasses import dataclass, field

import numpy as np

from hybridmet.tissue.colony_sizes import ColonySizes


@dataclass
class Founder:
    """A DTC that found a place, and what grew from it."""

    ctc: int
    """Serial number; its descendants carry it in the column `founder`."""
    clone: int
    phenotype: int
    parent: int
    """Index of the lattice it came from."""
    arrival: float
    """Time of seeding [h]."""
    site: int
    first_division: float | None = None
    """Time from which two or more of its line lived here: it became a colony [h]."""
    cells: int = 1
    """Living cells of its line at the last census."""
    micrometastasis: float | None = None
    """Time from which it was as large as ColonySizes says [h]."""
    macrometastasis: float | None = None
    detection: float | None = None

    @property
    def reached(self) -> tuple[float | None, float | None, float | None]:
        """Times of reaching the sizes of `ColonySizes.thresholds` [h]."""
        return self.micrometastasis, self.macrometastasis, self.detection

    def census(self, cells: int, time: float, sizes: ColonySizes) -> None:
        """Note living cells and, when it happens first, what they amount to."""
        self.cells = cells
        if cells >= 2 and self.first_division is None:
            self.first_division = time
        for name in ("micrometastasis", "macrometastasis", "detection"):
            if cells >= getattr(sizes, name) and getattr(self, name) is None:
                setattr(self, name, time)


FOUNDER = np.dtype(
    [
        ("ctc", "u8"),
        ("clone", "u4"),
        ("phenotype", "u1"),
        ("parent", "u2"),
        ("arrival", "f8"),
        ("site", "i8"),
        ("first_division", "f8"),
        ("cells", "i8"),
        ("micrometastasis", "f8"),
        ("macrometastasis", "f8"),
        ("detection", "f8"),
    ]
)
"""The columns of a Founder, in its order."""


@dataclass
class Founders:
    """All founders of one lattice, ascending by serial number."""

    rows: list[Founder] = field(default_factory=list)
    sizes: ColonySizes = field(default_factory=ColonySizes)
    """What a colony of a size is called."""

    def add(self, founder: Founder) -> None:
        insort(self.rows, founder, key=lambda row: row.ctc)

    def serials(self) -> np.ndarray:
        """(n,) uint32, ascending."""
        return np.array([row.ctc for row in self.rows], dtype=np.uint32)

    def table(self) -> np.ndarray:
        """All founders as a structured array, FOUNDER; a colony that is none yet has NaN."""
        rows = [tuple(np.nan if v is None else v for v in vars(row).values()) for row in self.rows]
        return np.array(rows, dtype=FOUNDER)

    def census(self, counts: np.ndarray, time: float) -> None:
        """Note living cells per founder; a colony is two or more after a division in place."""
        for row, cells in zip(self.rows, counts, strict=True):
            row.census(int(cells), time, self.sizes)

    def colonies(self) -> list[Founder]:
        """Founders whose line has lived as two or more cells."""
        return [row for row in self.rows if row.first_division is not None]
