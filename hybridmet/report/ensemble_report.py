"""The report of an ensemble: how often, how soon and from where organs are colonized."""

from collections import Counter
from pathlib import Path

import numpy as np

from hybridmet.measures.migration import by_kind
from hybridmet.measures.organ_incidence import OrganIncidence, organ_incidence
from hybridmet.measures.soil_fit import Counts
from hybridmet.measures.statistics import wilson
from hybridmet.measures.time_to_event import FreeOfEvent, free_of_event
from hybridmet.output.json_file import record
from hybridmet.report import figures, population_figures
from hybridmet.report.autopsies import (
    ERROR_COLUMNS,
    SITE_OF_BED,
    about_errors,
    about_time,
    autopsies_of,
    counts_of,
    error_rows,
    published,
)
from hybridmet.report.names import shown_place
from hybridmet.report.page import Page, shown, within
from hybridmet.report.population import Population, populations
from hybridmet.report.sizes import DEFAULT_SIZE, SIZES, called
from hybridmet.report.sweep_report import sweep_sections
from hybridmet.tissue.colony_sizes import COLONY

NONE = float("nan")
FACTS = ("status", "version", "members", "completed", "until_h", "random_seed", "sampling")
MOST_EDGES = 40
"""Edges of the migration graph that a page shows [1]."""
MOST_POINTS = 6
"""Points of sweeps that a page shows one by one [1]: ASSUMED; what can be read."""


def ensemble_page(directory: Path, size: str) -> Page:
    """A section for each point of the sweeps."""
    facts = record(directory / "ensemble.json", "until_h")
    page = Page(directory, f"hybridmet ensemble: {facts.get('name', directory.name)}")
    page.table(("", ""), [(name, facts[name]) for name in FACTS if name in facts])
    points = populations(directory, facts["until_h"])
    if len(points) > 1:
        sweep_sections(page, points, size)
    if len(points) > MOST_POINTS:
        page.text(f"The first {MOST_POINTS} of {len(points)} points follow one by one; results.csv "
                  "has all.")  # fmt: skip
    for number, population in enumerate(points[:MOST_POINTS]):
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
    page.text(f"A metastasis is a {called(size)} that was reached at any time until day "
              f"{population.until / 24:.3g}, in any lattice of an organ but the primary tumour "
              f"itself. {_threshold(population, size)}")  # fmt: skip
    counts = {} if size == COLONY else counts_of(population.site)
    if size == COLONY:
        page.text("A colony is one from its second cell on, also if it dies out: no autopsy would "
                  "find all of them, so none is compared with.")  # fmt: skip
    _incidence(page, rows, counts, size, suffix)
    if counts:
        first = population.first_times(SIZES[size], SITE_OF_BED)
        page.table(ERROR_COLUMNS, error_rows(first, counts))
        page.text(about_errors(counts, called(size)))
        page.text(about_time(first, counts, population.until))
    _how_soon(page, population, rows, size, suffix)
    page.figure(f"efficiency{suffix}", population_figures.efficiency_points(rows),
                f"Metastatic efficiency index: incidence of a {called(size)} over relative flow of "
                f"CTCs, {patients}; bars: 95 % interval.")  # fmt: skip
    _dormancy(page, population)
    _migration(page, population, suffix)


def _threshold(population: Population, size: str) -> str:
    if size == COLONY:
        return ""
    return f"It has {getattr(population.scenario.tissue.colonies, size)} living cells or more."


def _incidence(
    page: Page, rows: list[OrganIncidence], counts: Counts, size: str, suffix: str
) -> None:
    """Figure and table by organ, with the autopsies' where there are any."""
    observed, number = published(counts), autopsies_of(counts)
    figure = population_figures.incidence_bars(rows, observed, called(size), number)
    diamonds = f" Diamonds: autopsies, {number}." if counts else ""
    page.figure(f"incidence{suffix}", figure, f"Patients with a {called(size)} by organ, n = "
                f"{rows[0].patients} patients; bars: Wilson's 95 % interval.{diamonds}")  # fmt: skip
    columns = ("organ", f"patients with {called(size)}", "%", "median, days", "DTCs a patient", "MEI")
    cells = [_row(row) for row in rows]
    if counts:
        columns = (*columns, f"autopsies, % ({number})")
        none = (NONE, NONE, NONE)
        cells = [
            (*cell, within(*(100 * value for value in observed.get(row.organ, none))))
            for cell, row in zip(cells, rows, strict=True)
        ]
    page.table(columns, cells)
    page.text("In brackets: 95 % intervals, of shares Wilson's, of means Student's, of the metastatic "
              "efficiency index (MEI) that of its share. Median: until half of the patients have "
              "one (Kaplan-Meier).")  # fmt: skip


def _row(row: OrganIncidence) -> tuple:
    share = within(100 * row.probability, 100 * row.low, 100 * row.high)
    arrivals = within(row.arrivals, np.maximum(0.0, row.arrivals_low), row.arrivals_high)
    efficiency = within(row.efficiency, *row.efficiency_interval)
    return (shown_place(row.organ), row.cases, share, row.first.median / 24, arrivals, efficiency)


def _share(n: int, of: int) -> str:
    """A share in % with Wilson's interval."""
    return within(*(100 * value for value in (n / of, *wilson(n, of))))


def _dormancy(page: Page, population: Population) -> None:
    """What became of the DTCs that were seeded asleep or awake, by bed."""
    if not (stocks := population.dormancy()):
        return
    page.text("Dormancy: what became of all DTCs that found a place, in % with Wilson's interval; the "
              "others divided as they came, or died awake.")  # fmt: skip
    rows = [
        (shown_place(bed), seeded, *(_share(n, seeded) for n in fates))
        for bed, (seeded, *fates) in stocks.items()
    ]
    page.table(("organ", "DTCs seeded", "woke, %", "died asleep, %", "asleep at the end, %"), rows)


def _how_soon(
    page: Page, population: Population, rows: list[OrganIncidence], size: str, suffix: str
) -> None:
    anywhere = free_of_event(population.first_anywhere(SIZES[size]), population.until)
    lines = {"any organ": anywhere} | {row.organ: row.first for row in rows[:5] if row.cases}
    page.figure(f"free_of_metastasis{suffix}",
                population_figures.free_of_metastasis(lines, called(size)),
                f"Time to the first {called(size)} (Kaplan-Meier with its log-log 95 % band); in "
                "brackets: patients who have one.")  # fmt: skip
    page.text(f"{anywhere.events} of {anywhere.patients} patients have a {called(size)}. "
              f"{_median(anywhere, population.until)}")  # fmt: skip


def _median(curve: FreeOfEvent, until: float) -> str:
    """The median time to the first, in a sentence."""
    if np.isnan(curve.median):
        return f"Fewer than half have one by day {shown(until / 24)}: there is no median time."
    low, high = (end / 24 for end in curve.median_interval)
    end = f"{shown(low)} or later" if np.isnan(high) else f"{shown(low)} to {shown(high)}"
    return f"Median time to the first: {shown(curve.median / 24)} days (95 %, from the band: {end})."


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
