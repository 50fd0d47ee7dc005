"""Blood that loses what it gives, against exact approaches, balances and Krogh-Erlang's cylinder."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad

from hybridmet.errors import KernelError
from hybridmet.lattice import Lattice
from hybridmet.tissue import wall_exchange
from hybridmet.tissue.blood_flow import BloodFlow, solve_flow
from hybridmet.tissue.blood_transport import BloodTransport
from hybridmet.tissue.capillary_mesh import capillary_mesh
from hybridmet.tissue.carriage import FLOW_UNIT, Carriage
from hybridmet.tissue.cells import kind_of
from hybridmet.tissue.fields import DEFAULT_FIELDS, CellTables, Fields
from hybridmet.tissue.initial_cells import InitialCells
from hybridmet.tissue.phenotypes import DEFAULT_PHENOTYPES
from hybridmet.tissue.pieces import cut
from hybridmet.tissue.tissue import Tissue
from hybridmet.tissue.tissue_parameters import TissueParameters
from hybridmet.tissue.vasculature import Vasculature
from hybridmet.tissue.vessel_line import VesselLine
from hybridmet.tissue.vessel_parameters import VesselParameters
from hybridmet.tissue.vessels import NO_BOUNDARY, PRESSURE_BOUNDARY, VesselNetwork
from tests.tissue.field_problems import bytes_of, per_byte
from tests.tissue.test_krogh import krogh

LATTICE = Lattice((10, 12, 14), 20.0)
OXYGEN = replace(DEFAULT_FIELDS["oxygen"], blood_value=95.0)
PLASMA = replace(OXYGEN, carrier="plasma")
HUMAN = BloodTransport()


def touching(network, lattice=LATTICE) -> wall_exchange.Contacts:
    return wall_exchange.contacts(
        lattice, network, cut(lattice, network), {"oxygen": OXYGEN}
    )


def rates_of(network, field) -> np.ndarray:
    """Exchange rate of each site that touches a vessel [1/h]."""
    touch = touching(network)
    return wall_exchange.conductances(LATTICE, network, touch, {"u": field})["u"]


def carriage(network, field=OXYGEN, transport=HUMAN, lattice=LATTICE) -> Carriage:
    touch = touching(network, lattice)
    conductance = wall_exchange.contact_conductance(lattice, network, touch, field)
    return Carriage(network, touch, conductance, lattice.spacing**3, field, transport, {})


def everywhere(value: float, lattice=LATTICE) -> np.ndarray:
    return lattice.padded(value)


def capillary(flow: float = 1.0, haematocrit: float = 0.45, radius: float = 3.0) -> VesselNetwork:
    """One vessel askew through the lattice, run by blood from its second node to its first."""
    nodes = np.array([[3.0, 17.0, 31.0], [271.0, 222.0, 180.0]])
    return VesselNetwork(
        nodes, np.array([[0, 1]]), np.array([radius]), np.zeros(1), pressure=[10.0, 20.0],
        boundary=[PRESSURE_BOUNDARY] * 2, boundary_value=[10.0, 20.0], flow=[-flow],
        haematocrit=[haematocrit], flow_solved=True,
    )  # fmt: skip


def mesh(seed: int = 3) -> VesselNetwork:
    """A mesh with solved flow."""
    made = capillary_mesh(LATTICE, VesselParameters(length_density=4e-4), seed=seed, tissue=0)
    flow = BloodFlow()
    return solve_flow(flow.with_pressures(made, LATTICE), flow)[0]


def uneven(seed: int = 0, most: float = 80.0) -> np.ndarray:
    """A padded field that differs from site to site."""
    return most * np.random.default_rng(seed).random(LATTICE.padded_shape)


def passage(network: VesselNetwork, field) -> float:
    """Conductance of the only vessel's whole wall over its flow."""
    touch = touching(network)
    total = wall_exchange.contact_conductance(LATTICE, network, touch, field).sum()
    return float(total / (FLOW_UNIT * abs(network.flow[0])))


