"""How the means of CTCs develop in time: after a pulse, a resection, under any influx.

With Q the rate matrix of `Expected`, x the mean numbers by state (row vector) and s(t) the
influx [1/h], dx/dt = x Q + s. The influx is constant between stated times, so each interval is
solved exactly by one matrix exponential, also where rates span four decades.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import expm

from hybridmet.circulation.expected import Expected


@dataclass(frozen=True, eq=False)
class Curve:
    """Mean numbers at times."""

    time: np.ndarray
    """(t,) [h]."""
    free: np.ndarray
    """(t, nodes) in each compartment."""
    arrested: np.ndarray
    """(t, nodes) in each bed."""


class Course:
    """Mean numbers of CTCs in time, for the clusters of an `Expected`."""

    def __init__(self, expected: Expected):
        self.expected = expected
        self._rates = expected.rate_matrix.toarray()
        self._steps: dict[float, tuple[np.ndarray, np.ndarray]] = {}

    def pulse(self, start: dict[str, float], times: Sequence[float]) -> Curve:
        """After CTCs enter at time 0: `start`, numbers by compartment."""
        return self._curve(self.expected.start_states(start), {}, times)

    def onset(self, influx: dict[str, float], times: Sequence[float]) -> Curve:
        """With nothing in the blood at first and a constant `influx` [1/h] from time 0."""
        return self._curve(np.zeros(len(self._rates)), influx, times)

    def resection(self, influx: dict[str, float], times: Sequence[float]) -> Curve:
        """After a source of long standing, `influx` [1/h], ends at time 0."""
        return self._curve(self.expected.steady_states(influx), {}, times)

    def half_life(self, influx: dict[str, float], node: str, first: float, last: float) -> float:
        """Half-life [h] of free CTCs in a compartment between two times after a resection [h]."""
        index = self.expected.network.index(node)
        free = self.resection(influx, [first, last]).free[:, index]
        return (last - first) * math.log(2.0) / math.log(free[0] / free[1])

    def _curve(self, state: np.ndarray, influx: dict[str, float], times: Sequence[float]) -> Curve:
        moments = np.asarray(times, dtype=np.float64)
        if moments.ndim != 1 or np.any(np.diff(moments, prepend=0.0) < 0):
            raise ValueError(f"times: got {times}, must be >= 0 h and ascending")
        source = self.expected.start_states(influx)
        now, states = 0.0, []
        for moment in moments:
            if moment > now:
                carried, gathered = self._step(round(moment - now, 12))
                state = state @ carried + source @ gathered
                now = moment
            states.append(state)
        split = [self.expected.by_node(state) for state in states]
        free, arrested = (np.array([pair[k] for pair in split]) for k in range(2))
        return Curve(moments, free, arrested)

    def _step(self, dt: float) -> tuple[np.ndarray, np.ndarray]:
        """expm(Q dt) and its integral over (0, dt), from one exponential of a larger matrix."""
        if dt not in self._steps:
            n = len(self._rates)
            both = np.zeros((2 * n, 2 * n))
            both[:n, :n] = self._rates
            both[:n, n:] = np.eye(n)
            power = expm(both * dt)
            self._steps[dt] = power[:n, :n], power[:n, n:]
        return self._steps[dt]
