"""Angiogenesis: a macro step of 10^4 tip cells.

    python benchmarks/benchmark_angiogenesis.py

Prints seconds a step, and nanoseconds for each tip and sub-step.
"""

import time

import numpy as np
from rows import row

from hybridmet.lattice import Lattice
from hybridmet.tissue.angiogenesis import Angiogenesis
from hybridmet.tissue.fields import FieldParameters, Fields
from hybridmet.tissue.vessel_process import Surroundings
from hybridmet.tissue.vessels import VesselNetwork

SITES = 128
GAP = 5
TIPS = 10_000


def world() -> tuple[Surroundings, VesselNetwork]:
    """10^4 tips spread over a 3-D lattice, VEGF rising along x as over the 2 mm of a line tumour."""
    lattice = Lattice((SITES,) * 3, 20.0)
    immobile = FieldParameters(kind="immobile")
    fields = Fields(lattice, {"vegf": immobile, "ecm": immobile})
    fields["vegf"][...] = 0.3 + 0.5 * np.arange(SITES) / SITES
    axis = np.arange(GAP // 2, SITES, GAP)
    sites = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    sites = sites[np.linspace(0, len(sites) - 1, TIPS).astype(int)] if len(sites) > TIPS else sites
    centres = lattice.positions(np.ravel_multi_index(tuple(sites.T), lattice.shape))
    n = len(centres)
    network = VesselNetwork(
        centres, np.empty((0, 2), np.int32), np.empty(0), np.empty(0, np.uint8),
        tip=np.ones(n), sprout=1 + np.arange(n),
    )  # fmt: skip
    kind = lattice.padded(0, np.uint8, 1)
    return Surroundings(lattice, fields, kind, 1, 0, 0, 0.0, 1.0), network


def measure(steps: int = 5) -> tuple[float, int, int]:
    """Seconds a step, tips, sub-steps a step; the first step is not counted."""
    surroundings, network = world()
    rules = Angiogenesis(branching_rate=0.0)
    network, _ = rules.step(network, surroundings)
    n, start = int(network.tip.sum()), time.perf_counter()
    for step in range(1, steps + 1):
        now = Surroundings(
            surroundings.lattice,
            surroundings.fields,
            surroundings.kind,
            1,
            0,
            step,
            float(step),
            1.0,
        )
        network, _ = rules.step(network, now)
    return (time.perf_counter() - start) / steps, n, substeps(surroundings)


def substeps(surroundings: Surroundings) -> int:
    """Sub-steps of an hour at the steepest place."""
    h, rules = surroundings.lattice.spacing, Angiogenesis()
    level, slope = 0.3, 0.5 / SITES / h
    drift = rules.chemotaxis / (1.0 + rules.saturation * level) * slope / (2.0 * h)
    rate = 4.0 * rules.motility / h**2 + 2.0 * max(rules.motility / h**2, drift)
    return max(1, int(np.ceil(rate / 0.2)))


def rows(meter) -> list[dict]:
    """Figures for benchmarks/run.py."""
    seconds, tips, _ = measure()
    return [
        row(f"angiogenesis: a step of 1 h with {tips} tips at {SITES}^3", seconds, "s"),
    ]


if __name__ == "__main__":
    seconds, tips, n = measure()
    print(f"{tips} tips, {n} sub-steps: {seconds:.4f} s a step, "
          f"{seconds / tips / n * 1e9:.0f} ns a tip and sub-step")
