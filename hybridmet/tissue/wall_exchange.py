"""Wall exchange: how much of a field crosses the wall of a vessel, as the sites of a lattice see it.

A site is wider than a capillary: its value is that of the profile around the vessel at some
distance from the wall, which the exchange has to take into account.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hybridmet._core.vessels import distinct
from hybridmet.lattice import Lattice
from hybridmet.tissue.fields import FieldParameters
from hybridmet.tissue.pieces import Pieces, summed
from hybridmet.tissue.vessels import SYSTEMIC_HAEMATOCRIT, VesselNetwork

WELL_RADIUS = math.exp(-np.euler_gamma) / math.sqrt(8.0)
"""Radius at which the profile around a line source has the value of the source's site, in sites
[1]: exp(-gamma) / sqrt(8) = 0.19851. The five-point stencil's potential is 0 at its source and
ln(r / h) + gamma + 1.5 ln 2 + O(h^2 / r^2) away from it (tested on its diagonal; as a lattice of
resistors, Atkinson & van Steenwijk 1999, doi:10.1119/1.19311), the profile is ln(r / r0), both times
q / (2 pi D) for a source q. Peaceman 1978 (doi:10.2118/6893-PA) rounds it to 0.2, which
leaves 0.0075 q / (2 pi D) that no refinement takes away. For a line along an axis the stencil of
seven points is that of five; else it is ASSUMED."""
STEP = math.pi / 2.0
"""Potential of a source at its neighbours, times q / (2 pi D) [1]: that of the same stencil. It is
also that of four sources q / 4 around a site, in the site and in each of the four."""
LEAST_RESISTANCE = 0.1
"""Least resistance between blood and its own site, over that of the wall [1]: ASSUMED. Where the
site stands for tissue inside the wall, its neighbours take a share of the exchange."""
MOST_EXCESS = 0.1
"""Most that `LEAST_RESISTANCE` may add to ln(r0 / r) before a warning [1]: ASSUMED. In Krogh's
cylinder it moves oxygen by 0.1 of q / (2 pi D), some 2 % of the fall in the tissue."""


@dataclass(frozen=True)
class Contacts:
    """Where pieces of vessels touch the tissue: each in its own site, wide ones beside it, too.

    piece, place : (e,) numbers of a piece and of a site in `sites` (m,), padded and ascending;
    weight : (e,) float64 share of the piece's exchange of its kind [1]. All pieces in their own sites
    come first, in their order.
    """

    pieces: Pieces
    piece: np.ndarray
    place: np.ndarray
    weight: np.ndarray
    sites: np.ndarray

    @cached_property
    def own(self) -> np.ndarray:
        """(e,) bool, whether the site is that in which the piece lies."""
        return np.arange(len(self.piece)) < len(self.pieces.length)

    def per_site(self, values: np.ndarray) -> np.ndarray:
        """Sum over the contacts of each site: (m,) float64."""
        return summed(self.place, values, len(self.sites))

    def per_piece(self, values: np.ndarray) -> np.ndarray:
        """Sum over the contacts of each piece: (k,) float64."""
        return summed(self.piece, values, len(self.pieces.length))


def contacts(
    lattice: Lattice,
    network: VesselNetwork,
    pieces: Pieces,
    fields: Mapping[str, FieldParameters],
) -> Contacts:
    """Contacts of all pieces; those too wide for some field touch the neighbours across."""
    sharing = np.zeros(len(network.segments), bool)
    for field in fields.values():
        if field.vessel_permeability > 0.0:
            sharing |= _resistances(lattice, network.radius, field)[1][0] > 0.0
    wide = np.flatnonzero(sharing[pieces.segment])
    site, weight = _beside(lattice, _directions(network)[pieces.segment[wide]], pieces, wide)
    count, sides = len(pieces.length), site.shape[1]
    home = pieces.sites[pieces.place]
    sites, place = distinct(np.concatenate([home, site.ravel()]))
    return Contacts(
        pieces,
        np.concatenate([np.arange(count), np.repeat(wide, sides)]),
        place,
        np.concatenate([np.ones(count), weight.ravel()]),
        sites,
    )


def _directions(network: VesselNetwork) -> np.ndarray:
    """Unit vector (x, y, z) along each segment: (m, 3) float64."""
    ends = network.nodes[network.segments]
    along = ends[:, 1] - ends[:, 0]
    return along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), np.finfo(float).tiny)


def _beside(
    lattice: Lattice, direction: np.ndarray, pieces: Pieces, wide: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Padded sites beside those of wide pieces, (w, 6) int64, and their weights: along an axis that
    is at right angles to the vessel a quarter each. What lies beyond a closed side, or beside a
    slice, is the mirror image: the site itself."""
    home = pieces.sites[pieces.place[wide]]
    halo = (1 if lattice.dim == 3 else 0, 1, 1)
    centre = np.stack(np.unravel_index(home, lattice.padded_shape), axis=1) - halo
    _, ny, nx = lattice.padded_shape
    sites, weights = [], []
    for axis, stride in enumerate((ny * nx, nx, 1)):  # z, y, x
        size, here = lattice.shape3[axis], centre[:, axis]
        for sign in (-1, 1):
            there = here + sign
            moved = there % size if lattice.periodic else np.clip(there, 0, size - 1)
            sites.append(home + stride * (moved - here))
            weights.append(0.25 * (1.0 - direction[:, 2 - axis] ** 2))
    return np.stack(sites, axis=1).astype(np.int64), np.stack(weights, axis=1)


