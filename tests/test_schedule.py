"""When things happen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybridmet.errors import ScenarioError
from hybridmet.schedule import Schedule


def moments(schedule, steps, dt):
    """Step ends at which the schedule is due, the start included."""
    due = [0.0] if schedule.due(-1.0, 0.0) else []
    return due + [k * dt for k in range(1, steps + 1) if schedule.due((k - 1) * dt, k * dt)]


def test_an_interval_is_due_at_the_start_and_at_each_multiple():
    assert moments(Schedule(every=12.0), 36, 1.0) == [0.0, 12.0, 24.0, 36.0]


def test_an_interval_shorter_than_the_step_is_due_at_each_step():
    assert moments(Schedule(every=0.1), 3, 1.0) == [0.0, 1.0, 2.0, 3.0]


def test_an_interval_that_is_no_multiple_of_the_step_is_due_at_the_step_that_reaches_it():
    assert moments(Schedule(every=2.5), 8, 1.0) == [0.0, 3.0, 5.0, 8.0]


def test_a_window_bounds_the_interval():
    assert moments(Schedule(every=2.0, start=3.0, end=7.0), 12, 1.0) == [3.0, 5.0, 7.0]


def test_single_times_are_due_once():
    assert moments(Schedule(at=(0.0, 2.5, 4.0)), 6, 1.0) == [0.0, 3.0, 4.0]


def test_a_schedule_without_times_is_never_due():
    assert moments(Schedule(), 10, 1.0) == []


@given(st.floats(0.01, 2.0), st.integers(1, 40))
def test_sums_of_steps_in_floating_point_neither_skip_nor_repeat(dt, multiple):
    schedule, now, count = Schedule(every=multiple * dt), 0.0, 0
    for _ in range(5 * multiple):
        before, now = now, now + dt
        count += schedule.due(before, now)
    assert count == 5


def test_times_are_checked():
    with pytest.raises(ScenarioError, match="Schedule.every: got 0.0, must be > 0 h"):
        Schedule(every=0.0)
    with pytest.raises(ScenarioError, match="Schedule.at.0: got -1.0, must be >= 0 h"):
        Schedule(at=(-1.0,))
