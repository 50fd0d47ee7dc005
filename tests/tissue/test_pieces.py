"""Pieces of segments in sites: what is remembered is what is cut anew."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybridmet._core.vessels import distinct, longest
from hybridmet.errors import KernelError
from hybridmet.lattice import Lattice
from hybridmet.tissue.pieces import PieceMemory, cut
from hybridmet.tissue.vessel_split import split
from hybridmet.tissue.vessels import VesselNetwork

LATTICES = [Lattice((9, 8, 7), 10.0), Lattice((12, 9), 10.0)]


def random_network(rng, lattice: Lattice, nodes: int, segments: int) -> VesselNetwork:
    points = rng.random((nodes, 3)) * lattice.extent
    ends = rng.integers(0, nodes, (segments, 2))
    return VesselNetwork(points, ends, np.full(segments, 3.0), np.zeros(segments))


def grown(rng, lattice, network):
    """Segments more, at old nodes and at new ones."""
    n, k = len(network.nodes), int(rng.integers(1, 5))
    links = rng.integers(0, n + k, (int(rng.integers(0, 6)), 2))
    return network.added(rng.random((k, 3)) * lattice.extent, links, radius=2.0)


def divided(rng, lattice, network):
    """Segments cut in two, which changes their ends and adds others."""
    rows = rng.choice(len(network.segments), min(3, len(network.segments)), replace=False)
    share = rng.random(len(rows))
    first, second = network.nodes[network.segments[rows]].transpose(1, 0, 2)
    points = first + share[:, None] * (second - first)
    longer = network.added(points, np.empty((0, 2), np.int32), radius=np.empty(0))
    return split(longer, rows, share, np.arange(len(points)) + len(network.nodes))


def pruned(rng, lattice, network):
    return network.kept(rng.random(len(network.segments)) < rng.choice([0.3, 0.9]))


def shifted(rng, lattice, network):
    """Nodes elsewhere."""
    nodes = network.nodes.copy()
    some = rng.random(len(nodes)) < 0.2
    nodes[some] = rng.random((int(some.sum()), 3)) * lattice.extent
    return VesselNetwork(nodes, network.segments, network.radius, network.state)


CHANGES = (grown, divided, pruned, shifted, lambda rng, lattice, network: network)


def equal(some, others) -> None:
    for name in ("segment", "place", "length", "along", "sites"):
        one, other = getattr(some, name), getattr(others, name)
        assert one.dtype == other.dtype
        assert one.tobytes() == other.tobytes(), name


@given(
    seed=st.integers(0, 10**6),
    lattice=st.sampled_from(LATTICES),
    changes=st.lists(st.sampled_from(CHANGES), min_size=1, max_size=6),
)
@settings(max_examples=150, deadline=None)
def test_what_is_remembered_is_what_is_cut_anew(seed, lattice, changes):
    """To the last bit, whatever happens to the network."""
    rng = np.random.default_rng(seed)
    network = random_network(rng, lattice, 12, int(rng.integers(0, 20)))
    memory = PieceMemory(lattice)
    for change in changes:
        equal(memory.of(network), cut(lattice, network))
        network = change(rng, lattice, network)
    equal(memory.of(network), cut(lattice, network))


def test_a_network_that_runs_as_before_is_not_cut_again():
    network = random_network(np.random.default_rng(1), LATTICES[0], 12, 20)
    memory = PieceMemory(LATTICES[0])
    assert memory.of(network) is memory.of(network)


def test_middles_lie_where_lengths_say():
    lattice = Lattice((6, 6), 10.0)
    network = VesselNetwork([[5.0, 5, 5], [45.0, 5, 5]], [[0, 1]], [3.0], [0])
    pieces = cut(lattice, network)
    np.testing.assert_allclose(pieces.length, [5, 10, 10, 10, 5])
    np.testing.assert_allclose(pieces.along, np.array([2.5, 10, 20, 30, 37.5]) / 40, atol=1e-15)
    assert pieces.mean_of_segments(np.array([1.0, 0, 0, 0, 1]), 1) == pytest.approx([0.25])


def test_the_longest_piece_stands_for_a_site_if_its_segment_counts():
    lattice = Lattice((3, 3), 10.0)
    nodes = [[1.0, 5, 5], [9.0, 5, 5], [5.0, 2, 5], [5.0, 9, 5], [2.0, 1, 5], [2.0, 2, 5]]
    network = VesselNetwork(nodes, [[0, 1], [2, 3], [4, 5]], [3.0] * 3, [0] * 3)
    pieces = cut(lattice, network)
    for counts, best in ([1, 1, 1], 0), ([0, 1, 1], 1), ([0, 0, 1], 2), ([0, 0, 0], -1):
        assert pieces.longest(network, np.array(counts, bool)).tolist() == [best]


@given(st.lists(st.integers(0, 2**32 - 1), max_size=200) | st.lists(st.integers(0, 9), max_size=60))
def test_distinct_values_are_those_of_numpy(values):
    values = np.array(values, np.int64)
    for found, expected in zip(distinct(values), np.unique(values, return_inverse=True), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_what_does_not_exist_is_refused():
    for wrong in (-1, 2**32):
        with pytest.raises(KernelError):
            distinct(np.array([3, wrong]))
    nodes, ends, counts = np.zeros((2, 3)), np.array([[0, 1]], np.int32), np.ones(1, np.uint8)
    row, zero, length = np.zeros(1, np.int32), np.zeros(1, np.int64), np.ones(1)
    for given_ends, segment, place in (
        (ends + np.int32(1), row, zero),
        (ends, row + np.int32(1), zero),
        (ends, row, zero + 1),
    ):
        with pytest.raises(ValueError):
            longest(nodes, given_ends, counts, segment, place, length, 1)
