"""The table of the surrogate's room, hybridmet/data/colony_room.csv, from colonies on the lattice.

    python -m tests.validation.surrogate_lattice.calibrate 3 faces > rows.csv

prints the rows of one lattice (dimension, division neighbours): by reach, sqrt(motility /
(division rate * spacing^2)), and by death rate over division rate, the depth of a steady front
[sites] and the mean share of cells with a free neighbour in colonies that grew from one cell, when
they are 1, 2, 4 ... cells. Every count of a colony is one sample; the share at a size is a straight
line in log2(cells) through the samples within half an octave, with triangular weights. The front
is that of a large ball packed at first, by the law by which it settles (colony_room.SETTLING).
Reaches may follow as further arguments. 3 faces takes some half an hour. Seeds are those of the
calibration: tests use others.
"""

import sys

import numpy as np

from hybridmet.tissue.colony_room import (
    PACKED_DEPTH,
    SETTLING,
    SETTLING_POWER,
    depths,
    radii,
)
from tests.validation.surrogate_lattice.grown import (
    DIVISION,
    Clock,
    grown_to,
    history,
    organ,
    put_ball,
)

FINE = (0.0, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0), (0.0, 0.1, 0.2, 0.35, 0.5)
COARSE = (0.0, 0.5, 1.0, 1.5, 2.0), (0.0, 0.2, 0.5)
"""Reaches and death shares: for the default lattice, 3 faces, and for the others."""
SIDE = {2: {8: 60, 13: 240}, 3: {8: 32, 14: 96, 17: 160}}
"""Sites along a side for colonies of up to 2^k cells."""
LARGE, FAST = 17, 1.0
"""The largest are grown on 3 faces only, and for this reach and above [sites]: depths of slower
cells are those of their front long before."""
RUNS = {8: 150, 13: 6, 14: 6, 17: 1}
"""Colonies that reach 2^k cells."""
MOVES = 0.05
CLOCKS = {k: Clock(1.6, MOVES) for k in (8, 13, 14)} | {17: Clock(4.8, MOVES)}
BALL_CLOCK = Clock(3.2, MOVES)
FIRST_SEED = 1_000_000
BALL, BALL_CELLS, BALL_SIDE = {2: 20.0, 3: 9.0}, {2: 2**13, 3: 2**15}, {2: 220, 3: 110}
"""Radius of the packed ball [sites], cells it grows to, sites along a side."""


def samples(dim: int, neighbours: str, reach: float, death: float, octaves: int) -> np.ndarray:
    """Cells and cells with room of all colonies, those that die out too: (n, 2)."""
    found, grown, seed = [], 0, FIRST_SEED * octaves
    while grown < RUNS[octaves]:
        seed += 1
        tissue = organ(
            (SIDE[dim][octaves],) * dim, reach, death, neighbours, seed, CLOCKS[octaves]
        )
        put_ball(tissue, 0.0)
        rows = history(tissue, reach, CLOCKS[octaves], grown_to(2**octaves * 3 // 2))
        found.append(rows[:, 1:])
        grown += rows[-1, 1] > 0
    return np.concatenate(found)


def share_at(octave: int, cells: np.ndarray, with_room: np.ndarray) -> float:
    """Mean share of cells with room in colonies of 2^octave cells."""
    x = np.log2(np.maximum(cells, 0.5)) - octave
    weight = np.clip(1.0 - 2.0 * np.abs(x), 0.0, None)
    near = weight > 0.0
    if octave < 2 or np.ptp(x[near]) == 0.0:
        return float(np.average(with_room[near] / cells[near], weights=weight[near]))
    _, mean = np.polyfit(x[near], with_room[near] / cells[near], 1, w=np.sqrt(weight[near]))
    return float(mean)


def shares(dim: int, neighbours: str, reach: float, death: float) -> list[float]:
    """By octave of size."""
    large = neighbours == "faces" and reach >= FAST
    octaves = [k for k in SIDE[dim] if k < LARGE or large]
    sets = [samples(dim, neighbours, reach, death, k).T for k in octaves]
    cells, with_room = (np.concatenate(columns) for columns in zip(*sets, strict=True))
    return [share_at(k, cells, with_room) for k in range(max(octaves) + 1)]


def front(dim: int, neighbours: str, reach: float, death: float) -> float:
    """Depth of the steady front of a large colony [sites]."""
    tissue = organ((BALL_SIDE[dim],) * dim, reach, death, neighbours, FIRST_SEED, BALL_CLOCK)
    put_ball(tissue, BALL[dim])
    time, cells, with_room = history(tissue, reach, BALL_CLOCK, grown_to(BALL_CELLS[dim])).T
    late = time > 0.5 * time[-1]
    time, cells, with_room = time[late], cells[late], with_room[late]
    buried = 1.0 - PACKED_DEPTH[dim, neighbours] / radii(dim, cells)
    packed = depths(dim, cells, 1.0 - buried**dim, np.array(death))
    lacking = np.exp(-SETTLING * (DIVISION * time) ** SETTLING_POWER)
    now = depths(dim, cells, with_room / cells, np.array(death))
    return float(((now - lacking * packed) / (1.0 - lacking)).mean())


def main(dim: int, neighbours: str, *reaches: str) -> None:
    grid = FINE if (dim, neighbours) == (3, "faces") else COARSE
    for reach in map(float, reaches or grid[0]):
        for death in grid[1]:
            counted = [front(dim, neighbours, reach, death), *shares(dim, neighbours, reach, death)]
            row = [f"{x:.4f}" for x in counted]
            print(",".join([str(dim), neighbours, str(reach), str(death), *row]), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
