"""What carries little for long goes; boundaries and growing sprouts stay."""

import numpy as np

from hybridmet.tissue.pruning import Pruning
from hybridmet.tissue.vessels import IMMATURE, PRESSURE_BOUNDARY, VesselNetwork
from tests.tissue.vessel_problems import around, many


def steps(process: Pruning, network: VesselNetwork, n: int, dt: float = 6.0):
    """n steps; the network and how many were pruned in each."""
    pruned = []
    for _ in range(n):
        network, events = process.step(network, around(dt=dt))
        pruned.append(events.get("pruned", 0))
    return network, pruned


def test_low_shear_prunes_after_its_time_and_not_before():
    shear = np.array([1.0, 9.0, 7.9, 8.0])
    network = many(4, flow_solved=True, flow=1.0, wall_shear_stress=shear)
    after, pruned = steps(Pruning(wall_shear_stress=8.0, time=66.0), network, 11)
    assert pruned == [0] * 10 + [2]
    np.testing.assert_array_equal(after.wall_shear_stress, [9.0, 8.0])
    assert len(after.nodes) == 4


def test_the_time_begins_anew_when_flow_returns():
    network = many(1, flow_solved=True, flow=1.0, wall_shear_stress=1.0)
    process = Pruning(time=30.0)
    network, _ = steps(process, network, 4)
    network.wall_shear_stress[:] = 50.0
    network, _ = steps(process, network, 1)
    network.wall_shear_stress[:] = 1.0
    network, pruned = steps(process, network, 5)
    assert pruned == [0, 0, 0, 0, 1]


def test_ends_of_the_network_and_growing_sprouts_stay():
    """A trunk with flow, one idle stump, one sprout with a tip, one segment at a boundary."""
    nodes = np.array(
        [[0, 0, 0], [50, 0, 0], [100, 0, 0], [50, 50, 0], [50, 90, 0], [100, 50, 0], [9, 9, 9]],
        float,
    )
    segments = [[0, 1], [1, 2], [1, 3], [3, 4], [2, 5], [0, 6]]
    network = VesselNetwork(
        nodes, np.array(segments), np.full(6, 5.0), np.array([0, 0, IMMATURE, IMMATURE, 0, 0]),
        flow=np.array([1.0, 1.0, 0, 0, 0, 0]), wall_shear_stress=np.array([30.0, 30, 0, 0, 0, 0]),
        tip=np.array([0, 0, 0, 0, 1, 0, 0]), flow_solved=True,
        boundary=np.array([0, 0, 0, 0, 0, 0, PRESSURE_BOUNDARY]),
    )  # fmt: skip
    after, pruned = steps(Pruning(time=12.0), network, 2)
    assert pruned == [0, 1]
    np.testing.assert_array_equal(after.nodes, np.delete(nodes, 5, axis=0))
    stopped = VesselNetwork(**vars(after) | {"tip": np.zeros(6)})
    assert steps(Pruning(time=12.0), stopped, 1)[1] == [2]


def test_the_segments_a_growing_sprout_springs_from_stay():
    """A slow trunk of four segments; a sprout at its second node, a tip that begins at its last."""
    nodes = np.array([[50.0 * k, 0, 0] for k in range(6)] + [[50, 50, 0]], float)
    segments = np.array([[0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [1, 6]])
    tip = np.array([0, 0, 0, 0, 0, 1, 1])
    network = VesselNetwork(
        nodes, segments, np.full(6, 5.0), np.array([0, 0, 0, 0, 0, IMMATURE]), tip=tip,
        flow=np.array([1.0, 1, 1, 1, 1, 0]), wall_shear_stress=np.zeros(6), flow_solved=True,
    )  # fmt: skip
    after, pruned = steps(Pruning(time=6.0), network, 1)
    assert pruned == [2]
    np.testing.assert_array_equal(after.nodes[after.segments[:, 0]], nodes[[0, 1, 4, 1]])


def test_dead_branches_of_a_sprout_that_still_grows_elsewhere_go():
    """A trunk with flow; a sprout from its middle that forks: one branch has a tip, one has not."""
    nodes = np.array(
        [[0, 0, 0], [50, 0, 0], [100, 0, 0], [50, 50, 0], [50, 90, 0], [90, 50, 0], [90, 90, 0]]
    )
    segments = np.array([[0, 1], [1, 2], [1, 3], [3, 4], [3, 5], [5, 6]])
    network = VesselNetwork(
        nodes.astype(float), segments, np.full(6, 5.0), np.array([0, 0, *[IMMATURE] * 4]),
        flow=np.array([1.0, 1.0, 0, 0, 0, 0]), wall_shear_stress=np.array([30.0, 30, 0, 0, 0, 0]),
        tip=np.array([0, 0, 0, 0, 1, 0, 0]), flow_solved=True,
    )  # fmt: skip
    after, pruned = steps(Pruning(time=12.0), network, 2)
    assert pruned == [0, 2]
    np.testing.assert_array_equal(after.nodes, nodes[:5])
    assert steps(Pruning(time=12.0), network, 4)[1] == [0, 2, 0, 0]


def test_without_flow_nothing_is_pruned():
    network = many(5)
    assert Pruning(time=1.0).step(network, around(dt=100.0)) == (network, {})
