"""Multigrid against explicit stepping to the same error, and growth with the size of a lattice."""

from collections.abc import Callable
from dataclasses import replace
from time import thread_time

import numpy as np
from benchmark_fields import TABLES, Problem
from rows import row
from scale_fields import ERROR, Update

from hybridmet.lattice import Lattice
from hybridmet.tissue.fields import DEFAULT_FIELDS, CellTables, Fields, VesselExchange

STEADY_SHAPE = (64, 64, 64)
FINE_SPACING = 5.0
"""Spacing [um] at which a macro step of an hour takes MMP-2 over 50 explicit sub-steps."""
SIZES = (32, 64, 128, 192)
MARGIN = 0.9
"""Share of the largest explicit step that is stable."""
LOOK = 20
"""Explicit sweeps between two looks at the error."""


def least(run: Callable, prepare: Callable = lambda: None, samples: int = 5) -> float:
    """Least seconds of processor time of one thread."""
    times = []
    for _ in range(samples):
        prepare()
        start = thread_time()
        run()
        times.append(thread_time() - start)
    return min(times)


def relative_error(found: np.ndarray, exact: np.ndarray) -> float:
    return float(np.abs(found - exact).max() / np.abs(exact).max())


def sweeps_to(update: Update, start: str) -> int:
    """Explicit sweeps at the largest stable step until the error is that of a solve."""
    fields, problem = update.fields, update.problem
    loss, _ = fields.rates("oxygen", problem.kind, TABLES, problem.vessels)
    p, h2 = fields.parameters["oxygen"], problem.lattice.spacing**2
    step = MARGIN / (6.0 + float(loss.max()) * h2 / p.diffusivity)
    solver, u = fields._solvers["oxygen"], fields.padded("oxygen")
    solver.assemble(p.decay_rate, p.background_uptake_rate, h2 / p.diffusivity, problem.kind,
                    TABLES.uptake["oxygen"], None, 1)
    solver.add_vessels(problem.vessels.sites, problem.vessels.conductance["oxygen"], p.blood_value,
                       h2 / p.diffusivity)
    fields["oxygen"][...] = update.begin[start]
    exact, n = update.exact["oxygen"], 0
    while relative_error(fields["oxygen"], exact) > ERROR:
        solver.explicit(u, step, LOOK, 1)
        n += LOOK
    return n


def steady() -> list[dict]:
    """Oxygen to an error of 1e-3: explicit sweeps over the sweeps that a solve is worth."""
    out, update = [], Update(TABLES, "float32", STEADY_SHAPE)
    for start in ("cold", "warm"):
        if start == "warm":
            update.grow()
        worth, error, _ = update.measure(start, 2e-4)
        assert error <= ERROR
        gain = sweeps_to(update, start) / worth
        out.append(row(f"oxygen 64^3, {start}: explicit stepping over multigrid", gain, "ratio"))
    return out


def transient() -> list[dict]:
    """MMP-2 over one hour at 5 um, some hours after cells began to secrete it: the fewest explicit
    sub-steps that are stable against backward Euler steps, with the errors of both."""
    lattice = Lattice((128, 128, 128), FINE_SPACING)
    cells = lattice.padded(0, np.uint8, slots=1)
    lattice.interior(cells)[..., 0] = np.random.default_rng(1).random(lattice.shape) < 0.3
    tables = CellTables(secretion={"mmp2": TABLES.secretion["mmp2"]})
    none, h2 = VesselExchange(), FINE_SPACING**2
    p = replace(DEFAULT_FIELDS["mmp2"], tolerance=1e-5)
    start = np.zeros(lattice.shape)
    fields = Fields(lattice, {"mmp2": p}, "float32")
    solver, u, number = fields._solvers["mmp2"], fields.padded("mmp2"), p.diffusivity / h2

    def assemble():
        fields.rates("mmp2", cells, tables, none)
        solver.assemble(p.decay_rate, 0.0, h2 / p.diffusivity, cells, None, tables.secretion["mmp2"], 1)

    def explicit(n: int):
        assemble()
        solver.explicit(u, number / n, n, 1)

    def implicit(n: int):
        for _ in range(n):
            assemble()
            solver.implicit(u, n / number, 1)
            solver.steady(u, p.tolerance, 60, 1)

    def rewind():
        fields["mmp2"][...] = start
        solver.fill_halo(u)

    def error_of(run: Callable, n: int) -> float:
        rewind()
        run(n)
        return relative_error(fields["mmp2"], exact)

    fewest = int(np.ceil(number * (6.0 + p.decay_rate * h2 / p.diffusivity) / MARGIN))
    for _ in range(4):
        explicit(fewest)
    start = fields["mmp2"].copy()
    explicit(16 * fewest)
    exact = fields["mmp2"].copy()
    out = [row("mmp2 128^3 at 5 um, 1 h: explicit sub-steps", fewest, "")]
    slow = least(lambda: explicit(fewest), rewind, 2)
    for n in (1, 2, 4):
        gain = slow / least(lambda: implicit(n), rewind, 2)
        error = error_of(implicit, n)
        out.append(row(f"mmp2 128^3 at 5 um, 1 h: explicit over {n} backward Euler", gain, "ratio"))
        out.append(row(f"mmp2 128^3 at 5 um, 1 h: error of {n} backward Euler", error, ""))
    out.append(row("mmp2 128^3 at 5 um, 1 h: error of explicit", error_of(explicit, fewest), ""))
    return out


def growth() -> list[dict]:
    """Nanoseconds a site of a macro step of the three default fields, warm, one site in a thousand
    changed."""
    out = []
    for size in SIZES:
        problem = Problem((size,) * 3)
        problem.step(1)
        seconds = least(lambda p=problem: p.step(1), problem.grow, 3)
        name = f"fields {size}^3, oxygen, mmp2 and ecm, warm"
        out.append(row(name, 1e9 * seconds / problem.lattice.sites, "ns a site"))
    return out


def rows(meter) -> list[dict]:
    return steady() + transient() + growth()
