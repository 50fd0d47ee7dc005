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
    *("phenotype", "entered", "extravasated", "share_entered", "share_extravasated"),
    *("mean_diameter_entered_um", "mean_diameter_extravasated_um"),
)


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
    """Rewrites selection.csv: who left and who arrived, by phenotype, since the start."""

    def __init__(self, directory: Path, phenotypes: Sequence[str]):
        super().__init__()
        self.path, self.phenotypes = Path(directory) / "selection.csv", tuple(phenotypes)

    def _record(self, patient: Any) -> None:
        write_table(self.path, SELECTION, selection_rows(patient.circulation, self.phenotypes))


def selection_rows(circulation: Any, phenotypes: Sequence[str]) -> list[tuple]:
    """A row per phenotype, columns SELECTION; shares and means are NaN where nothing came."""
    s, n = circulation.selection, len(phenotypes)
    with np.errstate(invalid="ignore", divide="ignore"):
        columns = (
            s.entered[:n],
            s.extravasated[:n],
            s.entered[:n] / s.entered.sum(),
            s.extravasated[:n] / s.extravasated.sum(),
            s.entered_diameter[:n] / s.entered[:n],
            s.extravasated_diameter[:n] / s.extravasated[:n],
        )
    return list(zip(phenotypes, *columns, strict=True))
