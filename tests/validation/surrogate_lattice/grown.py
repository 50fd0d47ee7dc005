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

Row = tuple[float, ...]
SPACING = 20.0
"""Of the lattice [um]; only m / (b h^2) and d / b count."""
DIVISION = 0.0312
"""Division rate b [1/h]."""
FREE_WITH_ROOM, FREE = 0.86, 0.5
"""Share of a cell's neighbours that are empty, of cells with room and of all: measured in colonies
of 128 to 16,384 cells, from divisions and deaths that they lacked (reaches 1.1 and 1.2)."""
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
    rate. A cell that moves does nothing else in a step: rates are raised by the mean chance to
    move, of those with room where they divide, of all where they die."""
    dt = clock.every / clock.steps(len(shape), reach)
    moving = 2.0 * len(shape) * reach**2 * DIVISION * dt
    phenotype = replace(
        STILL,
        division_rate=DIVISION / (1.0 - FREE_WITH_ROOM * moving),
        death_rate=death * DIVISION / (1.0 - FREE * moving),
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
    tissue: Tissue,
    reach: float,
    clock: Clock,
    until: Callable[[list[Row]], bool],
    look: Callable[[Tissue], tuple[float, ...]] = lambda tissue: (),
) -> np.ndarray:
    """Time [h], cells, cells with room, and what one may `look` at: at each count until told."""
    steps = clock.steps(tissue.lattice.dim, reach)
    rows: list[Row] = []
    while True:
        with_room = int(tissue.census()[0, tables.PROLIFERATING])
        rows.append((tissue.time, tissue.living, with_room, *look(tissue)))
        if until(rows):
            return np.array(rows)
        for _ in range(steps):
            tissue.step(clock.every / steps)


def extent(tissue: Tissue) -> tuple[float]:
    """Root mean square distance of the cells from their centre [sites]."""
    kind = tissue.cells.column("kind")[..., 0]
    place = np.unravel_index(np.flatnonzero(kind != 0), kind.shape)
    return (math.sqrt(sum(float(x.var()) for x in place)) if tissue.living else 0.0,)


def grown_to(most: int) -> Callable[[list[Row]], bool]:
    """Until a colony has `most` cells or none."""
    return lambda rows: not 0 < rows[-1][1] < most
