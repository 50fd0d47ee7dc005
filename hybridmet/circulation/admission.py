"""Cells that enter the blood: their rows checked, numbered and led to the walk."""

import math

import numpy as np

from hybridmet.circulation.ctc_traits import CtcTraits
from hybridmet.circulation.source import NO_TISSUE
from hybridmet.tables import CTC

TIME_SLACK = 1e-9
"""Relative slack of entry times [1], for sums of steps in floating point."""


def check_rows(ctcs: np.ndarray, clock: float) -> None:
    """Raise ValueError where rows are not what `Circulation.admit` asks for at `clock` [h]."""
    if ctcs.dtype != CTC:
        raise TypeError(f"ctcs: got dtype {ctcs.dtype}, must be tables.CTC")
    first, time = ctcs["cluster"].astype(np.int64), ctcs["time"]
    rows = np.arange(len(ctcs))
    if np.any((first < 0) | (first > rows)) or np.any(first[first] != first):
        raise ValueError("ctcs.cluster: must be the row of the cluster's first cell")
    if np.any(np.bincount(first)[first] != ctcs["cluster_size"]):
        raise ValueError("ctcs.cluster_size: must be the number of rows of the cluster")
    if not np.all(np.isfinite(time)) or np.any(np.diff(time) < 0):
        raise ValueError("ctcs.time: must be finite and ascending")
    if np.any(time != time[first]):
        raise ValueError("ctcs.time: must be the same for all cells of a cluster")
    if time[0] < clock - TIME_SLACK * max(1.0, clock):
        raise ValueError(f"ctcs.time: got {time[0]} h, must be >= the clock, {clock} h")
    if not np.all(np.isfinite(ctcs["diameter"]) & (ctcs["diameter"] > 0)):
        raise ValueError("ctcs.diameter: must be finite and > 0 um")


def check_entered(entered: np.ndarray, end: float) -> None:
    """Raise ValueError where a cell enters after the end of the step [h]."""
    latest = entered.max(initial=-math.inf)
    if latest > end + TIME_SLACK * max(1.0, end):
        raise ValueError(f"ctcs.time: got {latest} h, must lie in the step that ends at {end} h")


def numbered(ctcs: np.ndarray, first: int, traits: CtcTraits) -> np.ndarray:
    """A copy with serial numbers from `first` on, consecutive in the order of the rows."""
    table = ctcs.copy()
    table["ctc"] = np.arange(first, first + len(ctcs), dtype=np.uint64)
    table["cluster"] = table["ctc"][ctcs["cluster"].astype(np.int64)]
    table["diameter"] = traits.diameters(table)
    return table


def single_cells(n: int, time: float | np.ndarray, phenotype: int, diameter: float) -> np.ndarray:
    """Cells from no tissue, each a cluster of its own: (n,) CTC; `time` [h], `diameter` [um]."""
    table = np.zeros(n, CTC)
    table["time"] = time
    table["cluster"] = np.arange(n)
    table["cluster_size"] = 1
    table["tissue"], table["site"] = NO_TISSUE, -1
    table["phenotype"], table["diameter"] = phenotype, diameter
    return table
