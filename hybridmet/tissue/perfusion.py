"""Perfusion: the vessels as the sites of a lattice see them, and where cells can enter the blood."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hybridmet._core import vessels as kernel
from hybridmet.lattice import Lattice
from hybridmet.tissue.vessel_parameters import EntryParameters
from hybridmet.tissue.vessels import (
    COLLAPSED,
    IMMATURE,
    RUPTURED,
    VesselNetwork,
)


@dataclass(frozen=True)
class VesselSites:
    """Vessels as the sites see them.

    sites : (m,) int64 padded, ascending; intact_area, ruptured_area : (m,) float64 wall area in
    the site that is open to cells [um^2]; length : (m,) float64 [um], of what carries blood;
    mask : padded uint8.
    """

    sites: np.ndarray
    intact_area: np.ndarray
    ruptured_area: np.ndarray
    length: np.ndarray
    mask: np.ndarray

    @cached_property
    def largest_area(self) -> float:
        """Largest wall area in a site [um^2]."""
        return float(np.max(self.intact_area + self.ruptured_area, initial=0.0))


@dataclass(frozen=True)
class Pieces:
    """Segments cut at the sides of sites: segment, number of the site in `sites`, length [um]."""

    segment: np.ndarray
    place: np.ndarray
    length: np.ndarray
    sites: np.ndarray

    def per_site(self, weights: np.ndarray) -> np.ndarray:
        """Sum over the pieces of each site, in the order of the pieces: (m,) float64."""
        return summed(self.place, weights, len(self.sites))


def summed(number: np.ndarray, weights: np.ndarray, count: int) -> np.ndarray:
    """Sum of the weights of each of `count` numbers, in their order: (count,) float64."""
    sums = np.bincount(number, weights=weights, minlength=count)
    return sums.astype(np.float64, copy=False)  # NumPy returns integers where there are none


def cut(lattice: Lattice, network: VesselNetwork) -> Pieces:
    """Cut the segments of a network at the sides of sites."""
    segment, site, length = kernel.trace(lattice, network.nodes, network.segments)
    sites, place = np.unique(site, return_inverse=True)
    return Pieces(segment, place, length, sites)


def vessel_sites(
    lattice: Lattice,
    network: VesselNetwork,
    pieces: Pieces,
    entry: EntryParameters = EntryParameters(),
) -> VesselSites:
    """Wall areas per site, weighted by how open the walls are to cells; a hazard per area
    converges when lattice or segments are refined."""
    area = (2.0 * np.pi * network.radius * openness(network, entry))[pieces.segment] * pieces.length
    ruptured = network.state[pieces.segment] == RUPTURED
    mask = lattice.padded(0, np.uint8)
    mask.reshape(-1)[pieces.sites] = 1
    return VesselSites(
        sites=pieces.sites,
        intact_area=pieces.per_site(np.where(ruptured, 0.0, area)),
        ruptured_area=pieces.per_site(np.where(ruptured, area, 0.0)),
        length=pieces.per_site(np.where(network.perfused[pieces.segment], pieces.length, 0.0)),
        mask=mask,
    )


def openness(network: VesselNetwork, entry: EntryParameters) -> np.ndarray:
    """Factor on the wall area through which cells enter a segment: (m,) float64 [1]. A collapsed
    segment is closed."""
    wall = np.where(network.state == IMMATURE, entry.immature_factor, 1.0)
    flowing = np.where(network.perfused, 1.0, entry.unperfused_factor)
    return np.where(network.state == COLLAPSED, 0.0, wall * flowing)
