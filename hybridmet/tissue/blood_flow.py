"""Blood flow: pressure, flow, haematocrit and wall shear stress of a vessel network.

Poiseuille's law with the viscosity of Pries et al. 1994 and the parting of red cells of Pries et
al. 1989. Viscosity depends on haematocrit, haematocrit on flow, flow on viscosity: iterated until
the haematocrit that a flow brings about is the one it was solved with.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import numpy as np

from hybridmet.errors import ConvergenceError, ScenarioError
from hybridmet.tissue import poiseuille, rheology
from hybridmet.tissue.damped_iteration import DampedIteration
from hybridmet.tissue.flow_boundary import Side, with_pressures
from hybridmet.tissue.red_cells import RedCells
from hybridmet.tissue.vessel_process import Surroundings
from hybridmet.tissue.vessels import (
    FLOW_BOUNDARY,
    NO_BOUNDARY,
    NO_FLOW,
    PRESSURE_BOUNDARY,
    SYSTEMIC_HAEMATOCRIT,
    VesselNetwork,
)
from hybridmet.units import Pressure, Quantity, check_quantities

Viscosity = Annotated[float, Quantity("cP", "3 cP", gt=0, le=1000)]
Haematocrit = Annotated[float, Quantity("1", "0.45", ge=0, le=rheology.MOST_HAEMATOCRIT)]
Tolerance = Annotated[float, Quantity("1", "0.005", ge=1e-12, le=0.01)]
Iterations = Annotated[int, Quantity("1", "1000", gt=0, le=10**6, whole=True)]

ROUGH = 1e-3
"""Balance of flows at nodes while haematocrits are still sought [1]: ASSUMED; finer near the end."""
BALANCED = 1e-12
"""Kirchhoff and red-cell residual above which a solution is counted as unbalanced [1]: rounding
leaves 1e-14."""


@dataclass(frozen=True)
class BloodFlow:
    """How blood flows through the vessels of a lattice."""

    viscosity_law: Literal["in vivo", "constant"] = "in vivo"
    """in vivo: by diameter and haematocrit (Pries et al. 1994); constant: `viscosity`."""
    plasma_viscosity: Viscosity = rheology.PLASMA_VISCOSITY
    """Viscosity of plasma [cP]: 1.05 cP (Pries & Secomb 2008)."""
    viscosity: Viscosity = 3.0
    """Viscosity of blood where the law is constant [cP]: that of wide vessels, 3 to 4 cP."""
    phase_separation: bool = True
    """Whether red cells part unevenly at forks (Pries et al. 1989) or as blood does."""
    haematocrit: Haematocrit = SYSTEMIC_HAEMATOCRIT
    """Discharge haematocrit of blood that enters at the ends of the mesh [1]: 0.45, as in Pries
    et al. 1994 and Owen et al. 2009."""
    inlet_side: Side = "x-"
    """Side of the lattice at which blood enters; it leaves at the opposite one. Only for networks
    that come without boundary conditions of their own."""
    inlet_pressure: Pressure = 25.0
    """Pressure at vessel ends on the inlet side [mmHg]: Owen et al. 2011
    (doi:10.1158/0008-5472.CAN-10-2834)."""
    outlet_pressure: Pressure = 15.0
    """Pressure at vessel ends on the opposite side [mmHg]: Owen et al. 2011."""
    tolerance: Tolerance = 0.005
    """Largest difference between the haematocrit that a flow brings about and the one it was
    solved with, over segments that carry flow [1]: ASSUMED. Against 1e-6 it changes the oxygen of
    128^3 sites by 2e-5 in the mean, 3e-4 root mean square, 0.3 % in all but a thousandth of the
    sites and 6 % of the mean in the worst (measured); blood and red cells balance to rounding."""
    most_iterations: Iterations = 1000
    """Iterations after which the nearest state so far is taken, counted as `flow_unsettled`, or
    `solve_flow` gives up [1]: ASSUMED; 10 to 330 do."""

    def __post_init__(self):
        check_quantities(self)

    def step(
        self, network: VesselNetwork, surroundings: Surroundings
    ) -> tuple[VesselNetwork, dict[str, int]]:
        """Solve the flow anew.

        Events: flow_solves; flow_iterations; flow_unsettled, solves whose haematocrits did not
        settle: what is taken is the nearest state, in which blood and red cells balance too;
        flow_blocked, solves in which a given flow had no way on; flow_unbalanced, solves in which
        blood or red cells missed balance by more than BALANCED.
        """
        if not network.boundary.any():
            network = self.with_pressures(network, surroundings.lattice)
        solved, report = nearest_flow(network, self)
        seen = {
            "flow_unsettled": report.haematocrit_residual > self.tolerance,
            "flow_blocked": len(report.blocked) > 0,
            "flow_unbalanced": max(report.kirchhoff_residual, report.red_cell_residual) > BALANCED,
        }
        events = {"flow_solves": 1, "flow_iterations": report.iterations}
        return solved, events | {name: 1 for name, is_so in seen.items() if is_so}

    def with_pressures(self, network: VesselNetwork, lattice) -> VesselNetwork:
        """The network with pressures at its ends on the sides of the lattice."""
        return with_pressures(
            network,
            lattice,
            self.inlet_side,
            self.inlet_pressure,
            self.outlet_pressure,
            self.haematocrit,
        )

    def viscosities(self, diameter: np.ndarray, haematocrit: np.ndarray) -> np.ndarray:
        """Apparent viscosity: (k,) float64 [cP]."""
        if self.viscosity_law == "constant":
            return np.full(len(diameter), self.viscosity)
        return self.plasma_viscosity * rheology.viscosity(diameter, haematocrit)


@dataclass(frozen=True)
class FlowReport:
    """How well a flow is solved, and what it amounts to."""

    iterations: int
    """Flow fields that were tried."""
    haematocrit_residual: float
    """Largest difference between the haematocrit that the flow brings about and the one it was
    solved with [1]."""
    kirchhoff_residual: float
    """Largest imbalance of blood at a node over the flow through it [1]."""
    red_cell_residual: float
    """Largest imbalance of red cells at a node over their flux through it [1]."""
    segments: int
    flowing: int
    """Segments that carry blood."""
    inflow: float
    """Blood that enters the network [nL/min]."""
    outflow: float
    """Blood that leaves it [nL/min]."""
    held: int
    """Branches in which red cells would have packed above rheology.MOST_HAEMATOCRIT."""
    blocked: Mapping[int, float]
    """Nodes whose given flow has no way on, with the sum of given flows in their part of the network
    [nL/min]: nothing flows there."""


def solve_flow(
    network: VesselNetwork, parameters: BloodFlow | None = None
) -> tuple[VesselNetwork, FlowReport]:
    """The network with its flow, and how well it is solved; its haematocrits are the first guess.

    Segments that carry none (collapsed, blind, in a part that nothing drives) get flow,
    haematocrit and wall shear stress 0. Raises ConvergenceError with the residuals, ScenarioError
    where boundary flows of a part without pressure do not add up to 0.
    """
    parameters = parameters or BloodFlow()
    solved, report = nearest_flow(network, parameters)
    for node, excess in report.blocked.items():
        raise ScenarioError(
            f"boundary_flow of node {node}: the flows into its part of the network add up to "
            f"{excess:g} nL/min, must add up to 0 where no node has a boundary_pressure"
        )
    if report.haematocrit_residual > parameters.tolerance:
        raise ConvergenceError(_unsolved(report, parameters))
    return solved, report


def nearest_flow(
    network: VesselNetwork, parameters: BloodFlow | None = None
) -> tuple[VesselNetwork, FlowReport]:
    """`solve_flow` without errors. Where haematocrits do not settle, the state of least residual:
    pressures, flows and red cells of that state belong together and balance at every node; only
    the viscosities are those of other haematocrits, by up to the residual. Where given flows have
    no way on, as behind a collapsed vessel, none in that part of the network."""
    return _Solver(network, parameters or BloodFlow()).solve()


class _Solver:
    """One network at a time; arrays run over the segments of its circuit."""

    def __init__(self, network: VesselNetwork, parameters: BloodFlow):
        self.network, self.parameters = network, parameters
        self.circuit = poiseuille.Circuit(network)
        rows = self.circuit.rows
        self.radius, self.length = network.radius[rows], network.lengths[rows]
        self.bounded = network.boundary != NO_BOUNDARY
        mixed = self.bounded if parameters.phase_separation else np.ones_like(self.bounded)
        first, second, inlet = self.circuit.first, self.circuit.second, network.inlet_haematocrit
        self.red_cells = RedCells(first, second, 2.0 * self.radius, inlet, mixed)
        self.haematocrit = np.clip(network.haematocrit[rows], 0.0, rheology.MOST_HAEMATOCRIT)

    def solve(self) -> tuple[VesselNetwork, FlowReport]:
        """First with flows that balance roughly; where the last one, solved to rounding, shows
        that this was too rough, on with exact ones."""
        n, error = 0, np.inf
        for balance in (ROUGH, poiseuille.BALANCE):
            n = self._settle(balance, n)
            error = float(np.max(np.abs(self._try(poiseuille.BALANCE)), initial=0.0))
            if error <= self.parameters.tolerance or n >= self.parameters.most_iterations:
                break
        return self._result(n, error)

    def _settle(self, balance: float, n: int) -> int:
        """Iterate to half the tolerance, or to the state of least residual, after `n` iterations
        so far; returns how many it were then. Flows balance to `balance` at least."""
        search, error = DampedIteration(len(self.haematocrit)), 1.0
        least, nearest = np.inf, self.haematocrit
        while n < self.parameters.most_iterations:
            n += 1
            residual = self._try(min(1e-2 * error, balance))
            error = float(np.max(np.abs(residual), initial=0.0))
            if error < least:
                least, nearest = error, self.haematocrit
            if error <= 0.5 * self.parameters.tolerance:
                break
            proposed = search.next(self.haematocrit, residual)
            self.haematocrit = np.clip(proposed, 0.0, rheology.MOST_HAEMATOCRIT)
        self.haematocrit = nearest
        return n

    def _try(self, balance: float) -> np.ndarray:
        """Solve flow and red cells for the present haematocrits; what the red cells make of
        them, less what they were, in segments that carry flow: (k,) float64."""
        self.viscosity = self.parameters.viscosities(2.0 * self.radius, self.haematocrit)
        g = poiseuille.conductance(self.radius, self.length, self.viscosity)
        self.pressure, self.flow = self.circuit.solve(g, balance)
        outside = np.where(self.bounded, self.circuit.outflow(self.flow), 0.0)
        self.red_cells.part(self.flow, outside)
        self.brought = self.red_cells.haematocrit()
        flow = self.red_cells.stream.flow
        flowing = flow > NO_FLOW * np.max(flow, initial=0.0)
        return np.where(flowing, self.brought - self.haematocrit, 0.0)

    def _result(self, iterations: int, error: float) -> tuple[VesselNetwork, FlowReport]:
        shear = poiseuille.wall_shear_stress(self.radius, self.viscosity, self.flow)
        solved = replace(
            self.network,
            pressure=self.pressure,
            flow=self._spread(self.flow),
            haematocrit=self._spread(self.brought),
            wall_shear_stress=self._spread(shear),
            flow_solved=True,
        )
        return solved, self._report(solved, iterations, error)

    def _spread(self, values: np.ndarray) -> np.ndarray:
        """Values of the circuit as a column of the network, 0 elsewhere."""
        column = np.zeros(len(self.network.segments))
        column[self.circuit.rows] = values
        return column

    def _report(self, solved: VesselNetwork, iterations: int, error: float) -> FlowReport:
        blood, cells = residuals(solved, self.circuit.blocked)
        return FlowReport(
            iterations=iterations,
            haematocrit_residual=error,
            kirchhoff_residual=blood,
            red_cell_residual=cells,
            segments=len(solved.segments),
            flowing=int(np.count_nonzero(solved.perfused)),
            inflow=float(self.red_cells.stream.entering.sum()),
            outflow=float(self.red_cells.stream.leaving.sum()),
            held=self.red_cells.held,
            blocked=self.circuit.blocked,
        )


def residuals(network: VesselNetwork, blocked: Collection[int] = ()) -> tuple[float, float]:
    """Largest imbalance of blood and of red cells at a node over the flux through it [1].

    Over nodes without given pressure, read off the columns alone: what is given to enter counts as
    inflow of the inlet's haematocrit, what is given to leave as well mixed. Nodes through which
    less flows than NO_FLOW of the largest flow do not count. At `blocked` nodes nothing is given.
    """
    first, second = network.segments.T
    inner, n = network.boundary != PRESSURE_BOUNDARY, len(network.nodes)

    def arriving(flux: np.ndarray) -> np.ndarray:
        return np.bincount(second, flux.clip(0.0), n) + np.bincount(first, (-flux).clip(0.0), n)

    def worst(flux: np.ndarray, given: np.ndarray) -> float:
        into, out_of = arriving(flux) + given.clip(0.0), arriving(-flux) + (-given).clip(0.0)
        through = 0.5 * (into + out_of)
        counts = inner & (through > NO_FLOW * np.max(through, initial=0.0))
        return float(np.max(np.abs(into - out_of)[counts] / through[counts], initial=0.0))

    cells = network.flow * network.haematocrit
    mixed = arriving(cells) / np.maximum(arriving(network.flow), np.finfo(float).tiny)
    given = np.where(network.boundary == FLOW_BOUNDARY, network.boundary_value, 0.0)
    given[list(blocked)] = 0.0
    inlet = np.minimum(network.inlet_haematocrit, rheology.MOST_HAEMATOCRIT)
    given_cells = given * np.where(given > 0.0, inlet, mixed)
    return worst(network.flow, given), worst(cells, given_cells)


def _unsolved(report: FlowReport, parameters: BloodFlow) -> str:
    return (
        f"blood flow: no steady haematocrit after {report.iterations} iterations: residuals "
        f"{report.haematocrit_residual:.3g} of haematocrit (wanted {parameters.tolerance:g}), "
        f"{report.kirchhoff_residual:.3g} of blood and {report.red_cell_residual:.3g} of red cells "
        "at a node; raise vessels.flow.tolerance or vessels.flow.most_iterations, or set "
        "vessels.flow.phase_separation = false"
    )
