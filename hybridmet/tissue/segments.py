"""Segments one by one: names for their random draws, and what they pass on their way."""

import numpy as np

from hybridmet._core import vessels as kernel
from hybridmet.lattice import Lattice
from hybridmet.tissue.pieces import Pieces
from hybridmet.tissue.vessels import VesselNetwork

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def segment_identity(network: VesselNetwork) -> np.ndarray:
    """A number for each segment, made of the places of its two nodes alone: (m,) uint64.

    Neither the order of storage nor the direction of a segment matters. Two segments between
    the same places share it.
    """
    key = np.zeros(len(network.nodes), np.uint64)
    for axis in range(3):
        key = _mixed(key + GOLDEN + _bits(network.nodes[:, axis]))
    ends = key[network.segments]
    return _mixed(ends[:, 0] + ends[:, 1])


def _bits(values: np.ndarray) -> np.ndarray:
    """Bit patterns; adding 0 turns -0.0 into 0.0."""
    return np.ascontiguousarray(values + 0.0, np.float64).view(np.uint64)


def _mixed(x: np.ndarray) -> np.ndarray:
    """The finalizer of SplitMix64 (Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195)."""
    x = (x ^ (x >> np.uint64(30))) * FIRST
    x = (x ^ (x >> np.uint64(27))) * SECOND
    return x ^ (x >> np.uint64(31))


def mean_along(network: VesselNetwork, pieces: Pieces, values: np.ndarray) -> np.ndarray:
    """Mean of a padded array over the way of each segment: (m,) float64."""
    there = values.reshape(-1)[pieces.sites][pieces.place]
    return pieces.mean_of_segments(there, len(network.segments))


def crowding_along(
    lattice: Lattice, network: VesselNetwork, pieces: Pieces, kind: np.ndarray
) -> np.ndarray:
    """Share of places taken by cells or debris in and around the sites of each segment: (m,)
    float64 [1], 1 where it is packed.

    `kind`: padded cell bytes, slots last. Around a site: its 8 or 26 neighbours, those there are.
    """
    share = kernel.crowding(lattice, kind, pieces.sites)
    return pieces.mean_of_segments(share[pieces.place], len(network.segments))
