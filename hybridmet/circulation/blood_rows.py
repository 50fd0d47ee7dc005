"""Rows of what happens to clusters in the blood, from the columns of the walk."""

import numpy as np

from hybridmet.tables import BLOOD_EVENT, CTC, DTC


def events_at(time: float, columns: dict[str, np.ndarray], rows: np.ndarray, event: int):
    """The same event for some clusters: (n,) BLOOD_EVENT."""
    table = np.empty(len(rows), BLOOD_EVENT)
    table["time"], table["event"] = time, event
    table["cluster"], table["cells"] = columns["serial"][rows], columns["cells"][rows]
    table["node"] = columns["node"][rows]
    return table


def extravasated_rows(cells: np.ndarray, walk: dict[str, np.ndarray]) -> np.ndarray:
    """Cells that extravasated, with what the walk tells of each: (n,) DTC."""
    table = np.empty(len(cells), DTC)
    for name in CTC.names:
        table[name] = cells[name]
    table["arrival"] = walk["next_time"]
    table["bed"] = walk["node"]
    table["passes"] = walk["passes"]
    table["time_in_blood"] = walk["next_time"] - cells["time"]
    table["time_arrested"] = walk["time_arrested"]
    return table
