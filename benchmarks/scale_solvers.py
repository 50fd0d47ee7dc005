"""Multigrid against explicit stepping to the same error, and growth with the size of a lattice."""

from collections.abc import Callable
from dataclasses import replace
from time import thread_time

import numpy as np
from benchmark_fields import TABLES, Problem
from rows import row
from scale_fields import ERROR, Update
from timing import least_seconds

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


def relative_error(found: np.ndarray, exact: np.ndarray) -> float:
    return float(np.abs(found - exact).max() / np.abs(exact).max())


def sweeps_to(update: Update, begin: np.ndarray | float) -> int:
    """Explicit sweeps at the largest stable step until the error is at most ERROR."""
    fields, problem = update.fields, update.problem
    loss, _ = fields.rates("oxygen", problem.kind, TABLES, problem.vessels)
    p, h2 = fields.parameters["oxygen"], problem.lattice.spacing**2
    step = MARGIN / (6.0 + float(loss.max()) * h2 / p.diffusivity)
    solver, u = fields._solvers["oxygen"], fields.padded("oxygen")
    solver.assemble(p.decay_rate, p.background_uptake_rate, h2 / p.diffusivity, problem.kind,
                    TABLES.uptake["oxygen"], None, 1)
    solver.add_vessels(problem.vessels.sites, problem.vessels.conductance["oxygen"], p.blood_value,
                       h2 / p.diffusivity)
    fields["oxygen"][...] = begin
    exact, n = update.exact["oxygen"], 0
    while relative_error(fields["oxygen"], exact) > ERROR:
        solver.explicit(u, step, LOOK, 1)
        n += LOOK
    return n


def steady() -> list[dict]:
    """Oxygen to an error of 1e-3: explicit sweeps over the sweeps that a solve is worth."""
    out, update = [], Update(TABLES, "float32", STEADY_SHAPE)
    for start in ("cold", "warm"):
        begin: np.ndarray | float = 20.0
        if start == "warm":
            begin = update.fields["oxygen"].copy()
            update.grow()
        worth, error, _ = update.solve(begin)
        assert error <= ERROR
        gain = sweeps_to(update, begin) / worth
        out.append(row(f"oxygen 64^3, {start}: explicit stepping over multigrid", gain, "ratio"))
    return out


class Secretion:
    """MMP-2 over one hour at 5 um, some hours after cells began to secrete it."""

    def __init__(self):
        lattice = Lattice((128, 128, 128), FINE_SPACING)
        self.cells = lattice.padded(0, np.uint8, slots=1)
        lattice.interior(self.cells)[..., 0] = np.random.default_rng(1).random(lattice.shape) < 0.3
        self.tables = CellTables(secretion={"mmp2": TABLES.secretion["mmp2"]})
        self.p = replace(DEFAULT_FIELDS["mmp2"], tolerance=1e-4)
        self.fields = Fields(lattice, {"mmp2": self.p}, "float32")
        self.solver, self.u = self.fields._solvers["mmp2"], self.fields.padded("mmp2")
        self.unit = FINE_SPACING**2 / self.p.diffusivity
        """h^2 / D [h]."""
        self.fewest = int(np.ceil((6.0 + self.p.decay_rate * self.unit) / self.unit / MARGIN))
        """Explicit sub-steps of an hour that are stable."""
        for _ in range(4):
            self.explicit(self.fewest)
        self.start = self.fields["mmp2"].copy()

    def assemble(self) -> None:
        self.fields.rates("mmp2", self.cells, self.tables, VesselExchange())
        self.solver.assemble(self.p.decay_rate, 0.0, self.unit, self.cells, None,
                             self.tables.secretion["mmp2"], 1)

    def explicit(self, n: int) -> None:
        self.assemble()
        self.solver.explicit(self.u, 1.0 / (self.unit * n), n, 1)

    def implicit(self, n: int) -> None:
        for _ in range(n):
            self.assemble()
            self.solver.implicit(self.u, n * self.unit, 1)
            self.solver.steady(self.u, self.p.tolerance, 60, 1)

    def rewind(self) -> None:
        self.fields["mmp2"][...] = self.start
        self.solver.fill_halo(self.u)

    def after(self, run: Callable, n: int) -> np.ndarray:
        """The field an hour later."""
        self.rewind()
        run(n)
        return self.fields["mmp2"].copy()

    def seconds(self, run: Callable, n: int) -> float:
        return least_seconds(lambda: run(n), self.rewind, 2, clock=thread_time)


def transient() -> list[dict]:
    """The fewest explicit sub-steps that are stable against backward Euler steps, with the errors
    of both."""
    hour, name = Secretion(), "mmp2 128^3 at 5 um, 1 h"
    exact = hour.after(hour.explicit, 16 * hour.fewest)
    out = [row(f"{name}: explicit sub-steps", hour.fewest, "")]
    slow = hour.seconds(hour.explicit, hour.fewest)
    for n in (1, 2, 4):
        gain = slow / hour.seconds(hour.implicit, n)
        error = relative_error(hour.after(hour.implicit, n), exact)
        out.append(row(f"{name}: explicit over {n} backward Euler", gain, "ratio"))
        out.append(row(f"{name}: error of {n} backward Euler", error, "error"))
    error = relative_error(hour.after(hour.explicit, hour.fewest), exact)
    return [*out, row(f"{name}: error of explicit", error, "error")]


def growth() -> list[dict]:
    """Nanoseconds a site of a macro step of the three default fields, warm, one site in a hundred
    changed."""
    out = []
    for size in SIZES:
        problem = Problem((size,) * 3)
        problem.step(1)
        seconds = least_seconds(lambda p=problem: p.step(1), problem.grow, 3, clock=thread_time)
        name = f"fields {size}^3, oxygen, mmp2 and ecm, warm"
        out.append(row(name, 1e9 * seconds / problem.lattice.sites, "ns a site"))
    return out


def rows(meter) -> list[dict]:
    return steady() + transient() + growth()
