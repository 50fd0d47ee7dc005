"""The same colonies on the lattice and in the surrogate.

    python -m tests.validation.surrogate_lattice.pairs [colonies]

prints the table of docs/surrogate.md. None of these colonies was used to count the surrogate's
table: reaches and death shares lie between those of calibrate.py, seeds are others, and packed
balls have other sizes.
"""

import sys
from dataclasses import dataclass, replace

import numpy as np

from hybridmet.tissue.initial_cells import InitialCells
from hybridmet.tissue.surrogate import SurrogateTissue
from hybridmet.tissue.surrogate_parameters import SurrogateParameters
from tests.surrogate.cultures import STILL, living_surrogate, surrogate, with_founders
from tests.validation.surrogate_lattice.grown import (
    DIVISION,
    SPACING,
    Clock,
    history,
    organ,
    put_ball,
)

EVERY = 2.0
"""Time between counts [h]."""
CLOCK = Clock(EVERY, 0.01)
FOUNDED = 128
"""Cells from which the clock of a colony that grew from one cell runs: until then it is a
branching process, of which tests/surrogate/test_branching.py asks more, and chance is all."""


@dataclass(frozen=True)
class Case:
    """Colonies of one kind."""

    shape: tuple[int, ...]
    reach: float
    """sqrt(motility / (division rate * spacing^2)) [sites]."""
    death: float
    """Death rate over division rate."""
    times: tuple[float, ...]
    """After the first `founded` cells, or after the ball was put [h]."""
    radius: float = 0.0
    """Of a packed ball [sites]; 0: one cell."""
    neighbours: str = "faces"
    founded: int = FOUNDED
    """More where deaths make the chance of the first cells last longer."""


EPITHELIAL, MESENCHYMAL = (1.2010, 0.10224), (2.0801, 0.15337)
"""Reach and death share of the default phenotypes at 20 um."""
CASES = {
    "default epithelial": Case((96,) * 3, *EPITHELIAL, (60.0, 120.0, 200.0)),
    "default mesenchymal": Case((110,) * 3, *MESENCHYMAL, (60.0, 120.0, 180.0)),
    "still": Case((64,) * 3, 0.0, 0.05, (60.0, 120.0, 180.0)),
    "still, longer": Case((64,) * 3, 0.0, 0.05, (100.0, 200.0, 360.0)),
    "slow": Case((80,) * 3, 0.65, 0.15, (80.0, 160.0, 280.0)),
    "dying": Case((80,) * 3, 0.3, 0.42, (150.0, 300.0, 460.0)),
    "dying and motile": Case((96,) * 3, 1.1, 0.4, (60.0, 130.0, 220.0), founded=512),
    "fast": Case((110,) * 3, 2.6, 0.05, (60.0, 100.0, 150.0)),
    "packed epithelial": Case((96,) * 3, *EPITHELIAL, (48.0, 96.0, 144.0), 4.0),
    "packed, still, dying": Case((64,) * 3, 0.0, 0.32, (72.0, 144.0, 216.0), 3.0),
    "packed mesenchymal": Case((110,) * 3, *MESENCHYMAL, (36.0, 72.0, 108.0), 6.0),
    "epithelial, 2-D": Case((200,) * 2, *EPITHELIAL, (80.0, 160.0, 280.0)),
    "still, all neighbours": Case((64,) * 3, 0.3, 0.1, (80.0, 160.0, 240.0), neighbours="all"),
}


def after_founding(time: np.ndarray, cells: np.ndarray, case: Case) -> np.ndarray | None:
    """Cells at the times of a case, from counts every EVERY; None for a colony that died before
    it had as many cells as its clock needs."""
    start = 0 if case.radius else int(np.argmax(cells >= case.founded))
    if cells[start] < case.founded:
        return None
    steps = start + np.rint(np.array(case.times) / EVERY).astype(int)
    return np.where(steps < len(cells), cells[np.minimum(steps, len(cells) - 1)], 0)


