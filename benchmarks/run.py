"""Run all benchmarks, keep the figures, compare them with the stored ones, write the table.

    python benchmarks/run.py                  run all; name what fell by over 20 % or misses its target
    python benchmarks/run.py --only fields    one group
    python benchmarks/run.py --store          keep the figures as the new reference

A benchmark module registers itself in REGISTRY: a function that takes the bandwidth meter and
returns rows (benchmarks/rows.py). Ratios are taken within one run; seconds belong to the machine.
Nothing is written without --store. Exit status 1 if a figure fell, misses its target or vanished.
"""

import argparse
import importlib
import json
import os
import platform
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent))

from compare import added, fallen, missed, vanished
from rows import met, wanted

REGISTRY = {
    "fields": "scale_fields",
    "solvers": "scale_solvers",
    "cells": "scale_cells",
    "patient": "scale_patient",
    "franssen": "scale_franssen",
    "circulation": "scale_circulation",
    "vessels": "scale_vessels",
    "angiogenesis": "benchmark_angiogenesis",
    "ensemble": "benchmark_ensemble",
    "vasculature": "benchmark_vasculature",
    "surrogate": "benchmark_surrogate",
    "whole": "whole",
}
"""Group -> module with `rows(meter) -> list of rows`."""
FIGURES = HERE / "figures.json"
TABLE = HERE.parent / "docs" / "performance.md"
MARK = "<!-- benchmarks/run.py writes below -->"
DRIFT = 0.2
"""Bandwidth before and after may differ by this share; the table says so if it did."""


def machine() -> dict[str, str | int]:
    """The machine in a few words."""
    model = "unknown"
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), model)
    return {"cpu": model, "cores": os.cpu_count() or 1, "system": platform.platform(),
            "python": platform.python_version()}


def drifted(triad: list[float]) -> bool:
    """Whether the machine's bandwidth moved so much that ratios of different groups do not agree."""
    return abs(triad[1] - triad[0]) > DRIFT * min(triad)


def table(result: dict) -> str:
    """The figures as Markdown."""
    m, (before, after) = result["machine"], result["triad"]
    lines = [f"{m['cpu']}, {m['cores']} cores; {result['date']}; "
             f"triad {before / 1e9:.3g} GB/s before, {after / 1e9:.3g} after."]
    if drifted(result["triad"]):
        lines += [
            "",
            f"**The bandwidth moved by more than {DRIFT:.0%} during this run: other programs "
            "shared the machine, and the figures are to be measured again.**",
        ]
    lines += ["", "| benchmark | value | wanted | |", "|---|---|---|---|"]
    for row in result["rows"]:
        unit = "" if row["unit"] in ("ratio", "error") else f" {row['unit']}"
        verdict = {True: "met", False: "**missed**", None: ""}[met(row)]
        lines.append(f"| {row['name']} | {row['value']:.3g}{unit} | {wanted(row)} | {verdict} |")
    return "\n".join(lines) + "\n"


def write_table(text: str) -> None:
    """Replace what stands below the mark in docs/performance.md."""
    page = TABLE.read_text()
    TABLE.write_text(page.split(MARK)[0] + f"{MARK}\n\n{text}")


def rows_of(group: str) -> list[dict]:
    """Rows of a group."""
    from triad import Triad

    rows = importlib.import_module(REGISTRY[group]).rows(Triad())
    return [row | {"group": group} for row in rows]


def measure(groups: list[str]) -> dict:
    """All rows of some groups, the bandwidth before and after, the machine and the day.

    Each group has a process of its own: what a group leaves behind in the allocator makes NumPy's
    arrays of the next one cheaper than a user has them.
    """
    from triad import Triad

    meter = Triad()
    before, rows = meter.bandwidth(1), []
    for group in groups:
        print(f"{group} ...", file=sys.stderr, flush=True)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            rows += process.submit(rows_of, group).result()
    return {"machine": machine(), "date": datetime.now(UTC).date().isoformat(),
            "triad": [before, meter.bandwidth(1)], "rows": rows}


def findings(rows: list[dict], old: list[dict], groups: list[str]) -> dict[str, list[str]]:
    """What is wrong with the figures, by kind."""
    return {
        "fell by over 20 %": fallen(rows, old),
        "misses its target": missed(rows),
        "stored, not measured": vanished(rows, old, set(groups)),
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--only", choices=REGISTRY, action="append")
    parser.add_argument("--store", action="store_true", help="keep the figures and write the table")
    arguments = parser.parse_args()
    if arguments.store and arguments.only:
        parser.error("--store keeps the figures of all groups: leave out --only")
    groups = arguments.only or list(REGISTRY)
    result = measure(groups)
    old = json.loads(FIGURES.read_text())["rows"] if FIGURES.exists() else []
    print(table(result))
    wrong = findings(result["rows"], old, groups)
    new = {"measured, not stored": added(result["rows"], old)}
    for kind, names in (wrong | new).items():
        for name in names:
            print(f"{kind}: {name}")
    if arguments.store:
        FIGURES.write_text(json.dumps(result, indent=1) + "\n")
        write_table(table(result))
    return 1 if any(wrong.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
