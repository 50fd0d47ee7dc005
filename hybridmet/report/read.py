"""What a report reads: the CSV files of a directory."""

import csv
from collections.abc import Iterable
from pathlib import Path

from hybridmet.errors import OutputError

Row = dict[str, str]


def table(path: Path) -> list[Row]:
    """Rows of a CSV file; none where the file is not there."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise OutputError(f"{path}: cannot be read: {error}") from None


def number(text: str) -> float:
    """A cell as a number; NaN where it is empty."""
    return float(text) if text else float("nan")


def grouped(rows: Iterable[Row], key: str) -> dict[str, list[Row]]:
    """Rows by the value of a column, in the order of their first."""
    out: dict[str, list[Row]] = {}
    for row in rows:
        out.setdefault(row[key], []).append(row)
    return out
