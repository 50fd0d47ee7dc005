"""draws.csv: what virtual blood draws found; selection.csv: what the filters selected."""

from collections.abc import Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

import numpy as np

from hybridmet.measures.blood_draw import BloodDraws, DrawRow
from hybridmet.output.csv_file import CsvLog, write_table
from hybridmet.output.observer import Observer

SELECTION = (
    *("bed", "phenotype", "entered", "extravasated", "share_entered", "share_extravasated"),
    *("mean_diameter_entered_um", "mean_diameter_extravasated_um"),
)
"""Columns of selection.csv."""
ALL = "all"
"""Bed of the rows that sum all beds up."""


class Draws(Observer):
    """Writes the rows of a BloodDraws as they come."""

    def __init__(self, directory: Path, draws: BloodDraws):
        super().__init__()
        self.draws, self._written = draws, 0
        self.log = CsvLog(Path(directory) / "draws.csv", [field.name for field in fields(DrawRow)])

    def _record(self, patient: Any) -> None:
        new = self.draws.rows[self._written :]
        self._written += len(new)
        self.log.append(astuple(row) for row in new)


class SelectionTable(Observer):
    """Rewrites selection.csv: who left and who arrived, by bed and phenotype, since the start."""

    def __init__(self, directory: Path, phenotypes: Sequence[str]):
        super().__init__()
        self.path, self.phenotypes = Path(directory) / "selection.csv", tuple(phenotypes)

    def _record(self, patient: Any) -> None:
        write_table(self.path, SELECTION, selection_rows(patient.circulation, self.phenotypes))


def selection_rows(circulation: Any, phenotypes: Sequence[str]) -> list[tuple]:
    """Rows with the columns SELECTION, by bed of arrival and phenotype; those who entered are
    the same in every bed. Shares and means are NaN where nothing came."""
    s, n = circulation.selection, len(phenotypes)
    names = circulation.network.names
    arrivals = {ALL: (s.extravasated.sum(axis=0), s.extravasated_diameter.sum(axis=0))}
    for node in np.flatnonzero(s.extravasated.sum(axis=1)):
        arrivals[names[node]] = s.extravasated[node], s.extravasated_diameter[node]
    rows = []
    with np.errstate(invalid="ignore", divide="ignore"):
        left = s.entered / s.entered.sum(), s.entered_diameter / s.entered
        for bed, (cells, diameter) in arrivals.items():
            columns = (s.entered, cells, left[0], cells / cells.sum(), left[1], diameter / cells)
            parts = (column[:n] for column in columns)
            rows += [(bed, *row) for row in zip(phenotypes, *parts, strict=True)]
    return rows
