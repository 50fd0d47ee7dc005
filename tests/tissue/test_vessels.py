"""Vessels: traced pieces conserve length, the mesh has the density asked for, evenly spread."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybridmet._core.vessels import trace
from hybridmet.errors import KernelError, ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.tissue.capillary_mesh import capillary_mesh
from hybridmet.tissue.vessel_parameters import VesselParameters
from hybridmet.tissue.vessels import (
    COLLAPSED,
    IMMATURE,
    INTACT,
    NODE_COLUMNS,
    RUPTURED,
    SEGMENT_COLUMNS,
    VesselNetwork,
)

BLOCK = Lattice((48, 40, 32))
SHEET = Lattice((120, 100))
coordinate = st.one_of(st.floats(0.0, 1.0), st.sampled_from([0.0, 0.25, 0.5, 1.0]))


def network(nodes, radius=5.0, state=INTACT) -> VesselNetwork:
    """A chain of segments through nodes."""
    m = len(nodes) - 1
    segments = np.stack([np.arange(m), np.arange(1, m + 1)], axis=1).astype(np.int32)
    return VesselNetwork(
        np.array(nodes, float), segments, np.full(m, radius), np.full(m, state, np.uint8)
    )


@given(
    shape=st.one_of(
        st.tuples(st.integers(1, 40), st.integers(1, 40)), st.tuples(*[st.integers(1, 20)] * 3)
    ),
    ends=st.lists(st.tuples(coordinate, coordinate, coordinate), min_size=2, max_size=8),
    spacing=st.floats(0.5, 300.0),
)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_pieces_of_a_segment_add_up_to_its_length(shape, ends, spacing):
    lattice = Lattice(shape, spacing)
    chain = network(np.array(ends) * lattice.extent)
    segment, site, length = trace(lattice, chain.nodes, chain.segments)
    totals = np.bincount(segment, weights=length, minlength=len(chain.segments))
    np.testing.assert_allclose(totals, chain.lengths, rtol=1e-9, atol=1e-9 * spacing)
    assert np.all(length > 0.0) and np.all(length <= np.sqrt(3.0) * spacing * (1 + 1e-9))
    inside = lattice.padded(0, np.uint8)
    lattice.interior(inside)[...] = 1
    assert np.all(inside.reshape(-1)[site] == 1)
    assert np.all(np.diff(segment) >= 0)


def test_a_slanted_segment_visits_the_sites_of_its_points():
    lattice = Lattice((30, 20, 25), 7.0)
    chain = network([(1.0, 139.0, 3.0), (171.0, 2.0, 205.0)])
    _, site, length = trace(lattice, chain.nodes, chain.segments)
    along = (np.cumsum(length) - length / 2) / chain.lengths[0]
    middle = chain.nodes[0] + along[:, None] * (chain.nodes[1] - chain.nodes[0])
    x, y, z = (middle // lattice.spacing).astype(int).T
    np.testing.assert_array_equal(
        site, np.ravel_multi_index((z + 1, y + 1, x + 1), lattice.padded_shape)
    )


@pytest.mark.parametrize("outside", [(-1e-6, 1.0, 1.0), (1.0, 1e6, 1.0), (1.0, 1.0, np.nan)])
def test_a_node_outside_the_lattice_is_refused(outside):
    chain = network([(1.0, 1.0, 1.0), outside])
    with pytest.raises(KernelError, match=r"vessels.trace: nodes, segments"):
        trace(BLOCK, chain.nodes, chain.segments)


def test_a_node_number_out_of_range_is_refused():
    chain = network([(1.0, 1.0, 1.0), (2.0, 2.0, 2.0)])
    with pytest.raises(KernelError, match="outside its table"):
        trace(BLOCK, chain.nodes, chain.segments + np.int32(1))


def test_no_segments_leave_no_pieces():
    nodes, segments = np.zeros((0, 3)), np.zeros((0, 2), np.int32)
    assert [len(column) for column in trace(BLOCK, nodes, segments)] == [0, 0, 0]


@pytest.mark.parametrize("lattice", [BLOCK, SHEET, Lattice((5, 60, 60)), Lattice((64, 64), 10.0)])
@pytest.mark.parametrize("density", [2e-5, 1e-4, 3e-4])
def test_the_mesh_reaches_its_length_density(lattice, density):
    mesh = capillary_mesh(lattice, VesselParameters(length_density=density), seed=1, tissue=0)
    wanted = density * np.prod(lattice.extent)
    assert mesh.lengths.sum() == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize(("lattice", "margin"), [(Lattice((64, 64, 64)), 5), (SHEET, 17)])
def test_the_mesh_is_spread_evenly_from_side_to_side(lattice, margin):
    """Away from the sides the density is what was asked for, not what the sides leave over."""
    parameters = VesselParameters(length_density=2e-4)
    inner = []
    for seed in range(6):
        mesh = capillary_mesh(lattice, parameters, seed=seed, tissue=0)
        _, site, length = trace(lattice, mesh.nodes, mesh.segments)
        weights = np.bincount(site, weights=length, minlength=np.prod(lattice.padded_shape))
        there = lattice.interior(weights.reshape(lattice.padded_shape))
        core = there[(slice(margin, -margin),) * lattice.dim]
        inner.append(core.sum() / (core.size * lattice.spacing**3))
    assert np.mean(inner) == pytest.approx(2e-4, rel=0.05)


def test_every_segment_has_length_and_every_node_is_used():
    mesh = capillary_mesh(BLOCK, VesselParameters(), seed=1, tissue=0)
    assert np.all(mesh.lengths > 0.0)
    np.testing.assert_array_equal(np.unique(mesh.segments), np.arange(len(mesh.nodes)))


def test_without_density_there_are_no_vessels():
    for lattice in (BLOCK, SHEET):
        mesh = capillary_mesh(lattice, VesselParameters(length_density=0.0), seed=1, tissue=0)
        assert len(mesh.segments) == len(mesh.radius) == len(mesh.state) == 0


def test_a_mesh_finer_than_the_lattice_is_refused():
    with pytest.raises(ScenarioError, match=r"length_density: got 39000 mm/mm\^3, must be <="):
        capillary_mesh(BLOCK, VesselParameters(length_density=0.039), seed=1, tissue=0)


def test_radii_and_ruptures_follow_their_parameters():
    parameters = VesselParameters(
        length_density=3e-4, radius=6.0, radius_variation=0.3, ruptured_fraction=0.2
    )
    mesh = capillary_mesh(Lattice((64, 64, 64)), parameters, seed=1, tissue=0)
    n = len(mesh.radius)
    assert mesh.radius.mean() == pytest.approx(6.0, abs=3 * 1.8 / np.sqrt(n))
    assert mesh.radius.std() == pytest.approx(1.8, rel=0.1)
    share = np.mean(mesh.state == RUPTURED)
    assert abs(share - 0.2) <= 3 * np.sqrt(0.2 * 0.8 / n)
    assert mesh.perfused.all()


def test_a_mesh_depends_on_seed_and_tissue_only():
    meshes = [
        capillary_mesh(BLOCK, VesselParameters(), seed=seed, tissue=tissue)
        for seed, tissue in [(1, 0), (1, 0), (2, 0), (1, 1)]
    ]
    np.testing.assert_array_equal(meshes[0].nodes, meshes[1].nodes)
    np.testing.assert_array_equal(meshes[0].segments, meshes[1].segments)
    for other in meshes[2:]:
        assert meshes[0].nodes.shape != other.nodes.shape or np.any(meshes[0].nodes != other.nodes)


def test_columns_left_out_hold_what_a_static_network_is():
    chain = network([(0, 0, 0), (30, 0, 0), (30, 40, 0)])
    assert len(chain.boundary) == len(chain.pressure) == len(chain.tip) == 3
    assert len(chain.flow) == len(chain.age) == 2
    np.testing.assert_array_equal(chain.maturity, 1.0)
    np.testing.assert_array_equal(chain.haematocrit, 0.45)
    assert not chain.flow_solved and chain.perfused.all()
    assert chain.segments.dtype == np.int32 and chain.boundary.dtype == np.uint8


def test_a_column_of_another_length_is_refused():
    with pytest.raises(ValueError, match=r"VesselNetwork.age: got 3 rows, must be 1"):
        replace(network([(0, 0, 0), (1, 0, 0)]), age=np.zeros(3))


def test_collapsed_segments_and_those_without_flow_carry_no_blood():
    chain = network([(0, 0, 0), (1, 0, 0), (2, 0, 0), (3, 0, 0)])
    state = np.array([INTACT, COLLAPSED, RUPTURED], np.uint8)
    np.testing.assert_array_equal(replace(chain, state=state).perfused, [True, False, True])
    solved = replace(chain, state=state, flow=np.array([-1e-5, 1.0, 1e-15]), flow_solved=True)
    np.testing.assert_array_equal(solved.perfused, [True, False, False])
    assert not replace(solved, flow=np.zeros(3)).perfused.any()


def test_new_segments_are_immature_and_old_ones_stay_as_they_were():
    chain = replace(network([(0, 0, 0), (30, 0, 0)]), age=np.array([7.0]))
    grown = chain.added([(30, 20, 0)], [(1, 2)], radius=3.0, tip=[1])
    np.testing.assert_array_equal(grown.segments, [(0, 1), (1, 2)])
    np.testing.assert_array_equal(grown.state, [INTACT, IMMATURE])
    np.testing.assert_array_equal(grown.age, [7.0, 0.0])
    np.testing.assert_array_equal(grown.maturity, [1.0, 0.0])
    np.testing.assert_array_equal(grown.haematocrit, [0.45, 0.0])
    np.testing.assert_array_equal(grown.tip, [0, 0, 1])
    np.testing.assert_array_equal(grown.lengths, [30.0, 20.0])


def test_a_segment_may_join_two_nodes_that_are_there():
    chain = network([(0, 0, 0), (30, 0, 0), (30, 40, 0)])
    loop = chain.added(np.empty((0, 3)), [(2, 0)], radius=[2.0])
    assert len(loop.nodes) == 3
    np.testing.assert_array_equal(loop.segments[-1], (2, 0))
    assert loop.lengths[-1] == 50.0


def test_dropping_segments_drops_the_nodes_nobody_uses():
    chain = replace(network(np.eye(4, 3) * 9.0), boundary_value=np.arange(4.0))
    kept = chain.kept(np.array([True, False, False]))
    np.testing.assert_array_equal(kept.nodes, chain.nodes[:2])
    kept = chain.kept(np.array([False, False, True]))
    np.testing.assert_array_equal(kept.segments, [(0, 1)])
    np.testing.assert_array_equal(kept.boundary_value, [2.0, 3.0])
    np.testing.assert_array_equal(kept.nodes, chain.nodes[2:])


def test_every_column_is_part_of_the_digest():
    names = [name for name, _ in network([(0, 0, 0), (1, 0, 0)]).state_arrays()]
    wanted = [*NODE_COLUMNS, *SEGMENT_COLUMNS, "flow_solved"]
    assert sorted(names) == sorted(wanted)
