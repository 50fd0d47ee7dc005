"""The report of an ensemble: how often, how soon and from where organs are colonized."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from hybridmet.measures.incidence import (
    BEDS_OF_SITE,
    CITATION,
    PRIMARY_OF_SITE,
    site_counts,
)
from hybridmet.measures.migration import by_kind
from hybridmet.measures.organ_incidence import OrganIncidence, organ_incidence
from hybridmet.measures.soil_prediction import errors_of
from hybridmet.measures.time_to_event import free_of_event
from hybridmet.report import figures
from hybridmet.report.page import Page
from hybridmet.report.population import Population, populations
from hybridmet.report.read import record
from hybridmet.tissue.colony_sizes import COLONY

SIZES = {
    COLONY: "first_division_h",
    "micrometastasis": "micrometastasis_h",
    "macrometastasis": "macrometastasis_h",
    "detection": "detection_h",
}
"""What may count as a metastasis -> its column of colonies.csv."""
DEFAULT_SIZE = "micrometastasis"
"""The least that a pathologist finds."""
SITE_OF_BED = {bed: site for site, beds in BEDS_OF_SITE.items() for bed in beds}
NONE = float("nan")
MOST_EDGES = 40
"""Edges of the migration graph that a page shows [1]."""


def ensemble_page(directory: Path, size: str) -> Page:
    """A section for each point of the sweeps."""
    facts = record(directory / "ensemble.json")
    page = Page(directory, f"hybridmet ensemble: {facts.get('name', directory.name)}")
    shown = ("status", "version", "members", "completed", "until_h", "random_seed", "sampling")
    page.table(("", ""), [(name, facts[name]) for name in shown if name in facts])
    for number, population in enumerate(populations(directory, facts["until_h"])):
        _section(page, population, size, f"_{number}" if number else "")
    return page


def incidence_of(population: Population, size: str = DEFAULT_SIZE) -> list[OrganIncidence]:
    """Incidence by site of the autopsies (or capillary bed where there is none)."""
    first = population.first_times(SIZES[size], SITE_OF_BED)
    arrivals = population.arrivals(SITE_OF_BED)
    flow: Counter[str] = Counter()
    for bed, share in population.relative_flow().items():
        flow[SITE_OF_BED.get(bed, bed)] += share
    return organ_incidence(first, arrivals, population.until, flow)


def _section(page: Page, population: Population, size: str, suffix: str) -> None:
    rows = incidence_of(population, size)
    page.heading(population.title)
    page.text(f"A metastasis is a {size} that was reached at any time, in any lattice of an organ "
              "but the primary tumour itself.")  # fmt: skip
    observed = {} if size == COLONY else published(population.site)
    if size == COLONY:
        page.text("A colony is one from its second cell on, also if it dies out: no autopsy would "
                  "find all of them, so none is compared with.")  # fmt: skip
    page.figure(f"incidence{suffix}", figures.incidence_bars(rows, observed),
                f"Patients with a {size} by organ; bars: Wilson's 95 % interval.")  # fmt: skip
    page.table(_columns(size),
               [(*_row(row), 100 * observed.get(row.organ, NONE)) for row in rows])  # fmt: skip
    if observed:
        page.text(_against_autopsies(rows, population.site, size))
    _how_soon(page, population, rows, size, suffix)
    page.figure(f"efficiency{suffix}", figures.efficiency_bars(rows),
                "Metastatic efficiency index: incidence over relative flow of CTCs.")  # fmt: skip
    _migration(page, population)


def _columns(size: str) -> tuple[str, ...]:
    return ("organ", "patients", f"with {size}", "%", "95 % from", "to", "median, days",
            "DTCs a patient", "MEI", "autopsies, %")  # fmt: skip


def _row(row: OrganIncidence) -> tuple:
    interval = (100 * row.probability, 100 * row.low, 100 * row.high)
    ends = (row.first.median / 24, row.arrivals, row.efficiency)
    return (row.organ, row.patients, row.cases, *interval, *ends)


def _against_autopsies(rows: list[OrganIncidence], site: str, size: str) -> str:
    """How far the patients are from those of the table."""
    counts = site_counts(PRIMARY_OF_SITE[site])
    errors = errors_of({row.organ: row.probability for row in rows}, counts)
    return (
        f"Patients with a {size} against {CITATION}, {len(counts)} sites: root mean square error of incidence "
        f"{100 * errors.rms:.1f} %, rank correlation {errors.spearman:.2f}."
    )


def published(site: str | None) -> Mapping[str, float]:
    """Incidence at autopsy [1] by site; empty where the table has no such primary."""
    if site not in PRIMARY_OF_SITE:
        return {}
    counts = site_counts(PRIMARY_OF_SITE[site])
    return {name: cases / patients for name, (cases, patients) in counts.items()}


def _how_soon(
    page: Page, population: Population, rows: list[OrganIncidence], size: str, suffix: str
) -> None:
    anywhere = free_of_event(population.first_anywhere(SIZES[size]), population.until)
    lines = {"any organ": anywhere} | {row.organ: row.first for row in rows[:5] if row.cases}
    page.figure(f"free_of_metastasis{suffix}", figures.free_of_metastasis(lines),
                "Time to the first metastasis (Kaplan-Meier with its log-log band).")  # fmt: skip
    page.text(f"{anywhere.events} of {anywhere.patients} patients have a metastasis; median time "
              f"to the first: {anywhere.median / 24:.3g} days.")  # fmt: skip


def _migration(page: Page, population: Population) -> None:
    edges = population.migration()
    kinds = by_kind(edges).items()
    told = ", ".join(f"{kind} {arrivals}" for kind, (arrivals, _, _) in kinds if arrivals) or "none"
    page.text(f"Arrivals by kind of seeding, all patients: {told}.")
    largest = sorted(edges, key=lambda e: (-e.arrivals, e.origin, e.place, e.kind))[:MOST_EDGES]
    rows = [(e.origin, e.place, e.kind, e.arrivals, e.colonies) for e in largest]
    page.table(("from", "to", "seeding", "arrivals", "colonies"), rows)
