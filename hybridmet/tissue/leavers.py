"""Leavers: the cells that entered the blood in a step, as the circulation takes them."""

from collections.abc import Iterable

import numpy as np

from hybridmet import tables
from hybridmet.tissue.phenotypes import Phenotype

NO_CTCS = np.zeros(0, dtype=tables.CTC)


def as_ctcs(leavers: np.ndarray, tissue: int, phenotypes: Iterable[Phenotype]) -> np.ndarray:
    """LEAVER rows of the cell kernel as tables.CTC without serial numbers, ordered by
    (time, site, slot); `cluster` is the row of the cluster's first cell."""
    if len(leavers) == 0:
        return NO_CTCS
    rows = leavers[np.lexsort((leavers["slot"], leavers["site"], leavers["time"]))]
    out = np.zeros(len(rows), dtype=tables.CTC)
    for name in ("time", "site", "slot", "ruptured", "phenotype", "clone", "founder"):
        out[name] = rows[name]
    out["tissue"] = tissue
    diameters = np.array([p.diameter for p in phenotypes], dtype="f4")
    out["diameter"] = diameters[rows["phenotype"]]
    out["cluster"], out["cluster_size"] = _clusters(rows["time"], rows["claimer"])
    return out


def _clusters(time: np.ndarray, claimer: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each row, the first row with the same time and claimer and their number: two (n,)."""
    order = np.lexsort((claimer, time))
    starts = np.ones(len(order), dtype=bool)
    t, c = time[order], claimer[order]
    starts[1:] = (t[1:] != t[:-1]) | (c[1:] != c[:-1])
    first = np.flatnonzero(starts)
    group = np.empty(len(order), dtype=np.int64)
    group[order] = np.cumsum(starts) - 1
    return order[first][group], np.diff(first, append=len(order))[group]
