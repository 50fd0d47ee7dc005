"""Tables as CSV: numbers in their shortest exact form, an empty cell where there is none."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hybridmet.output.atomic import naming, write_text


class CsvLog:
    """A CSV file that grows: one block of rows at a time, on disk when `append` returns."""

    def __init__(self, path: Path, columns: Sequence[str]):
        self.path = Path(path)
        self.columns = tuple(columns)
        write_text(self.path, format_rows([self.columns]))

    def append(self, rows: Iterable[Sequence[Any]]) -> None:
        """Add rows in one write, so that a reader sees none of them or whole lines."""
        append(self.path, rows)


def append(path: Path, rows: Iterable[Sequence[Any]]) -> None:
    """Add rows to a file in one write."""
    with naming(path), open(path, "a", encoding="utf-8", newline="") as file:
        file.write(format_rows(rows))


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Replace a CSV file at once."""
    write_text(path, format_rows([columns, *rows]))


def format_rows(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as CSV text with line feeds."""
    text = io.StringIO()
    plain = ([_plain(value) for value in row] for row in rows)
    csv.writer(text, lineterminator="\n").writerows(plain)
    return text.getvalue()


def _plain(value: Any) -> Any:
    """A value as Python prints it: np.float32(0.1) as 0.1, NaN as an empty cell."""
    if isinstance(value, np.floating):
        value = float(str(value))
    elif isinstance(value, np.generic):
        value = value.item()
    return "" if isinstance(value, float) and np.isnan(value) else value
