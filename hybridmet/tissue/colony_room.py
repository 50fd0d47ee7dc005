"""Room in a colony: how many of its cells can divide, by size, from colonies of the lattice.

A colony is a ball (disc) of as many sites as it has cells; those within a depth w of its surface
have room. w depends on how far cells wander while they divide, their reach sqrt(m / (b h^2)), and
on the share d / b of divisions that only replace cells which go: the table data/colony_room.csv,
counted on the lattice by tests/validation/surrogate_lattice/calibrate.py. That is the mean; a colony
whose first cells went far apart by chance is wide for long, and more of its cells have room.
"""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from hybridmet._core.population import SIZES
from hybridmet.lattice import Lattice
from hybridmet.tissue.mean_field import CellRates
from hybridmet.tissue.phenotypes import Phenotype
from hybridmet.tissue.tissue_parameters import TissueParameters

DATA_FILE = "colony_room.csv"
PACKED_DEPTH = {(2, "faces"): 0.90, (2, "all"): 1.28, (3, "faces"): 0.84, (3, "all"): 1.52}
"""Depth that holds the cells with a free neighbour in a ball of full sites [sites], by dimension
and `division_neighbours`: counted in balls of 5 to 50 sites' radius, geometry only."""
SETTLING, SETTLING_POWER = 1.3, 2.0 / 3.0
"""A packed ball at time t lacks exp(-1.3 (b t)^(2/3)) of the depth of its moving front: fitted to
balls of 81 to 3071 cells on the lattice, d / b of 0.1 and 0.35, reaches 1 and 2."""
SPREAD = 0.3
"""Standard deviation between colonies of the log of the size that their room is that of, while most
of their cells have room: fitted to the colonies that the table was counted in (standard deviation
of the share with room at a size over the slope of its mean; reaches 1 and 1.25, deaths 0.1 to 0.5)."""


def radii(dim: int, sites: np.ndarray) -> np.ndarray:
    """Of balls of so many sites [sites]."""
    return np.sqrt(sites / math.pi) if dim == 2 else np.cbrt(sites * 0.75 / math.pi)


def depths(dim: int, sites: np.ndarray, share: np.ndarray, death: np.ndarray) -> np.ndarray:
    """Depth of the shell [sites] in which cells have room, where a `share` of all cells divides:
    cells without room divide as often as cells go, at `death` / division rate."""
    room = np.clip((share - death) / (1.0 - death), 0.0, 1.0)
    return radii(dim, sites) * (1.0 - (1.0 - room) ** (1.0 / dim))


@dataclass(frozen=True)
class RoomTable:
    """Depths counted on the lattice for one dimension and one set of division neighbours.

    reach : (r,) [sites], death : (d,) [1], ascending; depth : (r, d, SIZES) and front : (r, d)
    [sites].
    """

    dim: int
    reach: np.ndarray
    death: np.ndarray
    depth: np.ndarray
    """Of colonies that grew from one cell, at 1, 2, 4 ... cells; the last size counted stands for
    larger ones."""
    front: np.ndarray
    """Of colonies so large that their front is flat and steady."""

    def at(self, reach: float, death: float) -> tuple[np.ndarray, float]:
        """Depths (SIZES,) and that of the steady front, bilinear between what was counted.

        Beyond the largest reach lengths scale with it; beyond the largest death they stay.
        """
        scale = max(1.0, reach / self.reach[-1])
        i, x = _bracket(self.reach, reach)
        j, y = _bracket(self.death, death)
        weight = np.outer([1.0 - x, x], [1.0 - y, y])
        depth = np.tensordot(weight, self.depth[i : i + 2, j : j + 2], axes=2)
        front = float((weight * self.front[i : i + 2, j : j + 2]).sum())
        octaves = np.arange(SIZES) - self.dim * math.log2(scale)
        radius = radii(self.dim, 2.0 ** np.arange(SIZES))
        scaled = scale * np.interp(octaves, np.arange(SIZES), depth)
        return np.where(octaves < 0.0, radius, scaled), scale * front


