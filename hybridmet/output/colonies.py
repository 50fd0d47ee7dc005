"""colonies.csv: the metastases as they stand now, one row each, rewritten at each output."""

from pathlib import Path
from typing import Any

from hybridmet.output.csv_file import write_table
from hybridmet.output.observer import Observer
from hybridmet.tables import COLONY


class Colonies(Observer):
    """Writes `patient.colonies()`, tables.COLONY."""

    def __init__(self, directory: Path):
        super().__init__()
        self.path = Path(directory) / "colonies.csv"

    def _record(self, patient: Any) -> None:
        write_table(self.path, COLONY.names, patient.colonies())
