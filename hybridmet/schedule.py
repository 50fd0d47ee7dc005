"""When things happen: one type for output, draws, imaging and treatment."""

import math
from dataclasses import dataclass

from hybridmet.units import Duration, Time, check_quantities

TOLERANCE = 1e-9
"""Relative slack of a due time [1], for sums of steps in floating point."""


@dataclass(frozen=True)
class Schedule:
    """Due every so often within a window, and at stated times."""

    every: Duration | None = None
    """Interval [h]; counted from `start`."""
    at: tuple[Time, ...] = ()
    """Single times [h]."""
    start: Time = 0.0
    """First moment [h] of the window."""
    end: Time | None = None
    """Last moment [h] of the window; None: never ends."""

    def __post_init__(self):
        check_quantities(self)

    def due(self, before: float, now: float) -> bool:
        """Whether a due time lies in (before, now] [h]; pass before < 0 for the very start."""
        slack = TOLERANCE * max(1.0, abs(now))
        low, high = before + slack, now + slack
        if any(low < moment <= high for moment in self.at):
            return True
        if self.every is None or high < self.start:
            return False
        high = high if self.end is None else min(high, self.end + slack)
        last = self.start + self.every * ((high - self.start) // self.every)
        return low < last <= high

    def moments(self, before: float, now: float) -> list[float]:
        """Due times in (before, now] [h], ascending, each once."""
        slack = TOLERANCE * max(1.0, abs(now))
        low, high = before + slack, now + slack
        found = [moment for moment in self.at if low < moment <= high]
        if self.every is not None:
            last = high if self.end is None else min(high, self.end + slack)
            first = max(0, math.ceil((low - self.start) / self.every))
            count = math.floor((last - self.start) / self.every) - first + 1
            found += [self.start + self.every * (first + k) for k in range(max(0, count))]
        inside = {min(max(moment, before), now) for moment in found}
        return sorted(inside)
