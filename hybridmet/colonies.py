"""Colonies: the table of a patient's metastases, and how large they are called."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from hybridmet import tables
from hybridmet.tissue.founders import Founder


def colony_table(tissues: Mapping[str, Any], name_of: Callable[[int], str]) -> np.ndarray:
    """Founders that grew into colonies, tables.COLONY, by tissue and serial number; `name_of`
    tells a lattice by its index."""
    rows = []
    for tissue in tissues.values():
        tissue.census()
        rows += [_row(tissue, founder, name_of) for founder in tissue.founders.colonies()]
    return np.array(rows, dtype=tables.COLONY)


def _row(tissue: Any, founder: Founder, name_of: Callable[[int], str]) -> tuple:
    grown = (np.nan if time is None else time for time in founder.reached)
    return (
        tissue.name,
        tissue.bed,
        founder.ctc,
        founder.clone,
        tissue.phenotype_names[founder.phenotype],
        name_of(founder.parent),
        founder.arrival,
        founder.first_division,
        *grown,
        founder.site,
        founder.cells,
        tissue.founders.sizes.name_of(founder.cells),
    )
