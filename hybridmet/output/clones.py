"""clones.csv: every clone with its parent, origin and traits, rewritten at each output."""

from pathlib import Path
from typing import Any

from hybridmet.output.csv_file import write_table
from hybridmet.output.observer import Observer

COLUMNS = ("clone", "parent", "time_h", "tissue", "cells")


class ClonesTable(Observer):
    """Writes `patient.clones`: parent 0 was there from the beginning; `cells` are the living
    ones in all organs; then the factors on rates that can differ between clones."""

    def __init__(self, directory: Path):
        super().__init__()
        self.path = Path(directory) / "clones.csv"

    def _record(self, patient: Any) -> None:
        clones = patient.clones
        columns = (*COLUMNS, *clones.mutation.behaviours)
        write_table(self.path, columns, clones.rows(patient.tissues, patient.clone_sizes()))
