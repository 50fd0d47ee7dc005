"""Run all benchmarks, keep the figures, compare them with the stored ones, write the table.

    python benchmarks/run.py                  run all; name every ratio that fell by over 20 %
    python benchmarks/run.py --only fields    one group
    python benchmarks/run.py --store          keep the figures as the new reference

A benchmark module registers itself in REGISTRY: a function that takes the bandwidth meter and
returns rows (benchmarks/rows.py). Ratios are taken within one run; seconds belong to the machine.
"""

import argparse
import importlib
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent))

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
}
"""Group -> module with `rows(meter) -> list of rows`."""
FIGURES = HERE / "figures.json"
TABLE = HERE.parent / "docs" / "performance.md"
MARK = "<!-- benchmarks/run.py writes below -->"
FALL = 0.2
"""A ratio that falls by more than this share is named."""
DRIFT = 0.2
"""Bandwidth before and after may differ by this share, or the run is to be repeated."""


def machine() -> dict[str, str | int]:
    """The machine in a few words."""
    model = "unknown"
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), model)
    return {"cpu": model, "cores": os.cpu_count() or 1, "system": platform.platform(),
            "python": platform.python_version()}


def fallen(new: list[dict], old: list[dict]) -> list[str]:
    """Names of the ratios that fell by more than FALL against the stored ones."""
    known = {row["name"]: row for row in old if row["unit"] == "ratio"}
    return [
        f"{row['name']}: {row['value']:.3g}, was {known[row['name']]['value']:.3g}"
        for row in new
        if row["unit"] == "ratio"
        and row["name"] in known
        and row["value"] < (1.0 - FALL) * known[row["name"]]["value"]
    ]


def table(result: dict) -> str:
    """The figures as Markdown."""
    m = result["machine"]
    lines = [f"{m['cpu']}, {m['cores']} cores; {result['date']}; "
             f"triad {result['triad'][0] / 1e9:.3g} GB/s before, {result['triad'][1] / 1e9:.3g} after.",
             "", "| benchmark | value | wanted |", "|---|---|---|"]
    for row in result["rows"]:
        unit = "" if row["unit"] == "ratio" else f" {row['unit']}"
        lines.append(f"| {row['name']} | {row['value']:.3g}{unit} | {row.get('wanted', '')} |")
    return "\n".join(lines) + "\n"


def write_table(text: str) -> None:
    """Replace what stands below the mark in docs/performance.md."""
    page = TABLE.read_text()
    TABLE.write_text(page.split(MARK)[0] + f"{MARK}\n\n{text}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", choices=REGISTRY, action="append")
    parser.add_argument("--store", action="store_true", help="keep the figures and write the table")
    arguments = parser.parse_args()
    if arguments.store and arguments.only:
        parser.error("--store keeps the figures of all groups: leave out --only")
    from triad import Triad

    meter = Triad()
    before = meter.bandwidth(1)
    rows = []
    for group in arguments.only or REGISTRY:
        rows += importlib.import_module(REGISTRY[group]).rows(meter)
    after = meter.bandwidth(1)
    result = {"machine": machine(), "date": datetime.now(UTC).date().isoformat(),
              "triad": [before, after], "rows": rows}
    old = json.loads(FIGURES.read_text())["rows"] if FIGURES.exists() else []
    print(table(result))
    worse = fallen(rows, old)
    for line in worse:
        print("fell by over 20 %:", line)
    if abs(after - before) > DRIFT * before:
        print("the machine's bandwidth moved by over 20 % during the run: repeat it")
    if arguments.store or not FIGURES.exists():
        FIGURES.write_text(json.dumps(result, indent=1) + "\n")
        write_table(table(result))
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
