"""Colonies grown on the lattice, to count which of their cells have room to divide."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hybridmet import tables
from hybridmet.lattice import Lattice
from hybridmet.tissue.cells import kind_of
from hybridmet.tissue.tissue import Tissue
from hybridmet.tissue.tissue_parameters import TissueParameters
from tests.surrogate.cultures import NO_VESSELS, STILL

Row = tuple[float, int, int]
SPACING = 20.0
"""Of the lattice [um]; only m / (b h^2) and d / b count."""
DIVISION = 0.0312
"""Division rate b [1/h]."""
LONGEST_STEP = 0.32
"""[h]: a cell divides with a chance of 1 %."""


@dataclass(frozen=True)
class Clock:
    """Steps of a lattice, and how often its cells are counted."""

    every: float
    """Time between counts [h]."""
    moves: float
    """Chance to move in a step among empty sites [1] that is not exceeded."""

    def steps(self, dim: int, reach: float) -> int:
        """Between two counts, for cells of `reach`, sqrt(motility / (division rate *
        spacing^2)) [sites]."""
        moving = 2 * dim * reach**2 * DIVISION
        return math.ceil(self.every * max(1.0 / LONGEST_STEP, moving / self.moves))


def organ(
    shape: tuple[int, ...], reach: float, death: float, neighbours: str, seed: int, clock: Clock
) -> Tissue:
    """An empty lattice for cells of `reach` [sites] and death rate `death` times the division
    rate. A cell that moves does nothing else in a step: rates are raised by half the chance to
    move among empty sites, about its mean in a colony."""
    dt = clock.every / clock.steps(len(shape), reach)
    factor = 1.0 / (1.0 - len(shape) * reach**2 * DIVISION * dt)
    phenotype = replace(
        STILL,
        division_rate=DIVISION * factor,
        death_rate=death * DIVISION * factor,
        motility=reach**2 * DIVISION * SPACING**2,
    )
    tissue = Tissue(
        "organ", index=0, bed="organ", lattice=Lattice(shape, SPACING), fields={},
        phenotypes={"cell": phenotype}, vessels=NO_VESSELS,
        parameters=TissueParameters(division_neighbours=neighbours), seed=seed,
    )  # fmt: skip
    assert tissue.substeps(dt) == 1
    return tissue


def put_ball(tissue: Tissue, radius: float) -> int:
    """Cells on all sites within `radius` [sites] of the middle; returns how many."""
    shape = np.array(tissue.lattice.shape)
    place = np.indices(shape).reshape(len(shape), -1).T - shape // 2
    sites = np.flatnonzero((place**2).sum(axis=1) <= radius**2)
    tissue.cells.put(sites, np.zeros(len(sites), int), kind_of(0), 1, 0, 0.0)
    tissue._touch()
    return len(sites)


def history(
    tissue: Tissue, reach: float, clock: Clock, until: Callable[[list[Row]], bool]
) -> np.ndarray:
    """Time [h], cells and cells with room at each count until told: (n, 3)."""
    steps = clock.steps(tissue.lattice.dim, reach)
    rows: list[Row] = []
    while True:
        with_room = int(tissue.census()[0, tables.PROLIFERATING])
        rows.append((tissue.time, tissue.living, with_room))
        if until(rows):
            return np.array(rows)
        for _ in range(steps):
            tissue.step(clock.every / steps)


def grown_to(most: int) -> Callable[[list[Row]], bool]:
    """Until a colony has `most` cells or none."""
    return lambda rows: not 0 < rows[-1][1] < most
