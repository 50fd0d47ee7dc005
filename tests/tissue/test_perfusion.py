"""Perfusion: wall areas per site, and exchange through the well radius."""

from dataclasses import replace

import numpy as np
import pytest

from hybridmet.lattice import Lattice
from hybridmet.tissue import perfusion, seeding, wall_exchange
from hybridmet.tissue.capillary_mesh import capillary_mesh
from hybridmet.tissue.fields import DEFAULT_FIELDS
from hybridmet.tissue.pieces import cut
from hybridmet.tissue.vessel_parameters import EntryParameters, VesselParameters
from hybridmet.tissue.vessels import COLLAPSED, IMMATURE, INTACT, RUPTURED, VesselNetwork
from tests.tissue.test_vessels import network

OXYGEN = DEFAULT_FIELDS["oxygen"]
WELL = np.exp(-0.57721566490153286) / 8.0**0.5
"""0.19851: where the profile around a line has the value of its site, in sites."""


def sites_of(lattice: Lattice, vessels: VesselNetwork) -> perfusion.VesselSites:
    return perfusion.vessel_sites(lattice, vessels, cut(lattice, vessels))


def divided(vessels: VesselNetwork, parts: int) -> VesselNetwork:
    """The same vessels in `parts` times as many segments."""
    ends = vessels.nodes[vessels.segments]
    share = np.linspace(0.0, 1.0, parts + 1)[:, None, None]
    nodes = (1.0 - share) * ends[:, 0] + share * ends[:, 1]
    number = np.arange(nodes.shape[0] * nodes.shape[1]).reshape(nodes.shape[:2])
    segments = np.stack([number[:-1].T.ravel(), number[1:].T.ravel()], axis=1)
    return VesselNetwork(
        nodes.reshape(-1, 3),
        segments.astype(np.int32),
        np.repeat(vessels.radius, parts),
        np.repeat(vessels.state, parts),
    )


@pytest.fixture(scope="module")
def mesh() -> VesselNetwork:
    return capillary_mesh(Lattice((24, 24, 24), 20.0), VesselParameters(), seed=4, tissue=0)


def test_wall_area_is_two_pi_r_length_by_state(mesh):
    sites = sites_of(Lattice((24, 24, 24), 20.0), mesh)
    area = 2.0 * np.pi * mesh.radius * mesh.lengths
    ruptured = mesh.state == RUPTURED
    assert 0 < ruptured.sum() < len(ruptured)
    assert sites.intact_area.sum() == pytest.approx(area[~ruptured].sum(), rel=1e-9)
    assert sites.ruptured_area.sum() == pytest.approx(area[ruptured].sum(), rel=1e-9)
    assert sites.length.sum() == pytest.approx(mesh.lengths.sum(), rel=1e-9)
    assert sites.largest_area == (sites.intact_area + sites.ruptured_area).max()


