"""Radii follow wall shear stress, pressure and red-cell flow (Pries, Secomb & Gaehtgens 1998)."""

import math

import numpy as np
import pytest

from hybridmet.errors import ScenarioError
from hybridmet.tissue.adaptation import Adaptation, usual_shear_stress
from tests.tissue.vessel_problems import around, line, many

SOLVED = {"flow_solved": True, "flow": 1.5, "haematocrit": 0.4, "wall_shear_stress": 20.0}


def test_the_usual_shear_stress_rises_with_pressure():
    """14 dyn/cm^2 at 10 mmHg and below, 100 at high pressure; at 40 mmHg by hand."""
    found = usual_shear_stress(np.array([2.0, 10.0, 40.0, 1000.0]))
    middle = 100.0 - 86.0 * math.exp(-5000.0 * math.log10(math.log10(40.0)) ** 5.4)
    assert found == pytest.approx([14.0, 14.0, middle, 100.0], rel=1e-6)
    assert 40.0 < middle < 100.0


def test_the_stimulus_is_the_published_sum():
    network = line((0, 0, 0), (60, 0, 0), **SOLVED, pressure=np.array([30.0, 20.0]))
    tau_e = 100.0 - 86.0 * math.exp(-5000.0 * math.log10(math.log10(25.0)) ** 5.4)
    wanted = (
        math.log10(20.0 + 0.103) - 0.68 * math.log10(tau_e)
        + 0.70 * math.log10(1.98 / (1.5 * 0.4) + 1.0) - 1.72
    )  # fmt: skip
    assert Adaptation().stimulus(network) == pytest.approx([wanted], rel=1e-12)


def test_radii_grow_or_shrink_by_the_stimulus():
    network = line((0, 0, 0), (60, 0, 0), **SOLVED, pressure=np.array([30.0, 20.0]))
    process = Adaptation(rate=0.01)
    after, events = process.step(network, around(dt=2.0))
    wanted = 5.0 * (1.0 + 0.02 * process.stimulus(network)[0])
    assert after.radius == pytest.approx([wanted], rel=1e-12) and events["adapted"] == 1


@pytest.mark.parametrize(
    ("name", "more"), [("wall_shear_stress", 2.0), ("haematocrit", 0.5), ("pressure", 0.5)]
)
def test_shear_and_need_widen_and_pressure_narrows(name, more):
    """More shear stress, fewer red cells or less pressure: a larger stimulus."""
    columns = SOLVED | {"pressure": np.array([50.0, 50.0])}
    least = Adaptation().stimulus(line((0, 0, 0), (60, 0, 0), **columns))
    columns[name] = np.asarray(columns[name]) * more
    assert Adaptation().stimulus(line((0, 0, 0), (60, 0, 0), **columns)) > least


def test_radii_keep_within_their_bounds():
    thin = many(2, radius=np.array([3.05, 2.0]), flow_solved=True, flow=1.0, wall_shear_stress=0.0)
    for _ in range(5):
        thin, _ = Adaptation(shrinking=6.0, rate=0.05).step(thin, around())
    np.testing.assert_allclose(thin.radius, [3.0, 2.0])  # below it already: it does not shrink
    wide = many(1, radius=20.0, flow_solved=True, flow=1.0, wall_shear_stress=900.0)
    for _ in range(9):
        wide, _ = Adaptation(rate=0.05).step(wide, around())
    np.testing.assert_allclose(wide.radius, 25.0)
    with pytest.raises(ScenarioError, match="must be at most largest_radius, 4 um"):
        Adaptation(least_radius=5.0, largest_radius=4.0)


def test_large_changes_are_held_and_counted():
    network = many(3, flow_solved=True, flow=1.0, wall_shear_stress=np.array([900.0, 97.0, 900.0]))
    after, events = Adaptation(rate=0.05).step(network, around(dt=12.0))
    assert events["held_radii"] == 2
    np.testing.assert_allclose(after.radius[[0, 2]], 6.0)


def test_without_flow_nothing_adapts():
    idle = many(3)
    assert Adaptation().step(idle, around()) == (idle, {})
    still = many(3, flow_solved=True)
    assert Adaptation().step(still, around())[0] is still
