"""Poiseuille flow: pressures and flows of a network whose conductances are known.

Q = G (p_1 - p_2) in each segment, G = pi r^4 / (8 mu L), and Kirchhoff's law at each node.
Dead ends, loops at their tips and parts that nothing drives are taken out first, so that they carry
exactly nothing.
"""

import math

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from hybridmet._core.blood import Links
from hybridmet.tissue.pressure_system import PressureSystem
from hybridmet.tissue.vessels import (
    COLLAPSED,
    FLOW_BOUNDARY,
    NO_BOUNDARY,
    PRESSURE_BOUNDARY,
    VesselNetwork,
)

CONDUCTANCE = math.pi / 8.0 * 133.322387415 * 0.06
"""pi / 8 in nL/min cP / (mmHg um^3): 1 mmHg is 133.322387415 Pa, 1 um^3 / (1 mPa s) times 1 Pa is
6e-2 nL/min."""
SHEAR_STRESS = 4.0 / math.pi * 1e4 / 60.0
"""4 / pi in dyn/cm^2 um^3 / (cP nL/min): 1 nL/min mPa s / um^3 is 1000 / 60 Pa."""
BALANCE = 1e-14
"""Kirchhoff residual over flow through a node at which refining ends [1]: some roundings."""
MOST_SWEEPS = 40
"""Refinements of a solution before it is taken as it is [1]: 2 or 3 suffice."""
MOST_VAIN = 2
"""Refinements in turn that hardly help before a solution is taken as it is [1]: ASSUMED."""
LOOSE = 1e-10
"""Balance below which every refinement is solved to LEAST_REDUCTION [1]: ASSUMED. Nodes of little
flow balance to rounding only where the many others leave nothing."""
REDUCTION, LEAST_REDUCTION = 0.1, 1e-10
"""Share of the imbalance wanted that a solution may leave, and the least that it is asked to leave [1]:
ASSUMED; refining goes on from there."""
EXCESS = 1e-9
"""Share of given flows by which they may miss a sum of 0 [1]: ASSUMED, more than rounding of files."""
SILENCE = 1e-22
"""Share of the largest flow that counts as exactly none [1]: what rounding leaves where no flow
can be, after refining; far below what matters for a balance to 1e-12 of flows that count."""


def conductance(radius: np.ndarray, length: np.ndarray, viscosity: np.ndarray) -> np.ndarray:
    """(m,) float64 [nL/min/mmHg] for radius and length [um] and viscosity [cP]."""
    return CONDUCTANCE * radius**4 / (viscosity * length)


