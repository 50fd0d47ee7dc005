"""circulation.csv: tumour cells in the blood, a row per output time and compartment."""

from pathlib import Path
from typing import Any

from hybridmet.output.csv_file import CsvLog
from hybridmet.output.observer import Observer

COLUMNS = ("time_h", "compartment", "free", "arrested", "concentration_per_mL")


class BloodHistory(Observer):
    """CTCs free and arrested in each compartment of the body network."""

    def __init__(self, directory: Path):
        super().__init__()
        self.log = CsvLog(Path(directory) / "circulation.csv", COLUMNS)

    def _record(self, patient: Any) -> None:
        blood = patient.circulation
        self.log.append(
            (patient.time, *row)
            for row in zip(
                blood.network.names, blood.free, blood.arrested, blood.concentration, strict=True
            )
        )