@pytest.mark.parametrize("flow", [50.0, 300.0, 5000.0])
def test_tension_approaches_that_of_the_tissue_exponentially(flow):
    """Plasma holds in proportion: P = u + (P_in - u) exp(-K / (Q (1 - H)))."""
    network = capillary(flow)
    node, _ = carriage(network, PLASMA).run(everywhere(20.0))
    decay = np.exp(-passage(network, PLASMA) / (1.0 - 0.45))
    assert node[1] == pytest.approx(95.0, rel=1e-14)
    assert node[0] == pytest.approx(20.0 + 75.0 * decay, rel=1e-10)


@pytest.mark.parametrize("flow", [1.0, 3.0, 30.0])
def test_the_curve_of_red_cells_is_followed(flow):
    """The integral of E'(P) / (P - u) over the tensions passed is K / Q."""
    network, transport = capillary(flow), BloodTransport()
    node, _ = carriage(network).run(everywhere(20.0))
    b = 0.45 * transport.binding_capacity / transport.tissue_solubility
    s = transport.blood_solubility / transport.tissue_solubility

    def integrand(y):  # y = ln(P - u)
        p, n, half = 20.0 + np.exp(y), transport.hill_power, transport.half_saturation
        ratio = (p / half) ** n
        return b * n * ratio / (p * (1.0 + ratio) ** 2) + s

    way = quad(integrand, np.log(node[0] - 20.0), np.log(75.0), epsabs=0.0, epsrel=1e-10)[0]
    assert node[0] < 94.9
    assert way == pytest.approx(passage(network, OXYGEN), rel=1e-5)


def cut_anew(network: VesselNetwork, parts: int) -> VesselNetwork:
    """The same vessels and flow in `parts` times as many segments, new nodes at odd places."""
    share = np.linspace(0.0, 1.0, parts + 1)[1:-1] ** 1.3
    nodes, pressure, segments = [network.nodes], [network.pressure], []
    count = len(network.nodes)
    for row, (a, b) in enumerate(network.segments):
        number = count + row * len(share) + np.arange(len(share))
        nodes.append(network.nodes[a] + share[:, None] * (network.nodes[b] - network.nodes[a]))
        pressure.append(network.pressure[a] + share * (network.pressure[b] - network.pressure[a]))
        chain = np.concatenate([[a], number, [b]])
        segments.append(np.stack([chain[:-1], chain[1:]], axis=1))
    more = len(share) * len(network.segments)
    return VesselNetwork(
        np.concatenate(nodes), np.concatenate(segments), np.repeat(network.radius, parts),
        np.repeat(network.state, parts), pressure=np.concatenate(pressure),
        boundary=np.concatenate([network.boundary, np.full(more, NO_BOUNDARY)]),
        boundary_value=np.concatenate([network.boundary_value, np.zeros(more)]),
        inlet_haematocrit=np.concatenate([network.inlet_haematocrit, np.zeros(more)]),
        flow=np.repeat(network.flow, parts), haematocrit=np.repeat(network.haematocrit, parts),
        flow_solved=True,
    )  # fmt: skip


@pytest.mark.parametrize("field", [OXYGEN, PLASMA])
def test_it_does_not_matter_how_vessels_are_cut_into_segments(field):
    network, u = mesh(), uneven()
    whole, _ = carriage(network, field).run(u)
    parts, _ = carriage(cut_anew(network, 4), field).run(u)
    np.testing.assert_allclose(parts[: len(whole)], whole, rtol=1e-9)
    sources = [carriage(one, field) for one in (network, cut_anew(network, 4))]
    padded = [LATTICE.padded(0.0) for _ in sources]
    for blood, there in zip(sources, padded, strict=True):
        blood.begin(u)
        there.reshape(-1)[blood._touch.sites] = blood.source
    np.testing.assert_allclose(padded[1], padded[0], rtol=1e-7, atol=1e-9 * padded[0].max())