def wall_shear_stress(radius: np.ndarray, viscosity: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """4 mu |Q| / (pi r^3): (m,) float64 [dyn/cm^2]."""
    return SHEAR_STRESS * viscosity * np.abs(flow) / radius**3


class Circuit:
    """The part of a network in which blood can flow, ready to be solved.

    rows : (k,) numbers of the segments that can carry blood; first, second : (k,) their nodes.
    blocked : nodes whose given flow has no way on, as their part of the network has no node with a
    pressure and its given flows do not add up to 0, with that sum [nL/min]. Nothing flows there.
    """

    def __init__(self, network: VesselNetwork):
        self.nodes, self.boundary = len(network.nodes), network.boundary
        ends = network.boundary != NO_BOUNDARY
        alive, stem = between_ends(network, network.state != COLLAPSED, ends)
        self._hung = np.flatnonzero(stem >= 0)
        self._stem = stem[self._hung]
        part = self._label(network.segments[alive], len(network.nodes))
        self._reference, driven, excess = _references(network, part)
        pumped = network.boundary == FLOW_BOUNDARY
        blocked = np.flatnonzero(pumped & (excess[part] != 0.0))
        self.blocked = dict(zip(blocked.tolist(), excess[part[blocked]].tolist(), strict=True))
        alive[alive] = driven[part[network.segments[alive][:, 0]]]
        self.rows = np.flatnonzero(alive)
        self.first, self.second = network.segments[self.rows].T.astype(np.int64)
        self._prepare(network, part)

    @staticmethod
    def _label(segments: np.ndarray, nodes: int) -> np.ndarray:
        """Number of the connected part that each node belongs to: (n,) int32."""
        links = csr_array((np.ones(len(segments), np.int8), segments.T), shape=(nodes, nodes))
        return connected_components(links, directed=False)[1]

    def _prepare(self, network: VesselNetwork, part: np.ndarray) -> None:
        """Number the nodes whose pressure is unknown; the balance matrix; the right-hand side."""
        used = np.zeros(self.nodes, bool)
        used[self.first] = used[self.second] = True
        known = self.boundary == PRESSURE_BOUNDARY
        known[_grounds(part, known, used)] = True
        self._unknown = np.flatnonzero(used & ~known)
        self._number = np.full(self.nodes, -1, np.int64)
        self._number[self._unknown] = np.arange(len(self._unknown))
        self._start = np.where(
            self.boundary == PRESSURE_BOUNDARY, network.boundary_value - self._reference[part], 0.0
        )
        self._offset = self._reference[part]
        self.injected = np.where(self.boundary == FLOW_BOUNDARY, network.boundary_value, 0.0)
        self.injected[list(self.blocked)] = 0.0
        k = len(self.rows)
        ends = np.concatenate([self.first, self.second])
        signs = np.repeat([1.0, -1.0], k)
        self._outflow = csr_array(
            (signs, (ends, np.tile(np.arange(k), 2))), shape=(self.nodes, k)
        )
        i, j = self._number[self.first], self._number[self.second]
        self._system = PressureSystem(len(self._unknown), i, j)
        self._last: np.ndarray | None = None

    def outflow(self, flow: np.ndarray) -> np.ndarray:
        """Flow out of each node into its segments, less what comes in: (n,) float64."""
        return self._outflow @ flow

    def through(self, flow: np.ndarray, outflow: np.ndarray) -> np.ndarray:
        """Flow through each node, of which `outflow` (n,) comes from outside: (n,) float64
        [nL/min]."""
        both = np.bincount(self.first, np.abs(flow), self.nodes)
        both += np.bincount(self.second, np.abs(flow), self.nodes)
        return 0.5 * (both + np.abs(outflow))

    def solve(self, g: np.ndarray, balance: float = BALANCE) -> tuple[np.ndarray, np.ndarray]:
        """Pressure (n,) [mmHg] and flow (k,) [nL/min] for the conductances g (k,), balanced at
        each node to `balance`.

        The flow itself is refined, not computed from pressures in the end: differences of
        rounded pressures would not balance to rounding where pressure hardly falls. It starts
        from the pressures before.
        """
        self._system.renew(g)
        p = (self._start if self._last is None else self._last).copy()
        flow = g * (p[self.first] - p[self.second])
        worst, vain, reduction = np.inf, 0, LEAST_REDUCTION if balance < LOOSE else 1.0
        for _ in range(MOST_SWEEPS):
            outflow = self.outflow(flow)
            missing = (self.injected - outflow)[self._unknown]
            before, worst = worst, self._imbalance(missing, self.through(flow, outflow))
            stuck = worst > 0.5 * before
            vain = vain + 1 if stuck and reduction <= LEAST_REDUCTION else 0
            if worst <= balance or vain == MOST_VAIN:
                break
            finer = min(reduction * (1e-3 if stuck else 1.0), REDUCTION * balance / worst)
            reduction = max(finer, LEAST_REDUCTION)
            step = np.zeros(self.nodes)
            step[self._unknown] = self._system.solve(missing, reduction)
            p += step
            flow += g * (step[self.first] - step[self.second])
        self._last = p
        flow[np.abs(flow) <= SILENCE * np.max(np.abs(flow), initial=0.0)] = 0.0
        return self._everywhere(p), flow

    def _imbalance(self, missing: np.ndarray, through: np.ndarray) -> float:
        through = (through + np.abs(self.injected))[self._unknown]
        floor = 1e-9 * np.max(through, initial=0.0)
        share = np.abs(missing) / np.maximum(through, floor if floor > 0.0 else 1.0)
        return float(np.max(share, initial=0.0))

    def _everywhere(self, p: np.ndarray) -> np.ndarray:
        """Pressures of all nodes; what hangs on a node has that of the node."""
        p = p + self._offset
        p[self._hung] = p[self._stem]
        return p


def between_ends(
    network: VesselNetwork, opened: np.ndarray, ends: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Of the `opened` segments (m,) bool those by which one can come from an `end`, a node of (n,)
    bool, to another without passing a node twice: (m,) bool. And on which node each node hangs
    that is on no such way, (n,) int32, itself where it reaches no end; -1 for the others."""
    links = Links(len(network.nodes), *np.ascontiguousarray(network.segments.T))
    stem = links.hanging(opened.astype(np.uint8), ends.astype(np.uint8))
    return opened & (stem[network.segments] < 0).all(axis=1), stem


def _references(
    network: VesselNetwork, part: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per part: its lowest given pressure, or 0; whether anything drives a flow in it; what of given
    flows has no way on."""
    parts = int(part.max(initial=-1)) + 1
    lowest, highest = np.full(parts, np.inf), np.full(parts, -np.inf)
    fixed = network.boundary == PRESSURE_BOUNDARY
    np.minimum.at(lowest, part[fixed], network.boundary_value[fixed])
    np.maximum.at(highest, part[fixed], network.boundary_value[fixed])
    free = np.isinf(lowest)
    pumped = network.boundary == FLOW_BOUNDARY
    value = np.where(pumped, network.boundary_value, 0.0)
    size = np.bincount(part, np.abs(value), parts)
    excess = np.bincount(part, value, parts)
    excess = np.where(free & (np.abs(excess) > EXCESS * size), excess, 0.0)
    driven = ((size > 0.0) | (highest > lowest)) & (excess == 0.0)
    return np.where(free, 0.0, lowest), driven, excess


def _grounds(part: np.ndarray, known: np.ndarray, used: np.ndarray) -> np.ndarray:
    """One node of each part in use that has no given pressure: pressures count from it."""
    without = np.setdiff1d(part[used], part[known])
    numbers = np.flatnonzero(used)
    first = np.unique(part[numbers], return_index=True)
    return numbers[first[1][np.isin(first[0], without)]]
