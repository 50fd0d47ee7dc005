"""Blood flow at scale: linear and iterated solutions of 10^3 to 10^5 segments, in seconds."""

import numpy as np
from benchmark_vessels import LATTICE_128, in_lattice, mesh, tree
from rows import row
from timing import least_seconds

from hybridmet.tissue.blood_flow import solve_flow
from hybridmet.tissue.poiseuille import Circuit, conductance

SIZES = (1_000, 10_000, 100_000)


def linear_seconds(network) -> float:
    """Pressures and flows for given viscosities."""
    rows = Circuit(network).rows
    g = conductance(network.radius[rows], network.lengths[rows], np.full(len(rows), 5.0))
    return least_seconds(lambda: Circuit(network).solve(g), samples=3)


def rows(meter) -> list[dict]:
    """Registered in benchmarks/run.py."""
    out = []
    for make in (tree, mesh):
        for n in SIZES:
            network = make(n)
            name = f"{make.__name__} of {len(network.segments)} segments"
            linear, whole = (2.0, 10.0) if n == SIZES[-1] else (None, None)
            out.append(row(f"flow, linear, {name}", linear_seconds(network), "s", at_most=linear))
            seconds = least_seconds(lambda net=network: solve_flow(net), samples=1)
            out.append(row(f"flow with red cells, {name}", seconds, "s", at_most=whole))
    network = in_lattice(LATTICE_128)
    seconds = least_seconds(lambda: solve_flow(network), samples=1)
    out.append(
        row(f"flow with red cells, mesh of 128^3 sites ({len(network.segments)})", seconds, "s")
    )
    solved, _ = solve_flow(network)
    again = least_seconds(lambda: solve_flow(solved), samples=3)
    out.append(row("the same, from its solution", again, "s"))
    return out
