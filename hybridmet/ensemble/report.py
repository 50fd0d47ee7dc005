"""The closing table of an ensemble, as text."""

from collections.abc import Iterator
from typing import Any

from hybridmet.ensemble.results import values_of
from hybridmet.ensemble.summary import BODY, SUMMARY_COLUMNS, Summary

SHOWN = ("organ", "members", "metastatic", "probability", "probability_low", "probability_high")
MEANS = ("colonies_mean", "cells_mean")


def table(summary: Summary) -> Iterator[str]:
    """Lines of a table: organs with metastases, or with sweeps the whole body at each point."""
    sweeps = summary.plan.sweeps
    rows = [[*(sweep.key for sweep in sweeps), *SHOWN, *MEANS]]
    for point, row in summary.rows():
        entry = dict(zip(SUMMARY_COLUMNS, row, strict=True))
        if _is_shown(entry, bool(sweeps)):
            values = values_of(summary.plan.points[point].values)
            rows.append([_text(value) for value in [*values, *(entry[k] for k in SHOWN + MEANS)]])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    words = len(sweeps) + 1
    for row in rows:
        cells = zip(row, widths, strict=True)
        yield "  ".join(
            f"{text:{width}}" if i < words else f"{text:>{width}}"
            for i, (text, width) in enumerate(cells)
        ).rstrip()


def _is_shown(entry: dict[str, Any], swept: bool) -> bool:
    if entry["organ"] == BODY:
        return True
    return not swept and entry["tissue"] != "primary" and entry["metastatic"] > 0


def _text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
