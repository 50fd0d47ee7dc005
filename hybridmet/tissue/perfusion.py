"""Perfusion: what enters the tissue through vessel walls, and where cells can enter the blood."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hybridmet._core import vessels as kernel
from hybridmet.lattice import Lattice
from hybridmet.tissue.fields import FieldParameters
from hybridmet.tissue.vessel_parameters import EntryParameters
from hybridmet.tissue.vessels import (
    COLLAPSED,
    IMMATURE,
    RUPTURED,
    SYSTEMIC_HAEMATOCRIT,
    VesselNetwork,
)

WELL_RADIUS = math.exp(-np.euler_gamma) / math.sqrt(8.0)
"""Radius at which the profile around a line source has the value of the source's site, in sites
[1]: exp(-gamma) / sqrt(8) = 0.19851. The five-point stencil's potential is 0 at its source and
ln(r / h) + gamma + 1.5 ln 2 + O(h^2 / r^2) away from it (tested on its diagonal; as a lattice of
resistors, Atkinson & van Steenwijk 1999, doi:10.1119/1.19311), the profile is ln(r / r0), both times
q / (2 pi D) for a source q. Peaceman 1978 (doi:10.2118/6893-PA) rounds it to 0.2, which
leaves 0.0075 q / (2 pi D) that no refinement takes away. For a line along an axis the stencil of
seven points is that of five; else it is ASSUMED."""
LEAST_RESISTANCE = 0.01
"""Least resistance between blood and site, over that of the wall [1]: ASSUMED. In vessels wider
than the well radius the site stands for tissue inside the wall, and its share is subtracted."""
MOST_EXCESS = 0.1
"""Most that `LEAST_RESISTANCE` may add to ln(r0 / r) before a warning [1]: ASSUMED. In Krogh's
cylinder it moves oxygen by 0.1 of q / (2 pi D), some 2 % of the fall in the tissue."""


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
        sums = np.bincount(self.place, weights=weights, minlength=len(self.sites))
        return sums.astype(np.float64, copy=False)  # NumPy returns integers where there are no pieces


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


def blood_share(network: VesselNetwork, field: FieldParameters) -> np.ndarray:
    """What the blood of a segment can exchange of a field, over that of normal blood: (m,)
    float64 [1]. Nothing without flow; with the red cells where these carry it (Owen et al. 2009,
    doi:10.1007/s00285-008-0213-z: oxygen in proportion to the haematocrit over 0.45)."""
    share = np.where(network.perfused, 1.0, 0.0)
    if network.flow_solved and field.carrier == "red cells":
        share = share * (network.haematocrit / SYSTEMIC_HAEMATOCRIT)
    return share


def wall_conductance(
    lattice: Lattice, network: VesselNetwork, pieces: Pieces, field: FieldParameters
) -> np.ndarray:
    """Exchange rate of a field between blood and site, (m,) float64 [1/h]."""
    exchange = piece_conductance(lattice, network, pieces, field)
    return pieces.per_site(exchange) / lattice.spacing**3


def piece_conductance(
    lattice: Lattice, network: VesselNetwork, pieces: Pieces, field: FieldParameters
) -> np.ndarray:
    """Exchange of a field between the blood of each piece and its site, (k,) float64 [um^3/h].

    Wall (1 / (2 pi r P)) and tissue around a line source (ln(r0 / r) / (2 pi D), r0 =
    WELL_RADIUS sites; negative where r > r0) in series, times what the blood carries.
    """
    if field.vessel_permeability == 0.0:
        return np.zeros(len(pieces.length))
    radius = network.radius
    wall = 1.0 / (2.0 * np.pi * radius * field.vessel_permeability)
    resistance = wall
    if field.diffusivity > 0.0:
        well = np.log(WELL_RADIUS * lattice.spacing / radius) / (2.0 * np.pi * field.diffusivity)
        resistance = np.maximum(wall + well, LEAST_RESISTANCE * wall)
    exchanged = blood_share(network, field)[pieces.segment] * pieces.length
    return exchanged / resistance[pieces.segment]


def least_spacing(radius: float, field: FieldParameters) -> float:
    """Smallest sites in which the exchange of a vessel is that of its radius [um]: wall and
    tissue add up to LEAST_RESISTANCE of the wall's, give or take MOST_EXCESS."""
    if field.vessel_permeability == 0.0 or field.diffusivity == 0.0 or radius == 0.0:
        return 0.0
    wall = field.diffusivity / (radius * field.vessel_permeability)  # over 1 / (2 pi D)
    least = (LEAST_RESISTANCE - 1.0) * wall - MOST_EXCESS  # of ln(r0 / r)
    return radius / WELL_RADIUS * float(np.exp(least))


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