def blood_share(network: VesselNetwork, field: FieldParameters) -> np.ndarray:
    """What the blood of a segment can exchange of a field, over that of normal blood: (m,)
    float64 [1]. Nothing without flow; with the red cells where these carry it (Owen et al. 2009,
    doi:10.1007/s00285-008-0213-z: oxygen in proportion to the haematocrit over 0.45)."""
    share = np.where(network.perfused, 1.0, 0.0)
    if network.flow_solved and field.carrier == "red cells":
        share = share * (network.haematocrit / SYSTEMIC_HAEMATOCRIT)
    return share


def contact_conductance(
    lattice: Lattice, network: VesselNetwork, touch: Contacts, field: FieldParameters
) -> np.ndarray:
    """Exchange of a field between the blood of a piece and a site, (e,) float64 [um^3/h].

    Per length and 2 pi D: wall W = D / (r P) and tissue ln(r0 / r) in series, S = W + ln(r0 / r),
    r0 = WELL_RADIUS sites. Where S is too small, the neighbours take a share f of the exchange, and
    the potentials of the stencil give (1 - f) / (S + f pi/2) for the site and f / (S + pi/2) for
    its neighbours together: outside, the profile is that of a vessel of radius r all the same.
    """
    if field.vessel_permeability == 0.0:
        return np.zeros(len(touch.piece))
    pieces, count = touch.pieces, len(touch.pieces.length)
    exchanged = blood_share(network, field)[pieces.segment] * pieces.length
    own, beside = _resistances(lattice, network.radius, field)
    wide, weight = touch.piece[count:], touch.weight[count:]
    segment = pieces.segment[wide]
    return np.concatenate([
        exchanged * own[0][pieces.segment] / own[1][pieces.segment],
        exchanged[wide] * weight * beside[0][segment] / beside[1][segment],
    ])  # fmt: skip


Way = tuple[np.ndarray, np.ndarray]
"""Share of the exchange that takes a way [1] and the resistance of all of it [h/um^2], (m,)."""


def _resistances(lattice: Lattice, radius: np.ndarray, field: FieldParameters) -> tuple[Way, Way]:
    """The ways to a vessel's own site and to its neighbours."""
    wall = 1.0 / (2.0 * np.pi * radius * field.vessel_permeability)
    if field.diffusivity == 0.0:
        return (np.ones(len(radius)), wall), (np.zeros(len(radius)), wall)
    unit = 1.0 / (2.0 * np.pi * field.diffusivity)
    well = np.log(WELL_RADIUS * lattice.spacing / radius) / (2.0 * np.pi * field.diffusivity)
    least = LEAST_RESISTANCE * wall
    share = np.clip((least - (wall + well)) / (STEP * unit), 0.0, 1.0)
    across = np.maximum(wall + well + STEP * unit, least)
    return (1.0 - share, np.maximum(wall + well, least)), (share, across)


def conductances(
    lattice: Lattice,
    network: VesselNetwork,
    touch: Contacts,
    fields: Mapping[str, FieldParameters],
) -> dict[str, np.ndarray]:
    """Exchange rate between blood and each site, (m,) float64 [1/h], of every field that crosses
    vessel walls."""
    return {
        name: touch.per_site(contact_conductance(lattice, network, touch, parameters))
        / lattice.spacing**3
        for name, parameters in fields.items()
        if parameters.vessel_permeability > 0.0
    }


def least_spacing(radius: float, field: FieldParameters) -> float:
    """Smallest sites in which the exchange of a vessel is that of its radius [um]: wall and
    tissue up to the neighbours add up to LEAST_RESISTANCE of the wall's, give or take MOST_EXCESS."""
    if field.vessel_permeability == 0.0 or field.diffusivity == 0.0 or radius == 0.0:
        return 0.0
    wall = field.diffusivity / (radius * field.vessel_permeability)  # over 1 / (2 pi D)
    least = (LEAST_RESISTANCE - 1.0) * wall - MOST_EXCESS - STEP  # of ln(r0 / r)
    return radius / WELL_RADIUS * float(np.exp(least))
