"""A source whose cells are counted: they have no identity, and their number costs nothing."""

from dataclasses import dataclass

from hybridmet.circulation.counts import Counts
from hybridmet.circulation.source import Source


@dataclass(frozen=True, eq=False)
class CountedSource:
    """A source of cells without identity, with a population for each kind of its cells."""

    source: Source
    populations: tuple[tuple[int, float, Counts], ...]
    """Phenotype, share of the source's entries [1], and the numbers."""

    def moments(self, before: float, now: float) -> list[float]:
        """A source begins and ends between steps of the numbers, which assume a constant rate."""
        ends = (self.source.parameters.start, self.source.parameters.end)
        return [moment for moment in ends if moment is not None and before < moment <= now]

    def act(self, circulation, time: float) -> None:
        """Nothing: the stop is what matters."""

    def step(self, now: float, dt: float) -> int:
        """Walk for `dt` [h]; returns the cells that entered."""
        p = self.source.parameters
        runs = p.start <= now and (p.end is None or now < p.end)
        entered = 0
        for _, share, counts in self.populations:
            influx = p.rate * share if runs else 0.0
            entered += counts.step(dt, influx, self.source.drains) * counts.cells
        return entered
