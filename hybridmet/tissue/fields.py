"""Fields: the concentrations on a lattice and their step.

    du/dt = D lap u - L u + S

Quasi-steady fields are solved by multigrid, transient ones take Euler sub-steps, explicit or
backward, as many as their accuracy needs (field_accuracy.py), immobile ones the exact exponential
of their local loss (csrc/hm_field.h, csrc/hm_multigrid.h). One step couples them once: immobile
fields see the others as they are at its end, an error of first order in the step.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from hybridmet._core import field as double_kernels
from hybridmet._core import field32 as single_kernels
from hybridmet._core.field import ERR_CONVERGENCE
from hybridmet.errors import ConvergenceError, ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.tissue.field_accuracy import accurate_substeps
from hybridmet.tissue.field_exchange import CellTables, RespondingSecretion, VesselExchange
from hybridmet.tissue.field_parameters import DEFAULT_FIELDS, SIDES, FieldParameters
from hybridmet.tissue.field_report import FieldReport, Solve, SolveLog

__all__ = [
    "DEFAULT_FIELDS",
    "CellTables",
    "FieldParameters",
    "FieldReport",
    "Fields",
    "RespondingSecretion",
    "Solve",
    "SolveLog",
    "VesselExchange",
]

KERNELS = {"float64": double_kernels, "float32": single_kernels}
"""Precisions, and the same kernels compiled for each."""
MAX_CYCLES = 60
"""V-cycles before a solve fails: five do from a cold start (ASSUMED)."""
IMPLICIT_COST = 20
"""Explicit sub-steps that cost as much as one backward Euler step (measured: 25 to 35 where a field
changes, 6 where it hardly does)."""
MAX_SOLVENTS = 16
"""Fields that can degrade one field in a single pass: the bridge's table."""
EXPLICIT_MARGIN = 0.9
"""Share of the largest explicit step that keeps u >= 0: at 1 checkerboards would not decay
(ASSUMED)."""


def check_fields(lattice: Lattice, parameters: Mapping[str, FieldParameters]) -> None:
    """Raise ScenarioError where fields do not fit each other or the lattice."""
    mobile = [name for name, p in parameters.items() if p.kind != "immobile"]
    sides = () if lattice.periodic else SIDES[6 - 2 * lattice.dim :]
    for name, p in parameters.items():
        for other in p.degraded_by:
            if other not in mobile:
                raise ScenarioError(
                    f"fields.{name}.degraded_by: got {other!r}, must be one of {', '.join(mobile)}"
                )
        for side in p.fixed_sides:
            if side not in sides:
                allowed = f"one of {', '.join(sides)}" if sides else "empty on a periodic lattice"
                raise ScenarioError(f"fields.{name}.fixed_sides: got {side!r}, must be {allowed}")


