"""Segments one by one: names for their random draws, and what they pass on their way."""

from itertools import product

import numpy as np

from hybridmet._core.vessels import trace
from hybridmet.lattice import Lattice
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


def mean_along(lattice: Lattice, network: VesselNetwork, values: np.ndarray) -> np.ndarray:
    """Mean of a padded array over the way of each segment: (m,) float64."""
    segment, site, length = trace(lattice, network.nodes, network.segments)
    return _mean(network, segment, length, values.reshape(-1)[site])


def crowding_along(lattice: Lattice, network: VesselNetwork, kind: np.ndarray) -> np.ndarray:
    """Share of places taken by cells or debris in and around the sites of each segment: (m,)
    float64 [1], 1 where it is packed.

    `kind`: padded cell bytes, slots last. Around a site: its 8 or 26 neighbours, those there are.
    """
    segment, site, length = trace(lattice, network.nodes, network.segments)
    sites, place = np.unique(site, return_inverse=True)
    return _mean(network, segment, length, crowding(lattice, kind, sites)[place])


def _mean(network: VesselNetwork, segment, length, values) -> np.ndarray:
    """Mean of the values of pieces, weighted by length."""
    m = len(network.segments)
    total = np.bincount(segment, weights=length, minlength=m)
    sums = np.bincount(segment, weights=length * values, minlength=m)
    return sums / np.maximum(total, np.finfo(float).tiny)


def crowding(lattice: Lattice, kind: np.ndarray, sites: np.ndarray) -> np.ndarray:
    """Share of places taken in and around padded sites: (n,) float64 [1]."""
    cells = lattice.interior(kind)
    slots = kind.shape[-1]
    filled = sum((cells[..., k] != 0).astype(np.uint8) for k in range(slots)).reshape(-1)
    taken, room = np.zeros(len(sites), np.int64), np.zeros(len(sites), np.int64)
    for ways in product(*_ways(lattice, sites)):
        (z, in_z), (y, in_y), (x, in_x) = ways
        inside = in_z & in_y & in_x
        taken += filled[z + y + x] * inside
        room += inside
    return taken / (np.maximum(room, 1) * slots)


def _ways(lattice: Lattice, sites: np.ndarray) -> list[list[tuple[np.ndarray, np.ndarray]]]:
    """For each axis (z, y, x) the places beside and at padded sites: what they add to the index
    of a site without halo, 0 outside, and whether they lie inside."""
    nz, ny, nx = lattice.shape3
    halo = (1 if lattice.dim == 3 else 0, 1, 1)
    at = np.unravel_index(sites, lattice.padded_shape)
    out = []
    for centre, h, n, stride in zip(at, halo, (nz, ny, nx), (ny * nx, nx, 1), strict=True):
        places = [centre - h + step for step in range(-h, h + 1)]
        if lattice.periodic:
            places = [place % n for place in places]
        held = [(place >= 0) & (place < n) for place in places]
        out.append([(np.where(ok, p, 0) * stride, ok) for p, ok in zip(places, held, strict=True)])
    return out
