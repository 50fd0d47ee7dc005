"""events.h5: everything that happened to single cells, one growing table each.

Columns are those of `hybridmet.tables`; numbers that stand for names are explained by the
file's attributes. The file is closed between outputs, so that it can be read at any time and
survives a kill.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hybridmet import tables
from hybridmet.output.observer import Observer

TABLES = {
    "intravasations": tables.CTC,
    "blood": tables.BLOOD_EVENT,
    "extravasations": tables.DTC,
    "seedings": tables.SEEDING,
}
"""Dataset -> its columns."""
UNITS = {
    "time": "h",
    "arrival": "h",
    "time_in_blood": "h",
    "time_arrested": "h",
    "diameter": "um",
}
"""Column -> unit; all others are plain numbers."""
CHUNK = 4096
"""Rows a chunk (ASSUMED): about 0.3 MB, compressed as one."""


class EventLog(Observer):
    """Moves the patient's events to disk."""

    def __init__(self, directory: Path, phenotypes: Sequence[str], nodes: Sequence[str]):
        super().__init__()
        self.path = Path(directory) / "events.h5"
        with self._open("w") as file:
            file.attrs["phenotypes"] = list(phenotypes)
            file.attrs["nodes"] = list(nodes)
            file.attrs["blood_events"] = list(tables.BLOOD_EVENTS)
            file.attrs["seeding_outcomes"] = list(tables.SEEDING_OUTCOMES)
            for name, columns in TABLES.items():
                _create(file, name, columns)

    def _record(self, patient: Any) -> None:
        events = patient.drain_events()
        with self._open("a") as file:
            file.attrs["tissues"] = list(patient.tissues)
            for name in TABLES:
                _extend(file[name], events[name])

    def _open(self, mode: str):
        """Without HDF5's lock: a notebook that has the file open must not stop a run."""
        import h5py

        return h5py.File(self.path, mode, locking=False)


def _create(file, name: str, columns: np.dtype) -> None:
    dataset = file.create_dataset(
        name,
        shape=(0,),
        maxshape=(None,),
        dtype=columns,
        chunks=(CHUNK,),
        compression="gzip",
        compression_opts=1,
        shuffle=True,
    )
    dataset.attrs["units"] = [UNITS.get(column, "1") for column in columns.names]


def _extend(dataset, blocks: Sequence[np.ndarray]) -> None:
    """Append blocks of rows in one write."""
    if not any(len(block) for block in blocks):
        return
    rows = np.concatenate(blocks)
    first = len(dataset)
    dataset.resize(first + len(rows), axis=0)
    dataset[first:] = rows
