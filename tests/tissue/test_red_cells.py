"""Red cells at forks: shares that add up to 1 and do not jump."""

import numpy as np
import pytest

from hybridmet.tissue.red_cells import Stream, shares


def fork(flow: np.ndarray, diameter: float = 6.0, haematocrit: float = 0.3) -> np.ndarray:
    """Shares of the branches of one node, fed by one vessel."""
    m = len(flow)
    upper = np.array([0, *[1] * m])
    lower = np.arange(1, m + 2)
    none = np.zeros(m + 2)
    stream = Stream(upper, lower, np.append(flow.sum(), flow), none, none)
    sizes = np.full(m + 1, diameter)
    share, _ = shares(stream, sizes, np.full(m + 1, haematocrit), np.zeros(m + 2, bool))
    return share[1:]


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
