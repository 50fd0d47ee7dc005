"""Grids are products; Latin hypercube and Sobol points have the balance they are made for."""

import numpy as np
import pytest

from hybridmet.ensemble.sampling import points
from hybridmet.ensemble.sweep import parse_sweep
from hybridmet.errors import ScenarioError

GROWTH = parse_sweep("organs.default.soil.growth=0:8")
SPACING = parse_sweep("primary.spacing=10 um:20 um")
SITES = parse_sweep("primary.site=liver,breast")


def test_a_grid_is_every_combination_with_the_last_sweep_fastest():
    numbers = parse_sweep("organs.default.soil.growth=1:3:3")
    found = points([SITES, numbers], "grid", None, 1)
    assert found == [(s, float(g)) for s in ("liver", "breast") for g in (1, 2, 3)]


def test_without_sweeps_there_is_one_point():
    assert points([], "grid", None, 1) == [()]


@pytest.mark.parametrize("sampling", ["lhs", "sobol"])
def test_each_eighth_of_each_interval_holds_one_of_eight_points(sampling):
    found = np.array(points([GROWTH, SPACING], sampling, 8, 1))
    assert sorted(np.floor(found[:, 0])) == list(range(8))
    assert sorted(np.floor((found[:, 1] - 10) * 0.8)) == list(range(8))


@pytest.mark.parametrize("sampling", ["lhs", "sobol"])
def test_points_depend_on_the_seed_only(sampling):
    first = points([GROWTH, SPACING], sampling, 16, 1)
    assert first == points([GROWTH, SPACING], sampling, 16, 1)
    assert first != points([GROWTH, SPACING], sampling, 16, 2)


@pytest.mark.parametrize(
    ("sweeps", "sampling", "samples", "message"),
    [
        ([SITES], "sobl", None, 'did you mean "sobol"'),
        ([SITES], "grid", 8, "--samples: got 8, needs --sampling lhs or sobol"),
        ([SPACING], "grid", None, "a grid needs the count"),
        ([], "lhs", 8, "needs at least one --vary"),
        ([SPACING], "lhs", None, "--samples: missing"),
        ([parse_sweep("primary.spacing=1 um:2 um:3")], "lhs", 8, "without a count"),
        ([SPACING], "sobol", 100, "must be a power of 2 for sobol, such as 64 or 128"),
        ([SPACING], "lhs", 10**7, "must be >= 1 and <= 1000000"),
        ([parse_sweep(f"primary.spacing={k} um:{k + 1} um:50000") for k in (1, 2)], "grid", None,
         "got 2500000000 points"),
    ],
)
def test_options_that_do_not_go_together_are_refused(sweeps, sampling, samples, message):
    with pytest.raises(ScenarioError) as raised:
        points(sweeps, sampling, samples, 1)
    assert message in str(raised.value)
