"""Ctrl-C and the terminate signal as a wish to stop after the step at hand."""

import signal
import sys

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """Context in which the first signal is noted and a second one stops at once.

    `received` is the signal's name, or None; `what` is still finished.
    """

    def __init__(self, what: str = "this step"):
        self.received: str | None = None
        self._what = what
        self._before = {}

    def __enter__(self):
        self._before = {number: signal.signal(number, self._note) for number in SIGNALS}
        return self

    def __exit__(self, *_):
        self._restore()

    def _note(self, number, frame):
        self.received = signal.Signals(number).name
        self._restore()
        message = f"hybridmet: {self.received}: stopping after {self._what} (again: stop at once)"
        print(f"\n{message}", file=sys.stderr, flush=True)

    def _restore(self):
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
