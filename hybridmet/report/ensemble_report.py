"""The report of an ensemble: how often, how soon and from where organs are colonized."""

from collections import Counter
from pathlib import Path

from hybridmet.measures.migration import by_kind
from hybridmet.measures.organ_incidence import OrganIncidence, organ_incidence
from hybridmet.measures.statistics import wilson
from hybridmet.measures.time_to_event import free_of_event
from hybridmet.output.json_file import record
from hybridmet.report import figures
from hybridmet.report.autopsies import SITE_OF_BED, against_autopsies, counts_of, published
from hybridmet.report.page import Page, shown
from hybridmet.report.population import Population, populations
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
NONE = float("nan")
MOST_EDGES = 40
"""Edges of the migration graph that a page shows [1]."""


def ensemble_page(directory: Path, size: str) -> Page:
    """A section for each point of the sweeps."""
    facts = record(directory / "ensemble.json", "until_h")
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
    patients = f"n = {len(population.members)} patients"
    page.heading(f"{population.title}, {patients}")
    page.text(f"A metastasis is a {size} that was reached at any time until day "
              f"{population.until / 24:.3g}, in any lattice of an organ but the primary tumour "
              f"itself. {_threshold(population, size)}")  # fmt: skip
    counts = {} if size == COLONY else counts_of(population.site)
    if size == COLONY:
        page.text("A colony is one from its second cell on, also if it dies out: no autopsy would "
                  "find all of them, so none is compared with.")  # fmt: skip
    observed = published(counts)
    page.figure(f"incidence{suffix}", figures.incidence_bars(rows, observed),
                f"Patients with a {size} by organ, {patients}; bars: Wilson's 95 % interval.")
    page.table(_columns(size),
               [(*_row(row), 100 * observed.get(row.organ, NONE)) for row in rows])  # fmt: skip
    page.text("In brackets: 95 % intervals, of shares Wilson's, of means Student's, of the metastatic "
              "efficiency index (MEI) that of its share. Median: until half of the patients have "
              "one (Kaplan-Meier).")  # fmt: skip
    if counts:
        first = population.first_times(SIZES[size], SITE_OF_BED)
        page.text(against_autopsies(first, counts, population.until, size))
    _how_soon(page, population, rows, size, suffix)
    page.figure(f"efficiency{suffix}", figures.efficiency_bars(rows),
                "Metastatic efficiency index: incidence over relative flow of CTCs, "
                f"{patients}; bars: 95 % interval.")  # fmt: skip
    _dormancy(page, population)
    _migration(page, population, suffix)


def _threshold(population: Population, size: str) -> str:
    if size == COLONY:
        return ""
    return f"It has {getattr(population.scenario.tissue.colonies, size)} living cells or more."


def _columns(size: str) -> tuple[str, ...]:
    return ("organ", f"patients with {size}", "%", "median, days", "DTCs a patient", "MEI",
            "autopsies, %")  # fmt: skip


def _row(row: OrganIncidence) -> tuple:
    share = within(100 * row.probability, 100 * row.low, 100 * row.high)
    arrivals = within(row.arrivals, max(0.0, row.arrivals_low), row.arrivals_high)
    efficiency = within(row.efficiency, *row.efficiency_interval)
    return (row.organ, row.cases, share, row.first.median / 24, arrivals, efficiency)


def within(value: float, low: float, high: float) -> str:
    """A number with its interval, as a cell of a table."""
    return f"{shown(float(value))} ({shown(float(low))}-{shown(float(high))})"


def _dormancy(page: Page, population: Population) -> None:
    """What became of the DTCs that were seeded asleep or awake, by bed."""
    if not (stocks := population.dormancy()):
        return
    page.text("Dormancy: what became of all DTCs that found a place, in % with Wilson's interval; the "
              "others divided as they came, or died awake.")  # fmt: skip
    rows = [
        (bed, seeded, *(within(*(100 * v for v in (n / seeded, *wilson(n, seeded)))) for n in fates))
        for bed, (seeded, *fates) in stocks.items()
    ]
    page.table(("organ", "DTCs seeded", "woke, %", "died asleep, %", "asleep at the end, %"), rows)


def _how_soon(
    page: Page, population: Population, rows: list[OrganIncidence], size: str, suffix: str
) -> None:
    anywhere = free_of_event(population.first_anywhere(SIZES[size]), population.until)
    lines = {"any organ": anywhere} | {row.organ: row.first for row in rows[:5] if row.cases}
    page.figure(f"free_of_metastasis{suffix}", figures.free_of_metastasis(lines),
                f"Time to the first {size} (Kaplan-Meier with its log-log 95 % band).")  # fmt: skip
    low, high = anywhere.median_interval
    page.text(f"{anywhere.events} of {anywhere.patients} patients have a {size}; median time to the "
              f"first: {within(anywhere.median / 24, low / 24, high / 24)} days (95 %, from the "
              "band).")  # fmt: skip


def _migration(page: Page, population: Population, suffix: str) -> None:
    edges = population.migration()
    kinds = by_kind(edges).items()
    told = ", ".join(f"{kind} {arrivals}" for kind, (arrivals, _, _) in kinds if arrivals) or "none"
    page.text(f"Arrivals by kind of seeding, all {len(population.members)} patients: {told}.")
    if edges:
        page.figure(f"migration{suffix}", figures.migration_matrix(edges),
                    "Who seeded whom: DTCs that left a tissue (rows) and arrived in another "
                    "(columns), all patients together.")  # fmt: skip
    largest = sorted(edges, key=lambda e: (-e.arrivals, e.origin, e.place, e.kind))[:MOST_EDGES]
    rows = [(e.origin, e.place, e.kind, e.arrivals, e.colonies, e.cells) for e in largest]
    page.table(("from", "to", "seeding", "arrivals", "colonies", "cells"), rows)
