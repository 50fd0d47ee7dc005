"""colonies.csv: the metastases as they stand now, one row each, rewritten at each output."""

from pathlib import Path
from typing import Any

import numpy as np

from hybridmet.output.csv_file import write_table
from hybridmet.output.observer import Observer


class Colonies(Observer):
    """Writes `patient.colonies()`, a structured array, whose column names become the header."""

    def __init__(self, directory: Path):
        super().__init__()
        self.path = Path(directory) / "colonies.csv"

    def _record(self, patient: Any) -> None:
        table: np.ndarray = patient.colonies()
        write_table(self.path, table.dtype.names, table)
