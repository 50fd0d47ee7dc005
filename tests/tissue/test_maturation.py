"""Walls mature under flow, in their time, and only then."""

import numpy as np
import pytest

from hybridmet.tissue.maturation import Maturation
from hybridmet.tissue.vessels import IMMATURE, INTACT
from tests.tissue.vessel_problems import around, many


def test_a_new_wall_is_intact_after_its_time_under_flow():
    network = many(
        4, state=IMMATURE, maturity=0.0, flow_solved=True, flow=np.array([1.0, 1, 0, -1])
    )
    process, matured = Maturation(time=72.0), []
    for _ in range(14):
        network, events = process.step(network, around(dt=6.0))
        matured.append(events.get("matured", 0))
    assert matured == [0] * 11 + [3, 0, 0]
    np.testing.assert_array_equal(network.state, [INTACT, INTACT, IMMATURE, INTACT])
    np.testing.assert_allclose(network.maturity, [1.0, 1.0, 0.0, 1.0])


@pytest.mark.parametrize("dt", [1.0, 4.0, 24.0])
def test_maturity_does_not_depend_on_the_clock(dt):
    network = many(3, state=IMMATURE, maturity=0.0)
    for _ in range(round(48 / dt)):
        network, _ = Maturation(time=96.0).step(network, around(dt=dt))
    np.testing.assert_allclose(network.maturity, 0.5)
