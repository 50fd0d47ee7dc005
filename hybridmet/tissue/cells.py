"""Cells: columns over the sites of a lattice, and initial cells."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from hybridmet import tables
from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.random import Stream, uniform
from hybridmet.units import Fraction, Length, check_quantities

EMPTY, WALL = 0, 255
ACTIVE, DORMANT, DEBRIS = range(3)
"""Conditions of a cell, as in csrc/hm_cells.h."""


def kind_of(phenotype: int, condition: int = ACTIVE) -> int:
    """The byte of a cell: 1 + 4 * phenotype + condition."""
    return 1 + 4 * phenotype + condition


@dataclass(frozen=True)
class InitialCells:
    """A ball of cells in the middle of the lattice."""

    radius: Length = 100.0
    """Radius of the ball [um]: ASSUMED, an avascular nodule."""
    phenotypes: Mapping[str, Fraction] = field(
        default_factory=lambda: {"epithelial": 0.9, "mesenchymal": 0.1}
    )
    """Fractions of the phenotypes, summing to 1: ASSUMED."""
    clones: int = 8
    """Clones among the initial cells, assigned at random: ASSUMED."""

    def __post_init__(self):
        check_quantities(self)
        total = sum(self.phenotypes.values())
        if abs(total - 1.0) > 1e-9:
            raise ScenarioError(
                f"InitialCells.phenotypes: got {dict(self.phenotypes)}, "
                f"must be fractions whose sum is 1, not {total:g}"
            )
        if self.clones < 1:
            raise ScenarioError(f"InitialCells.clones: got {self.clones}, must be >= 1")


class Cells:
    """The columns of one lattice's cells, each over (padded site, slot).

    kind : uint8, 0 empty, 255 wall, else 1 + 4 * phenotype + condition;
    clone, founder : uint32; born : float32, time of last division or placement [h].
    """

    STATE = ("kind", "clone", "founder", "born")

    def __init__(self, lattice: Lattice, slots: int = 1):
        self.lattice = lattice
        self.slots = slots
        columns = {"kind": "u1", "clone": "u4", "founder": "u4", "born": "f4"}
        columns |= {"proposal": "u1", "outcome": "u1"}
        self.columns = {
            name: lattice.padded(0, np.dtype(dtype), slots) for name, dtype in columns.items()
        }

    def column(self, name: str) -> np.ndarray:
        """Interior view of a column: (nz, ny, nx, slots) or (ny, nx, slots)."""
        return self.lattice.interior(self.columns[name])

    def put(self, sites, slots, kinds, clones, founders, time: float) -> None:
        """Place cells at free global sites and slots; `time` [h] becomes their birth."""
        where = (*np.unravel_index(sites, self.lattice.shape), slots)
        assert not np.any(self.column("kind")[where]), "a cell was placed on another"
        for name, values in zip(self.STATE, (kinds, clones, founders, time), strict=True):
            self.column(name)[where] = values

    def place_ball(self, initial: InitialCells, names: tuple[str, ...], seed: int, tissue: int):
        """Fill the central ball, slot 0; returns the number of cells."""
        edges = np.cumsum([initial.phenotypes.get(name, 0.0) for name in names])
        placed = 0
        for first, count, sites in _ball_by_planes(self.lattice, initial.radius):
            draw = [
                uniform(seed, Stream.INITIAL, count, first_identity=first, step=tissue, draw=k)
                for k in range(2)
            ]
            draw = [u[sites - first] for u in draw]
            phenotype = np.minimum(np.searchsorted(edges, draw[0], side="right"), len(names) - 1)
            clone = 1 + np.floor(draw[1] * initial.clones).astype(np.uint32)
            self.put(sites, np.zeros(len(sites), int), kind_of(phenotype), clone, 0, 0.0)
            placed += len(sites)
        return placed

    def occupied(self) -> tuple[np.ndarray, np.ndarray]:
        """Global sites and slots of all cells, in the order (site, slot): two (n,) int64."""
        kind = np.ascontiguousarray(self.column("kind")).reshape(-1)
        return np.divmod(np.flatnonzero(kind), self.slots)

    def table(self, time: float, states) -> np.ndarray:
        """All cells, debris included: tables.CELL; `states(padded index)` classifies them."""
        sites, slots = self.occupied()
        where = (*np.unravel_index(sites, self.lattice.shape), slots)
        out = np.zeros(len(sites), dtype=tables.CELL)
        out["site"], out["slot"] = sites, slots
        out["phenotype"] = (self.column("kind")[where] - 1) >> 2
        out["clone"] = self.column("clone")[where]
        out["founder"] = self.column("founder")[where]
        out["age"] = time - self.column("born")[where]
        out["state"] = states(self.padded_index(sites, slots))
        return out

    def padded_index(self, sites: np.ndarray, slots: np.ndarray) -> np.ndarray:
        """Index site * slots + slot into the padded columns: (n,) int64."""
        padded = np.stack(np.unravel_index(sites, self.lattice.shape3))
        padded += np.array([[1 if self.lattice.dim == 3 else 0], [1], [1]])
        flat = np.ravel_multi_index(tuple(padded), self.lattice.padded_shape)
        return (flat * self.slots + slots).astype(np.int64)


def _ball_by_planes(lattice: Lattice, radius: float) -> Iterator[tuple[int, int, np.ndarray]]:
    """Global sites whose centre lies within a radius [um] of the middle of the lattice, plane
    by plane so that a large lattice needs no arrays of its size: first site of the plane, sites
    of the plane, those within."""
    axes = [(np.arange(n) + 0.5 - n / 2) * lattice.spacing for n in lattice.shape3]
    if lattice.dim == 2:
        axes[0] = np.zeros(1)
    in_plane = axes[1][:, None] ** 2
    count = len(axes[1]) * len(axes[2])
    for plane, z in enumerate(axes[0]):
        within = np.flatnonzero(z**2 + in_plane + axes[2] ** 2 <= radius**2)
        if len(within):
            yield plane * count, count, plane * count + within
