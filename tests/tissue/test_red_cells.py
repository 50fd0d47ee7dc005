"""Red cells at forks: shares that add up to 1 and do not jump, and the whole sweep by an oracle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybridmet._core.blood import Links
from hybridmet.errors import KernelError
from hybridmet.tissue.blood_flow import BloodFlow, solve_flow
from hybridmet.tissue.red_cells import RedCells
from tests.tissue import red_cell_oracle
from tests.tissue.flow_problems import random_network


def fork(flow: np.ndarray, diameter: float = 6.0, haematocrit: float = 0.3) -> np.ndarray:
    """Shares of the branches of one node, fed by one vessel."""
    m = len(flow)
    ends = np.array([0, *[1] * m]), np.arange(1, m + 2)
    outside = np.array([flow.sum(), 0.0, *-flow])
    cells = RedCells(*ends, np.full(m + 1, diameter), np.full(m + 2, haematocrit), outside != 0.0)
    cells.part(np.append(flow.sum(), flow), outside)
    return cells.flux[1:] / cells.flux[0]


@pytest.mark.parametrize("branches", [2, 3, 6, 8, 9, 10, 11, 20])
def test_shares_add_up_and_do_not_jump(branches):
    """Around equal branches, where each lies below the least share of blood that draws red cells
    (0.964 (1 - 0.3) / 6, as from 9 branches on) a small change of flow changes little."""
    equal = np.full(branches, 1.0 / branches)
    changed = equal * (1.0 + 1e-6 * np.cos(np.arange(branches)))
    for flow in (equal, changed):
        assert fork(flow).sum() == pytest.approx(1.0, abs=1e-14)
    assert fork(equal) == pytest.approx(equal, rel=1e-13)
    assert fork(changed) == pytest.approx(fork(equal), rel=1e-4)


def test_a_branch_that_dwindles_leaves_the_shares_of_the_other_two():
    two, three = fork(np.array([0.7, 0.3])), fork(np.array([0.7, 0.3, 1e-12]))
    assert three == pytest.approx([*two, 0.0], abs=1e-10)


def test_two_branches_share_by_the_law_alone():
    """logit((0.3 - X0) / (1 - 2 X0)) B with X0 = 0.964 * 0.7 / 6, B = 1 + 6.98 * 0.7 / 6."""
    skimmed, slope = 0.964 * 0.7 / 6.0, 1.0 + 6.98 * 0.7 / 6.0
    x = (0.3 - skimmed) / (1.0 - 2.0 * skimmed)
    odds = (x / (1.0 - x)) ** slope
    assert fork(np.array([0.3, 0.7])) == pytest.approx(
        [odds / (1 + odds), 1 / (1 + odds)], rel=1e-12
    )


@given(
    seed=st.integers(0, 10**6),
    nodes=st.integers(2, 60),
    extra=st.integers(0, 120),
    ends=st.integers(1, 8),
    spread=st.sampled_from([1.0, 1.1, 3.0, 30.0]),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_red_cells_of_a_network_are_those_of_the_oracle(seed, nodes, extra, ends, spread):
    """Flows of some five decades; an order by pressure is all that the oracle needs of them."""
    made = random_network(seed, nodes, extra, ends, spread)
    net, _ = solve_flow(made, BloodFlow(viscosity_law="constant"))
    first, second = net.segments.T
    outside = np.bincount(first, net.flow, nodes) - np.bincount(second, net.flow, nodes)
    outside = np.where(net.boundary > 0, outside, 0.0)
    inlet = np.where(np.arange(nodes) % 2, 0.45, 0.8)
    given_of = (net.flow, 2.0 * net.radius, outside, inlet, net.boundary > 0)
    expected = red_cell_oracle.red_cell_flux(first, second, *given_of, net.pressure)
    cells = RedCells(first, second, 2.0 * net.radius, inlet, net.boundary > 0)
    cells.part(net.flow, outside)
    largest = np.abs(net.flow).max(initial=0.0)
    np.testing.assert_allclose(cells.flux, expected, rtol=1e-9, atol=1e-12 * largest)


def test_nodes_follow_those_that_feed_them():
    net, _ = solve_flow(random_network(7, 80, 90, 5))
    first, second = net.segments.T
    order, cuts = Links(80, np.ascontiguousarray(first), np.ascontiguousarray(second)).order(net.flow)
    rank = np.argsort(order)
    assert cuts == 0 and sorted(order) == list(range(80))
    running = net.flow != 0.0
    np.testing.assert_array_equal((rank[first] < rank[second])[running], (net.flow > 0.0)[running])


def test_segments_to_nodes_that_do_not_exist_are_refused():
    with pytest.raises(KernelError, match="blood.Links: first, second"):
        Links(2, np.array([0], np.int32), np.array([2], np.int32))