class Fields(Mapping[str, np.ndarray]):
    """The concentrations on a lattice; `fields["oxygen"]` is a view, (nz, ny, nx) or (ny, nx)."""

    def __init__(
        self,
        lattice: Lattice,
        parameters: Mapping[str, FieldParameters],
        precision: str = "float64",
    ):
        """`precision`: float64, or float32 for half the memory and an error near 1e-5."""
        if precision not in KERNELS:
            raise ScenarioError(f"precision: got {precision!r}, must be one of {', '.join(KERNELS)}")
        self.lattice, self.precision = lattice, precision
        self.parameters = dict(parameters)
        check_fields(lattice, self.parameters)
        kernels = KERNELS[precision]
        workspace = kernels.Workspace(lattice)
        self._padded = {n: lattice.padded(p.initial, precision) for n, p in self.parameters.items()}
        self._interior = {n: lattice.interior(u) for n, u in self._padded.items()}
        self._solvers = {
            name: kernels.FieldSolver(name, lattice, [p.fixed_sides.get(s) for s in SIDES], workspace)
            for name, p in self.parameters.items()
        }
        self._awake: set[str] = set()
        """Transient fields that were not zero everywhere; the others are looked at before a step."""
        self._substeps: dict[str, tuple[CellTables, float, int, int]] = {}
        """Of the step before: its tables, its length [h], slots, and accurate sub-steps."""
        # Immobile fields last: they are degraded by the others' new values.
        self._order = sorted(self.parameters, key=lambda n: self.parameters[n].kind == "immobile")
        for name, solver in self._solvers.items():
            if (peak := self.parameters[name].peak) is not None:
                self._interior[name][...] *= peak.factor(lattice)
            solver.fill_halo(self._padded[name])

    def __getitem__(self, name: str) -> np.ndarray:
        return self._interior[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._padded)

    def __len__(self) -> int:
        return len(self._padded)

    def padded(self, name: str) -> np.ndarray:
        """The array with its halo, which holds the mirror or wrapped image, or the value of a
        fixed side, after each step. The array stays the same object."""
        return self._padded[name]

    def fill_halo(self, name: str) -> None:
        """Bring the halo up to date after a field was written into from outside."""
        self._solvers[name].fill_halo(self._padded[name])

    def step(
        self,
        dt: float,
        kind: np.ndarray,
        tables: CellTables,
        vessels: VesselExchange,
        threads: int = 1,
        *,
        unchanged: bool = False,
    ) -> FieldReport:
        """Advance all fields by `dt` [h]; raises ConvergenceError.

        kind : padded (..., slots) uint8 cell bytes. `unchanged`: cells, tables and vessels are
        those of the step before, so that quasi-steady fields keep their values (a solve would
        leave them as they are, too).
        """
        step = FieldStep(dt, kind, tables, vessels, threads)
        solves: dict[str, Solve] = {}
        for name in self._ordered(tables):
            if unchanged and self._is_settled(name, tables, solves):
                solves[name] = Solve(skipped=True)
            else:
                solves[name] = self._STEPS[self.parameters[name].kind](self, name, step)
                self._solvers[name].fill_halo(self._padded[name])
        return FieldReport({name: solves[name] for name in self.parameters})

    def equilibrate(
        self, kind: np.ndarray, tables: CellTables, vessels: VesselExchange, threads: int = 1
    ) -> None:
        """Bring the quasi-steady fields into equilibrium with the cells as they stand, so that
        the start of a lattice shows a solution and no guess; raises ConvergenceError."""
        step = FieldStep(0.0, kind, tables, vessels, threads)
        for name in self._ordered(tables):
            if self.parameters[name].kind == "quasi-steady":
                self._step_quasi_steady(name, step)
                self._solvers[name].fill_halo(self._padded[name])

    def _ordered(self, tables: CellTables) -> list[str]:
        """Fields in the order of their steps: what cells secrete in response to others comes
        after these, immobile fields last."""
        responding = tables.responding
        if not responding:
            return self._order
        first = [n for n in self._order if n not in responding]
        rest = [n for n in self._order if n in responding]
        return sorted([*first, *rest], key=lambda n: self.parameters[n].kind == "immobile")

    def _is_settled(self, name: str, tables: CellTables, solves: Mapping[str, "Solve"]) -> bool:
        """Whether a field is in equilibrium while cells, tables and vessels stay: quasi-steady,
        and so is every field that its secretion responds to."""
        if self.parameters[name].kind != "quasi-steady":
            return False
        responding = tables.responding.get(name)
        signals = () if responding is None else responding.signals
        return all(signal in solves and solves[signal].skipped for signal in signals)

    def rates(
        self, name: str, kind: np.ndarray, tables: CellTables, vessels: VesselExchange
    ) -> tuple[np.ndarray, np.ndarray]:
        """Loss [1/h] and source [unit/h] of each site, as the steps take them (degradation by
        other fields left out); new arrays shaped as the field."""
        self._assemble(name, FieldStep(0.0, kind, tables, vessels, 1), 1.0)
        loss, source = self._solvers[name].assembled()
        shape, interior = self.lattice.padded_shape, self.lattice.interior
        return interior(loss.reshape(shape)), interior(source.reshape(shape))

    def _assemble(self, name: str, step: "FieldStep", scale: float) -> tuple[float, float]:
        """Set the solver's loss and source, times `scale`; returns the largest of each.

        Saturable uptake counts as a loss at the present concentration."""
        extent = self._assemble_linear(name, step, scale)
        if name in step.tables.saturable:
            extent = self._solvers[name].add_saturable(self._padded[name], step.threads)
        return extent

    def _assemble_linear(
        self, name: str, step: "FieldStep", scale: float, noted: bool = False
    ) -> tuple[float, float]:
        """`_assemble` without the saturable uptake, which the solver only takes note of; of all the
        rest, too, where `noted`."""
        p, solver = self.parameters[name], self._solvers[name]
        loss = step.tables.degradation if p.kind == "immobile" else step.tables.uptake
        extent = solver.assemble(
            p.decay_rate,
            p.background_uptake_rate,
            scale,
            step.kind,
            loss.get(name),
            step.tables.secretion.get(name),
            step.threads,
            step.tables.saturable.get(name),
            noted,
        )
        by = step.tables.responding.get(name)
        if by is not None:
            signals = [self._padded[signal] for signal in by.signals]
            extent = solver.add_secretion(
                by.rate, by.first, by.end, by.responses, signals, scale, step.threads
            )
        conductance = step.vessels.conductance.get(name)
        if conductance is not None:
            supply = step.vessels.supply.get(name)
            blood = p.blood_value if supply is None else 0.0
            extent = solver.add_vessels(step.vessels.sites, conductance, blood, scale, noted)
            if supply is not None:
                extent = solver.add_supply(step.vessels.sites, supply.source, scale)
        return extent

    def _step_quasi_steady(self, name: str, step: "FieldStep") -> Solve:
        supply = step.vessels.supply.get(name)
        if supply is None:
            return self._settle(name, step)
        supply.begin(self._padded[name])
        total = self._settle(name, step)
        while supply.again(self._padded[name]):
            total = total.then(self._settle(name, step))
        return total

    def _settle(self, name: str, step: "FieldStep") -> Solve:
        """Bring a field into equilibrium with cells and blood as they stand."""
        p, u = self.parameters[name], self._padded[name]
        scale = self.lattice.spacing**2 / p.diffusivity
        newton = name in step.tables.saturable
        if self._is_supplied(name, step):
            self._assemble_linear(name, step, scale, noted=True)
            return self._solve(name, step, noted=True)
        loss, source = self._assemble_linear(name, step, scale)
        if loss == 0.0 and newton:
            loss, source = self._solvers[name].add_saturable(u, step.threads)
        if loss == 0.0 and not p.fixed_sides:
            raise ConvergenceError(
                f"field {name}: has no steady state, as nothing takes it up; "
                "must have a decay, an uptake, vessels or a fixed side"
            )
        if source == 0.0 and not any(p.fixed_sides.values()):
            u.fill(0.0)
            return Solve(skipped=True)
        return self._solve(name, step, noted=newton)

    def _is_supplied(self, name: str, step: "FieldStep") -> bool:
        """Whether vessels alone see to it that there is a loss and a source: no need to look, and the
        solver assembles both itself, row by row."""
        exchange = step.vessels.conductance.get(name)
        if exchange is None or name in step.vessels.supply or name in step.tables.responding:
            return False
        return self.parameters[name].blood_value > 0.0 and bool(exchange.max(initial=0.0) > 0.0)

    def _solve(self, name: str, step: "FieldStep", noted: bool = False, share: float = 1.0) -> Solve:
        """`noted`: with what the solver took note of, instead of what was assembled; `share`: of the
        tolerance."""
        p, u, solver = self.parameters[name], self._padded[name], self._solvers[name]
        tolerance = share * p.tolerance
        solve = solver.steady_noted if noted else solver.steady
        status, cycles, error, residual, updates, negative = solve(
            u, tolerance, MAX_CYCLES, step.threads
        )
        if status == ERR_CONVERGENCE:
            raise ConvergenceError(
                f"field {name}: error {error:.3g} after {cycles} cycles, "
                f"must be <= {tolerance:g}"
            )
        clamped = solver.clamp(u) if negative else 0
        return Solve(
            cycles=cycles, error=error, residual=residual, updates=updates, clamped=clamped
        )

    def _step_transient(self, name: str, step: "FieldStep") -> Solve:
        p, u, solver = self.parameters[name], self._padded[name], self._solvers[name]
        h2 = self.lattice.spacing**2
        number = p.diffusivity * step.dt / h2
        accurate = self._accurate_substeps(name, step)
        if name in self._awake and self._fits_one_pass(name, step, number, accurate):
            return self._step_in_one_pass(name, step, number)
        loss, source = self._assemble(name, step, h2 / p.diffusivity)
        if source == 0.0 and not any(p.fixed_sides.values()) and solver.is_zero(u):
            return Solve(skipped=True)
        self._awake.add(name)
        n = max(accurate, self._stable_substeps(name, number, loss))
        if n > IMPLICIT_COST * accurate:
            return self._step_implicit(name, step, number, accurate)
        solver.explicit(u, number / n, n, step.threads)
        clamped = step.clamp(name, solver, u)
        return Solve(substeps=n, updates=n * self.lattice.sites, clamped=clamped)

    def _stable_substeps(self, name: str, number: float, loss: float) -> int:
        """Explicit sub-steps that keep u >= 0, from the largest loss times h^2 / D."""
        # Largest coefficient of a site: its faces, half a site nearer where they are fixed.
        faces = 2 * self.lattice.dim + len(self.parameters[name].fixed_sides)
        return math.ceil(number * (faces + loss) / EXPLICIT_MARGIN)

    def _fits_one_pass(self, name: str, step: "FieldStep", number: float, accurate: int) -> bool:
        """Whether cells alone make up loss and source, and one explicit step will do even where
        the cells of a site take up most."""
        p, tables = self.parameters[name], step.tables
        if accurate > 1 or name in tables.saturable or name in tables.responding:
            return False
        if name in step.vessels.conductance:
            return False
        cells = step.kind.shape[-1] * tables.largest_uptake.get(name, 0.0)
        loss = p.decay_rate + max(p.background_uptake_rate, cells)
        scale = self.lattice.spacing**2 / p.diffusivity
        return self._stable_substeps(name, number, scale * loss) <= 1

    def _step_in_one_pass(self, name: str, step: "FieldStep", number: float) -> Solve:
        p, u, solver = self.parameters[name], self._padded[name], self._solvers[name]
        solver.assembled_step(
            p.decay_rate,
            p.background_uptake_rate,
            self.lattice.spacing**2 / p.diffusivity,
            step.kind,
            step.tables.uptake.get(name),
            step.tables.secretion.get(name),
            u,
            number,
            step.threads,
        )
        clamped = step.clamp(name, solver, u)
        return Solve(substeps=1, updates=self.lattice.sites, clamped=clamped)

    def _accurate_substeps(self, name: str, step: "FieldStep") -> int:
        """Sub-steps, explicit or backward, that keep the error in time below the field's accuracy."""
        p, slots = self.parameters[name], step.kind.shape[-1]
        known = self._substeps.get(name)
        settled = known and known[0] is step.tables and known[1:3] == (step.dt, slots)
        if settled and name not in step.vessels.conductance:
            return known[3]
        cells = slots * step.tables.largest_uptake.get(name, 0.0)
        if name in step.tables.saturable:
            maximum, half = step.tables.saturable[name]
            cells += slots * (maximum / half).max()
        exchange = step.vessels.conductance.get(name)
        vessels = 0.0 if exchange is None else float(exchange.max(initial=0.0))
        rate = p.decay_rate + max(p.background_uptake_rate, cells) + vessels
        n = accurate_substeps(p, self.lattice.spacing, self.lattice.dim, rate, step.dt)
        if exchange is None:
            self._substeps[name] = (step.tables, step.dt, slots, n)
        return n

    def _step_implicit(self, name: str, step: "FieldStep", number: float, n: int) -> Solve:
        """n backward Euler steps: stable and without negative values at any length. They share the
        tolerance, or what changes by less in one of them would never change, and keep the budget."""
        solver, u, total = self._solvers[name], self._padded[name], Solve()
        for k in range(n):
            if k > 0:
                self._assemble(name, step, self.lattice.spacing**2 / self.parameters[name].diffusivity)
            solver.implicit(u, n / number, step.threads)
            solve = self._solve(name, step, share=1.0 / n)
            if not self.parameters[name].fixed_sides and not solve.clamped:
                solver.balance(u)
            total = Solve(
                cycles=total.cycles + solve.cycles,
                substeps=n if n > 1 else 0,
                error=max(total.error, solve.error),
                residual=max(total.residual, solve.residual),
                updates=total.updates + solve.updates,
                clamped=total.clamped + solve.clamped,
            )
        return total

    def _step_immobile(self, name: str, step: "FieldStep") -> Solve:
        p, u, solver = self.parameters[name], self._padded[name], self._solvers[name]
        others = [(rate * step.dt, self._padded[other]) for other, rate in p.degraded_by.items()]
        several = name in step.vessels.conductance or name in step.tables.responding
        if several or len(others) > MAX_SOLVENTS:
            self._assemble(name, step, step.dt)
            for rate, other in others:
                solver.add_degradation(rate, other, step.threads)
            solver.decay(u, step.threads)
        else:  # the same in one pass
            solver.dissolve(
                p.decay_rate,
                p.background_uptake_rate,
                step.dt,
                step.kind,
                step.tables.degradation.get(name),
                step.tables.secretion.get(name),
                others,
                u,
                step.threads,
            )
        clamped = step.clamp(name, solver, u)
        return Solve(substeps=1, updates=self.lattice.sites, clamped=clamped)

    _STEPS = {
        "quasi-steady": _step_quasi_steady,
        "transient": _step_transient,
        "immobile": _step_immobile,
    }


@dataclass(frozen=True, slots=True)
class FieldStep:
    """Arguments of one step."""

    dt: float
    kind: np.ndarray
    tables: CellTables
    vessels: VesselExchange
    threads: int

    def clamp(self, name: str, solver: double_kernels.FieldSolver, u: np.ndarray) -> int:
        """Only a negative source makes an explicit or exact result negative."""
        return solver.clamp(u) if self.tables.least_secretion.get(name, 0.0) < 0.0 else 0
