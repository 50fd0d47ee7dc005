"""Responses in a CSV file of rules, as PhysiCell reads them (its version 3, no header):

cell type, signal, increases|decreases, behaviour, max response, half-max, Hill power,
applies to dead

The signal is a field, half-max in its unit. The max response is the value of the behaviour where
the signal saturates, in PhysiCell's unit of time: rates per minute (motility um^2/min, entry into
blood 1/(um^2 min)); without the signal the behaviour has the phenotype's own rate. Rules are added
to the phenotype's responses; several of one behaviour multiply (PhysiCell sums them).
"""

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hybridmet.errors import ScenarioError, shortened
from hybridmet.tissue.phenotypes import BEHAVIOURS, Phenotype, Response

COLUMNS = (
    "cell type",
    "signal",
    "direction",
    "behaviour",
    "max response",
    "half-max",
    "Hill power",
    "applies to dead",
)
PHYSICELL_BEHAVIOURS = {"cycle entry": "division", "apoptosis": "death"}
"""PhysiCell's names where ours differ; `transition to NAME`, `transform to NAME` are ours'
`transition`."""
TRANSITIONS = ("transition to ", "transform to ")
MINUTES = 60.0
"""Minutes in an hour."""


@dataclass(frozen=True)
class _Row:
    path: str
    number: int
    cells: list[str]

    def fail(self, column: str, allowed: str) -> ScenarioError:
        got = shortened(self.cells[COLUMNS.index(column)])
        return ScenarioError(
            f'{self.path}, row {self.number}, column {column}: got "{got}", {allowed}'
        )

    def text(self, column: str) -> str:
        return self.cells[COLUMNS.index(column)]

    def word(self, column: str, known: Collection[str]) -> str:
        if self.text(column) not in known:
            raise self.fail(column, f"must be one of {', '.join(known)}")
        return self.text(column)

    def number_in(self, column: str, least: float, most: float, *, above: bool = False) -> float:
        try:
            value = float(self.text(column))
        except ValueError:
            value = np.nan
        if not least <= value <= most or (above and value == least):
            raise self.fail(column, f"must be a number {'>' if above else '>='} {least:g}")
        return value


def with_rules(
    phenotypes: Mapping[str, Phenotype], path: str | Path, fields: Collection[str]
) -> dict[str, Phenotype]:
    """Phenotypes whose responses include the rules of a file.

    Raises ScenarioError naming file, row (line of the file, from 1) and column.
    """
    out = dict(phenotypes)
    for row in _rows(Path(path)):
        name = row.word("cell type", phenotypes)
        response = _response(row, phenotypes[name], list(phenotypes), fields)
        out[name] = replace(out[name], responses=(*out[name].responses, response))
    return out


def _rows(path: Path) -> list[_Row]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ScenarioError(f"{path}: must be a text file in UTF-8") from None
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from None
    rows = []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.lstrip().startswith(("//", "#")):
            cells = [cell.strip() for cell in next(csv.reader([line]))]
            rows.append(_Row(str(path), number, cells))
            if len(cells) != len(COLUMNS):
                raise ScenarioError(
                    f"{path}, row {number}, column {min(len(cells), len(COLUMNS)) + 1}: got "
                    f"{len(cells)} columns, must be {len(COLUMNS)}: {', '.join(COLUMNS)}"
                )
    if not rows:
        raise ScenarioError(f"{path}: has no rules, must have one a line: {', '.join(COLUMNS)}")
    return rows


def _response(
    row: _Row, phenotype: Phenotype, names: list[str], fields: Collection[str]
) -> Response:
    signal = row.word("signal", fields)
    direction = row.word("direction", ("increases", "decreases"))
    behaviour, base = _behaviour(row, phenotype, names)
    most = row.number_in("max response", 0.0, 1e9)
    if base is None:
        extreme = most
    elif base > 0.0:
        extreme = most * MINUTES / base
    else:
        raise row.fail("max response", f"{behaviour} has a rate of 0 that no factor can raise")
    if (extreme < 1.0) if direction == "increases" else (extreme > 1.0):
        side = "least" if direction == "increases" else "most"
        own = 1.0 if base is None else base / MINUTES
        raise row.fail(
            "max response", f"{direction}: must be at {side} {own:.6g}, the rate without signal"
        )
    if row.word("applies to dead", ("0", "1")) == "1" and behaviour != "clearance":
        raise row.fail("applies to dead", "must be 0: of dead cells only the clearance responds")
    return Response(
        behaviour,
        signal,
        "high",
        half_maximum=row.number_in("half-max", 0.0, 1e12, above=True),
        extreme=extreme,
        power=row.number_in("Hill power", 0.0, 64.0, above=True),
    )


def _behaviour(row: _Row, phenotype: Phenotype, names: list[str]) -> tuple[str, float | None]:
    """The behaviour and its rate without signal [1/h]; None where that is a factor."""
    text = row.text("behaviour")
    for prefix in TRANSITIONS:
        if text.startswith(prefix):
            target = text.removeprefix(prefix)
            if target not in names:
                raise row.fail("behaviour", f"must name one of {', '.join(names)}")
            return "transition", phenotype.transition_rates.get(target, 0.0)
    behaviour = PHYSICELL_BEHAVIOURS.get(text, text)
    if behaviour not in BEHAVIOURS:
        known = (*BEHAVIOURS, *PHYSICELL_BEHAVIOURS, *(f"{p}NAME" for p in TRANSITIONS))
        raise row.fail("behaviour", f"must be one of {', '.join(known)}")
    if behaviour in ("taxis", "transition"):
        return behaviour, None
    if behaviour == "motility":
        return behaviour, phenotype.motility
    return behaviour, getattr(phenotype, f"{behaviour}_rate")
