"""Vessel map: which node or segment stands in each site of a lattice."""

from dataclasses import dataclass

import numpy as np

from hybridmet._core import vessels as kernel
from hybridmet.lattice import Lattice
from hybridmet.tissue.vessels import VesselNetwork

NONE, WALL = -1, -2
"""No vessel in the site; no site at all (the halo, also of a periodic lattice)."""


class VesselMap:
    """Padded sites to vessels, independent of the order in which the network is stored.

    node : (size,) int32, the node in a site, NONE or WALL; where there are several, the one first
    in (z, y, x). piece : (size,) int32, a row of the pieces, or NONE, for sites that segments
    cross; where there are several, the longest. Segments that link neighbouring sites have no
    pieces: their nodes stand for them.
    piece_segment : (p,) int32; piece_along : (p,) float64, share of the segment's length at which
    the middle of the piece lies; piece_length : (p,) float64 [um].
    """

    def __init__(
        self, lattice: Lattice, network: VesselNetwork, memory: "PieceMemory | None" = None
    ):
        """`memory` spares tracing the pieces anew where they are those of the map before."""
        self.lattice = lattice
        self.node = _inner(lattice, NONE)
        self.piece = np.full(self.node.shape, NONE, np.int32)
        sites = lattice.padded_sites(network.nodes)
        x, y, z = network.nodes.T
        rows = first_of_each(sites, (z, y, x))
        self.node[sites[rows]] = rows
        long = long_segments(lattice, network, sites)
        traced = (memory or PieceMemory()).traced(lattice, network.nodes[network.segments[long]])
        self.piece_segment = long[traced.segment]
        self.piece_along, self.piece_length = traced.along, traced.length
        self.piece[traced.place] = traced.row

    def free(self, sites: np.ndarray) -> np.ndarray:
        """Whether no vessel stands in padded sites and they are no wall: bool."""
        return (self.node[sites] == NONE) & (self.piece[sites] == NONE)


@dataclass(frozen=True)
class Traced:
    """Pieces of segments: segment (p,) int32, along (p,) float64, length (p,) float64 [um]; and
    for each place (c,), a padded site they cross, the row of its longest piece (c,)."""

    segment: np.ndarray
    along: np.ndarray
    length: np.ndarray
    place: np.ndarray
    row: np.ndarray


class PieceMemory:
    """The pieces traced last: sprouts grow by segments too short for pieces, so that those of a
    network seldom change from step to step."""

    def __init__(self):
        self._lattice: Lattice | None = None
        self._ends = np.empty((0, 2, 3))
        self._traced: Traced | None = None

    def traced(self, lattice: Lattice, ends: np.ndarray) -> Traced:
        """Pieces of segments between `ends` (l, 2, 3) float64 [um]."""
        if self._traced is None or lattice != self._lattice or not np.array_equal(ends, self._ends):
            self._traced = trace(lattice, ends)
            self._lattice, self._ends = lattice, ends
        return self._traced


def trace(lattice: Lattice, ends: np.ndarray) -> Traced:
    """Pieces of segments between `ends` (l, 2, 3) float64 [um]."""
    numbers = np.arange(2 * len(ends), dtype=np.int32).reshape(-1, 2)
    segment, site, length = kernel.trace(lattice, ends.reshape(-1, 3), numbers)
    swapped = ends.sum(axis=2).argsort(axis=1, kind="stable")[:, :, None]
    keys = np.take_along_axis(ends, swapped, axis=1).reshape(-1, 6)[segment].T
    row = first_of_each(site, (-length, *keys))
    return Traced(segment, middles_of_pieces(segment, length), length, site[row], row)


def _inner(lattice: Lattice, value: int) -> np.ndarray:
    """A flat padded array of `value` inside and WALL in the halo."""
    array = lattice.padded(WALL, np.int32)
    lattice.interior(array)[...] = value
    return array.reshape(-1)


def long_segments(lattice: Lattice, network: VesselNetwork, sites: np.ndarray) -> np.ndarray:
    """Numbers of the segments that may cross sites in which no end of theirs lies; `sites` are
    the padded sites of the nodes: (l,) int32."""
    ends = np.stack(np.unravel_index(sites[network.segments], lattice.padded_shape))
    apart = np.abs(ends[..., 1] - ends[..., 0]).sum(axis=0)
    return np.flatnonzero(apart > 1).astype(np.int32)


def first_of_each(sites: np.ndarray, keys: tuple[np.ndarray, ...]) -> np.ndarray:
    """One row for each site, the one of smallest keys, compared in their order: (m,) int64.

    Only rows that share a site are sorted by their keys.
    """
    _, group, count = np.unique(sites, return_inverse=True, return_counts=True)
    crowded = count[group] > 1
    rows = np.flatnonzero(crowded)
    if len(rows) == 0:
        return np.arange(len(sites))
    order = np.lexsort((*(key[rows] for key in reversed(keys)), sites[rows]))
    rows = rows[order]
    first = np.append(True, sites[rows][1:] != sites[rows][:-1])
    return np.concatenate([np.flatnonzero(~crowded), rows[first]])


def middles_of_pieces(segment: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Share of its segment's length at which the middle of each piece lies: (k,) float64.

    Lengths are added along each segment alone, all first pieces, then all second ones, and so
    on: a sum over all segments would make the last digit depend on their order.
    """
    first = np.searchsorted(segment, segment)
    rank = np.arange(len(segment)) - first
    order = np.argsort(rank, kind="stable")
    until = length.copy()
    for rows in np.split(order, np.cumsum(np.bincount(rank, minlength=1))[:-1])[1:]:
        until[rows] += until[rows - 1]
    last = np.searchsorted(segment, segment, side="right") - 1
    return (until - 0.5 * length) / until[last]
