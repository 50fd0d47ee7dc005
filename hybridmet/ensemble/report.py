"""The closing table of an ensemble, as text."""

from collections.abc import Iterator
from typing import Any

from hybridmet.ensemble.results import values_of
from hybridmet.ensemble.summary import BODY, SUMMARY_COLUMNS, Summary

SHOWN = {
    "organ": "organ",
    "members": "members",
    "P(colony)": "colony_probability",
    "P(living)": "living_colony_probability",
    "P(micro)": "micrometastasis_probability",
    "from": "micrometastasis_low",
    "to": "micrometastasis_high",
    "P(macro)": "macrometastasis_probability",
    "P(detected)": "detected_probability",
    "colonies": "colonies_mean",
    "cells": "cells_mean",
}
"""Heading -> column of the summary."""
LEGEND = (
    "P: share of members with, in the organ, a colony that ever was two cells or more; one that "
    "lives;\na micrometastasis (95 % interval), a macrometastasis or a detectable one at any time"
)


def table(summary: Summary) -> Iterator[str]:
    """Lines of a table: organs with metastases, or with sweeps the whole body at each point."""
    sweeps = summary.plan.sweeps
    rows = [[*(sweep.key for sweep in sweeps), *SHOWN]]
    for point, row in summary.rows():
        entry = dict(zip(SUMMARY_COLUMNS, row, strict=True))
        if _is_shown(entry, bool(sweeps)):
            values = values_of(summary.plan.points[point].values)
            facts = (entry[column] for column in SHOWN.values())
            rows.append([_text(value) for value in (*values, *facts)])
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
    return not swept and entry["tissue"] != "primary" and entry["colony_members"] > 0


def _text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
