"""Perfusion: what enters the tissue through vessel walls, and where cells can enter the blood."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hybridmet._core import vessels as kernel
from hybridmet.lattice import Lattice
from hybridmet.tissue.fields import FieldParameters
from hybridmet.tissue.vessels import RUPTURED, VesselNetwork

WELL_RADIUS = 0.2
"""Radius at which a site's mean equals the profile around a line source, in sites [1]
(Peaceman 1978, doi:10.2118/6893-PA)."""


@dataclass(frozen=True)
class VesselSites:
    """Vessels as the sites see them.

    sites : (m,) int64 padded, ascending; intact_area, ruptured_area : (m,) float64 wall area in
    the site [um^2]; length : (m,) float64 [um]; mask : padded uint8.
    """

    sites: np.ndarray
    intact_area: np.ndarray
    ruptured_area: np.ndarray
    length: np.ndarray
    mask: np.ndarray

    @property
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
        sums = np.bincount(self.place, weights=weights, minlength=len(self.sites))
        return sums.astype(np.float64, copy=False)  # NumPy returns integers where there are no pieces


def cut(lattice: Lattice, network: VesselNetwork) -> Pieces:
    """Cut the segments of a network at the sides of sites."""
    segment, site, length = kernel.trace(lattice, network.nodes, network.segments)
    sites, place = np.unique(site, return_inverse=True)
    return Pieces(segment, place, length, sites)


def vessel_sites(lattice: Lattice, network: VesselNetwork, pieces: Pieces) -> VesselSites:
    """Wall areas per site; a hazard per area converges when lattice or segments are refined."""
    area = 2.0 * np.pi * network.radius[pieces.segment] * pieces.length
    ruptured = network.state[pieces.segment] == RUPTURED
    mask = lattice.padded(0, np.uint8)
    mask.reshape(-1)[pieces.sites] = 1
    return VesselSites(
        sites=pieces.sites,
        intact_area=pieces.per_site(np.where(ruptured, 0.0, area)),
        ruptured_area=pieces.per_site(np.where(ruptured, area, 0.0)),
        length=pieces.per_site(pieces.length),
        mask=mask,
    )


def wall_conductance(
    lattice: Lattice, network: VesselNetwork, pieces: Pieces, field: FieldParameters
) -> np.ndarray:
    """Exchange rate of a field between blood and site, (m,) float64 [1/h].

    Wall (1 / (2 pi r P)) and tissue around a line source (ln(r0 / r) / (2 pi D), r0 = 0.2
    sites) in series; a vessel wider than r0 is taken as mixed with its site.
    """
    radius = network.radius[pieces.segment]
    if field.vessel_permeability == 0.0:
        return np.zeros(len(pieces.sites))
    wall = 1.0 / (2.0 * np.pi * radius * field.vessel_permeability)
    if field.diffusivity > 0.0:
        well = np.log(WELL_RADIUS * lattice.spacing / radius)
        wall = wall + np.maximum(well, 0.0) / (2.0 * np.pi * field.diffusivity)
    open_length = np.where(network.perfused[pieces.segment], pieces.length, 0.0)
    return pieces.per_site(open_length / wall) / lattice.spacing**3


def conductances(
    lattice: Lattice,
    network: VesselNetwork,
    pieces: Pieces,
    fields: Mapping[str, FieldParameters],
) -> dict[str, np.ndarray]:
    """`wall_conductance` of every field that crosses vessel walls."""
    return {
        name: wall_conductance(lattice, network, pieces, parameters)
        for name, parameters in fields.items()
        if parameters.vessel_permeability > 0.0
    }
