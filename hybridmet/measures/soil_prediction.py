"""What fitted soil foretells of primaries that were not fitted, against neutral soil."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hybridmet.circulation.expected import Expected
from hybridmet.measures.efficiency import agreement
from hybridmet.measures.incidence import BEDS_OF_SITE
from hybridmet.measures.soil_fit import (
    Counts,
    Flux,
    deviance,
    fit_shedding,
    fit_soil,
    predicted,
)
from hybridmet.measures.statistics import bootstrap_interval


@dataclass(frozen=True)
class Errors:
    """How far a prediction of incidence is from what was observed."""

    rms: float
    """Root mean square of the differences in incidence over the sites [1]."""
    deviance: float
    """Binomial deviance per site [1]; about 1 if only chance were left."""
    spearman: float
    """Rank correlation over the sites [1]."""


FLOW_AND_SOIL, FLOW_ALONE, SOIL_ALONE = "flow and soil", "flow alone", "soil alone"
NEITHER = "neither"
MODELS = (FLOW_AND_SOIL, FLOW_ALONE, SOIL_ALONE, NEITHER)
"""Fitted soil with the flow of CTCs; neutral soil; soil fitted as if all sites received alike; and
what any of them must beat, all sites alike in both."""


@dataclass(frozen=True)
class Prediction:
    """A primary that was held out."""

    primary: str
    observed: dict[str, float]
    """Incidence by site [1]."""
    incidence: dict[str, dict[str, float]]
    """Predicted by each of MODELS, by site [1]."""
    errors: dict[str, Errors]
    """Of each of MODELS."""


def site_flux(means: Expected, start: Mapping[str, float]) -> dict[str, float]:
    """Extravasations per CTC [1] by site of the autopsies, under flow and filters alone."""
    network, fate = means.network, means.fate(dict(start))
    return {
        site: sum(float(fate.extravasated[network.index(bed)]) for bed in of_site)
        for site, of_site in BEDS_OF_SITE.items()
    }


def held_out(
    observed: Mapping[str, Counts],
    flux: Mapping[str, Flux],
    primaries: Iterable[str],
    *,
    own_total: bool,
) -> list[Prediction]:
    """Each of `primaries` from fits to all primaries but that one; see `predict`."""
    out = []
    for held in primaries:
        others = [name for name in observed if name != held]
        out.append(predict(held, observed, flux, others, own_total=own_total))
    return out


def predict(
    held: str,
    observed: Mapping[str, Counts],
    flux: Mapping[str, Flux],
    known: Iterable[str],
    *,
    own_total: bool,
) -> Prediction:
    """A primary from fits to the primaries `known`.

    `own_total`: the one number that neither flow nor soil tells, how much the primary sheds, is
    fitted to its own incidence, for every model, so that only the distribution is foretold;
    else it is the geometric mean of the known ones', and nothing of the primary is used.
    """
    known = {name: observed[name] for name in known}
    even = {name: dict.fromkeys(sites, 1.0) for name, sites in flux.items()}
    models = {
        FLOW_AND_SOIL: (flux, fit_soil(known, flux).soil),
        FLOW_ALONE: (flux, {}),
        SOIL_ALONE: (even, fit_soil(known, even).soil),
        NEITHER: (even, {}),
    }
    counts, found = observed[held], {}
    for name, (received, soil) in models.items():
        each = {held: counts} if own_total else known
        shed = [fit_shedding(own, received[p], soil) for p, own in each.items()]
        seen = {site: received[held][site] for site in counts}
        found[name] = predicted(seen, soil, float(np.exp(np.mean(np.log(shed)))))
    share = {site: cases / patients for site, (cases, patients) in counts.items()}
    return Prediction(held, share, found, {n: errors_of(p, counts) for n, p in found.items()})


def mean_rms(predictions: Sequence[Prediction], model: str) -> tuple[float, float, float]:
    """Of a model, over the primaries: mean and bootstrap interval [1]."""
    return bootstrap_interval([p.errors[model].rms for p in predictions])


def rms_beyond(
    predictions: Sequence[Prediction], model: str, other: str
) -> tuple[float, float, float]:
    """By how much a model's rms exceeds another's, primary by primary: mean and bootstrap
    interval [1]."""
    return bootstrap_interval([p.errors[model].rms - p.errors[other].rms for p in predictions])


def rms_of_chance(counts: Counts) -> float:
    """The rms [1] that is left where each site's probability is known: that of the autopsies'
    finite number, sqrt(p (1 - p) / n) over the sites."""
    cases, patients = np.array(list(counts.values()), dtype=float).T
    p = cases / patients
    return float(np.sqrt(np.mean(p * (1.0 - p) / patients)))


def errors_of(incidence: Mapping[str, float], counts: Counts) -> Errors:
    """How far predicted incidence is from cases and patients."""
    share = {site: cases / patients for site, (cases, patients) in counts.items()}
    off = np.array([incidence[site] - share[site] for site in counts])
    return Errors(
        rms=float(np.sqrt(np.mean(off**2))),
        deviance=deviance(counts, incidence) / len(counts),
        spearman=agreement(incidence, share).spearman,
    )
