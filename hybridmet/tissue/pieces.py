"""Pieces: vessel segments cut at the sides of the sites that they cross."""

from dataclasses import dataclass

import numpy as np

from hybridmet._core import vessels as kernel
from hybridmet.lattice import Lattice
from hybridmet.tissue.vessels import VesselNetwork


@dataclass(frozen=True)
class Pieces:
    """Of each piece, in the order of the segments and along each: number of the segment and, in
    `sites`, of the site, length [um], and share of the segment's length at which its middle lies.

    segment : (k,) int32; place : (k,) int64; length, along : (k,) float64; sites : (m,) int64
    padded, ascending.
    """

    segment: np.ndarray
    place: np.ndarray
    length: np.ndarray
    along: np.ndarray
    sites: np.ndarray

    def per_site(self, weights: np.ndarray) -> np.ndarray:
        """Sum over the pieces of each site, in the order of the pieces: (m,) float64."""
        return summed(self.place, weights, len(self.sites))

    def mean_of_segments(self, values: np.ndarray, segments: int) -> np.ndarray:
        """Mean of the values of pieces over each segment, weighted by length: (segments,) float64,
        0 where it has no piece."""
        total = summed(self.segment, self.length, segments)
        sums = summed(self.segment, self.length * values, segments)
        return sums / np.maximum(total, np.finfo(float).tiny)

    def longest(self, network: VesselNetwork, counts: np.ndarray) -> np.ndarray:
        """Row of the piece that stands for each site, the longest of the segments that count, (s,)
        bool; of equal ones that which lies first in (x, y, z). -1 where there is none: (m,) int32.
        """
        return kernel.longest(
            network.nodes,
            network.segments,
            counts.astype(np.uint8),
            self.segment,
            self.place,
            self.length,
            len(self.sites),
        )


def summed(number: np.ndarray, weights: np.ndarray, count: int) -> np.ndarray:
    """Sum of the weights of each of `count` numbers, in their order: (count,) float64."""
    sums = np.bincount(number, weights=weights, minlength=count)
    return sums.astype(np.float64, copy=False)  # NumPy returns integers where there are none


def cut(lattice: Lattice, network: VesselNetwork) -> Pieces:
    """Cut the segments of a network at the sides of sites."""
    return _joined(*_traced(lattice, network.nodes, network.segments))


class PieceMemory:
    """The pieces of the network cut last: of the next one only segments that run elsewhere are cut
    anew, with the same result."""

    def __init__(self, lattice: Lattice):
        self._lattice = lattice
        self._network: VesselNetwork | None = None
        self._traced: tuple[np.ndarray, ...] = ()
        self._pieces: Pieces | None = None

    def of(self, network: VesselNetwork) -> Pieces:
        """`cut` of the network."""
        if self._pieces is None or not _same_course(network, self._network):
            self._traced = self._cut(network)
            self._pieces = _joined(*self._traced)
        self._network = network
        return self._pieces

    def _cut(self, network: VesselNetwork) -> tuple[np.ndarray, ...]:
        nodes, segments = network.nodes, network.segments
        stays = _staying(network, self._network)
        if 2 * np.count_nonzero(stays) <= len(segments):
            return _traced(self._lattice, nodes, segments)
        moved = np.flatnonzero(~stays[: len(segments)]).astype(np.int32)
        ends = nodes[segments[moved]].reshape(-1, 3)
        pairs = np.arange(2 * len(moved), dtype=np.int32).reshape(-1, 2)
        segment, *fresh = _traced(self._lattice, ends, pairs)
        old, *rest = self._traced
        pairs = [(old, moved[segment]), *zip(rest, fresh, strict=True)]
        if stays[: len(self._network.segments)].all():  # others have only been added
            return tuple(np.concatenate(pair) for pair in pairs)
        kept = stays[old]
        columns = [np.concatenate([before[kept], after]) for before, after in pairs]
        order = np.argsort(columns[0], kind="stable")
        return tuple(column[order] for column in columns)


def _same_course(network: VesselNetwork, other: VesselNetwork) -> bool:
    return network.nodes is other.nodes and network.segments is other.segments


def _staying(network: VesselNetwork, before: VesselNetwork | None) -> np.ndarray:
    """Segments that run between the same points as those of their numbers before, by number in
    either network: bool."""
    counts = len(network.segments), 0 if before is None else len(before.segments)
    stays = np.zeros(max(counts), bool)
    if before is not None:
        ends, old = (n.nodes[n.segments[: min(counts)]] for n in (network, before))
        stays[: min(counts)] = (ends == old).all(axis=(1, 2))
    return stays


def _traced(lattice: Lattice, nodes: np.ndarray, segments: np.ndarray) -> tuple[np.ndarray, ...]:
    """Of each piece: segment, padded site, length, share of the segment at which it lies."""
    segment, site, length = kernel.trace(lattice, nodes, segments)
    return segment, site, length, _middles(segment, length)


def _joined(segment, site, length, along) -> Pieces:
    sites, place = kernel.distinct(site)
    return Pieces(segment, place, length, along, sites)


def _middles(segment: np.ndarray, length: np.ndarray) -> np.ndarray:
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
