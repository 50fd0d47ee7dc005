"""Point vessels: vessels that cross a slice of tissue at right angles, each in its own site.

As in the two-dimensional models of Anderson & Chaplain's school: a number of intact vessels of
one site and of ruptured ones that cover a site and its four neighbours, at random places.
"""

import numpy as np

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.random import Stream, uniform
from hybridmet.tissue.vessel_parameters import PointVessels
from hybridmet.tissue.vessels import INTACT, RUPTURED, VesselNetwork

CROSS = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))
"""Sites of a ruptured vessel, from its middle."""


def point_vessels(
    lattice: Lattice, parameters: PointVessels, seed: int, tissue: int
) -> VesselNetwork:
    """Vessels at random places, none on another's site; the ruptured ones are placed first.

    Raises ScenarioError for a 3-D lattice or one without room for that many.
    """
    if lattice.dim != 2:
        raise ScenarioError("vessels.points: must be on a 2-D lattice")
    free = _allowed(lattice, parameters)
    order = np.argsort(uniform(seed, Stream.VESSELS, lattice.sites, step=tissue), kind="stable")
    sites, states = [], []
    for state, wanted in ((RUPTURED, parameters.ruptured), (INTACT, parameters.intact)):
        arms = CROSS if state == RUPTURED else CROSS[:1]
        placed = _place(lattice, order, free, arms, wanted)
        sites += placed
        states += [state] * len(placed)
    return _network(lattice, np.array(sites, dtype=np.int64), states, parameters.radius)


def _allowed(lattice: Lattice, parameters: PointVessels) -> np.ndarray:
    """Whether the middle of a vessel may stand in a site: (ny, nx) bool."""
    ny, nx = lattice.shape
    y, x = np.arange(ny)[:, None], np.arange(nx)
    inner = np.minimum(np.minimum(x, nx - 1 - x), np.minimum(y, ny - 1 - y)) >= parameters.margin
    squared = (y - (ny - 1) / 2) ** 2 + (x - (nx - 1) / 2) ** 2
    nearest = np.argsort(squared, axis=None, kind="stable")[: parameters.clear_centre]
    inner.reshape(-1)[nearest] = False
    return inner


def _place(lattice: Lattice, order, free: np.ndarray, arms, wanted: int) -> list[int]:
    """Sites of the first `wanted` vessels of a shape that fit, which are then taken."""
    taken = np.zeros_like(free)
    out, found = [], 0
    for middle in order:
        if found == wanted:
            break
        y, x = divmod(int(middle), lattice.shape[1])
        cross = [(y + dy, x + dx) for dy, dx in arms]
        inside = all(0 <= a < n for site in cross for a, n in zip(site, free.shape, strict=True))
        if not (inside and free[y, x]) or any(taken[site] for site in cross):
            continue
        for site in cross:
            taken[site] = True
        out += [a * lattice.shape[1] + b for a, b in cross]
        found += 1
    if found < wanted:
        raise ScenarioError(
            f"vessels.points: got {wanted} vessels, must be at most {found} on this lattice"
        )
    free &= ~taken
    return out


def _network(lattice: Lattice, sites: np.ndarray, states: list[int], radius: float):
    """One segment a site, from the lower to the upper side of the slice."""
    centres = lattice.positions(sites).reshape(-1, 3)
    ends = np.repeat(centres, 2, axis=0)
    ends[0::2, 2], ends[1::2, 2] = 0.0, lattice.spacing
    return VesselNetwork(
        ends,
        np.arange(2 * len(sites), dtype=np.int32).reshape(-1, 2),
        np.full(len(sites), radius),
        np.array(states, dtype=np.uint8),
    )
