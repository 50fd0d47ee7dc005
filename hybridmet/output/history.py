"""history.csv: how each organ's tissue stands, a row per output time and tissue."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hybridmet.output.csv_file import CsvLog
from hybridmet.output.observer import Observer
from hybridmet.tables import STATES

DTC_FATES = ("seeded", "reactivated", "died_dormant")
"""Flows of a tissue that tell of its disseminated cells."""

VESSELS = ("vessel_length_mm", "perfused_fraction", "unperfused_fraction")
"""Columns of the vessels; the fractions are of their length."""


class History(Observer):
    """Cells by phenotype and state, fates of DTCs and cells that entered the blood so far, vessels,
    and the mean of every field."""

    def __init__(self, directory: Path, phenotypes: Sequence[str], fields: Mapping[str, Any]):
        """fields: name -> parameters with `.unit`, of all tissues of the run."""
        super().__init__()
        self.counted = ("cells", *phenotypes, *STATES)
        fates = tuple(f"dtc_{name}" for name in DTC_FATES)
        self.fields = tuple(fields)
        means = [with_unit(f"{name}_mean", each.unit) for name, each in fields.items()]
        vessels = (*VESSELS, "oxygen_median_mmHg")
        columns = ("time_h", "organ", *self.counted, *fates, "intravasated", *vessels, *means)
        self.log = CsvLog(Path(directory) / "history.csv", columns)

    def _record(self, patient: Any) -> None:
        self.log.append(self._row(patient.time, tissue) for tissue in patient.tissues.values())

    def _row(self, time: float, tissue: Any) -> list:
        counts = tissue.counts()
        fields = tissue.fields
        means = [mean(fields[name]) if name in fields else "" for name in self.fields]
        return [
            time,
            tissue.name,
            *(counts[name] for name in self.counted),
            *dtc_fates(tissue).values(),
            tissue.flows.get("intravasated", 0),
            *vessel_columns(tissue.vessels),
            np.median(fields["oxygen"]) if "oxygen" in fields else "",
            *means,
        ]


def vessel_columns(vessels: Any) -> list:
    """As VESSELS: length [mm], perfused share of it and the rest [1]; blank where an organ has no
    vessels of its own."""
    if vessels is None:
        return [""] * len(VESSELS)
    perfused = perfused_fraction(vessels)
    return [vessels.lengths.sum() / 1000.0, perfused, 1.0 - perfused]


def dtc_fates(tissue: Any) -> dict[str, int]:
    """DTCs so far: those that found a place, that woke from dormancy, that died in it."""
    return {name: tissue.flows.get(name, 0) for name in DTC_FATES}


def mean(field: np.ndarray) -> float:
    """Mean of a field; summed in double precision whatever the field's."""
    return field.mean(dtype=np.float64)


def perfused_fraction(vessels: Any) -> float:
    """Share of vessel length that carries blood [1]; NaN without vessels."""
    lengths = vessels.lengths
    total = lengths.sum()
    return lengths[vessels.perfused].sum() / total if total > 0 else float("nan")


def with_unit(name: str, unit: str) -> str:
    """A column name that carries its unit; plain numbers carry none."""
    return name if unit == "1" else f"{name}_{unit}"
