"""What a report says of a population beside autopsies of patients with the same primary."""

from collections.abc import Mapping, Sequence

import numpy as np

from hybridmet.measures.incidence import BEDS_OF_SITE, CITATION, PRIMARY_OF_SITE, site_counts
from hybridmet.measures.likeliest_time import likeliest_time
from hybridmet.measures.soil_fit import Counts
from hybridmet.measures.soil_prediction import errors_of
from hybridmet.measures.statistics import bootstrap_interval

SITE_OF_BED = {bed: site for site, beds in BEDS_OF_SITE.items() for bed in beds}
"""Site of the autopsies to which metastases in a capillary bed count."""
TIMES = 240
"""Times at which the total is tried [1]: half days of four months."""


def counts_of(site: str | None) -> Counts:
    """Cases and autopsies by site; none where the table has no such primary."""
    return site_counts(PRIMARY_OF_SITE[site]) if site in PRIMARY_OF_SITE else {}


def published(counts: Counts) -> dict[str, float]:
    """Incidence at autopsy [1] by site."""
    return {name: cases / patients for name, (cases, patients) in counts.items()}


def against_autopsies(
    first_times: Mapping[str, Sequence[float]], counts: Counts, until: float, size: str
) -> str:
    """How far patients with first metastases at `first_times` [h] by site, NaN for never, are from
    the autopsies, and when they are nearest."""
    rms = bootstrap_interval(_hits(first_times, counts), lambda hits: _rms(hits, counts))
    shares = dict(zip(counts, _hits(first_times, counts).mean(axis=0), strict=True))
    best = likeliest_time(first_times, counts, np.linspace(0.0, until, TIMES + 1)[1:])
    later = ", or later than was simulated" if best.last else ""
    autopsies = max(n for _, n in counts.values())
    return (
        f"Patients with a {size} against {CITATION}, {len(counts)} sites, up to {autopsies} "
        f"autopsies a site: root mean square error of incidence {_percent(rms)}, rank correlation "
        f"{errors_of(shares, counts).spearman:.2f}. How high all bars are together depends on the "
        f"time that is simulated; fitted to all sites at once (maximum likelihood), it is "
        f"{best.time / 24:.3g} days{later}."
    )


def _hits(first_times: Mapping[str, Sequence[float]], counts: Counts) -> np.ndarray:
    """(patients, sites) 1 where a patient has a metastasis."""
    return np.array([~np.isnan(first_times[site]) for site in counts], dtype=float).T


def _rms(hits: np.ndarray, counts: Counts) -> float:
    off = hits.mean(axis=0) - np.array([cases / n for cases, n in counts.values()])
    return float(np.sqrt(np.mean(off**2)))


def _percent(found: tuple[float, float, float]) -> str:
    mean, low, high = (100 * value for value in found)
    bounds = "" if np.isnan(low) else f" (bootstrap over patients, 95 %: {low:.1f} to {high:.1f} %)"
    return f"{mean:.1f} %{bounds}"
