"""Where in the space of its sweeps an ensemble stands: a grid, or points of a sequence."""

import itertools
import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from hybridmet.ensemble.sweep import Sweep
from hybridmet.errors import ScenarioError, unknown_name
from hybridmet.random import Stream, uniform

SAMPLINGS = ("grid", "lhs", "sobol")
MOST_POINTS = 1_000_000
"""Points of a sweep [1]: ASSUMED; more is a slip of the pen."""


def points(
    sweeps: Sequence[Sweep], sampling: str, samples: int | None, seed: int
) -> list[tuple[Any, ...]]:
    """The values of all sweeps at each point; one empty point without sweeps.

    grid: every combination, the last sweep running fastest. lhs: `samples` points of a Latin
    hypercube. sobol: `samples` points of a scrambled Sobol sequence, a power of two for its
    balance. The last two are drawn by scipy.stats.qmc, keyed by `seed`.
    """
    if sampling not in SAMPLINGS:
        raise unknown_name("--sampling", sampling, SAMPLINGS)
    _check(sweeps, sampling, samples)
    if sampling == "grid":
        total = math.prod(sweep.count or len(sweep.listed) for sweep in sweeps)
        _check_total("--vary", total)
        return list(itertools.product(*(sweep.grid() for sweep in sweeps)))
    assert samples is not None
    shares = _sequence(sampling, len(sweeps), samples, seed)
    return [
        tuple(sweep.at(float(u)) for sweep, u in zip(sweeps, row, strict=True)) for row in shares
    ]


def _check(sweeps: Sequence[Sweep], sampling: str, samples: int | None) -> None:
    """Raise ScenarioError where the options do not go together."""
    if sampling == "grid":
        if samples is not None:
            raise ScenarioError(f"--samples: got {samples}, needs --sampling lhs or sobol")
        for sweep in sweeps:
            if not sweep.listed and sweep.count is None:
                raise ScenarioError(f"{sweep.label}: a grid needs the count, start:stop:count")
        return
    if not sweeps:
        raise ScenarioError(f"--sampling: got {sampling}, needs at least one --vary")
    if samples is None:
        raise ScenarioError(f"--samples: missing, must be given for --sampling {sampling}")
    for sweep in sweeps:
        if sweep.count is not None:
            raise ScenarioError(
                f"{sweep.label}: must be start:stop without a count for --sampling {sampling}"
            )
    _check_total("--samples", samples)
    if sampling == "sobol" and samples & (samples - 1):
        below = 2 ** (samples.bit_length() - 1)
        raise ScenarioError(
            f"--samples: got {samples}, must be a power of 2 for sobol, such as {below} or "
            f"{2 * below}"
        )


def _check_total(label: str, total: int) -> None:
    if not 1 <= total <= MOST_POINTS:
        raise ScenarioError(f"{label}: got {total} points, must be >= 1 and <= {MOST_POINTS}")


def _sequence(sampling: str, dimension: int, samples: int, seed: int) -> np.ndarray:
    """(samples, dimension) float64 in [0, 1)."""
    from scipy.stats import qmc  # loaded on use: it takes 70 MB

    key = int(uniform(seed, Stream.SAMPLING, 1)[0] * 2**53)
    kind = {"lhs": qmc.LatinHypercube, "sobol": qmc.Sobol}[sampling]
    with warnings.catch_warnings():  # `seed` is the name that all releases of SciPy know
        warnings.simplefilter("ignore", DeprecationWarning)
        engine = kind(dimension, seed=np.random.default_rng(key))
    return np.clip(engine.random(samples), 0.0, np.nextafter(1.0, 0.0))
