"""Initial numbers: the cells a lattice would start with, counted by clone and phenotype."""

import numpy as np

from hybridmet.lattice import Lattice
from hybridmet.tissue.cells import drawn_shapes
from hybridmet.tissue.initial_cells import InitialCells, cells_of_files


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
    rows = cells_of_files(initial, names, lattice, slots)
    phenotypes.append(rows[:, 2])
    clones.append(rows[:, 3])
    clone, phenotype = np.concatenate(clones).astype(np.int64), np.concatenate(phenotypes)
    highest = max(initial.clones, int(clone.max()))
    shape = (highest + 1, len(names))
    return np.bincount(clone * len(names) + phenotype, minlength=np.prod(shape)).reshape(shape)
