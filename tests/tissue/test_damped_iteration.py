"""Damped iteration: reaches fixed points that plain iteration leaves or never reaches."""

import numpy as np

from hybridmet.tissue.damped_iteration import ASTRAY, NEAR, DampedIteration


def solve(function, x, steps):
    """Residuals of each step, and where they lead."""
    search, sizes = DampedIteration(len(x)), []
    for _ in range(steps):
        residual = function(x) - x
        sizes.append(np.abs(residual).max())
        x = search.next(x, residual)
    return np.array(sizes), x


def test_what_oscillates_ever_wider_and_what_creeps_are_both_solved():
    """Slopes of -20 (plain iteration explodes) and 0.999 (thousands of steps)."""
    slopes = np.array([-20.0, -5.0, -1.0, 0.0, 0.5, 0.99, 0.999])
    goal = np.linspace(0.1, 0.9, len(slopes))
    sizes, x = solve(lambda x: goal + slopes * (x - goal), np.zeros(len(slopes)), 200)
    assert sizes[-1] < 1e-12
    np.testing.assert_allclose(x, goal, atol=1e-8)


def test_a_combination_that_leads_away_is_dropped():
    """After a step on which the residual jumps the search goes on from its best point."""
    search, x = DampedIteration(1), np.array([0.0])
    for residual in (0.1 * NEAR, 0.09 * NEAR):
        best, x = x, search.next(x, np.array([residual]))
    after = search.next(x, np.array([1.1 * ASTRAY * 0.09 * NEAR]))
    assert best[0] < after[0] < best[0] + 0.09 * NEAR
