"""Which vessel stands in a site, and splitting segments."""

import numpy as np
import pytest

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.tissue.pieces import cut
from hybridmet.tissue.vessel_line import VesselLine, vessel_lines
from hybridmet.tissue.vessel_map import NONE, WALL, MapRoom, VesselMap, first_of_each
from hybridmet.tissue.vessel_split import split
from hybridmet.tissue.vessels import VesselNetwork


def network_of(nodes, segments) -> VesselNetwork:
    m = len(segments)
    return VesselNetwork(np.array(nodes, float), np.array(segments, np.int32).reshape(-1, 2),
                         np.arange(m) + 3.0, np.zeros(m, np.uint8))  # fmt: skip


def mapped(lattice, network) -> VesselMap:
    return VesselMap(lattice, network, cut(lattice, network))


@pytest.mark.parametrize("boundary", ["closed", "periodic"])
def test_a_map_in_the_room_of_another_is_as_a_new_one(boundary):
    """Whatever was mapped or put there before."""
    lattice, rng = Lattice((7, 8, 9), 10.0, boundary), np.random.default_rng(4)
    room = MapRoom(lattice)
    for _ in range(5):
        nodes = rng.random((12, 3)) * np.array(lattice.extent)
        network = network_of(nodes, np.stack([np.arange(11), np.arange(1, 12)], axis=1))
        pieces = cut(lattice, network)
        fresh, again = mapped(lattice, network), VesselMap(lattice, network, pieces, room)
        np.testing.assert_array_equal(again.node, fresh.node)
        np.testing.assert_array_equal(again.piece, fresh.piece)
        free = np.flatnonzero(again.free(np.arange(len(again.node))))[:40]
        again.put(free, np.arange(len(free)))


def test_map_knows_nodes_pieces_and_walls():
    lattice = Lattice((6, 6), 10.0)
    network = network_of([[5, 5, 5], [55, 5, 5], [5, 15, 5]], [[0, 1], [0, 2]])
    there = mapped(lattice, network)
    node = lattice.interior(there.node.reshape(lattice.padded_shape))
    piece = lattice.interior(there.piece.reshape(lattice.padded_shape))
    assert node[0].tolist() == [0, NONE, NONE, NONE, NONE, 1]
    assert node[1, 0] == 2
    assert np.all(piece[0] >= 0)
    assert np.all(piece[1:] == NONE)
    np.testing.assert_allclose(there.pieces.along[piece[0, 1:5]], [0.2, 0.4, 0.6, 0.8])
    assert there.node.reshape(lattice.padded_shape)[0, 0, 0] == WALL
    assert np.count_nonzero(there.free(np.arange(there.node.size))) == 36 - 7


def test_of_several_nodes_in_a_site_the_lowest_stands_for_it():
    lattice = Lattice((3, 3, 3), 10.0)
    nodes = [[4, 4, 4], [2, 4, 4], [9, 9, 3]]
    for order in ([0, 1, 2], [2, 0, 1], [1, 2, 0]):
        there = mapped(lattice, network_of([nodes[k] for k in order], []))
        site = lattice.padded_sites(np.array([[5.0, 5.0, 5.0]]))
        assert order[there.node[site][0]] == 2


def test_first_of_each_takes_the_smallest_keys():
    sites = np.array([7, 3, 7, 7, 5])
    rows = first_of_each(sites, (np.array([2, 0, 1, 1, 9]), np.array([0, 0, 5, 4, 0])))
    assert sorted(rows.tolist()) == [1, 3, 4]


def test_split_keeps_columns_length_and_direction():
    network = network_of([[0, 0, 0], [10, 0, 0], [10, 10, 0]], [[0, 1], [1, 2]])
    grown = network.added(np.array([[7.0, 0, 0], [2.0, 0, 0], [10.0, 5, 0]]),
                          np.empty((0, 2), np.int32), radius=np.empty(0))  # fmt: skip
    out = split(grown, np.array([0, 0, 1]), np.array([0.7, 0.2, 0.5]), np.array([3, 4, 5]))
    assert out.segments.tolist() == [[0, 4], [1, 5], [4, 3], [3, 1], [5, 2]]
    assert out.radius.tolist() == [3, 4, 3, 3, 4]
    assert out.lengths.tolist() == [2, 5, 5, 3, 5]
    assert split(grown, np.array([], int), np.array([]), np.array([], int)) is grown


def test_global_and_padded_sites_belong_together():
    for lattice in (Lattice((4, 5), 10.0), Lattice((3, 4, 5), 10.0)):
        sites = np.arange(lattice.sites)
        padded = lattice.padded_sites(lattice.positions(sites))
        np.testing.assert_array_equal(lattice.global_sites(padded), sites)
        assert [lattice.global_site(int(p)) for p in padded] == sites.tolist()
        corner = np.array([lattice.extent])
        assert lattice.global_sites(lattice.padded_sites(corner))[0] == lattice.sites - 1


def test_line_carries_its_sprouts_evenly():
    lattice = Lattice((20, 20), 10.0)
    network = vessel_lines(lattice, (VesselLine((-95.0, -100.0), (-95.0, 100.0), sprouts=5),))
    tips = network.nodes[network.tip == 1]
    np.testing.assert_allclose(tips[:, 1], [20, 60, 100, 140, 180])
    np.testing.assert_allclose(tips[:, 0], 5.0)
    assert network.lengths.sum() == pytest.approx(200.0)
    assert sorted(network.sprout[network.tip == 1]) == [1, 2, 3, 4, 5]


def test_line_that_leaves_the_lattice_is_refused():
    with pytest.raises(ScenarioError, match=r"lines\[0\]\.end: got \(0\.0, 101\.0\)"):
        vessel_lines(Lattice((20, 20), 10.0), (VesselLine((0.0, 0.0), (0.0, 101.0)),))
    with pytest.raises(ScenarioError, match="must differ from start"):
        VesselLine((0.0, 0.0), (0.0, 0.0))


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_segments_does_not_decide_which_stands_for_a_site(seed):
    """Also where several run through one site over the same length."""
    rng = np.random.default_rng(seed)
    lattice = Lattice((4, 4, 4), 10.0)
    nodes = rng.integers(0, 9, (30, 3)) * 5.0
    segments = rng.integers(0, 30, (40, 2))
    segments = segments[(nodes[segments[:, 0]] != nodes[segments[:, 1]]).any(axis=1)]
    found = []
    for given in (segments, rng.permutation(segments)):
        network = network_of(nodes, given)
        there = mapped(lattice, network)
        ends = np.sort(nodes[network.segments[there.pieces.segment]] @ [1.0, 1e3, 1e6], axis=1)
        found.append(np.where((there.piece >= 0)[:, None], ends[there.piece], -1.0))
    np.testing.assert_array_equal(*found)
    assert (found[0] >= 0.0).any()
