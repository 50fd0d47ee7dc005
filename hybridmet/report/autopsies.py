"""What a report says of a population beside autopsies of patients with the same primary."""

from collections.abc import Mapping, Sequence

import numpy as np

from hybridmet.measures.autopsy_error import rms_error, rms_if_alike
from hybridmet.measures.incidence import BEDS_OF_SITE, CITATION, PRIMARY_OF_SITE, site_counts
from hybridmet.measures.likeliest_time import LikeliestTime, likeliest_time
from hybridmet.measures.soil_fit import Counts
from hybridmet.measures.soil_prediction import errors_of, rms_of_chance
from hybridmet.measures.statistics import wilson
from hybridmet.report.page import extent, shown, within

SITE_OF_BED = {bed: site for site, beds in BEDS_OF_SITE.items() for bed in beds}
"""Site of the autopsies to which metastases in a capillary bed count."""
TIMES = 240
"""Times at which the total is tried [1]: half days of four months."""
NONE = float("nan")
Published = Mapping[str, tuple[float, float, float]]
"""Incidence at autopsy [1] by site, with Wilson's 95 % interval."""
ERROR_COLUMNS = ("", "error of incidence, rms, %", "rank correlation")


def counts_of(site: str | None) -> Counts:
    """Cases and autopsies by site; none where the table has no such primary."""
    return site_counts(PRIMARY_OF_SITE[site]) if site in PRIMARY_OF_SITE else {}


def published(counts: Counts) -> dict[str, tuple[float, float, float]]:
    """Incidence at autopsy with its interval."""
    return {name: (cases / n, *wilson(cases, n)) for name, (cases, n) in counts.items()}


def autopsies_of(counts: Counts) -> str:
    """Their number a site, as `n = 36`; nothing where there are none."""
    return f"n = {extent(n for _, n in counts.values())}" if counts else ""


def error_rows(first_times: Mapping[str, Sequence[float]], counts: Counts) -> list[tuple]:
    """Rows of ERROR_COLUMNS: patients with first metastases at `first_times` [h] by site, NaN for
    never, and what to hold their errors against."""
    hits = np.array([~np.isnan(first_times[site]) for site in counts], dtype=float).T
    shares = dict(zip(counts, hits.mean(axis=0).tolist(), strict=True))
    simulated = within(*(100 * value for value in rms_error(hits, counts)))
    return [
        ("simulated", simulated, errors_of(shares, counts).spearman),
        ("all sites alike, at the autopsies' mean", 100 * rms_if_alike(counts), NONE),
        ("chance alone, by the number of autopsies", 100 * rms_of_chance(counts), NONE),
    ]


def about_errors(counts: Counts, size: str) -> str:
    """What the table of error_rows is."""
    return (
        f"Patients with a {size} against {CITATION}: {len(counts)} sites, {autopsies_of(counts)} "
        f"autopsies. In brackets: 95 % by a bootstrap over patients and autopsies. All sites alike: "
        f"what a model of the distribution over organs must beat; chance alone: what the best "
        f"model would leave."
    )


def about_time(
    first_times: Mapping[str, Sequence[float]], counts: Counts, until: float
) -> str:
    """When the patients are nearest to the autopsies."""
    best = likeliest_time(first_times, counts, np.linspace(0.0, until, TIMES + 1)[1:])
    return (
        "How high all bars are together depends on the time that is simulated. Fitted to all sites "
        f"at once (maximum likelihood), it is {_time(best)}."
    )


def _time(best: LikeliestTime) -> str:
    if best.why_not:
        return f"not determined: {best.why_not}"
    later = ", or later than was simulated" if best.last else ""
    low, high = shown(best.low / 24), shown(best.high / 24)
    ends = f"{low} days or later" if np.isinf(best.high) else f"{low} to {high} days"
    how = "95 % by a bootstrap over patients and autopsies"
    return f"{shown(best.time / 24)} days{later} ({how}: {ends})"
