"""How soon: survival curves of patients, some of whom never had the event while watched.

Kaplan & Meier 1958 (doi:10.1080/01621459.1958.10501452), from SciPy.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95
"""Of the band around a curve [1]."""


@dataclass(frozen=True, eq=False)
class FreeOfEvent:
    """Share of patients without the event, a step function that starts at 1."""

    times: np.ndarray
    """(n,) [h] at which it steps, ascending; those of lost patients are among them."""
    share: np.ndarray
    """(n,) after each step [1]."""
    low: np.ndarray
    high: np.ndarray
    """(n,) its log-log band [1]; NaN where there is none: before the first event, after the last
    if no one is left."""
    events: int
    patients: int

    @property
    def median(self) -> float:
        """First time [h] at which half of the patients or fewer are free; NaN if never."""
        return self._first_below(self.share)

    @property
    def median_interval(self) -> tuple[float, float]:
        """When the two ends of the band reach a half [h] (Brookmeyer & Crowley 1982); NaN for the
        end that never does."""
        return self._first_below(self.low), self._first_below(self.high)

    def _first_below(self, share: np.ndarray) -> float:
        below = self.times[share <= 0.5]
        return float(below[0]) if len(below) else float("nan")


def free_of_event(times: Sequence[float], end: float | Sequence[float]) -> FreeOfEvent:
    """The curve for first events at `times` [h], NaN for none; who had none was watched until
    `end` [h], the same for all or each his own."""
    from scipy import stats  # loaded on use: it takes 70 MB

    when = np.asarray(times, dtype=float)
    had = ~np.isnan(when)
    watched = np.broadcast_to(np.asarray(end, dtype=float), when.shape)
    data = stats.CensoredData(uncensored=when[had], right=watched[~had])
    curve = stats.ecdf(data).sf
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # no band where the share is 1 or 0
        band = curve.confidence_interval(CONFIDENCE, method="log-log")
    return FreeOfEvent(
        curve.quantiles,
        curve.probabilities,
        band.low.probabilities,
        band.high.probabilities,
        int(had.sum()),
        len(when),
    )
