"""Seed and soil told apart: soil factors of organs, fitted to where primaries spread.

Metastases in site o of a primary p are Poisson events, so that a fraction

    P_po = 1 - exp(-s_o f_po c_p)

of patients has one: f the extravasations in o per CTC of the primary (flow and filters, from
`circulation.expected`), s the soil of the site and c how much the primary sheds over its time.
With the complementary log-log link this is a generalized linear model whose linear predictor is
log s + log c + log f, the last one known; its likelihood is concave. A weak normal prior on log s
sets the scale that s and c share and keeps sites finite in which no case was seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.special import xlogy

PRIOR_SD = 3.0
"""Standard deviation of log s around neutral soil [1]: ASSUMED, a factor of 20; weak beside the
hundreds of autopsies of each primary."""
TINY = 1e-300

Counts = Mapping[str, tuple[int, int]]
"""Cases and patients by site."""
Flux = Mapping[str, float]
"""Extravasations per CTC by site [1]."""


@dataclass(frozen=True)
class SoilFit:
    """What a fit found."""

    soil: dict[str, float]
    """s by site [1]; the geometric mean is near 1 by the prior."""
    shedding: dict[str, float]
    """c by primary [1]."""
    deviance: float
    """Twice the log-likelihood short of that of the observed fractions [1]."""
    freedom: int
    """Observations less fitted numbers."""


def fit_soil(
    observed: Mapping[str, Counts], flux: Mapping[str, Flux], prior_sd: float = PRIOR_SD
) -> SoilFit:
    """Soil by site and shedding by primary that make the observed cases most likely."""
    primaries = list(observed)
    sites = list(dict.fromkeys(site for counts in observed.values() for site in counts))
    data = _Data.of(observed, flux, primaries, sites)
    start = np.concatenate([np.zeros(len(sites)), _first_shedding(data, len(primaries))])
    found = minimize(
        data.loss, start, args=(prior_sd,), jac=True, method="L-BFGS-B",
        options={"maxiter": 10_000, "maxfun": 100_000, "ftol": 1e-14, "gtol": 1e-8},
    )  # fmt: skip
    log_s, log_c = np.split(found.x, [len(sites)])
    return SoilFit(
        dict(zip(sites, np.exp(log_s).tolist(), strict=True)),
        dict(zip(primaries, np.exp(log_c).tolist(), strict=True)),
        data.deviance(log_s, log_c),
        len(data.cases) - len(sites) - len(primaries) + 1,
    )


def fit_shedding(counts: Counts, flux: Flux, soil: Mapping[str, float]) -> float:
    """c of one primary [1] in a given soil; sites without a soil have 1."""
    known = {site: flux[site] * soil.get(site, 1.0) for site in counts}
    data = _Data.of({"": counts}, {"": known}, [""], list(counts))
    zero = np.zeros(len(data.sites))
    middle = float(_first_shedding(data, 1)[0])
    found = minimize_scalar(
        lambda log_c: data.deviance(zero, np.array([log_c])),
        bounds=(middle - 20.0, middle + 20.0),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return float(np.exp(found.x))


def predicted(flux: Flux, soil: Mapping[str, float], shedding: float) -> dict[str, float]:
    """Incidence by site [1]; sites without a soil have 1."""
    return {
        site: float(-np.expm1(-soil.get(site, 1.0) * f * shedding)) for site, f in flux.items()
    }


def deviance(counts: Counts, incidence: Mapping[str, float]) -> float:
    """Binomial deviance of a prediction [1] from cases and patients, summed over sites."""
    cases, patients = np.array([counts[site] for site in counts], dtype=float).T
    p = np.array([incidence[site] for site in counts])
    return _deviance(cases, patients, p)


@dataclass(frozen=True, eq=False)
class _Data:
    """Observations in columns."""

    primary: np.ndarray
    site: np.ndarray
    cases: np.ndarray
    patients: np.ndarray
    log_flux: np.ndarray
    sites: list[str]

    @classmethod
    def of(cls, observed, flux, primaries: list[str], sites: list[str]) -> "_Data":
        rows = [
            (p, sites.index(site), k, n, np.log(flux[name][site]))
            for p, name in enumerate(primaries)
            for site, (k, n) in observed[name].items()
        ]
        columns = [np.array(column) for column in zip(*rows, strict=True)]
        return cls(*columns, sites)

    def loss(self, x: np.ndarray, prior_sd: float) -> tuple[float, np.ndarray]:
        """Minus the log posterior and its gradient at x = (log s, log c)."""
        log_s, log_c = np.split(x, [len(self.sites)])
        mean = np.exp(log_s[self.site] + log_c[self.primary] + self.log_flux)
        missed = self.patients - self.cases
        hit = np.maximum(-np.expm1(-mean), TINY)
        value = -(self.cases * np.log(hit)).sum() + (missed * mean).sum()
        slope = missed * mean - self.cases * mean * np.exp(-mean) / hit
        gradient = np.concatenate(
            [
                np.bincount(self.site, slope, len(log_s)) + log_s / prior_sd**2,
                np.bincount(self.primary, slope, len(log_c)),
            ]
        )
        return value + 0.5 * float(log_s @ log_s) / prior_sd**2, gradient

    def deviance(self, log_s: np.ndarray, log_c: np.ndarray) -> float:
        mean = np.exp(log_s[self.site] + log_c[self.primary] + self.log_flux)
        return _deviance(self.cases, self.patients, -np.expm1(-mean))


def _deviance(cases: np.ndarray, patients: np.ndarray, p: np.ndarray) -> float:
    missed = patients - cases
    best = xlogy(cases, cases / patients) + xlogy(missed, missed / patients)
    given = xlogy(cases, np.maximum(p, TINY)) + xlogy(missed, np.maximum(1.0 - p, TINY))
    return float(2.0 * (best - given).sum())


def _first_shedding(data: _Data, primaries: int) -> np.ndarray:
    """log c for which each primary's mean events in neutral soil match its mean incidence."""
    share = np.clip(data.cases / data.patients, 1e-3, 0.99)
    wanted = np.bincount(data.primary, -np.log1p(-share), primaries)
    return np.log(wanted / np.bincount(data.primary, np.exp(data.log_flux), primaries))
