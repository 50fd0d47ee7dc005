"""Initial cells: what a lattice starts with, and where the cells of files go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.tissue.cell_file import read_cells
from hybridmet.tissue.cell_shapes import CellBall, CellBox, check_fractions
from hybridmet.units import FilePath, Fraction, Length, PositiveCount, Quantity, check_quantities

Clones = Annotated[int, Quantity("1", "8", gt=0, le=10**6, whole=True)]


@dataclass(frozen=True)
class InitialCells:
    """The cells a lattice starts with: a ball in the middle, more balls, boxes, and files.

    Where shapes overlap the first one holds: the central ball, `balls`, `boxes`; cells of files
    take the free slots of their sites.
    """

    radius: Length | None = 100.0
    """Radius of the ball in the middle [um]: ASSUMED, an avascular nodule; `false`: none."""
    phenotypes: Mapping[str, Fraction] = field(
        default_factory=lambda: {"epithelial": 0.9, "mesenchymal": 0.1}
    )
    """Fractions of the phenotypes, summing to 1: ASSUMED."""
    exact: bool = False
    """Whether the fractions hold exactly in each plane of sites, up to rounding, instead of as
    chances."""
    clones: Clones = 8
    """Clones among the initial cells, assigned at random: ASSUMED."""
    per_site: PositiveCount = 1
    """Cells in each site of a ball or box [1]: 1; at most `tissue.slots`."""
    balls: tuple[CellBall, ...] = ()
    """Further balls."""
    boxes: tuple[CellBox, ...] = ()
    """Boxes."""
    files: tuple[FilePath, ...] = ()
    """CSV files `x,y,z,type`: see hybridmet/tissue/cell_file.py."""

    def __post_init__(self):
        check_quantities(self)
        check_fractions("InitialCells", self.phenotypes)

    @property
    def shapes(self) -> tuple[CellBall | CellBox, ...]:
        """All shapes, the one that holds in an overlap first."""
        central = () if self.radius is None else (CellBall(self.radius),)
        return (*central, *self.balls, *self.boxes)

    @property
    def named_phenotypes(self) -> tuple[str, ...]:
        """Every phenotype that is named."""
        tables = (self.phenotypes, *(s.phenotypes or {} for s in (*self.balls, *self.boxes)))
        return tuple(dict.fromkeys(name for table in tables for name in table))


def cells_of_files(
    initial: InitialCells, names: Sequence[str], lattice: Lattice, slots: int
) -> np.ndarray:
    """Global site, slot, phenotype and clone of the cells of all files: (n, 4) int64.

    Cells take the slots of their site that shapes leave free, by phenotype and clone, so that
    the order of files and rows does not matter. Raises ScenarioError naming file, row and column.
    """
    files = [read_cells(path, names, lattice, slots) for path in initial.files]
    if not files:
        return np.empty((0, 4), dtype=np.int64)
    sites, phenotypes, clones, rows = np.concatenate(files).T
    order = np.lexsort((clones, phenotypes, sites))
    before = np.empty_like(sites)
    before[order] = np.arange(len(sites)) - np.searchsorted(sites[order], sites[order])
    slot = before + initial.per_site * _covered(initial, sites, lattice)
    if np.any(slot >= slots):
        last = np.flatnonzero(sites == sites[np.argmax(slot >= slots)])[-1]
        path = np.repeat(initial.files, [len(file) for file in files])[last]
        raise ScenarioError(
            f"{path}, row {rows[last]}, column x: lies in a site that other initial cells fill, "
            f"must lie in a free one (or tissue.slots be {slot.max() + 1})"
        )
    return np.stack([sites, slot, phenotypes, clones], axis=1)


def _covered(initial: InitialCells, sites: np.ndarray, lattice: Lattice) -> np.ndarray:
    """Whether a ball or box fills each global site: (n,) bool."""
    where = np.unravel_index(sites, lattice.shape)
    axes = tuple(c[i] for c, i in zip(lattice.centres[::-1], where, strict=True))
    return np.logical_or.reduce([shape.within(axes) for shape in initial.shapes] or [False])