@pytest.mark.parametrize("field", [OXYGEN, PLASMA])
def test_what_enters_leaves_or_is_given(field):
    """In at the inlets, out at the outlets and the sum over sites balance to rounding."""
    network, u = mesh(), uneven()
    blood = carriage(network, field)
    node, tension = blood.run(u)
    content = BloodTransport().content(field)
    first, second = network.segments.T
    upper = np.where(network.flow >= 0.0, first, second)
    lower = np.where(network.flow >= 0.0, second, first)
    # Ends of a mesh have one segment each: what leaves upper ends entered there.
    degree = np.bincount(network.segments.ravel(), minlength=len(network.nodes))
    ends = (degree == 1) & (network.boundary != NO_BOUNDARY)
    carried = FLOW_UNIT * np.abs(network.flow)
    inlets, outlets = ends[upper] & (carried > 0.0), ends[lower] & (carried > 0.0)
    entered = carried[inlets] * content.of(network.haematocrit[inlets], node[upper[inlets]])
    left = carried[outlets] * content.of(network.haematocrit[outlets], node[lower[outlets]])
    touch = blood._touch
    around = u.reshape(-1)[touch.sites][touch.place]
    given = blood._contact * (tension[touch.piece] - around)
    assert inlets.sum() > 10 and outlets.sum() > 10 and given.sum() > 0.02 * entered.sum()
    assert left.sum() + given.sum() == pytest.approx(entered.sum(), rel=1e-12)


def test_the_limits_of_fast_and_slow_blood():
    """Fast: the blood value everywhere, as without transport. Slow: blood takes on the tension of
    the tissue at once, and gives no more than it brings."""
    network, u = mesh(), everywhere(20.0)
    flowing = network.perfused
    for scale, tension in ((1e12, 95.0), (1e-12, 20.0)):
        moved = replace(network, flow=scale * network.flow)
        blood = carriage(moved)
        blood.begin(u)
        inner = flowing & (network.boundary[network.segments] == NO_BOUNDARY).all(axis=1)
        np.testing.assert_allclose(blood.per_segment(u)[inner], tension, rtol=1e-6)
    fast = carriage(replace(network, flow=1e12 * network.flow))
    fast.begin(u)
    rates = rates_of(network, OXYGEN)
    np.testing.assert_allclose(fast.source, 95.0 * rates, rtol=1e-6)


@pytest.mark.parametrize("flow", [1e-2, 30.0, 300.0, 1e5])
def test_exchange_is_limited_by_flow_and_by_the_wall(flow):
    """Renkin and Crone: of what is brought above the tissue's tension, 1 - exp(-PS / Q) is given."""
    network = capillary(flow, haematocrit=0.0)
    blood = carriage(network, PLASMA)
    u = everywhere(20.0)
    blood.begin(u)
    rates = rates_of(network, PLASMA)
    given = np.sum(blood.source - 20.0 * rates) * LATTICE.spacing**3
    extraction = -np.expm1(-passage(network, PLASMA))
    assert given == pytest.approx(FLOW_UNIT * flow * 75.0 * extraction, rel=1e-9)


def test_blood_that_stands_still_has_the_tension_around_it():
    still = capillary(0.0)
    blood = carriage(still)
    assert blood.per_segment(everywhere(33.0)) == pytest.approx([33.0])
    blood.begin(everywhere(33.0))
    assert not blood.source.any()


def test_order_follows_flow_where_no_pressure_is_known_yet():
    """Nodes that a sprout has put into a vessel have no pressure until flow is solved anew."""
    network, u = cut_anew(mesh(), 2), uneven()
    known, _ = carriage(network).run(u)
    none, _ = carriage(replace(network, pressure=np.zeros(len(network.nodes)))).run(u)
    np.testing.assert_array_equal(none, known)


