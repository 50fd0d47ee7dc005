"""Ctrl-C, the terminate signal and a closed terminal as a wish to stop after the step at hand."""

import signal
import sys
from contextlib import suppress

SIGNALS = (signal.SIGINT, signal.SIGTERM, *filter(None, [getattr(signal, "SIGHUP", None)]))
"""SIGHUP: the terminal was closed; it stays without effect where it is ignored, as by nohup."""


class StopRequest:
    """Context in which the first signal is noted and a second one stops at once.

    `received` is the signal's name, or None; `what` is still finished.
    """

    def __init__(self, what: str = "this step"):
        self.received: str | None = None
        self._what = what
        self._before = {}

    def __enter__(self):
        heard = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        self._before = {number: signal.signal(number, self._note) for number in heard}
        return self

    def __exit__(self, *_):
        self._restore()

    def _note(self, number, frame):
        self.received = signal.Signals(number).name
        self._restore()
        message = f"hybridmet: {self.received}: stopping after {self._what} (again: stop at once)"
        with suppress(OSError):  # the terminal may be gone
            print(f"\n{message}", file=sys.stderr, flush=True)

    def _restore(self):
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
