"""migration.csv: who seeded whom so far, a row an edge, rewritten at each output."""

from pathlib import Path
from typing import Any

from hybridmet.measures.migration import COLUMNS, migration_graph, migration_rows
from hybridmet.output.csv_file import write_table
from hybridmet.output.observer import Observer


class MigrationTable(Observer):
    """Writes the migration graph of a patient."""

    def __init__(self, directory: Path):
        super().__init__()
        self.path = Path(directory) / "migration.csv"

    def _record(self, patient: Any) -> None:
        edges = migration_graph(patient.arrivals.table(), patient.colonies(), patient.primaries)
        write_table(self.path, COLUMNS, migration_rows(edges))