def test_blood_that_runs_in_a_ring_is_refused():
    nodes = np.array([[50.0, 50.0, 50.0], [150.0, 50.0, 50.0], [100.0, 150.0, 50.0]])
    ring = VesselNetwork(
        nodes, np.array([[0, 1], [1, 2], [2, 0]]), np.full(3, 5.0), np.zeros(3),
        flow=np.ones(3), flow_solved=True,
    )  # fmt: skip
    with pytest.raises(KernelError):
        carriage(ring).run(everywhere(1.0))


def vessel_along_z(
    lattice: Lattice, transport: BloodTransport, field
) -> tuple[Vasculature, Fields]:
    """A capillary through the middle, from side to side, with flow by pressure."""
    half = lattice.extent[2] / 2.0
    line = VesselLine((0.0, 0.0, -half), (0.0, 0.0, half), radius=3.0)
    flow = BloodFlow(inlet_side="z-", inlet_pressure=160.0)
    parameters = VesselParameters(lines=(line,), flow=flow, transport={"oxygen": transport})
    fields = Fields(lattice, {"oxygen": field})
    kind = lattice.padded(0, np.uint8, 1)
    return Vasculature(lattice, parameters, fields, kind, seed=1, tissue=0), fields


def falling(network, content, field, lattice, taken) -> np.ndarray:
    """Tension of the blood at each site along z: flow E(P) - D A dP/dz = what entered less what
    was taken so far."""
    flow, h = FLOW_UNIT * network.flow[0], network.haematocrit[0]
    curve, area = np.linspace(0.0, 50.0, 40001), lattice.extent[0] * lattice.extent[1]
    z = (np.arange(lattice.shape[0]) + 0.5) * lattice.spacing
    alone, slope = np.zeros(len(z)), np.zeros(len(z))
    for _ in range(2):  # first without diffusion, which tells the slope
        held = (
            content.of(h, field.blood_value) - (taken * z - field.diffusivity * area * slope) / flow
        )
        alone = np.interp(held, content.of(h, curve), curve)
        slope = np.gradient(alone, lattice.spacing)
    return alone


@pytest.mark.parametrize(
    "field, transport", [(OXYGEN, BloodTransport()), (PLASMA, BloodTransport(partition=200.0))]
)
def test_krogh_erlang_s_cylinder(field, transport):
    """Blood that falls along the vessel by what the cylinder around it takes up, and around it
    Krogh's profile: by the engine, to 2 % of the tension, 500 um from the ends. What diffuses along
    the tissue, which Krogh and Erlang leave out, is a tenth of what blood carries: it is counted."""
    lattice, tissue, kappa = Lattice((160, 23, 23), 10.0), 100.0, 2.0
    field = replace(field, tolerance=1e-9, background_uptake_rate=0.0, blood_value=50.0)
    transport = replace(transport, tolerance=1e-6)
    uptake = 4.0 * field.diffusivity * kappa / tissue**2
    z, y, x = np.indices(lattice.shape)
    r = lattice.spacing * np.hypot(y - 11, x - 11)
    inside = r <= tissue
    kind = bytes_of(lattice, np.where(inside, kind_of(0), 0))
    tables = CellTables(secretion={"oxygen": per_byte(k1=-uptake)})
    vessels, fields = vessel_along_z(lattice, transport, field)
    fields.equilibrate(kind, tables, vessels.exchange)
    taken = uptake * np.count_nonzero(inside[0]) * lattice.spacing**2  # per length
    blood = falling(vessels.network, transport.content(field), field, lattice, taken)[z]
    wall = taken / (2.0 * np.pi * 3.0 * field.vessel_permeability)
    exact = blood - wall + krogh(np.where(r > 0.0, r, 10.0), tissue, 3.0, kappa)
    assert np.ptp(blood) > 15.0 and exact[inside].min() > 5.0
    away = inside & (r > 15.0) & (np.abs(z - 79.5) < 30.0)
    np.testing.assert_allclose(fields["oxygen"][away], exact[away], rtol=0.02)
    assert "transport_unsettled" not in vessels.events


