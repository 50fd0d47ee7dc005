"""The report of a run: its organs over time, its colonies, who seeded whom."""

from pathlib import Path

from hybridmet.measures.migration import COLUMNS as MIGRATION
from hybridmet.measures.migration import by_kind, migration_of
from hybridmet.output.json_file import record
from hybridmet.report import figures
from hybridmet.report.names import shown_place
from hybridmet.report.page import Page
from hybridmet.report.read import Row, grouped, number, table
from hybridmet.scenario import load_scenario
from hybridmet.tissue.colony_sizes import ColonySizes

FACTS = ("name", "status", "version", "commit", "seed", "threads", "time_h", "steps", "digest")
PLACES = ("organ", "parent_organ", "from", "to")
"""Columns that name a tissue, a capillary bed or a source."""
ORGANS = ("organ", "cells", "dormant", "dtc_seeded", "dtc_reactivated", "dtc_died_dormant")
SIZES = ("colony", "micrometastasis", "macrometastasis")
COLONY_TIMES = ("arrival_h", "first_division_h", "micrometastasis_h", "macrometastasis_h", "detection_h")
COLONY_COLUMNS = (
    *("organ", "founder CTC", "founder clone", "parent tumour", "arrival", "first division"),
    *("micrometastasis", "macrometastasis", "detectable", "living cells", "size now"),
)
MOST_COLONIES = 40
"""Colonies that a page lists [1]: ASSUMED."""


def run_page(directory: Path) -> Page:
    """Everything a run's files tell at a glance."""
    facts = record(directory / "run.json")
    page = Page(directory, f"hybridmet run: {facts.get('name', directory.name)}")
    page.table(("", ""), [(name, facts[name]) for name in FACTS if name in facts])
    scenario = load_scenario(directory / "scenario.toml")
    primary = None if scenario.primary is None else scenario.primary.site
    history, colonies, migration = (
        _named(table(directory / f"{name}.csv"), primary)
        for name in ("history", "colonies", "migration")
    )
    _organs(page, history)
    _blood(page, table(directory / "circulation.csv"))
    _colonies(page, colonies, scenario.tissue.colonies)
    _migration(page, migration)
    page.heading("Ledger of the body")
    page.table(("", "cells"), list(facts.get("ledger", {}).get("body", {}).items()))
    return page


def _named(rows: list[Row], primary: str | None) -> list[Row]:
    """Rows whose places go by the names that readers see."""
    return [
        row | {name: shown_place(row[name], primary) for name in PLACES if row.get(name)}
        for row in rows
    ]


def _organs(page: Page, history: list[Row]) -> None:
    page.heading("Organs")
    if not history:
        page.text("No tissue.")
        return
    by_organ = grouped(history, "organ")
    columns = [name.replace("_", " ") for name in ORGANS]
    page.table(columns, [[rows[-1].get(name, "") for name in ORGANS] for rows in by_organ.values()])
    lines = {
        organ: ([number(r["time_h"]) / 24 for r in rows], [int(r["cells"]) for r in rows])
        for organ, rows in by_organ.items()
    }
    page.figure("cells", figures.curves(lines, "living cells"), "Living cells by tissue.")


def _blood(page: Page, rows: list[Row]) -> None:
    if not rows:
        return
    page.heading("Blood")
    days, lines = [], {"free": [], "arrested": []}
    for time, compartments in grouped(rows, "time_h").items():
        days.append(number(time) / 24)
        for name, values in lines.items():
            values.append(sum(int(row[name]) for row in compartments))
    shown = {f"{name} CTCs": (days, values) for name, values in lines.items()}
    page.figure("blood", figures.curves(shown, "CTCs in the body", log=False), "CTCs over time.")


def _colonies(page: Page, rows: list[Row], sizes: ColonySizes) -> None:
    page.heading("Colonies")
    thresholds = {name: getattr(sizes, name) for name in (*SIZES[1:], "detection")}
    told = ", ".join(f"{name} from {least:,}" for name, least in thresholds.items())
    page.text(f"A colony has been two living cells or more. Living cells: {told}.")
    if not rows:
        page.text("None so far.")
        return
    counts = [
        (organ, len(mine), *(sum(row["size"] == size for row in mine) for size in SIZES),
         sum(row["detection_h"] != "" for row in mine), sum(int(row["cells"]) for row in mine))
        for organ, mine in grouped(rows, "organ").items()
    ]  # fmt: skip
    page.table(("organ", "colonies", *(f"now {size}" for size in SIZES), "ever detectable", "cells"),
               counts)  # fmt: skip
    most = max(int(row["cells"]) for row in rows)
    figure = figures.colony_sizes(
        [number(row["arrival_h"]) / 24 for row in rows],
        [int(row["cells"]) for row in rows],
        [row["organ"] for row in rows],
        {name: least for name, least in thresholds.items() if least <= 10 * most},
    )
    page.figure("colonies", figure, f"Each of {len(rows)} colonies: its founder's arrival and its "
                "living cells.")  # fmt: skip
    _largest(page, rows)


def _largest(page: Page, rows: list[Row]) -> None:
    """A line for each of the largest colonies; colonies.csv has all."""
    largest = sorted(rows, key=lambda row: -int(row["cells"]))[:MOST_COLONIES]
    page.text(f"The largest {len(largest)} of {len(rows)} (colonies.csv); times in days.")
    page.table(COLONY_COLUMNS, [_colony(row) for row in largest])


def _colony(row: Row) -> tuple:
    who = [row[name] for name in ("organ", "founder_ctc", "founder_clone", "parent_organ")]
    days = [number(row[name]) / 24 for name in COLONY_TIMES]
    return (*who, *days, int(row["cells"]), row["size"])


def _migration(page: Page, rows: list[Row]) -> None:
    page.heading("Who seeded whom")
    if not rows:
        page.text("No cell has arrived anywhere.")
        return
    kinds = by_kind(map(migration_of, rows)).items()
    page.table(("seeding", *MIGRATION[3:]), [(kind, *n) for kind, n in kinds if n[0]])
    page.figure("migration", figures.migration_matrix([*map(migration_of, rows)]),
                "DTCs that left a tissue (rows) and arrived in another (columns).")  # fmt: skip
    ordered = sorted(rows, key=lambda row: -int(row["arrivals"]))
    page.table(MIGRATION, [[row[name] for name in MIGRATION] for row in ordered])
