"""One run of the preset franssen2019, measured as the reference table measures."""

from collections.abc import Iterable

import numpy as np

from hybridmet import Simulation
from hybridmet.scenario import loads_scenario
from hybridmet.scenario.preset import preset_named
from tests.validation.franssen_2019.reference import COLUMNS


def measured(seed: int, steps: Iterable[int], overrides: tuple[str, ...] = ()) -> np.ndarray:
    """Rows of one run at `steps`, ascending, by COLUMNS: (steps, columns) float64."""
    scenario = loads_scenario(preset_named("franssen2019").text, overrides)
    sim = Simulation(scenario, seed=seed, threads=1)
    patient, dt = sim.patient, sim.scenario.time_step
    rows, clusters, cells = [], 0, 0
    for step in steps:
        while patient.steps < step:
            patient.step(dt)
        for ctcs in patient.drain_events()["intravasations"]:
            own = ctcs[ctcs["tissue"] == patient.primary.index]
            clusters += len(np.unique(own["cluster"]))
            cells += len(own)
        rows.append([*_tumour(patient.primary), clusters, cells])
    return np.array(rows, dtype=float).reshape(-1, len(COLUMNS))


def _tumour(tissue) -> list[float]:
    counts = tissue.counts()
    kind = tissue.cells.column("kind").any(axis=-1)
    y, x = np.nonzero(kind)
    middle = [(n - 1) / 2 for n in kind.shape]
    radius = np.hypot(y - middle[0], x - middle[1]).max() * tissue.lattice.spacing / 1000.0
    fields = [tissue.fields[name].mean() for name in ("mmp2", "ecm")]
    return [counts["epithelial"], counts["mesenchymal"], radius, *fields]