def lattice_sizes(case: Case, colonies: int) -> np.ndarray:
    """Cells of colonies on lattices at the times: (colonies, times)."""
    sizes, seed = [], 0
    while len(sizes) < colonies:
        seed += 1
        tissue = organ(case.shape, case.reach, case.death, case.neighbours, seed, CLOCK)
        put_ball(tissue, case.radius)
        time, cells, _ = history(tissue, case.reach, CLOCK, until=lambda h: _done(h, case)).T
        found = after_founding(time, cells, case)
        if found is not None:
            sizes.append(found)
    return np.array(sizes)


def _done(rows: list[tuple[float, int, int]], case: Case) -> bool:
    """Whether a colony has been counted at the last time, or is gone."""
    cells = [row[1] for row in rows]
    if cells[-1] == 0:
        return True
    grown = (i for i, n in enumerate(cells) if n >= case.founded)
    start = 0 if case.radius else next(grown, len(cells))
    return len(cells) > start + round(case.times[-1] / EVERY)


def counted(case: Case, seed: int) -> SurrogateTissue:
    """An empty organ of the surrogate for the same cells."""
    phenotype = replace(
        STILL,
        division_rate=DIVISION,
        death_rate=case.death * DIVISION,
        motility=case.reach**2 * DIVISION * SPACING**2,
    )
    room = SurrogateParameters(capacity=10**12)
    return surrogate(
        phenotype, room, seed=seed, shape=case.shape, division_neighbours=case.neighbours
    )


def surrogate_sizes(case: Case, colonies: int) -> np.ndarray:
    """Cells of colonies of the surrogate at the times: (colonies that lived, times)."""
    if case.radius:
        return np.array([_packed_sizes(case, seed) for seed in range(colonies)])
    tissue = with_founders(counted(case, 1), colonies)
    rows = [living_surrogate(tissue, colonies)]
    last = round(case.times[-1] / EVERY)
    while len(rows) <= last or ((rows[-1 - last] < case.founded) & (rows[-1] > 0)).any():
        tissue.step(EVERY)
        rows.append(living_surrogate(tissue, colonies))
    time = EVERY * np.arange(len(rows))
    found = [after_founding(time, cells, case) for cells in np.array(rows).T]
    return np.array([sizes for sizes in found if sizes is not None])


def _packed_sizes(case: Case, seed: int) -> list[int]:
    tissue = counted(case, seed)
    tissue.start(InitialCells(radius=case.radius * SPACING, phenotypes={"cell": 1.0}))
    sizes = [tissue.living]
    while tissue.time < case.times[-1]:
        tissue.step(EVERY)
        sizes.append(tissue.living)
    return list(after_founding(np.arange(len(sizes)) * EVERY, np.array(sizes), case))


def compared(case: Case, colonies: int, many: int) -> tuple[np.ndarray, ...]:
    """Means of the lattice, their standard errors, means of the surrogate, their errors."""
    out = []
    for sizes in (lattice_sizes(case, colonies), surrogate_sizes(case, many)):
        out += [sizes.mean(axis=0), sizes.std(axis=0, ddof=1) / np.sqrt(len(sizes))]
    return tuple(out)


def main(colonies: int = 40, *names: str) -> None:
    for name in names or CASES:
        a, sa, b, sb = compared(CASES[name], colonies, 5 * colonies)
        for t, *row in zip(CASES[name].times, a, sa, b, sb, strict=True):
            off, error = row[0] / row[2] - 1.0, np.hypot(row[1] / row[0], row[3] / row[2])
            print(f"| {name} | {t:.0f} | {row[0]:.0f} ({row[1]:.0f}) | {row[2]:.0f} ({row[3]:.0f}) "
                  f"| {100 * off:+.1f} ({100 * error:.1f}) |", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]), *sys.argv[2:])
