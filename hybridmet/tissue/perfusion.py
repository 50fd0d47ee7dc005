"""Perfusion: the vessels as the sites of a lattice see them, and where cells can enter the blood."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hybridmet.lattice import Lattice
from hybridmet.tissue.pieces import Pieces
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