def test_wall_area_per_site_does_not_change_when_segments_are_divided(mesh):
    lattice = Lattice((24, 24, 24), 20.0)
    one, many = sites_of(lattice, mesh), sites_of(lattice, divided(mesh, 7))
    for name in ("intact_area", "ruptured_area"):
        areas = []
        for sites in (one, many):
            padded = lattice.padded(0.0)
            padded.reshape(-1)[sites.sites] = getattr(sites, name)
            areas.append(padded)
        np.testing.assert_allclose(areas[0], areas[1], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("times", [2, 4])
def test_wall_area_of_a_region_converges_when_the_lattice_is_refined(mesh, times):
    """The sites that make up a coarse site share its area exactly."""
    coarse, fine = Lattice((24,) * 3, 20.0), Lattice((24 * times,) * 3, 20.0 / times)
    areas = []
    for lattice in (coarse, fine):
        sites = sites_of(lattice, mesh)
        padded = lattice.padded(0.0)
        padded.reshape(-1)[sites.sites] = sites.intact_area
        areas.append(lattice.interior(padded))
    blocks = areas[1].reshape(24, times, 24, times, 24, times).sum(axis=(1, 3, 5))
    np.testing.assert_allclose(blocks, areas[0], rtol=1e-6, atol=1e-5)


def test_sites_ascend_and_the_mask_marks_them(mesh):
    lattice = Lattice((24, 24, 24), 20.0)
    sites = sites_of(lattice, mesh)
    np.testing.assert_array_equal(np.flatnonzero(sites.mask), sites.sites)
    assert sites.mask.shape == lattice.padded_shape and sites.mask.dtype == np.uint8


def exchange_rate(lattice: Lattice, radius: float, **changes) -> float:
    """Exchange rate of the site that a straight vessel crosses from side to side [1/h]."""
    middle = lattice.spacing / 2
    chain = network([(0.0, middle, middle), (lattice.spacing, middle, middle)], radius)
    pieces = cut(lattice, chain)
    field = replace(OXYGEN, **changes)
    touch = wall_exchange.contacts(lattice, chain, pieces, {"u": field})
    rates = wall_exchange.contact_conductance(lattice, chain, touch, field)
    return float(rates[touch.own][0]) / lattice.spacing**3


def test_exchange_is_wall_and_tissue_in_series():
    """Per length: 1 / (1 / (2 pi r P) + ln(r0 / r) / (2 pi D)), over the area of a site."""
    lattice, radius = Lattice((3, 3, 3), 50.0), 4.0
    p, d = OXYGEN.vessel_permeability, OXYGEN.diffusivity
    resistance = 1.0 / (2 * np.pi * radius * p) + np.log(WELL * 50.0 / radius) / (2 * np.pi * d)
    assert exchange_rate(lattice, radius) == pytest.approx(1.0 / resistance / 50.0**2, rel=1e-12)


@pytest.mark.parametrize("radius", [4.5, 5.0, 5.4])
def test_a_vessel_wider_than_the_well_radius_lacks_the_tissue_inside_its_wall(radius):
    """The same series with a negative logarithm, as long as a tenth of the wall's is left."""
    p, d = OXYGEN.vessel_permeability, OXYGEN.diffusivity
    resistance = 1.0 / (2 * np.pi * radius * p) + np.log(WELL * 20.0 / radius) / (2 * np.pi * d)
    rate = exchange_rate(Lattice((3, 3, 3), 20.0), radius)
    assert rate == pytest.approx(1.0 / resistance / 20.0**2, rel=1e-12)


@pytest.mark.parametrize("radius, spacing", [(25.0, 20.0), (14.0, 10.0)])
def test_the_resistance_of_a_vessel_as_wide_as_its_site_stays_positive(radius, spacing):
    """Its neighbours take all of the exchange, at a tenth of the wall's resistance. Such sites are
    too small, and larger ones of `least_spacing` are not."""
    lattice = Lattice((3, 3, 3), spacing)
    middle = lattice.spacing * 1.5
    chain = network([(0.0, middle, middle), (3.0 * lattice.spacing, middle, middle)], radius)
    touch = wall_exchange.contacts(lattice, chain, cut(lattice, chain), DEFAULT_FIELDS)
    rates = wall_exchange.contact_conductance(lattice, chain, touch, OXYGEN)
    wall_only = 2 * np.pi * radius * OXYGEN.vessel_permeability * 3.0 * lattice.spacing
    assert not rates[touch.own].any()
    assert rates.sum() == pytest.approx(10 * wall_only, rel=1e-12)
    least = wall_exchange.least_spacing(radius, OXYGEN)
    assert least > spacing
    wall = OXYGEN.diffusivity / (radius * OXYGEN.vessel_permeability)
    left = wall + np.log(WELL * least / radius) + np.pi / 2.0 - 0.1 * wall
    assert left == pytest.approx(-0.1, rel=1e-9)


def test_neighbours_across_a_vessel_take_their_quarters():
    """Along an axis a quarter each; askew in proportion to the sine squared; the mirror at sides."""
    lattice = Lattice((5, 5, 5), 10.0)
    for direction, weights in (
        ((1.0, 0.0, 0.0), (0.0, 0.25, 0.25)),
        ((1.0, 1.0, 0.0), (0.125, 0.125, 0.25)),
        ((1.0, 1.0, 1.0), (1 / 6, 1 / 6, 1 / 6)),
    ):
        middle = np.array([25.0, 25.0, 25.0])
        chain = network([middle - np.array(direction), middle + np.array(direction)], 6.0)
        touch = wall_exchange.contacts(
            lattice, chain, cut(lattice, chain), DEFAULT_FIELDS
        )
        found = lattice.padded(0.0)
        np.add.at(found.reshape(-1), touch.sites[touch.place[~touch.own]], touch.weight[~touch.own])
        found = lattice.interior(found)
        for axis, weight in enumerate(weights):
            for side in (1, 3):
                place = [2, 2, 2]
                place[2 - axis] = side
                assert found[tuple(place)] == pytest.approx(weight)
        assert found.sum() == pytest.approx(1.0) and found[2, 2, 2] == 0.0
    flat = Lattice((5, 5), 10.0)
    chain = network([(0.0, 5.0, 5.0), (50.0, 5.0, 5.0)], 6.0)
    touch = wall_exchange.contacts(flat, chain, cut(flat, chain), DEFAULT_FIELDS)
    at_home = touch.place[~touch.own] == touch.place[touch.own].repeat(6)
    assert touch.weight[~touch.own][at_home].sum() == pytest.approx(5 * 0.75)


def test_the_well_radius_is_that_of_the_stencil_s_potential():
    """Potential around a source of the five-point stencil, on the diagonal (k, k): the sum of
    1 / (2 j - 1) up to k, times 2 q / (2 pi D); there it is ln(r / r0) but for O(1 / k^2)."""
    k = 10**6
    diagonal = 2.0 * np.sum(1.0 / (2.0 * np.arange(1, k + 1) - 1.0))
    well = k * np.sqrt(2.0) * np.exp(-diagonal)
    assert wall_exchange.WELL_RADIUS == pytest.approx(well, rel=1e-10)
    assert wall_exchange.WELL_RADIUS == pytest.approx(0.19851, abs=5e-6)


def test_a_tight_wall_lets_nothing_through():
    assert exchange_rate(Lattice((3, 3, 3), 50.0), 4.0, vessel_permeability=0.0) == 0.0


def test_a_well_reproduces_the_profile_around_a_line_source():
    """With a wall that hinders nothing, a line source in a square lattice gives the logarithmic
    profile of a vessel of its radius: c(r) = c(R) + (q / 2 pi D) ln(R / r)."""
    n, h, d, radius = 81, 20.0, 1.0, 1.0
    k = 2 * np.pi * d / np.log(wall_exchange.WELL_RADIUS * h / radius)  # [um^2/h], blood value 1
    middle = n // 2
    x, y = np.meshgrid(*[(np.arange(n) - middle) * h] * 2, indexing="ij")
    r = np.hypot(x, y)
    far = r > 0.45 * n * h  # held at 0
    c = solve_square(n, d / h**2, k / h**2, far, middle)
    source = k * (1.0 - c[middle, middle])
    # At radius 1 um the concentration would be that of the blood.
    ring = (r > 10 * h) & (r < 25 * h)
    at_wall = c[ring] + source / (2 * np.pi * d) * np.log(r[ring] / radius)
    assert at_wall == pytest.approx(np.ones(ring.sum()), rel=0.01)


def solve_square(n: int, rate: float, exchange: float, far, middle: int) -> np.ndarray:
    """Steady state of rate * (sum of neighbours - 4 c) + exchange (1 - c) in the middle, 0 far."""
    from scipy.sparse import diags_array, lil_array
    from scipy.sparse.linalg import spsolve

    line = diags_array([np.ones(n - 1), -2 * np.ones(n), np.ones(n - 1)], offsets=[-1, 0, 1])
    from scipy.sparse import eye_array, kron

    system = lil_array(rate * (kron(line, eye_array(n)) + kron(eye_array(n), line)))
    right = np.zeros(n * n)
    here = middle * n + middle
    system[here, here] -= exchange
    right[here] = -exchange
    for site in np.flatnonzero(far.reshape(-1)):
        system[[site], :] = 0.0
        system[site, site] = 1.0
    return spsolve(system.tocsr(), right).reshape(n, n)


def test_only_fields_that_cross_walls_have_a_conductance(mesh):
    lattice = Lattice((24, 24, 24), 20.0)
    pieces = cut(lattice, mesh)
    touch = wall_exchange.contacts(lattice, mesh, pieces, DEFAULT_FIELDS)
    rates = wall_exchange.conductances(lattice, mesh, touch, DEFAULT_FIELDS)
    assert set(rates) == {n for n, p in DEFAULT_FIELDS.items() if p.vessel_permeability > 0.0}
    assert all(r.shape == touch.sites.shape and np.all(r >= 0.0) for r in rates.values())


def flowing(**columns) -> VesselNetwork:
    """Three parallel vessels across 10 sites of 20 um: red cells in full, at half, no flow."""
    y = np.array([30.0, 90.0, 150.0])
    ends = np.array([[(0.0, v, 30.0), (200.0, v, 30.0)] for v in y]).reshape(-1, 3)
    given = {
        "radius": np.full(3, 5.0),
        "state": np.zeros(3),
        "flow": np.array([2.0, -1.0, 0.0]),
        "haematocrit": np.array([0.45, 0.225, 0.45]),
        "flow_solved": True,
    }
    return VesselNetwork(ends, np.arange(6).reshape(3, 2), **(given | columns))


FLOW_LATTICE = Lattice((5, 10, 10), 20.0)


def rates_by_vessel(chain: VesselNetwork, **changes) -> np.ndarray:
    """Exchange rate in a site of each of the three vessels [1/h]."""
    pieces = cut(FLOW_LATTICE, chain)
    field = replace(OXYGEN, **changes)
    touch = wall_exchange.contacts(FLOW_LATTICE, chain, pieces, {"u": field})
    rate = wall_exchange.contact_conductance(FLOW_LATTICE, chain, touch, field)
    return rate[touch.own].reshape(3, 10)[:, 4]


def test_oxygen_comes_with_the_red_cells_and_only_with_flow():
    full = rates_by_vessel(flowing(flow_solved=False))[0]
    assert rates_by_vessel(flowing()) == pytest.approx([full, full / 2, 0.0], rel=1e-12)


def test_plasma_carries_the_rest():
    full = rates_by_vessel(flowing(flow_solved=False))[0]
    assert rates_by_vessel(flowing(), carrier="plasma") == pytest.approx(
        [full, full, 0.0], rel=1e-12
    )


def test_until_flow_is_solved_all_but_collapsed_vessels_exchange():
    rates = rates_by_vessel(
        flowing(flow_solved=False, state=np.array([INTACT, IMMATURE, COLLAPSED]))
    )
    assert rates[0] == rates[1] > 0.0 and rates[2] == 0.0


def test_walls_are_as_open_as_their_state_and_flow():
    """Intact 1, immature 3, without flow 0 or what is stated, collapsed 0; the torn apart."""
    area = 2 * np.pi * 5.0 * 20.0
    states = np.array([IMMATURE, RUPTURED, INTACT])
    for entry, idle in ((EntryParameters(), 0.0), (EntryParameters(unperfused_factor=0.25), 0.25)):
        chain = flowing(state=states)
        sites = perfusion.vessel_sites(
            FLOW_LATTICE, chain, cut(FLOW_LATTICE, chain), entry
        )
        intact, ruptured = (
            a.reshape(3, 10)[:, 4] for a in (sites.intact_area, sites.ruptured_area)
        )
        assert intact == pytest.approx([3 * area, 0.0, idle * area])
        assert ruptured == pytest.approx([0.0, area, 0.0])
    shut = flowing(state=np.full(3, COLLAPSED))
    sites = perfusion.vessel_sites(FLOW_LATTICE, shut, cut(FLOW_LATTICE, shut))
    assert sites.largest_area == 0.0 and not sites.length.any()


def test_cells_arrive_where_blood_runs():
    """A DTC leaves a vessel that is perfused, drawn by length; without any, the middle."""
    chain = flowing()
    sites = perfusion.vessel_sites(FLOW_LATTICE, chain, cut(FLOW_LATTICE, chain))
    found = [seeding.arrest_site(FLOW_LATTICE, sites, 1, 0, cluster) for cluster in range(400)]
    rows = np.unravel_index(found, FLOW_LATTICE.shape)[1]
    assert set(rows) == {1, 4} and abs(np.mean(rows == 1) - 0.5) < 0.1
    still = flowing(flow=np.zeros(3))
    sites = perfusion.vessel_sites(FLOW_LATTICE, still, cut(FLOW_LATTICE, still))
    middle = np.ravel_multi_index((2, 5, 5), FLOW_LATTICE.shape)
    assert seeding.arrest_site(FLOW_LATTICE, sites, 1, 0, 7) == middle
