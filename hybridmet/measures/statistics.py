"""Intervals of confidence for what an ensemble shows."""

from collections.abc import Sequence

import numpy as np

CONFIDENCE = 0.95
"""Of all intervals [1]."""


def wilson(successes: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Interval of a proportion (Wilson 1927, doi:10.1080/01621459.1927.10502953); NaN without
    trials."""
    if trials == 0:
        return np.nan, np.nan
    from scipy import stats  # loaded on use: it takes 70 MB

    interval = stats.binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def mean_interval(
    values: Sequence[float], confidence: float = CONFIDENCE
) -> tuple[float, float, float]:
    """Mean and Student's interval of it; NaN where there are too few values."""
    n = len(values)
    if n == 0:
        return np.nan, np.nan, np.nan
    mean = float(np.mean(values))
    if n == 1:
        return mean, np.nan, np.nan
    from scipy import stats  # loaded on use: it takes 70 MB

    half = float(stats.t.ppf((1 + confidence) / 2, n - 1) * np.std(values, ddof=1) / np.sqrt(n))
    return mean, mean - half, mean + half
