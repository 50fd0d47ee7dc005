"""Leavers: the cells that entered the blood in a step, as the circulation takes them."""

from collections.abc import Iterable

import numpy as np

from hybridmet import tables
from hybridmet.tissue.phenotypes import Phenotype


def as_ctcs(leavers: np.ndarray, tissue: int, phenotypes: Iterable[Phenotype]) -> np.ndarray:
    """LEAVER rows of the cell kernel as tables.CTC without serial numbers, ordered by
    (time, site, slot); `cluster` is the row of the cluster's first cell."""
    if len(leavers) == 0:
        return np.zeros(0, dtype=tables.CTC)
    rows = leavers[np.lexsort((leavers["slot"], leavers["site"], leavers["time"]))]
    out = np.zeros(len(rows), dtype=tables.CTC)
    for name in ("time", "site", "slot", "ruptured", "phenotype", "clone", "founder"):
        out[name] = rows[name]
    out["tissue"] = tissue
    diameters = np.array([p.diameter for p in phenotypes], dtype="f4")
    out["diameter"] = diameters[rows["phenotype"]]
    key = np.rec.fromarrays([rows["time"], rows["claimer"]])
    _, first, group, size = np.unique(
        key, return_index=True, return_inverse=True, return_counts=True
    )
    out["cluster"], out["cluster_size"] = first[group], size[group]
    return out
