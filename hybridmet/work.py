"""What a part of a run has cost: seconds and updates, as run.json reports them."""

from dataclasses import dataclass
from time import perf_counter


@dataclass
class Work:
    """Wall time and updates of one part so far."""

    seconds: float = 0.0
    updates: int = 0
    """Fields: site updates; cells: one cell and sub-step in which it drew; vessels: segments;
    circulation: transitions of clusters, changes of compartment included."""
    skipped: int = 0
    """Cells that had nothing to draw."""

    def timed(self) -> "Timed":
        """A context that adds the time spent inside."""
        return Timed(self)


class Timed:
    """A plain context: a generator's takes twice its time, and small patients feel it."""

    __slots__ = ("start", "work")

    def __init__(self, work: Work):
        self.work = work

    def __enter__(self) -> None:
        self.start = perf_counter()

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            self.work.seconds += perf_counter() - self.start
