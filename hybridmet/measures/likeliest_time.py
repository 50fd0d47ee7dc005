"""When a population is most like patients at autopsy: the one number that flow and soil do not tell.

Autopsies have no clock. How long a virtual primary has shed sets the height of all incidences
together; it is fitted to all sites of its primary at once by maximum likelihood, so that what is
left, the distribution over sites, is a prediction. The interval is a bootstrap's: patients are
drawn anew with replacement, cases at autopsy from their binomials.

A time is not determined where no patient has a metastasis, where none at all would fit best (few
patients beside few cases), and where the bootstrap cannot exclude that none at all would.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hybridmet.measures.soil_fit import Counts, deviance
from hybridmet.measures.statistics import CONFIDENCE

RESAMPLES = 1000
"""Of patients and autopsies [1]: ends of the interval vary by some 4 % of its width."""
NO_EVENT = "no patient has one at these sites"
NONE_FITS_BEST = "none in any patient would fit the autopsies best"
TOO_FEW = "too few patients have one: the bootstrap cannot exclude that none in any would fit as well"


@dataclass(frozen=True)
class LikeliestTime:
    """The best of some times."""

    time: float
    """[h]; NaN where it is not determined."""
    low: float
    high: float
    """95 % interval [h], infinite where a time later than the last may do; NaN where it is not
    determined."""
    deviance: float
    """Binomial deviance [1] of the autopsies from the incidence then, summed over sites."""
    last: bool
    """Whether nothing after it is less likely, so that a time after the last may be better."""
    why_not: str = ""
    """Why it is not determined."""


def likeliest_time(
    first_times: Mapping[str, Sequence[float]], counts: Counts, times: Sequence[float]
) -> LikeliestTime:
    """The time [h] among `times`, ascending, at which the incidence of patients with first
    metastases at `first_times` [h] by site, NaN for never, makes `counts` of autopsies most likely.

    A share is taken as (k + 1/2) / (n + 1) (Jeffreys), so that a site that no virtual patient has
    does not forbid the autopsies that have.
    """
    events = _Events.of(first_times, counts, np.asarray(times, dtype=float))
    if len(events.patient) == 0:
        return _undetermined(NO_EVENT)
    cases, autopsies = np.array(list(counts.values()), dtype=float).T
    best, time, last = events.best(np.ones(events.patients), cases, autopsies)
    if time == 0.0:
        return _undetermined(NONE_FITS_BEST)
    low, high = events.interval(cases, autopsies)
    if low == 0.0:
        return _undetermined(TOO_FEW)
    shares = dict(zip(counts, events.shares(np.ones(events.patients))[best].tolist(), strict=True))
    return LikeliestTime(time, low, high, deviance(counts, shares), last)


def _undetermined(why: str) -> LikeliestTime:
    nan = float("nan")
    return LikeliestTime(nan, nan, nan, nan, False, why)


@dataclass(frozen=True, eq=False)
class _Events:
    """First metastases as columns: whose, and by which site and time they count."""

    times: np.ndarray
    """(times,) [h]."""
    patients: int
    sites: int
    patient: np.ndarray
    """(events,)."""
    cell: np.ndarray
    """(events,) place in a table of (times, sites), flat: the first time at which it is there."""

    @classmethod
    def of(cls, first_times, counts: Counts, times: np.ndarray) -> "_Events":
        when = np.array([first_times[site] for site in counts], dtype=float)
        site, patient = np.nonzero(when <= times[-1])
        row = np.searchsorted(times, when[site, patient])
        return cls(times, when.shape[1], len(when), patient, row * len(when) + site)

    def shares(self, weights: np.ndarray) -> np.ndarray:
        """(times, sites) smoothed incidence [1] of patients that count `weights` times."""
        cells = len(self.times) * self.sites
        new = np.bincount(self.cell, weights[self.patient], cells).reshape(-1, self.sites)
        return (new.cumsum(axis=0) + 0.5) / (self.patients + 1.0)

    def best(self, weights: np.ndarray, cases: np.ndarray, autopsies: np.ndarray):
        """Place of the likeliest time; that time [h], 0 where nobody has an event by then; whether
        the last time is as likely."""
        share = self.shares(weights)
        likelihood = np.log(share) @ cases + np.log1p(-share) @ (autopsies - cases)
        best = int(np.argmax(likelihood))
        none_yet = share[best].max() <= 0.5 / (self.patients + 1.0)
        time = 0.0 if none_yet else float(self.times[best])
        return best, time, bool(likelihood[best] == likelihood[-1])

    def interval(self, cases: np.ndarray, autopsies: np.ndarray) -> tuple[float, float]:
        """Of the likeliest time [h], by the bootstrap; the same draws every time."""
        random = np.random.default_rng(1)
        starts, ends = np.empty((2, RESAMPLES))
        for i in range(RESAMPLES):
            chosen = random.integers(self.patients, size=self.patients)
            weights = np.bincount(chosen, minlength=self.patients).astype(float)
            drawn = random.binomial(autopsies.astype(int), cases / autopsies)
            _, starts[i], last = self.best(weights, drawn, autopsies)
            ends[i] = np.inf if last and starts[i] > 0.0 else starts[i]
        tail = 0.5 - CONFIDENCE / 2
        low = np.quantile(starts, tail, method="nearest")
        return float(low), float(np.quantile(ends, 1.0 - tail, method="nearest"))
