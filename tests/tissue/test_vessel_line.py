"""Lines of vessels with blood pressures of their own."""

import numpy as np
import pytest

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.tissue.blood_flow import BloodFlow, solve_flow
from hybridmet.tissue.vessel_line import VesselLine, vessel_lines
from hybridmet.tissue.vessels import NO_BOUNDARY, PRESSURE_BOUNDARY

LATTICE = Lattice((20, 20, 20), 20.0)


def artery(y: float, start: float | None, end: float | None, sprouts: int = 0) -> VesselLine:
    return VesselLine(
        (-200.0, y, 0.0),
        (200.0, y, 0.0),
        radius=8.0,
        sprouts=sprouts,
        start_pressure=start,
        end_pressure=end,
    )


def test_pressures_stand_at_the_ends_alone():
    network = vessel_lines(
        LATTICE, (artery(-100.0, 32.0, 28.0, sprouts=2), artery(100.0, 13.0, 17.0))
    )
    given = network.boundary == PRESSURE_BOUNDARY
    np.testing.assert_array_equal(network.boundary_value[given], [32.0, 28.0, 13.0, 17.0])
    assert np.all(network.boundary[~given] == NO_BOUNDARY) and np.count_nonzero(given) == 4


def test_blood_runs_by_them_and_from_the_arterial_to_the_venous_side():
    """A link between the middles: 30 against 15 mmHg; the venous line runs the other way."""
    network = vessel_lines(LATTICE, (artery(-100.0, 32.0, 28.0, 1), artery(100.0, 13.0, 17.0, 1)))
    linked = network.added(np.empty((0, 3)), np.array([[1, 4]]), radius=4.0, state=0)
    apart, _ = solve_flow(network, BloodFlow())
    assert np.all(apart.flow[:2] > 0.0) and np.all(apart.flow[2:] < 0.0)
    solved, _ = solve_flow(linked, BloodFlow())
    assert solved.flow[-1] > 0.0
    assert 15.0 < solved.pressure[4] < solved.pressure[1] < 30.0


def test_without_pressures_no_end_has_any():
    assert not vessel_lines(LATTICE, (artery(0.0, None, None),)).boundary.any()


def test_half_given_pressures_are_refused():
    with pytest.raises(ScenarioError, match="VesselLine.end_pressure"):
        artery(0.0, 20.0, None)
    with pytest.raises(ScenarioError, match=r"lines\[1\].start_pressure"):
        vessel_lines(LATTICE, (artery(-100.0, 30.0, 20.0), artery(100.0, None, None)))
