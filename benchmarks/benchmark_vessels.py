"""Seconds to solve blood flow: trees with loops and meshes of 10^3, 10^4 and 10^5 segments.

    python -m pytest benchmarks/benchmark_vessels.py

`linear`: pressures and flows for given viscosities. `solve_flow`: iterated with haematocrit to the
default tolerance. `again`: started from the solution, as after a small change of the vessels.
"""

import numpy as np
import pytest

from hybridmet.lattice import Lattice
from hybridmet.tissue.blood_flow import BloodFlow, solve_flow
from hybridmet.tissue.capillary_mesh import capillary_mesh
from hybridmet.tissue.poiseuille import Circuit, conductance
from hybridmet.tissue.vessel_parameters import VesselParameters
from hybridmet.tissue.vessels import PRESSURE_BOUNDARY, VesselNetwork

SITES = {1_000: 54, 10_000: 122, 100_000: 264}
"""Sites along the side of a lattice whose mesh at 100 mm/mm^3 has about so many segments."""
DEPTH = {1_000: 8, 10_000: 11, 100_000: 14}
"""Forks between the arteriole and a capillary of a tree of about so many segments."""
LATTICE_128 = Lattice((128, 128, 128))


def mesh(segments: int) -> VesselNetwork:
    """A capillary mesh in three dimensions, 10 mmHg from side to side."""
    return in_lattice(Lattice((SITES[segments],) * 3))


def in_lattice(lattice: Lattice) -> VesselNetwork:
    return BloodFlow().with_pressures(capillary_mesh(lattice, VesselParameters(), 1, 0), lattice)


def tree(segments: int) -> VesselNetwork:
    """A binary tree of arterioles joined with its mirror image of venules by capillaries, and a
    loop between neighbouring capillaries at every other one."""
    depth = DEPTH[segments]
    n = 2 ** (depth + 1) - 1
    child = np.arange(1, n)
    stem = (child - 1) // 2
    leaves = np.arange(2**depth - 1, n)
    level = np.floor(np.log2(child + 1))
    radius = 3.0 * 2.0 ** ((depth - level) / 3.0)  # Murray's law
    pairs = np.stack([leaves[:-1:2], leaves[1::2]], axis=1)
    parts = [(stem, child), (child + n, stem + n), (leaves, leaves + n), pairs.T]
    radii = [radius, 1.2 * radius, np.full(len(leaves), 3.0), np.full(len(pairs), 2.8)]
    ends = np.isin(np.arange(2 * n), (0, n))
    return VesselNetwork(
        np.random.default_rng(1).random((2 * n, 3)) * 1000.0,
        np.concatenate([np.stack(part, axis=1) for part in parts]),
        np.concatenate(radii) * (1.0 + 0.2 * np.random.default_rng(2).random(sum(map(len, radii)))),
        np.zeros(sum(map(len, radii))),
        boundary=np.where(ends, PRESSURE_BOUNDARY, 0),
        boundary_value=np.where(np.arange(2 * n) == 0, 60.0, np.where(ends, 15.0, 0.0)),
    )


SIZES = pytest.mark.parametrize("segments", [1_000, 10_000, 100_000])
KINDS = pytest.mark.parametrize("make", [tree, mesh])


@SIZES
@KINDS
def test_linear(benchmark, make, segments):
    network = make(segments)
    rows = Circuit(network).rows
    g = conductance(network.radius[rows], network.lengths[rows], np.full(len(rows), 5.0))

    def solve():
        Circuit(network).solve(g)

    benchmark.pedantic(solve, rounds=3)
    benchmark.extra_info["segments"] = len(network.segments)


@SIZES
@KINDS
def test_solve_flow(benchmark, make, segments):
    network = make(segments)
    _, report = benchmark.pedantic(solve_flow, args=(network,), rounds=1)
    told(benchmark, report)


@SIZES
@KINDS
def test_again(benchmark, make, segments):
    solved, _ = solve_flow(make(segments))
    _, report = benchmark.pedantic(solve_flow, args=(solved,), rounds=1)
    told(benchmark, report)


def test_at_the_density_of_a_lattice_of_128_cubed(benchmark):
    """What one tick of the vessels' clock costs a tissue of 128^3 sites at the default density."""
    network = in_lattice(LATTICE_128)
    _, report = benchmark.pedantic(solve_flow, args=(network,), rounds=1)
    told(benchmark, report)


def told(benchmark, report) -> None:
    """Size and residuals beside the seconds."""
    benchmark.extra_info["segments"] = report.segments
    benchmark.extra_info["iterations"] = report.iterations
    assert max(report.kirchhoff_residual, report.red_cell_residual) <= 1e-12
