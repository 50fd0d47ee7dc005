"""Vessel map: which node or segment stands in each site of a lattice."""

import numpy as np

from hybridmet._core import vessels as kernel
from hybridmet.lattice import Lattice
from hybridmet.tissue.pieces import Pieces
from hybridmet.tissue.vessels import VesselNetwork

NONE, WALL = -1, -2
"""No vessel in the site; no site at all (the halo, also of a periodic lattice)."""


class VesselMap:
    """Padded sites to vessels, independent of the order in which the network is stored.

    node : (size,) int32, the node in a site, NONE or WALL; where there are several, the one first
    in (z, y, x). piece : (size,) int32, a row of `pieces`, or NONE, for sites that segments cross;
    where there are several, the longest. Segments that link neighbouring sites have no piece here:
    their nodes stand for them.
    """

    def __init__(self, lattice: Lattice, network: VesselNetwork, pieces: Pieces):
        """`pieces`: those of the network."""
        self.lattice, self.pieces = lattice, pieces
        self.node = _inner(lattice, NONE)
        self.piece = np.full(self.node.shape, NONE, np.int32)
        sites = lattice.padded_sites(network.nodes)
        x, y, z = network.nodes.T
        rows = first_of_each(sites, (z, y, x))
        self.node[sites[rows]] = rows
        best = pieces.longest(network, long_segments(lattice, network, sites))
        self.piece[pieces.sites] = best

    def free(self, sites: np.ndarray) -> np.ndarray:
        """Whether no vessel stands in padded sites and they are no wall: bool."""
        return (self.node[sites] == NONE) & (self.piece[sites] == NONE)


def _inner(lattice: Lattice, value: int) -> np.ndarray:
    """A flat padded array of `value` inside and WALL in the halo."""
    array = lattice.padded(value, np.int32)
    for axis in range(3 - lattice.dim, 3):
        np.moveaxis(array, axis, 0)[[0, -1]] = WALL
    return array.reshape(-1)


def long_segments(lattice: Lattice, network: VesselNetwork, sites: np.ndarray) -> np.ndarray:
    """Segments that may cross sites in which no end of theirs lies, (m,) bool; `sites` are the
    padded sites of the nodes."""
    at = np.stack(np.unravel_index(sites, lattice.padded_shape))
    first, second = network.segments.T
    return np.abs(at[:, second] - at[:, first]).sum(axis=0) > 1


def first_of_each(sites: np.ndarray, keys: tuple[np.ndarray, ...]) -> np.ndarray:
    """One row for each site, the one of smallest keys, compared in their order: (m,) int64.

    Only rows that share a site are sorted by their keys.
    """
    _, group = kernel.distinct(sites)
    crowded = np.bincount(group)[group] > 1 if len(sites) else np.zeros(0, bool)
    rows = np.flatnonzero(crowded)
    if len(rows) == 0:
        return np.arange(len(sites))
    order = np.lexsort((*(key[rows] for key in reversed(keys)), sites[rows]))
    rows = rows[order]
    first = np.append(True, sites[rows][1:] != sites[rows][:-1])
    return np.concatenate([np.flatnonzero(~crowded), rows[first]])
