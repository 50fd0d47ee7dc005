"""When a population is most like patients at autopsy: the one number that flow and soil do not tell.

Autopsies have no clock. How long a virtual primary has shed sets the height of all incidences
together; it is fitted to all sites of its primary at once by maximum likelihood, so that what is
left, the distribution over sites, is a prediction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hybridmet.measures.soil_fit import Counts, deviance


@dataclass(frozen=True)
class LikeliestTime:
    """The best of some times."""

    time: float
    """[h]."""
    deviance: float
    """Binomial deviance [1] of the autopsies from the incidence then, summed over sites."""
    last: bool
    """Whether it is the last of the times, so that a later one may be better."""


def likeliest_time(
    first_times: Mapping[str, Sequence[float]], counts: Counts, times: Sequence[float]
) -> LikeliestTime:
    """The time [h] among `times` at which the incidence of patients with first metastases at
    `first_times` [h] by site, NaN for never, makes `counts` of autopsies most likely.

    A share is taken as (k + 1/2) / (n + 1) (Jeffreys), so that a site that no virtual patient has
    does not forbid the autopsies that have.
    """
    found = [deviance(counts, _smoothed(first_times, counts, time)) for time in times]
    best = int(np.argmin(found))
    return LikeliestTime(float(times[best]), found[best], best == len(times) - 1)


def _smoothed(
    first_times: Mapping[str, Sequence[float]], counts: Counts, time: float
) -> dict[str, float]:
    """Incidence [1] at a time by site."""
    return {
        site: (np.count_nonzero(np.asarray(first_times[site]) <= time) + 0.5)
        / (len(first_times[site]) + 1.0)
        for site in counts
    }
