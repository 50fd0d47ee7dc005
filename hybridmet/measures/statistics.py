"""Intervals of confidence for what an ensemble shows."""

import warnings
from collections.abc import Callable, Sequence

import numpy as np

CONFIDENCE = 0.95
"""Of all intervals [1]."""
RESAMPLES = 4000
"""Of a bootstrap [1]: ends of an interval vary by some 2 % of its width."""


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


def bootstrap_interval(
    values: Sequence[float] | np.ndarray,
    statistic: Callable[[np.ndarray], float] = np.mean,
    confidence: float = CONFIDENCE,
) -> tuple[float, float, float]:
    """A statistic of independent rows (n, ...) and the bootstrap's interval of it (Efron's BCa, from
    SciPy, the same draws every time); the interval is NaN where rows do not differ or there is one."""
    from scipy import stats  # loaded on use: it takes 70 MB

    rows = np.asarray(values, dtype=float)
    whole = float(statistic(rows))
    if len(rows) < 2 or not np.ptp(rows, axis=0).any():
        return whole, np.nan, np.nan
    with warnings.catch_warnings():  # `random_state` is the name that all releases of SciPy know
        warnings.simplefilter("ignore")
        found = stats.bootstrap(
            (np.arange(len(rows)),),
            lambda chosen: statistic(rows[chosen]),
            n_resamples=RESAMPLES,
            vectorized=False,
            confidence_level=confidence,
            random_state=np.random.default_rng(1),
        )
    low, high = found.confidence_interval
    return whole, float(low), float(high)


def bias_corrected(
    whole: float, resampled: Sequence[float] | np.ndarray, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Interval of a statistic that is `whole` from its values in resamples, by bias-corrected
    percentiles (Efron 1981, doi:10.2307/3314608): a root mean square grows by resampling alone, and
    plain percentiles would lie too high. NaN where the values do not differ."""
    values = np.asarray(resampled, dtype=float)
    if len(values) == 0 or np.ptp(values) == 0.0:
        return np.nan, np.nan
    from scipy import stats  # loaded on use: it takes 70 MB

    least = 0.5 / len(values)
    bias = stats.norm.ppf(np.clip(np.mean(values < whole), least, 1.0 - least))
    reach = stats.norm.ppf(0.5 + confidence / 2)
    low, high = np.quantile(values, stats.norm.cdf([2 * bias - reach, 2 * bias + reach]))
    return float(low), float(high)
