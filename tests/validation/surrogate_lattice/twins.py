"""A patient on lattices and its twins: the same scenario and seed, organs counted instead of laid
out, and all of it counted.

    python -m tests.validation.surrogate_lattice.twins [patients]

prints the table of docs/surrogate.md. The step is short (15 minutes), so that cells of the lattice
lose little time to moves; three organs are followed, of 40^3 sites, which no colony fills.
"""

import sys
from functools import cache

import numpy as np

from hybridmet.patient import Patient
from hybridmet.scenario import loads_scenario
from hybridmet.scenario.build import build_patient

PATIENT = """
name = "twin"
duration = "12 d"
time_step = "15 min"
organ_catalogue = false

[primary]
site = "breast"
shape = [40, 40, 40]
cells = { radius = "120 um", phenotypes = { epithelial = 0.9, mesenchymal = 0.1 } }
vessels = { length_density = "100 mm/mm^3", ruptured_fraction = 0.1 }

[organs]
default = false
lung = { shape = [40, 40, 40] }
red_marrow = { shape = [40, 40, 40] }
liver = { shape = [40, 40, 40] }

[phenotypes.epithelial]
reactivation_rate = "0.1 / h"
shedding_rate = "2e-5 / (um^2 h)"

[phenotypes.mesenchymal]
reactivation_rate = "0.1 / h"
shedding_rate = "2e-5 / (um^2 h)"
intravasation_rate = "2e-5 / (um^2 h)"
"""
TWINS = {
    "lattice": (),
    "organs counted": ("tissue.model=surrogate", "primary.model=lattice"),
    "all counted": ("tissue.model=surrogate",),
}
TIMES = (4, 8, 12)
"""When the primary is looked at [d]."""
MEASURES = (
    *(f"cells of the primary, day {t}" for t in TIMES),
    "entries into the blood",
    "clusters and cells lodged or in the blood at the end",
    "arrivals in the three organs",
    "colonies founded",
    "of them alive at the end",
    "their cells, sum",
    "their cells, median",
    "entries into the blood by day 8",
)


@cache
def twin(name: str, seed: int) -> np.ndarray:
    """MEASURES of one patient."""
    patient = build_patient(loads_scenario(PATIENT, TWINS[name]), seed, 1)
    primary = []
    for day in range(1, TIMES[-1] + 1):
        for _ in range(96):
            patient.step(0.25)
        if day in TIMES:
            primary.append(patient.primary.living)
        if day == TIMES[1]:
            early = patient.ledger()["body"]["intravasated"]
    return np.array([*primary, *_spread(patient), early], dtype=float)


def _spread(patient: Patient) -> tuple[float, ...]:
    """What left the primary and what became of it."""
    body = patient.ledger()["body"]
    assert body["imbalance"] == 0
    organs = list(patient.tissues.values())[1:]
    sizes = patient.colonies()["cells"]
    alive = sizes[sizes > 0]
    seeded = sum(tissue.flows["seeded"] for tissue in organs)
    return (
        body["intravasated"],
        body["in_blood"] + body["arrested"],
        seeded,
        len(sizes),
        len(alive),
        alive.sum(),
        np.median(alive) if len(alive) else 0.0,
    )


def table(patients: int) -> dict[str, np.ndarray]:
    """(patients, measures) by twin, the same seeds in each."""
    return {n: np.array([twin(n, s) for s in range(1, patients + 1)]) for n in TWINS}


def main(patients: int = 8) -> None:
    found = table(patients)
    mean = {name: values.mean(axis=0) for name, values in found.items()}
    error = {n: v.std(axis=0, ddof=1) / np.sqrt(patients) for n, v in found.items()}
    for k, measure in enumerate(MEASURES):
        row = [f"{mean[n][k]:.4g} ({error[n][k]:.2g})" for n in TWINS]
        print("| " + " | ".join([measure, *row]) + " |")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
