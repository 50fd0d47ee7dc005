"""Initial numbers: the cells a lattice would start with, counted by clone and phenotype."""

import numpy as np

from hybridmet.lattice import Lattice
from hybridmet.tissue.cell_file import read_cells
from hybridmet.tissue.cells import InitialCells, drawn_shapes


def initial_numbers(
    initial: InitialCells,
    lattice: Lattice,
    slots: int,
    names: tuple[str, ...],
    seed: int,
    tissue: int,
) -> np.ndarray:
    """The very cells of `Cells.place_initial`: (1 + highest clone, phenotypes) int64."""
    clones, phenotypes = [], []
    for _, _, phenotype, clone in drawn_shapes(lattice, initial, names, seed, tissue):
        clones.append(clone)
        phenotypes.append(phenotype)
    for path in initial.files:
        rows = read_cells(path, names, lattice, slots)
        clones.append(rows[:, 2])
        phenotypes.append(rows[:, 1])
    clone, phenotype = np.concatenate(clones).astype(np.int64), np.concatenate(phenotypes)
    highest = max(initial.clones, int(clone.max()))
    shape = (highest + 1, len(names))
    return np.bincount(clone * len(names) + phenotype, minlength=np.prod(shape)).reshape(shape)