def grown(transport: dict, threads: int = 1, tolerance: float = 1e-6) -> Tissue:
    oxygen = replace(DEFAULT_FIELDS["oxygen"], tolerance=tolerance)
    made = Tissue(
        "here", index=0, bed="liver", lattice=Lattice((20, 20, 20)),
        fields=DEFAULT_FIELDS | {"oxygen": oxygen}, phenotypes=DEFAULT_PHENOTYPES,
        vessels=VesselParameters(flow=BloodFlow(), transport=transport),
        parameters=TissueParameters(), seed=5, threads=threads,
    )  # fmt: skip
    made.start(InitialCells(radius=80.0))
    return made


def test_tissue_takes_what_the_blood_loses():
    """Uptake of all sites against what the blood has lost, to the tolerance."""
    made = grown({"oxygen": BloodTransport(tolerance=1e-6)}, tolerance=1e-10)
    loss, source = made.fields.rates(
        "oxygen", made.cells.columns["kind"], made._tables, made.vasculature.exchange
    )
    supply = made.vasculature.exchange.supply["oxygen"]
    there = made.fields.padded("oxygen").reshape(-1)[supply._touch.sites]
    exchange = made.vasculature.exchange.conductance["oxygen"]
    given = (supply.source - exchange * there) * made.lattice.spacing**3
    total = np.sum(loss * made.fields["oxygen"]) - np.sum(exchange * there)
    assert given.sum() == pytest.approx(total * made.lattice.spacing**3, rel=1e-4)
    assert source.max() > 0.0


def test_blood_that_runs_out_leaves_less_for_the_tissue():
    plain, carried = grown({}), grown({"oxygen": BloodTransport()})
    assert carried.fields["oxygen"].mean() < plain.fields["oxygen"].mean()
    tension = carried.blood["oxygen"][carried.vessels.perfused]
    assert 0.0 < tension.min() < 19.0 and tension.max() <= 20.0 * (1.0 + 1e-12)
    assert plain.blood == {} and "transport_rounds" not in plain.numerics()["vessels"]
    assert carried.numerics()["vessels"]["transport_rounds"] > 0


def test_blood_runs_through_a_network_that_grows():
    """Sprouts split vessels, meet and carry blood between two solutions of the flow."""
    from hybridmet.scenario import loads_scenario
    from hybridmet.scenario.preset import preset_named
    from hybridmet.simulation import Simulation

    overrides = (
        "primary.vessels.transport.oxygen={}",
        "primary.shape=[24, 24, 24]",
        "primary.vessels.lines=[]",
        "primary.cells.radius=150 um",
    )
    sim = Simulation(loads_scenario(preset_named("vascular_tumour").text, overrides), seed=1)
    primary, segments = sim.patient.primary, set()
    while sim.patient.time < 120.0:
        sim.patient.step(1.0)
        segments.add(len(primary.vessels.segments))
    events = primary.numerics()["vessels"]
    assert len(segments) > 20 and events["sprouts"] > 10 and events["flow_solves"] > 3
    tension = primary.blood["oxygen"][primary.vessels.perfused]
    assert 0.0 < tension.min() <= tension.max() <= 20.0 * (1.0 + 1e-9)
    assert "transport_unsettled" not in events


def test_carriage_is_the_same_for_any_number_of_threads():
    found = []
    for threads in (1, 2, 3):
        made = grown({"oxygen": BloodTransport()}, threads)
        for _ in range(6):
            made.step(1.0)
        found.append([(name, a.tobytes()) for name, a in made.state_arrays()])
    assert found[0] == found[1] == found[2]
    assert made.numerics()["vessels"]["transport_rounds"] >= 6


def test_blood_follows_from_network_and_tissue_alone():
    """A carriage made anew in the midst of a run goes on bitwise as the old one."""
    one, other = (grown({"oxygen": BloodTransport()}) for _ in range(2))
    for _ in range(3):
        one.step(1.0), other.step(1.0)
        other.vasculature._embed()
    assert [a.tobytes() for _, a in one.state_arrays()] == [
        a.tobytes() for _, a in other.state_arrays()
    ]
