"""Cells: columns over the sites of a lattice."""

from collections.abc import Iterator

import numpy as np

from hybridmet import tables
from hybridmet.lattice import Lattice
from hybridmet.random import Stream, uniform
from hybridmet.tissue.cell_shapes import CellBall, CellBox
from hybridmet.tissue.initial_cells import InitialCells, cells_of_files

EMPTY, WALL = 0, 255
ACTIVE, DORMANT, DEBRIS = range(3)
"""Conditions of a cell, as in csrc/hm_cells.h."""


def kind_of(phenotype: int, condition: int = ACTIVE) -> int:
    """The byte of a cell: 1 + 4 * phenotype + condition."""
    return 1 + 4 * phenotype + condition


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

    def place_initial(
        self, initial: InitialCells, names: tuple[str, ...], seed: int, tissue: int
    ) -> int:
        """Place the initial cells; returns the highest clone among them."""
        for sites, slots, phenotype, clone in drawn_shapes(
            self.lattice, initial, names, seed, tissue
        ):
            self.put(sites, slots, kind_of(phenotype), clone, 0, 0.0)
        sites, slots, phenotypes, clones = cells_of_files(
            initial, names, self.lattice, self.slots
        ).T
        self.put(sites, slots, kind_of(phenotypes), clones, 0, 0.0)
        return int(clones.max(initial=initial.clones))

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


def drawn_shapes(
    lattice: Lattice, initial: InitialCells, names: tuple[str, ...], seed: int, tissue: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Initial cells of the shapes, plane by plane: sites, slots, phenotypes and clones."""
    for shape, first, count, within in _shapes_by_planes(lattice, initial.shapes):
        table = shape.phenotypes or initial.phenotypes
        edges = np.cumsum([table.get(name, 0.0) for name in names])
        draw = [
            uniform(seed, Stream.INITIAL, count, first_identity=first, step=tissue, draw=k)
            for k in range(2 * initial.per_site)
        ]
        sites = np.tile(within, initial.per_site)
        slots = np.repeat(np.arange(initial.per_site), len(within))
        chance, colour = (np.concatenate([u[within - first] for u in draw[k::2]]) for k in (0, 1))
        if initial.exact:
            chance = (np.argsort(np.argsort(chance, kind="stable")) + 0.5) / len(chance)
        phenotype = np.minimum(np.searchsorted(edges, chance, side="right"), len(names) - 1)
        yield sites, slots, phenotype, 1 + np.floor(colour * initial.clones).astype(np.uint32)


def _shapes_by_planes(
    lattice: Lattice, shapes: tuple
) -> Iterator[tuple[CellBall | CellBox, int, int, np.ndarray]]:
    """Global sites of each shape that no earlier one covers, plane by plane so that a large
    lattice needs no arrays of its size: shape, first site and sites of the plane, those within."""
    x, y, *deep = lattice.centres
    count = len(y) * len(x)
    in_plane = (y[:, None], x[None, :])
    for plane, z in enumerate(deep[0] if deep else [0.0]):
        taken = np.zeros((len(y), len(x)), dtype=bool)
        for shape in shapes:
            inside = shape.within((z, *in_plane) if lattice.dim == 3 else in_plane) & ~taken
            within = np.flatnonzero(inside)
            taken |= inside
            if len(within):
                yield shape, plane * count, count, plane * count + within
