"""What a user sees of a running simulation."""

import io
import os
import signal

import pytest

from hybridmet.progress import Bar, Clock, Lines, Silence, State, clock_text, progress
from hybridmet.signals import StopRequest


def state(time, until=100.0):
    return State(time=time, until=until, cells=12, ctcs=3, metastases=2)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_display_suits_the_stream():
    assert isinstance(progress(stream=io.StringIO()), Lines)
    assert isinstance(progress(stream=Terminal()), Bar)
    assert type(progress(quiet=True, stream=Terminal())) is Silence


def test_a_display_that_cannot_write_is_no_error():
    class Gone(io.StringIO):
        def write(self, *_):
            raise OSError(5, "Input/output error")

        flush = write

    for kind in (Gone, type("GoneTerminal", (Gone,), {"isatty": lambda self: True})):
        with progress(stream=kind()) as display:
            display.show(state(50.0))


def test_plain_lines_come_at_every_tenth_and_at_the_end():
    stream = io.StringIO()
    lines = Lines(stream)
    for time in range(1, 101):
        if lines.due(time, 100):
            lines.show(state(float(time)))
    written = stream.getvalue().splitlines()
    assert len(written) == 10
    assert written[0].startswith("hybridmet: day 0.4 of 4.2  cells 12  CTCs 3  metastases 2  left")
    assert written[-1].endswith("left 0:00")
    assert "\x1b" not in stream.getvalue()


def test_a_run_of_few_long_steps_writes_a_line_a_step():
    stream = io.StringIO()
    lines = Lines(stream)
    for time in (40.0, 80.0, 100.0):
        assert lines.due(time, 100.0)
        lines.show(state(time))
    assert len(stream.getvalue().splitlines()) == 3


def test_the_bar_shows_time_cells_ctcs_metastases_and_time_left():
    stream = Terminal()
    with Bar(stream) as bar:
        assert bar.due(50.0, 100.0)
        bar.show(state(50.0))
        assert not bar.due(50.1, 100.0)
        assert bar.due(100.0, 100.0)
        bar.show(state(100.0))
    text = stream.getvalue()
    for part in ("day 4.2 of 4.2", "cells 12", "CTCs 3", "metastases 2", "left 0:00"):
        assert part in text


def test_silence_shows_nothing():
    assert not Silence(io.StringIO()).due(100.0, 100.0)


def test_time_left_follows_the_speed_of_late():
    wall = iter([0.0, 10.0, 30.0])
    clock = Clock(now=lambda: next(wall))
    assert clock.left(state(0.0)) is None
    assert clock.left(state(50.0)) == pytest.approx(10.0)
    assert clock.left(state(75.0)) == pytest.approx(25.0 * 30.0 / 75.0)


def test_the_time_left_is_known_while_a_long_member_runs():
    """Updates without progress, five a second for hours, do not wear out the memory."""
    wall = iter([0.0, *(10.0 + 0.2 * k for k in range(1000)), 300.0])
    clock = Clock(now=lambda: next(wall))
    assert clock.left(state(0.0)) is None
    for _ in range(1000):
        clock.left(state(1.0))
    assert clock.left(state(1.0)) == pytest.approx(99 * 300.0)


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "?"), (0.2, "0:00"), (61, "1:01"), (3723, "1:02:03")]
)
def test_times_left_are_written_as_clocks(seconds, text):
    assert clock_text(seconds) == text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_first_signal_is_noted_and_the_handlers_come_back(number, capfd):
    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    with StopRequest() as stop:
        assert stop.received is None
        os.kill(os.getpid(), number)
        assert stop.received == signal.Signals(number).name
        assert {n: signal.getsignal(n) for n in before} == before
    assert f"{stop.received}: stopping after this step" in capfd.readouterr().err


def test_without_a_signal_the_handlers_come_back_too():
    before = signal.getsignal(signal.SIGINT)
    with StopRequest():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before


def test_what_must_be_said_stays_above_the_bar():
    stream = Terminal()
    with Bar(stream) as bar:
        bar.show(state(50.0))
        bar.say("member 2 failed: no [luck]")
        bar.show(state(60.0))
    assert "hybridmet: member 2 failed: no [luck]\n" in stream.getvalue()
    assert stream.getvalue().index("failed") < stream.getvalue().rindex("day 2.5")


@pytest.mark.parametrize("quiet", [True, False])
def test_it_is_said_without_a_bar_too(quiet):
    stream = io.StringIO()
    progress(quiet, stream).say("member 2 failed")
    assert stream.getvalue() == "hybridmet: member 2 failed\n"
