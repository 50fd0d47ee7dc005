"""Tip reach: the vessel that a tip cell finds ahead of it with its filopodia.

A tip finds what lies within its reach and within 60 degrees of the direction in which it drifts,
the cone of Secomb et al. 2013 (doi:10.1371/journal.pcbi.1002983), and takes the nearest. In 3-D two
sprouts that pass each other within a cell or two would otherwise hardly ever meet.
"""

import numpy as np

from hybridmet.lattice import Lattice
from hybridmet.tissue.growth import Growth
from hybridmet.tissue.vessel_map import NONE

LEAST_COSINE = 0.5
"""Cosine of the largest angle to the drift at which a vessel is found [1]: 60 degrees (Secomb
2013)."""
ROUNDING = 1e-9
"""Relative, of lengths and cosines at the bounds [1]."""


class Reach:
    """The sites around a tip that its filopodia reach, nearest first."""

    def __init__(self, lattice: Lattice, reach: float):
        """`reach` [um]; what lies beyond a side is not found, also where the lattice is periodic."""
        self.lattice = lattice
        most = int(reach / lattice.spacing * (1.0 + ROUNDING))
        axes = [np.arange(-most, most + 1)] * lattice.dim
        steps = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, lattice.dim)
        square = (steps**2).sum(axis=1)
        near = (square > 0) & (square <= (reach / lattice.spacing) ** 2 * (1.0 + ROUNDING))
        order = np.argsort(square[near], kind="stable")
        self.steps = steps[near][order]
        self.length = np.sqrt(square[near][order])

    def ahead(self, growth: Growth, tips: np.ndarray, drift: np.ndarray) -> np.ndarray:
        """Padded site of the nearest vessel ahead of each tip, NONE where there is none: (k,)
        int64. Its own sprout does not count, nor what its node is linked to already.

        `drift` (k, dim) float64 along x, y, z [um/h]; a tip that does not drift finds nothing.
        """
        if len(tips) == 0 or len(self.steps) == 0:
            return np.full(len(tips), NONE, np.int64)
        sites, inside = self._around(growth.site[tips])
        found = inside & self._in_cone(drift) & ~growth.map.free(sites)
        found &= growth.owner(sites) != growth.sprout[tips][:, None]
        row, column = np.nonzero(found)
        known = growth.joined(tips[row], sites[row, column])
        found[row[known], column[known]] = False
        first = np.argmax(found, axis=1)
        chosen = sites[np.arange(len(tips)), first]
        return np.where(found.any(axis=1), chosen, NONE)

    def _around(self, sites: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Padded sites around each tip (those outside: its own), and whether they lie inside:
        two (k, s)."""
        shape = np.array(self.lattice.padded_shape[-self.lattice.dim :])
        here = np.stack(np.unravel_index(sites, tuple(shape)), axis=1)
        there = here[:, None, :] + self.steps
        inside = np.all((there >= 1) & (there <= shape - 2), axis=2)
        there = np.where(inside[:, :, None], there, here[:, None, :])
        return np.ravel_multi_index(tuple(np.moveaxis(there, 2, 0)), tuple(shape)), inside

    def _in_cone(self, drift: np.ndarray) -> np.ndarray:
        """Whether each site around lies in the cone of each tip: (k, s) bool."""
        speed = np.linalg.norm(drift, axis=1)[:, None]
        along = drift[:, ::-1] @ self.steps.T
        return (speed > 0.0) & (along >= (LEAST_COSINE - ROUNDING) * speed * self.length)
