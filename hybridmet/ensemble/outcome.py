"""What a member's run comes to: a row for its primary and one for each capillary bed."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from hybridmet.simulation import Simulation
from hybridmet.tables import REACHED

FIRST = {
    "colony": "first_division_h",
    **{column.removesuffix("_h"): column for column in REACHED.values()},
}
"""What a colony may be -> the column of tables.COLONY that tells since when."""
PRIMARY, METASTATIC = "primary", "metastatic"
"""What a row is about: the primary tumour, or all metastatic lattices of a bed."""
COLUMNS = (
    "organ",
    "tissue",
    "arrivals",
    "seeded",
    "colonies",
    "living_colonies",
    "micrometastases",
    "macrometastases",
    "detected",
    "cells",
    "dormant",
    "reactivated",
    "died_dormant",
    *(f"first_{size}_h" for size in FIRST),
    "intravasations",
)
"""organ: the primary's site, or a capillary bed; tissue: PRIMARY or METASTATIC; arrivals: DTCs
that left the blood there; seeded: those that found a place; colonies: founders whose line has been
two or more cells, extinct ones too; living_colonies: those that still have cells; micrometastases,
macrometastases, detected: colonies that have ever been as large; dormant: DTCs that sleep now,
reactivated, died_dormant: those that woke or died asleep so far; first_..._h: when the first line
was two cells (a colony), was as large as the others, empty if never; intravasations: cells it shed."""

WOKEN_OR_DEAD = ("reactivated", "died_dormant")
"""Flows of a tissue: DTCs that left dormancy for division, and for death."""


def organ_rows(simulation: Simulation) -> list[list[Any]]:
    """Rows of COLUMNS: the primary first, then the beds in the order of the body network."""
    return list(_rows(simulation))


def _rows(simulation: Simulation) -> Iterator[list[Any]]:
    patient = simulation.patient
    tissues = list(patient.tissues.values())
    colonies = patient.colonies()
    arrived = patient.circulation.selection.extravasated.sum(axis=1)
    own = tissues[:1] if simulation.scenario.primary is not None else []
    returned = sum(_arrivals(tissue) for tissue in own)
    for tissue in own:
        yield _row(tissue.name, PRIMARY, returned, own, colonies)
    for bed in patient.network.beds:
        arrivals = int(arrived[patient.network.index(bed)])
        if own and own[0].bed == bed:
            arrivals -= returned
        lattices = [tissue for tissue in tissues if tissue.bed == bed and tissue not in own]
        yield _row(bed, METASTATIC, arrivals, lattices, colonies)


def _arrivals(tissue: Any) -> int:
    """DTCs that fell into a lattice, with a place or without."""
    ledger = tissue.ledger()
    return ledger["seeded"] + ledger["failed_no_room"]


def _row(organ: str, kind: str, arrivals: int, tissues: list, colonies: np.ndarray) -> list[Any]:
    ledgers = [tissue.ledger() for tissue in tissues]
    mine = colonies[np.isin(colonies["organ"], [tissue.name for tissue in tissues])]
    return [
        organ,
        kind,
        arrivals,
        sum(ledger["seeded"] for ledger in ledgers),
        len(mine),
        int(np.count_nonzero(mine["cells"])),
        *(int(np.count_nonzero(~np.isnan(mine[column]))) for column in REACHED.values()),
        sum(ledger["living"] for ledger in ledgers),
        sum(int(tissue.counts()["dormant"]) for tissue in tissues),
        *(sum(tissue.flows.get(name, 0) for tissue in tissues) for name in WOKEN_OR_DEAD),
        *(_first(mine[column]) for column in FIRST.values()),
        sum(ledger["intravasated"] for ledger in ledgers),
    ]


def _first(times: np.ndarray) -> float | None:
    """The earliest of some times [h], NaN standing for never; None without any."""
    known = times[~np.isnan(times)]
    return float(known.min()) if len(known) else None
