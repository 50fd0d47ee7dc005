"""Runs of the preset anderson_chaplain1998, and what is measured of them."""

import numpy as np

from hybridmet.scenario import loads_scenario
from hybridmet.scenario.preset import preset_named
from hybridmet.simulation import Simulation

ANGIOGENESIS = "primary.vessels.angiogenesis"
STILL = tuple(
    f"{ANGIOGENESIS}.{key}=0 / h"
    for key in ("uptake_rate", "matrix_production_rate", "matrix_degradation_rate")
)
"""Overrides by which tips leave the fields as they are."""
UNBRANCHED = (f"{ANGIOGENESIS}.branching_rate=0 / h",)


SPROUTS = 5
"""Sprouts of the preset at the start."""


def simulation(seed: int, overrides=(), *, rows: int = 200, sprouts: int = SPROUTS) -> Simulation:
    """A run of the preset; with more rows and sprouts tips do not meet."""
    half = 5 * rows
    text = preset_named("anderson_chaplain1998").text
    text = text.replace("shape = [200, 200]", f"shape = [{rows}, 200]")
    text = text.replace('"-1000 um"]', f'"-{half} um"]').replace('"1000 um"]', f'"{half} um"]')
    text = text.replace("sprouts = 5", f"sprouts = {sprouts}")
    return Simulation(loads_scenario(text, overrides), seed=seed)


def tips_at(sim: Simulation, hours) -> list[np.ndarray]:
    """x of all tips [um] at each of some times, ascending."""
    out = []
    for time in hours:
        while sim.patient.time < time - 1e-9:
            sim.patient.step(1.0)
        network = sim.patient.primary.vessels
        out.append(network.nodes[network.tip == 1, 0])
    return out


def births(sim: Simulation) -> np.ndarray:
    """x at which each sprout began that came of branching [um]."""
    network = sim.patient.primary.vessels
    numbers, first = np.unique(network.sprout, return_index=True)
    return network.nodes[first[numbers > SPROUTS], 0]
