"""What a part of a run has cost: seconds and updates, as run.json reports them."""

from collections.abc import Iterator
from contextlib import contextmanager
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

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Add the time spent inside."""
        start = perf_counter()
        yield
        self.seconds += perf_counter() - start
