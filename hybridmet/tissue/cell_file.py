"""Cells in a CSV file: `x,y,z,type`, one a row, as PhysiCell reads and writes them.

Coordinates are in um from the middle of the lattice (PhysiCell's domains are centred on the
origin), z is ignored in 2-D. `type` is the name of a phenotype or its number, counted from 0 in
the scenario's order. The header line may be left out; with one, the columns may stand in any
order and `clone` may join them.
"""

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hybridmet.errors import ScenarioError, shortened
from hybridmet.lattice import Lattice

COLUMNS = ("x", "y", "z", "type")
OPTIONAL = ("clone",)
MOST_CLONES = 10**6
"""Largest clone number of a file [1]: ASSUMED; more is a slip of the pen."""


class _Reader:
    def __init__(self, path: Path, names: Sequence[str], lattice: Lattice):
        self.path, self.names, self.lattice = path, list(names), lattice

    def fail(self, row: int, column: str, got: str, allowed: str) -> ScenarioError:
        place = f"{self.path}, row {row}, column {column}"
        return ScenarioError(f'{place}: got "{shortened(got)}", {allowed}')

    def header(self, row: int, cells: list[str]) -> list[str]:
        """Column names of the first row; the usual ones where it holds numbers."""
        try:
            float(cells[0])
            return list(COLUMNS)
        except ValueError:
            names = [cell.strip().lower() for cell in cells]
        for name in names:
            if name not in (*COLUMNS, *OPTIONAL):
                allowed = f"must be one of {', '.join((*COLUMNS, *OPTIONAL))}"
                raise self.fail(row, str(names.index(name) + 1), name, allowed)
        missing = [name for name in COLUMNS if names.count(name) != 1]
        if missing:
            raise self.fail(row, missing[0], ",".join(cells), "must be there once")
        return names

    def number(self, row: int, column: str, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = np.nan
        if not np.isfinite(value):
            raise self.fail(row, column, text, "must be a number [um]")
        return value

    def place(self, row: int, column: str, text: str) -> int:
        """Number of the site along an axis."""
        axis = 2 - "xyz".index(column)
        n, h = self.lattice.shape3[axis], self.lattice.spacing
        value = self.number(row, column, text)
        if column == "z" and self.lattice.dim == 2:
            return 0
        site = int(np.floor(value / h + n / 2))
        if not 0 <= site < n:
            half = n * h / 2
            raise self.fail(row, column, text, f"must lie in the lattice, {-half:g} to {half:g} um")
        return site

    def phenotype(self, row: int, text: str) -> int:
        if text in self.names:
            return self.names.index(text)
        numbers = [str(i) for i in range(len(self.names))]
        if text.removesuffix(".0") in numbers:
            return int(text.removesuffix(".0"))
        known = ", ".join(f"{name} ({i})" for i, name in enumerate(self.names))
        raise self.fail(row, "type", text, f"must be one of {known}")

    def clone(self, row: int, text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= MOST_CLONES:
            raise self.fail(row, "clone", text, f"must be an integer, 1 to {MOST_CLONES}")
        return int(text)

    def cell(self, row: int, columns: list[str], cells: list[str]) -> tuple[int, int, int, int]:
        """Global site, phenotype and clone of a row, and the row."""
        if len(cells) != len(columns):
            allowed = f"must be {len(columns)} columns: {','.join(columns)}"
            raise self.fail(row, str(min(len(cells), len(columns)) + 1), ",".join(cells), allowed)
        values = dict(zip(columns, (cell.strip() for cell in cells), strict=True))
        place = tuple(self.place(row, axis, values[axis]) for axis in "zyx")
        site = int(np.ravel_multi_index(place, self.lattice.shape3))
        clone = self.clone(row, values["clone"]) if "clone" in values else 1
        return site, self.phenotype(row, values["type"]), clone, row


def read_cells(path: str | Path, names: Sequence[str], lattice: Lattice, slots: int) -> np.ndarray:
    """Global site, phenotype, clone and row of the cells of a file: (n, 4) int64, as they come.

    Rows are lines of the file, from 1. Cells without a clone of their own belong to clone 1.
    Raises ScenarioError naming file, row and column.
    """
    reader, columns, out = _Reader(Path(path), names, lattice), None, []
    there: Counter[int] = Counter()
    for row, cells in _rows(Path(path)):
        if columns is None:
            columns = reader.header(row, cells)
            if columns != list(COLUMNS) or cells[0].strip().lower() == "x":
                continue
        out.append(reader.cell(row, columns, cells))
        there[out[-1][0]] += 1
        if there[out[-1][0]] > slots:
            raise reader.fail(
                row, "x", ",".join(cells), f"must lie in a site with at most {slots} cell(s)"
            )
    if not out:
        raise ScenarioError(f"{path}, row 1, column x: must hold at least one cell")
    return np.array(out, dtype=np.int64)


def _rows(path: Path):
    """Line number and columns of the lines that are neither blank nor comments."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ScenarioError(f"{path}: must be a text file in UTF-8") from None
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from None
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith(("//", "#")):
            yield number, next(csv.reader([line]))
