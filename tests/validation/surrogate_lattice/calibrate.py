"""The table of the surrogate's room, hybridmet/data/colony_room.csv, from colonies on the lattice.

    python -m tests.validation.surrogate_lattice.calibrate 3 faces > rows.csv

prints the rows of one lattice (dimension, division neighbours): by reach, sqrt(motility /
(division rate * spacing^2)), and by death rate over division rate, the depth of a steady front
[sites] and the mean share of cells with a free neighbour in colonies that grew from one cell, when
they are 1, 2, 4 ... cells. Every count of a colony is one sample; the share at a size is a straight
line in log2(cells) through the samples within half an octave, with triangular weights. The front
is that of a large ball packed at first, by the law by which it settles (colony_room.SETTLING).
Reaches may follow as further arguments. 3 faces takes some 40 minutes of CPU. Seeds are those of the
calibration: tests use others. The table of the package is older in part: entries of 3 faces with
reaches 1 and 1.25 (all), 1.5 (deaths 0.1 to 0.35) and 2 (0.1, 0.2) are such, but with divisions as rare
as deaths' correction made them (grown.FREE for both) and interpolated to the reach and death share
stated; other entries of 3 faces come from 6 large colonies without weights, interpolated as well; those
of other lattices from 6, as counted.
"""

import math
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
    extent,
    grown_to,
    history,
    organ,
    put_ball,
)

FINE = (0.0, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0), (0.0, 0.1, 0.2, 0.35, 0.5)
COARSE = (0.0, 0.5, 1.0, 1.5, 2.0), (0.0, 0.2, 0.5)
"""Reaches and death shares: for the default lattice, 3 faces, and for the others."""
SIDE = {2: {8: 90, 13: 240}, 3: {8: 64, 14: 96, 17: 160}}
"""Sites along a side for colonies of up to 2^k cells."""
LARGE, FAST = 17, 1.0
"""The largest are grown on 3 faces only, and for this reach and above [sites]: depths of slower
cells are those of their front long before."""
RUNS = {8: 100, 13: 12, 14: 12, 17: 1}
"""Colonies that reach 2^k cells."""
WIDTH_AT = 8
"""Octave at which the extents of large colonies are compared with those of the many small ones."""
MOVES = 0.05
CLOCKS = {k: Clock(1.6, MOVES) for k in (8, 13, 14)} | {17: Clock(4.8, MOVES)}
BALL_CLOCK = Clock(3.2, MOVES)
FIRST_SEED = 1_000_000
BALL, BALL_CELLS, BALL_SIDE = {2: 20.0, 3: 9.0}, {2: 2**13, 3: 2**15}, {2: 220, 3: 110}
"""Radius of the packed ball [sites], cells it grows to, sites along a side."""


def first_seed(reach: float, death: float, octaves: int) -> int:
    """Each entry of the table has seeds of its own, so that their errors are independent."""
    return FIRST_SEED * octaves + 1000 * (round(20.0 * reach) + 41 * round(20.0 * death))


def colonies(
    dim: int, neighbours: str, reach: float, death: float, octaves: int
) -> list[np.ndarray]:
    """Cells, cells with room and extent [sites] at every count of colonies that grew from one
    cell, those that died out too."""
    found, grown, seed = [], 0, first_seed(reach, death, octaves)
    shape, clock = (SIDE[dim][octaves],) * dim, CLOCKS[octaves]
    while grown < RUNS[octaves]:
        seed += 1
        tissue = organ(shape, reach, death, neighbours, seed, clock)
        put_ball(tissue, 0.0)
        rows = history(tissue, reach, clock, grown_to(2**octaves * 3 // 2), extent)
        found.append(rows[:, 1:])
        grown += rows[-1, 1] > 0
    return found


def log_extent(colony: np.ndarray) -> float:
    """When it first has 2^WIDTH_AT cells; NaN: it never had."""
    at = int(np.argmax(colony[:, 0] >= 2**WIDTH_AT))
    return math.log(colony[at, 2]) if colony[at, 0] >= 2**WIDTH_AT else math.nan


def weights(few: list[np.ndarray], many: list[np.ndarray]) -> np.ndarray:
    """Of a few colonies, so that their mean log extent is that of many: the regression estimator.

    How far the first cells of a colony went decides for long how many of its cells have room
    (docs/surrogate.md), so most of the error of a few colonies is that of their mean extent.
    """
    x = np.array([log_extent(colony) for colony in few])
    if np.isfinite(x).sum() < 3:
        return np.ones(len(few))
    off = np.nanmean([log_extent(colony) for colony in many + few]) - np.nanmean(x)
    x -= np.nanmean(x)
    tilt = 1.0 + off * x * np.isfinite(x).sum() / np.nansum(x**2)
    return np.where(np.isfinite(x), np.maximum(tilt, 0.0), 1.0)


def share_at(
    octave: int, cells: np.ndarray, with_room: np.ndarray, weight: np.ndarray | float = 1.0
) -> float:
    """Mean share of cells with room in colonies of 2^octave cells."""
    x = np.log2(np.maximum(cells, 0.5)) - octave
    weight = weight * np.clip(1.0 - 2.0 * np.abs(x), 0.0, None)
    near = weight > 0.0
    if octave < 2 or np.ptp(x[near]) == 0.0:
        return float(np.average(with_room[near] / cells[near], weights=weight[near]))
    _, mean = np.polyfit(x[near], with_room[near] / cells[near], 1, w=np.sqrt(weight[near]))
    return float(mean)


def shares(sets: dict[int, list[np.ndarray]]) -> list[float]:
    """By octave of size, from colonies by the octave that they were grown to."""
    many, rows = sets[min(sets)], []
    for some in sets.values():
        weight = np.ones(len(some)) if some is many else weights(some, many)
        for colony, w in zip(some, weight, strict=True):
            rows.append(np.column_stack([colony[:, :2], np.full(len(colony), w)]))
    counts = np.concatenate(rows).T
    return [share_at(k, *counts) for k in range(max(sets) + 1)]


def grown_sets(
    dim: int, neighbours: str, reach: float, death: float
) -> dict[int, list[np.ndarray]]:
    """Colonies of an entry of the table, by the octave that they were grown to."""
    large = neighbours == "faces" and reach >= FAST
    octaves = [k for k in SIDE[dim] if k < LARGE or large]
    return {k: colonies(dim, neighbours, reach, death, k) for k in octaves}


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
            sets = grown_sets(dim, neighbours, reach, death)
            counted = [front(dim, neighbours, reach, death), *shares(sets)]
            row = [f"{x:.4f}" for x in counted]
            print(",".join([str(dim), neighbours, str(reach), str(death), *row]), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
