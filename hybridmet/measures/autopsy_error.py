"""How far the incidence in virtual patients is from autopsies, and how far a guess would be."""

import numpy as np

from hybridmet.measures.soil_fit import Counts
from hybridmet.measures.statistics import RESAMPLES, bias_corrected


def rms_error(hits: np.ndarray, counts: Counts) -> tuple[float, float, float]:
    """Root mean square over sites of the difference in incidence [1], and its 95 % interval by the
    bootstrap (the same draws every time): patients are drawn anew, cases at autopsy from their
    binomials, site by site (which of them were one patient's is not published).

    hits : (patients, sites) 1 where a patient has a metastasis, sites as in `counts`.
    """
    cases, autopsies = _columns(counts)
    found = _rms(hits.mean(axis=0), cases / autopsies)
    random = np.random.default_rng(1)
    resampled = [
        _rms(
            hits[random.integers(len(hits), size=len(hits))].mean(axis=0),
            random.binomial(autopsies, cases / autopsies) / autopsies,
        )
        for _ in range(RESAMPLES)
    ]
    return found, *bias_corrected(found, resampled)


def rms_if_alike(counts: Counts) -> float:
    """The rms [1] of the guess that all sites are alike and have the autopsies' mean incidence: what
    a model of the distribution over sites must beat."""
    cases, autopsies = _columns(counts)
    return _rms(np.full(len(cases), cases.sum() / autopsies.sum()), cases / autopsies)


def _columns(counts: Counts) -> tuple[np.ndarray, np.ndarray]:
    cases, autopsies = np.array(list(counts.values()), dtype=np.int64).T
    return cases, autopsies


def _rms(incidence: np.ndarray, observed: np.ndarray) -> float:
    return float(np.sqrt(np.mean((incidence - observed) ** 2)))