def size_spread(dim: int, depth: np.ndarray) -> np.ndarray:
    """Standard deviation between colonies of the log of the size that their room is that of, from
    the mean depths (SIZES,) of their shell: (SIZES,).

    SPREAD until half of the cells have room, at n cells; then front and ball know less and less of
    the beginning: SPREAD (1 + 2 size / n)^-((dim - 1) / 2), ASSUMED as one over the surface of the ball.
    """
    sites = 2.0 ** np.arange(SIZES)
    buried = 1.0 - np.minimum(1.0, depth / radii(dim, sites))
    half = 2.0 ** np.interp(0.5, buried**dim, np.arange(SIZES))
    return SPREAD * (1.0 + 2.0 * sites / half) ** (-0.5 * (dim - 1))


def _bracket(grid: np.ndarray, value: float) -> tuple[int, float]:
    """Interval of an ascending grid, and where in it a value lies: 0 to 1."""
    i = min(max(int(np.searchsorted(grid, value)) - 1, 0), len(grid) - 2)
    return i, min(max((value - grid[i]) / (grid[i + 1] - grid[i]), 0.0), 1.0)


@cache
def room_table(dim: int, neighbours: str) -> RoomTable:
    """What was counted for lattices of `dim` with these `division_neighbours`."""
    text = resources.files("hybridmet").joinpath("data", DATA_FILE).read_text(encoding="utf-8")
    rows = [r for r in csv.reader(text.splitlines()) if r[:2] == [str(dim), neighbours]]
    reach, death = (np.unique([float(r[k]) for r in rows]) for k in (2, 3))
    depth, front = np.empty((len(reach), len(death), SIZES)), np.empty((len(reach), len(death)))
    for r in rows:
        i, j = np.searchsorted(reach, float(r[2])), np.searchsorted(death, float(r[3]))
        shares = np.array([float(x) for x in r[5:] if x])
        counted = depths(dim, 2.0 ** np.arange(len(shares)), shares, death[j])
        depth[i, j], front[i, j] = counted[-1], float(r[4])
        depth[i, j, : len(shares)] = counted
    return RoomTable(dim, reach, death, depth, front)


@dataclass(frozen=True)
class Shells:
    """Depth of the shell with room, by phenotype and size: (phenotypes, SIZES) float64 [sites]."""

    grown: np.ndarray
    """Of a mean colony that grew from one cell."""
    spread: np.ndarray
    """How far such colonies differ, as csrc/hm_population.h has it [1]: size_spread."""
    packed: np.ndarray
    """Of the initial cells of a primary, before they moved."""
    front: np.ndarray
    """Of the same once their front runs steadily: (phenotypes, 1)."""
    division: np.ndarray
    """Rates (phenotypes, 1) [1/h]: the clock of the change from `packed` to `front`."""

    @classmethod
    def of(
        cls,
        phenotypes: Sequence[Phenotype],
        rates: CellRates,
        lattice: Lattice,
        parameters: TissueParameters,
    ) -> "Shells":
        """Of colonies whose cells have these `rates`."""
        division, replaced = rates.division, rates.replaced
        n, stated = len(phenotypes), parameters.surrogate.shell
        if stated is not None:
            even = np.full((n, SIZES), stated / lattice.spacing)
            return cls(even, np.zeros((n, SIZES)), even, even[:, :1], division[:, None])
        table = room_table(lattice.dim, parameters.division_neighbours)
        packed_depth = PACKED_DEPTH[lattice.dim, parameters.division_neighbours]
        sites = 2.0 ** np.arange(SIZES)
        buried = 1.0 - np.minimum(1.0, packed_depth / radii(lattice.dim, sites))
        grown, packed, front = np.empty((n, SIZES)), np.empty((n, SIZES)), np.empty((n, 1))
        spread = np.empty((n, SIZES))
        for k, phenotype in enumerate(phenotypes):
            going = min(float(replaced[k]), float(table.death[-1]))
            motility = phenotype.motility / lattice.spacing**2
            reach = math.sqrt(motility / division[k]) if division[k] > 0.0 else 0.0
            grown[k], front[k] = table.at(reach, going)
            spread[k] = size_spread(lattice.dim, grown[k])
            packed[k] = depths(lattice.dim, sites, 1.0 - buried**lattice.dim, np.array(going))
        return cls(grown, spread, packed, front, division[:, None])

    def initial(self, elapsed: float) -> np.ndarray:
        """Of the initial cells `elapsed` [h] after they were put: (phenotypes, SIZES)."""
        lacking = np.exp(-SETTLING * (self.division * elapsed) ** SETTLING_POWER)
        return self.front + lacking * (self.packed - self.front)
