"""Vessel map: which node or segment stands in each site of a lattice."""

import numpy as np

from hybridmet._core import vessels as kernel
from hybridmet.lattice import Lattice
from hybridmet.tissue.pieces import Pieces
from hybridmet.tissue.vessels import VesselNetwork

NONE, WALL = -1, -2
"""No vessel in the site; no site at all (the halo, also of a periodic lattice)."""


class MapRoom:
    """The arrays of a lattice's vessel maps, which one map after another uses: to make them takes
    longer than to write and wipe the sites of vessels."""

    def __init__(self, lattice: Lattice):
        self._node, self._piece = _inner(lattice), lattice.padded(NONE, np.int32).reshape(-1)
        self._written: list[tuple[np.ndarray, np.ndarray]] = []

    def wiped(self) -> tuple[np.ndarray, np.ndarray]:
        """Node and piece of each site, none: (size,) int32 each. Ends the map before."""
        for array, sites in self._written:
            array[sites] = NONE
        self._written = []
        return self._node, self._piece

    def write(self, array: np.ndarray, sites: np.ndarray, values: np.ndarray) -> None:
        """Write to sites inside of one of the two."""
        array[sites] = values
        self._written.append((array, sites))


class VesselMap:
    """Padded sites to vessels, independent of the order in which the network is stored.

    node : (size,) int32, the node in a site, NONE or WALL; where there are several, the one first
    in (z, y, x). piece : (size,) int32, a row of `pieces`, or NONE, for sites that segments cross;
    where there are several, the longest. Segments that link neighbouring sites have no piece here:
    their nodes stand for them.
    """

    def __init__(
        self,
        lattice: Lattice,
        network: VesselNetwork,
        pieces: Pieces,
        room: MapRoom | None = None,
    ):
        """`pieces`: those of the network; `room`: arrays to use, those of an earlier map."""
        self.lattice, self.pieces = lattice, pieces
        self._room = MapRoom(lattice) if room is None else room
        self.node, self.piece = self._room.wiped()
        sites = lattice.padded_sites(network.nodes)
        x, y, z = network.nodes.T
        rows = first_of_each(sites, (z, y, x))
        self.put(sites[rows], rows)
        best = pieces.longest(network, long_segments(lattice, network, sites))
        self._room.write(self.piece, pieces.sites, best)

    def put(self, sites: np.ndarray, nodes: np.ndarray) -> None:
        """Let nodes stand in padded sites."""
        self._room.write(self.node, sites, nodes)

    def free(self, sites: np.ndarray) -> np.ndarray:
        """Whether no vessel stands in padded sites and they are no wall: bool."""
        return (self.node[sites] == NONE) & (self.piece[sites] == NONE)


def _inner(lattice: Lattice) -> np.ndarray:
    """A flat padded array of NONE inside and WALL in the halo."""
    array = lattice.padded(NONE, np.int32)
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
