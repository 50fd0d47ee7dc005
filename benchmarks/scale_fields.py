"""Fields at scale, as ratios of one run: sweep against triad, multigrid against explicit sweeps."""

from collections.abc import Callable
from dataclasses import replace
from time import thread_time

import numpy as np
from benchmark_fields import CHANGED, TABLES, Problem
from rows import row
from timing import least_seconds

from hybridmet.tissue.fields import DEFAULT_FIELDS, CellTables, Fields

TOLERANCE = 1e-3
"""Relative error that all solves ask for: that of the examples."""
OXYGEN = replace(DEFAULT_FIELDS["oxygen"], tolerance=TOLERANCE)
EXACT = replace(OXYGEN, tolerance=1e-10)
SATURABLE = CellTables(
    saturable={"oxygen": np.stack([20.0 * 1560.0 * np.eye(1, 256, 1)[0], np.full(256, 2.5)])}
)
"""Michaelis-Menten uptake, half-maximum 2.5 mmHg."""
ERROR = 1e-3
SAMPLES = 4
"""Pairs of timed solves and sweeps of one update."""
CHAIN = 5
"""Macro steps one after another, each from the solver's own last state."""
SWEEPS = 4
"""Explicit sweeps of one sample."""


def sweeper(fields: Fields, problem: Problem, threads: int) -> Callable:
    """Some explicit sweeps of the oxygen field."""
    fields.rates("oxygen", problem.kind, TABLES, problem.vessels)
    solver, u = fields._solvers["oxygen"], fields.padded("oxygen")
    return lambda: solver.explicit(u, 0.01, SWEEPS, threads)


def sweep_seconds(fields: Fields, problem: Problem, threads: int) -> float:
    """One explicit sweep of the oxygen field."""
    return least_seconds(sweeper(fields, problem, threads)) / SWEEPS


def sweeps(meter) -> list[dict]:
    """Sites a second against bandwidth over the bytes a site needs: u, loss and source read,
    the new u written."""
    problem, out = Problem((256, 256, 256), ["oxygen"]), []
    for precision in ("float32", "float64"):
        fields, seconds = Fields(problem.lattice, {"oxygen": OXYGEN}, precision), {}
        for threads in (1, 2):
            triad = meter.bandwidth(threads)
            seconds[threads] = sweep_seconds(fields, problem, threads)
            limit = triad / (4 * fields["oxygen"].itemsize)
            share = problem.lattice.sites / seconds[threads] / limit
            name = f"sweep 256^3 {precision}, {threads} threads"
            out.append(row(f"{name}, of the triad limit", share, "ratio", at_least=0.45))
            out.append(row(name, problem.lattice.sites / seconds[threads] / 1e6, "Msites/s"))
        gain = seconds[1] / seconds[2]
        out.append(row(f"sweep 256^3 {precision}, 1 against 2 threads", gain, "ratio"))
    return out


class Update:
    """Updates of oxygen with linear or saturable uptake, and the exact solution beside them."""

    def __init__(self, tables: CellTables, precision: str, shape: tuple = (128, 128, 128)):
        self.problem, self.tables = Problem(shape, ["oxygen"]), tables
        self.exact = Fields(self.problem.lattice, {"oxygen": EXACT})
        self.fields = Fields(self.problem.lattice, {"oxygen": OXYGEN}, precision)
        yardstick = Fields(self.problem.lattice, {"oxygen": OXYGEN}, precision)
        self.sweep = sweeper(yardstick, self.problem, 1)
        self._step(self.exact)

    def _step(self, fields: Fields):
        p = self.problem
        return fields.step(1.0, p.kind, self.tables, p.vessels, 1)

    def grow(self, seed: int = 2) -> None:
        """The sites of one macro step change."""
        self.problem.grow(seed)
        self._step(self.exact)

    def solve(self, begin: np.ndarray | float) -> tuple[float, float, int]:
        """Time in sweeps, relative error against a solution converged to 1e-10, cycles; leaves the
        solution in `fields`. Solves and sweeps are timed in turn, so that both meet the same
        machine."""

        def rewind():
            self.fields["oxygen"][...] = begin

        rewind()
        cycles = self._step(self.fields)["oxygen"].cycles
        exact = self.exact["oxygen"]
        error = np.abs(self.fields["oxygen"] - exact).max() / exact.max()
        solves, sweeps = [], []
        for _ in range(SAMPLES):
            sweeps.append(least_seconds(self.sweep, samples=2, clock=thread_time) / SWEEPS)
            solves.append(
                least_seconds(lambda: self._step(self.fields), rewind, 2, clock=thread_time)
            )
        return min(solves) / min(sweeps), error, cycles

    def cold(self) -> tuple[float, float, int]:
        """From a uniform field."""
        return self.solve(20.0)

    def warm(self) -> tuple[float, float, int]:
        """A chain of macro steps from the solver's own last state: mean time of a step, worst
        error, most cycles."""
        links = []
        for link in range(CHAIN):
            self.grow(2 + link)
            links.append(self.solve(self.fields["oxygen"].copy()))
        times, errors, cycles = zip(*links, strict=True)
        return float(np.mean(times)), max(errors), max(cycles)


MOST = {
    ("linear", "cold"): 30,
    ("linear", "warm"): 10,
    ("saturable", "cold"): 50,
    ("saturable", "warm"): 20,
}
"""Wanted: sweeps of an update."""


def updates(precision: str = "float32") -> list[dict]:
    """Time of an update to one tolerance in plain explicit sweeps of the same field, and its error."""
    out = []
    for uptake, tables in (("linear", TABLES), ("saturable", SATURABLE)):
        update = Update(tables, precision)
        warm = f"warm ({CHAIN} steps, {CHANGED:.0%} of sites change)"
        for start, run, label in (("cold", update.cold, "cold"), ("warm", update.warm, warm)):
            sweeps, error, cycles = run()
            name = f"oxygen 128^3 {precision}, {uptake} uptake, {label}"
            out.append(row(f"{name}: time", sweeps, "sweeps", at_most=MOST[uptake, start]))
            out.append(row(f"{name}: worst error", error, "error", at_most=ERROR))
            out.append(row(f"{name}: most cycles", cycles, "cycles"))
    return out


def rows(meter) -> list[dict]:
    return sweeps(meter) + updates()
