"""Site updates per second of the fields.

    python -m pytest benchmarks/benchmark_fields.py
"""

import numpy as np
import pytest

from hybridmet.lattice import Lattice
from hybridmet.tissue.fields import DEFAULT_FIELDS, CellTables, Fields, VesselExchange

SHAPES = {"64^3": (64, 64, 64), "128^3": (128, 128, 128), "512^2": (512, 512)}

CHANGED = 0.01
"""Share of the sites that change in a macro step of 1 h: 0.84 to 1.45 % in the default scenario
(measured), where they lie together at the rim; at random they are harder on a warm start."""


def table(rate: float) -> np.ndarray:
    out = np.zeros(256)
    out[1] = rate
    return out


TABLES = CellTables(
    uptake={"oxygen": table(1560.0)},
    secretion={"mmp2": table(0.0176)},
    degradation={"ecm": table(0.09)},
)


class Problem:
    """Host tissue with 30 % tumour cells and a vessel in every hundredth site."""

    def __init__(self, shape, names=tuple(DEFAULT_FIELDS)):
        rng = np.random.default_rng(1)
        self.lattice = lattice = Lattice(shape, 20.0)
        self.fields = Fields(lattice, {name: DEFAULT_FIELDS[name] for name in names})
        self.kind = lattice.padded(0, np.uint8, slots=1)
        self.cells = lattice.interior(self.kind)[..., 0]
        self.cells[...] = rng.random(shape) < 0.3
        padded = np.arange(np.prod(lattice.padded_shape)).reshape(lattice.padded_shape)
        sites = lattice.interior(padded).ravel()
        chosen = np.sort(rng.choice(sites, lattice.sites // 100, replace=False))
        self.vessels = VesselExchange(chosen, {"oxygen": np.full(chosen.size, 2e4)})

    def step(self, threads, unchanged=False):
        return self.fields.step(1.0, self.kind, TABLES, self.vessels, threads, unchanged=unchanged)

    def grow(self, seed=2):
        """CHANGED of the sites change, at random, as many gaining a cell as losing one."""
        draw = np.random.default_rng(seed).random(self.cells.shape)
        share = np.where(self.cells, 0.3, 0.7)
        self.cells ^= (draw < 0.5 * CHANGED / share).astype(np.uint8)


def report(benchmark, solved, lattice) -> None:
    benchmark.extra_info["sites"] = lattice.sites
    benchmark.extra_info["updates"] = solved.updates
    if benchmark.stats is not None:
        seconds = benchmark.stats.stats.min
        benchmark.extra_info["updates_per_second"] = solved.updates / seconds
        benchmark.extra_info["sites_per_second"] = lattice.sites / seconds


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_warm_oxygen(benchmark, shape, threads):
    """A solve from the solution before some cells changed."""
    problem = Problem(shape, ["oxygen"])
    problem.step(threads)
    old = problem.fields["oxygen"].copy()
    problem.grow()

    def rewind():
        problem.fields["oxygen"][...] = old
        return (threads,), {}

    solved = benchmark.pedantic(problem.step, setup=rewind, rounds=10)
    assert 0 < solved["oxygen"].cycles <= 5
    report(benchmark, solved, problem.lattice)


@pytest.mark.parametrize("name", ["mmp2", "ecm"])
def test_stepped_field(benchmark, name):
    """Explicit sub-steps of mmp2; exact decay of ecm, degraded by mmp2."""
    names = ["mmp2"] if name == "mmp2" else ["mmp2", "ecm"]
    problem = Problem((64, 64, 64), names)
    solved = benchmark(problem.step, 1)
    assert solved[name].updates > 0
    report(benchmark, solved, problem.lattice)


def test_overhead_of_a_step(benchmark):
    """Three fields on a lattice so small that the kernels cost nothing."""
    problem = Problem((10, 10))
    problem.step(1)
    solved = benchmark(problem.step, 1, unchanged=True)
    assert solved["oxygen"].skipped
    if benchmark.stats is not None:
        assert benchmark.stats.stats.median < 3e-4
