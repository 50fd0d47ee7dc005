"""Oxygen around one perfused vessel against the profiles of cylinders (Krogh 1919)."""

import numpy as np
import pytest
from scipy.special import k0

from hybridmet.lattice import Lattice
from hybridmet.tissue import wall_exchange
from hybridmet.tissue.cells import kind_of
from hybridmet.tissue.fields import CellTables, FieldParameters, Fields, VesselExchange
from hybridmet.tissue.pieces import cut
from hybridmet.tissue.vessels import VesselNetwork
from tests.tissue.field_problems import bytes_of, per_byte

DIFFUSIVITY, PERMEABILITY, BLOOD = 8.7e6, 3.6e6, 60.0


def vessel(lattice: Lattice, radius: float, flow: float = 1.0) -> VesselNetwork:
    """One vessel across the middle site of a slice, with flow and normal blood."""
    x, y = lattice.extent[0] / 2, lattice.extent[1] / 2
    nodes = np.array([[x, y, 0.0], [x, y, lattice.spacing]])
    return VesselNetwork(
        nodes, np.array([[0, 1]]), np.array([radius]), np.zeros(1), flow=[flow], flow_solved=True
    )


def distances(lattice: Lattice) -> np.ndarray:
    """Distance of each site from the vessel: (ny, nx) [um]."""
    middle = [n // 2 for n in lattice.shape]
    y, x = np.indices(lattice.shape)
    return lattice.spacing * np.hypot(y - middle[0], x - middle[1])


def solved(
    lattice: Lattice,
    radius: float,
    kind,
    tables,
    flow: float = 1.0,
    blood: float = BLOOD,
    permeability: float = PERMEABILITY,
):
    """Steady oxygen and the flux out of the vessel per length [mmHg um^2/h]."""
    given = {"diffusivity": DIFFUSIVITY, "vessel_permeability": permeability, "tolerance": 1e-11}
    oxygen = FieldParameters("quasi-steady", blood_value=blood, carrier="red cells", **given)
    fields, network = Fields(lattice, {"oxygen": oxygen}), vessel(lattice, radius, flow)
    pieces = cut(lattice, network)
    touch = wall_exchange.contacts(lattice, network, pieces, fields.parameters)
    rate = wall_exchange.conductances(lattice, network, touch, fields.parameters)
    fields.equilibrate(kind, tables, VesselExchange(touch.sites, rate))
    there = fields.padded("oxygen").reshape(-1)[touch.sites]
    return fields["oxygen"], np.sum(rate["oxygen"] * (blood - there)) * lattice.spacing**2


def krogh(r, tissue: float, capillary: float, kappa: float):
    """P(r) - P(R_c) in a cylinder of zero-order uptake without flux at R_t."""
    return kappa * (r**2 - capillary**2) / tissue**2 - 2.0 * kappa * np.log(r / capillary)


def test_the_drop_across_krogh_s_cylinder_is_the_known_one():
    """R_t / R_c = 10, kappa = M R_t^2 / (4 D) = 10: 36.152 mmHg in all."""
    assert krogh(10.0, 10.0, 1.0, 10.0) == pytest.approx(-36.152, abs=5e-4)


@pytest.mark.parametrize("capillary", [2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0, 15.0])
def test_oxygen_around_a_vessel_is_krogh_s_within_a_hundredth(capillary):
    """A tissue radius of 20 sites. Only cells within the radius take oxygen up, at zero order, so
    that nothing flows beyond it.

    Within 1 % away from the masked wall, that is beyond the eight sites around the vessel's. In
    these the five-point stencil's potential, which no exchange can change, is not the logarithm:
    pi / 2 and 2 instead of ln r + gamma + 1.5 ln 2 at r = 1 and sqrt(2) sites, times q / (2 pi D)
    = 2 kappa 0.37 mmHg too much and 0.29 too little (up to 1.13 % of what a wall of 2 um leaves).
    """
    lattice, tissue, kappa = Lattice((47, 47), 20.0), 400.0, 4.0
    uptake = 4.0 * DIFFUSIVITY * kappa / tissue**2
    r = distances(lattice)
    kind = bytes_of(lattice, np.where(r <= tissue, kind_of(0), 0))
    tables = CellTables(secretion={"oxygen": per_byte(k1=-uptake)})
    oxygen, flux = solved(lattice, capillary, kind, tables)
    wall = BLOOD - np.pi * tissue**2 * uptake / (2.0 * np.pi * capillary * PERMEABILITY)
    near = (r > 0.0) & (r <= tissue)
    exact = np.full(lattice.shape, np.nan)
    exact[near] = wall + krogh(r[near], tissue, capillary, kappa)
    assert exact[near].min() > 10.0 and np.ptp(exact[near]) > 15.0
    away = near & (r > 1.5 * lattice.spacing)
    np.testing.assert_allclose(oxygen[away], exact[away], rtol=0.01)
    for sites, potential in ((1.0, np.pi / 2.0), (np.sqrt(2.0), 2.0)):
        ring = np.isclose(r, sites * lattice.spacing)
        stencil = potential - (np.log(sites) + np.euler_gamma + 1.5 * np.log(2.0))
        assert ring.sum() == 4
        np.testing.assert_allclose(oxygen[ring] + 2.0 * kappa * stencil, exact[ring], rtol=0.01)
    assert flux == pytest.approx(np.pi * tissue**2 * uptake, rel=0.01)


@pytest.mark.parametrize("times", [1, 2])
def test_krogh_s_cylinder_of_ten_capillary_radii(times):
    """R_t / R_c = 10, kappa = 10 mmHg, 20 and 40 sites a tissue radius: the vessel is two and four
    sites wide, and its exchange is laid on the site in its middle and its neighbours. From one
    site outside the wall to the edge within 1 % of the profile, and in all down by 36.152 mmHg."""
    capillary, tissue, kappa, blood = 2.0, 20.0, 10.0, 100.0
    permeability = PERMEABILITY / times  # a wall that sites so fine can bear
    lattice = Lattice((20 * 2 * times + 5, 20 * 2 * times + 5), tissue / (20 * times))
    uptake = 4.0 * DIFFUSIVITY * kappa / tissue**2
    r = distances(lattice)
    taking = (r > capillary) & (r <= tissue)
    kind = bytes_of(lattice, np.where(taking, kind_of(0), 0))
    tables = CellTables(secretion={"oxygen": per_byte(k1=-uptake)})
    oxygen, flux = solved(lattice, capillary, kind, tables, blood=blood, permeability=permeability)
    given = np.pi * (tissue**2 - capillary**2) * uptake
    wall = blood - given / (2.0 * np.pi * capillary * permeability)
    outside = (r >= capillary + lattice.spacing) & (r <= tissue)
    exact = wall + krogh(r[outside], tissue, capillary, kappa)
    np.testing.assert_allclose(oxygen[outside], exact, rtol=0.01)
    edge = oxygen[np.isclose(r, tissue)]
    assert edge - wall == pytest.approx(np.full(len(edge), -36.152), rel=0.01)
    assert flux == pytest.approx(given, rel=0.01)


def mirrored(lattice: Lattice, length: float) -> np.ndarray:
    """Sum of K0(r / length) over a source in the middle and its images in closed sides."""
    size = lattice.extent[0]
    y, x = (
        lattice.spacing * (c - n // 2)
        for c, n in zip(np.indices(lattice.shape), lattice.shape, strict=True)
    )
    total = np.zeros(lattice.shape)
    for i in range(-3, 4):
        for j in range(-3, 4):
            r = np.hypot(x + i * size, y + j * size)
            total += k0(np.where(r > 0.0, r, np.inf) / length)
    return total


def flux_of_a_line(capillary: float, mirrors: float, length: float) -> float:
    """What leaves a thin vessel per length where the tissue takes oxygen up at first order
    [mmHg um^2/h]: wall and tissue in series; `mirrors`: sum of K0 over the images."""
    wall = 1.0 / (2.0 * np.pi * capillary * PERMEABILITY)
    return BLOOD / (wall + (k0(capillary / length) + mirrors) / (2.0 * np.pi * DIFFUSIVITY))


def test_away_from_the_vessel_the_error_is_of_second_order():
    """First-order uptake in every site: q K0(r / l) / (2 pi D), images included, for the flux q
    that wall and profile let through: nothing is taken from the solver. Sites of 20, 6.7 and
    2.2 um, beyond 100 um from the vessel. With a well radius of 0.2 sites the orders are 1.5 and
    0.6: a flux that is wrong by a share of no order in the sites.
    """
    uptake, capillary, errors = 780.0, 0.4, []
    length = np.sqrt(DIFFUSIVITY / uptake)
    for times in (1, 3, 9):  # odd numbers of sites keep the vessel in the middle of one
        lattice = Lattice((31 * times, 31 * times), 20.0 / times)
        tables = CellTables(uptake={"oxygen": per_byte(k1=uptake)})
        oxygen, _ = solved(lattice, capillary, bytes_of(lattice, kind_of(0)), tables)
        r, potential = distances(lattice), mirrored(lattice, length)
        exact = flux_of_a_line(capillary, potential[r == 0.0][0], length) * potential
        exact /= 2.0 * np.pi * DIFFUSIVITY
        far = r >= 100.0
        errors.append(np.max(np.abs(oxygen[far] / exact[far] - 1.0)))
    orders = np.log(np.divide(errors[:-1], errors[1:])) / np.log(3.0)
    assert orders == pytest.approx([2.0, 2.0], abs=0.15) and errors[-1] < 1e-3


def test_a_vessel_without_flow_gives_nothing():
    """The largest flow of the network is 0: no difference of pressure, no oxygen."""
    lattice = Lattice((15, 15), 20.0)
    tables = CellTables(uptake={"oxygen": per_byte(k1=780.0)})
    oxygen, flux = solved(lattice, 4.0, bytes_of(lattice, kind_of(0)), tables, flow=0.0)
    assert flux == 0.0 and not oxygen.any()
