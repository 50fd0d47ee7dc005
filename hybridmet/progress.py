"""How far a run is: a bar on a terminal, now and then a plain line elsewhere."""

import sys
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO
from time import monotonic
from typing import Protocol

BAR_INTERVAL = 0.2
"""Least time between two updates of the bar [s]."""
LINES = 10
"""Plain lines in a whole run [1]."""
BEGINNING = "building the patient"
"""What a bar says before there is anything to show."""
WINDOW = 30
"""Updates with progress from which the speed is estimated [1]: growing tumours make runs slow
down."""


@dataclass(frozen=True)
class State:
    """What a user wants to see of a running simulation."""

    time: float
    """Simulated time [h]."""
    until: float
    """End of the run [h]."""
    cells: int
    ctcs: int
    """CTCs in the blood, the arrested ones included."""
    metastases: int

    @property
    def done(self) -> bool:
        return self.time >= self.until

    def describe(self) -> str:
        return (
            f"day {self.time / 24:.1f} of {self.until / 24:.1f}"
            f"  cells {self.cells}  CTCs {self.ctcs}  metastases {self.metastases}"
        )


class Stage(Protocol):
    """What a display shows: a State, or the like of it for other work than a run."""

    time: float
    until: float
    done: bool

    def describe(self) -> str: ...


class Clock:
    """Estimates the wall time left from the speed of late."""

    def __init__(self, now=monotonic):
        self._now = now
        self._points: deque[tuple[float, float]] = deque(maxlen=WINDOW)

    def left(self, state: Stage) -> float | None:
        """Wall time left [s], None where it is not known yet."""
        now = self._now()
        if not self._points or state.time > self._points[-1][1]:
            self._points.append((now, state.time))
        wall, simulated = now - self._points[0][0], state.time - self._points[0][1]
        if state.done:
            return 0.0
        return (state.until - state.time) * wall / simulated if simulated > 0 else None


def clock_text(seconds: float | None) -> str:
    """`1:02:03`; `?` for None."""
    if seconds is None:
        return "?"
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


class Heedless:
    """A stream whose loss ends no run: the terminal was closed, the disk of a log is full."""

    def __init__(self, stream):
        self._stream = stream

    def __getattr__(self, name: str):
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


class Silence:
    """No progress at all; what must be said is said."""

    def __init__(self, stream):
        self._stream = stream

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def due(self, time: float, until: float) -> bool:
        return False

    def show(self, state: Stage) -> None:
        pass

    def say(self, text: str) -> None:
        """A line that stays, above what moves."""
        print(f"hybridmet: {text}", file=self._stream, flush=True)


class Lines(Silence):
    """A plain line for every tenth of the run."""

    def __init__(self, stream):
        super().__init__(stream)
        self._clock = Clock()
        self._next = 1

    def due(self, time: float, until: float) -> bool:
        return time * LINES >= self._next * until

    def show(self, state: Stage) -> None:
        self._next = int(state.time * LINES / state.until) + 1
        left = clock_text(self._clock.left(state))
        print(f"hybridmet: {state.describe()}  left {left}", file=self._stream, flush=True)


class Bar(Silence):
    """A rich progress bar."""

    def __init__(self, stream, beginning: str = BEGINNING):
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        super().__init__(stream)
        self._clock = Clock()
        self._last = -BAR_INTERVAL
        columns = [BarColumn(bar_width=12), TextColumn("{task.description}")]
        console = Console(file=stream)
        self._bar = Progress(*columns, console=console, auto_refresh=False)
        self._task = self._bar.add_task(beginning, total=1.0)

    def __enter__(self):
        self._bar.start()
        return self

    def __exit__(self, *_):
        self._bar.stop()

    def due(self, time: float, until: float) -> bool:
        return monotonic() - self._last >= BAR_INTERVAL or time >= until

    def show(self, state: Stage) -> None:
        self._last = monotonic()
        text = f"{state.describe()}  left {clock_text(self._clock.left(state))}"
        share = state.time / state.until
        self._bar.update(self._task, completed=share, description=text, refresh=True)

    def say(self, text: str) -> None:
        print_above = self._bar.console.print
        print_above(f"hybridmet: {text}", markup=False, highlight=False, soft_wrap=True)


def progress(quiet: bool = False, stream=None, beginning: str = BEGINNING) -> Silence:
    """The display that suits the stream (standard error by default)."""
    stream = sys.stderr if stream is None else stream
    heedless = Heedless(StringIO() if stream is None else stream)  # None: standard error is closed
    if quiet:
        return Silence(heedless)
    return Bar(heedless, beginning) if heedless.isatty() else Lines(heedless)
