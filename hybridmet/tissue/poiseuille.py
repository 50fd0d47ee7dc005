"""Poiseuille flow: pressures and flows of a network whose conductances are known.

Q = G (p_1 - p_2) in each segment, G = pi r^4 / (8 mu L), and Kirchhoff's law at each node.
Dead ends and parts that nothing drives are taken out first, so that they carry exactly nothing.
"""

import math

import numpy as np
from scipy.sparse import csc_array, csr_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from hybridmet.errors import ScenarioError
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
STALE_STEPS = 50
"""Steps of conjugate gradients, preconditioned by factors of earlier conductances, after which the
factors are made anew [1]: in a mesh so many steps cost as much as the factors (measured)."""
REDUCTION = 1e-3
"""Share of the residual that conjugate gradients leave [1]: ASSUMED; refining goes on from there."""
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
    """

    def __init__(self, network: VesselNetwork):
        self.nodes, self.boundary = len(network.nodes), network.boundary
        alive, self._dead_ends = without_dead_ends(network, network.state != COLLAPSED)
        part = self._label(network.segments[alive], len(network.nodes))
        self._reference, driven = _references(network, part)
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
        k = len(self.rows)
        ends = np.concatenate([self.first, self.second])
        signs = np.repeat([1.0, -1.0], k)
        self._outflow = csr_array(
            (signs, (ends, np.tile(np.arange(k), 2))), shape=(self.nodes, k)
        )
        self._factor, self._fresh, self._steps = None, False, STALE_STEPS

    def outflow(self, flow: np.ndarray) -> np.ndarray:
        """Flow out of each node into its segments, less what comes in: (n,) float64."""
        return self._outflow @ flow

    def through(self, flow: np.ndarray) -> np.ndarray:
        """Flow through each node: (n,) float64 [nL/min]."""
        both = np.bincount(self.first, np.abs(flow), self.nodes)
        both += np.bincount(self.second, np.abs(flow), self.nodes)
        return 0.5 * (both + np.abs(self.outflow(flow)))

    def solve(self, g: np.ndarray, balance: float = BALANCE) -> tuple[np.ndarray, np.ndarray]:
        """Pressure (n,) [mmHg] and flow (k,) [nL/min] for the conductances g (k,), balanced at
        each node to `balance`.

        The flow itself is refined, not computed from pressures in the end: differences of
        rounded pressures would not balance to rounding where pressure hardly falls.
        """
        p = self._start.copy()
        flow = g * (p[self.first] - p[self.second])
        worst, self._fresh = np.inf, False
        for _ in range(MOST_SWEEPS):
            missing = (self.injected - self.outflow(flow))[self._unknown]
            before, worst = worst, self._imbalance(missing, flow)
            stuck = worst > (0.5 if self._fresh else 1.0) * before
            if worst <= balance or (stuck and self._fresh):
                break
            step = self._pressures(g, missing, anew=stuck)
            p += step
            flow += g * (step[self.first] - step[self.second])
        flow[np.abs(flow) <= SILENCE * np.max(np.abs(flow), initial=0.0)] = 0.0
        return self._everywhere(p), flow

    def _pressures(self, g: np.ndarray, missing: np.ndarray, anew: bool) -> np.ndarray:
        """Changes of pressure (n,) that supply what is missing at the unknown nodes."""
        out = np.zeros(self.nodes)
        near = None
        if self._steps < STALE_STEPS and not (self._fresh or anew):
            near = self._conjugate(g, missing)
        if near is None:
            if not self._fresh:
                self._factor, self._fresh, self._steps = self._factorize(g), True, 0
            near = self._factor.solve(missing)
        out[self._unknown] = near
        return out

    def _conjugate(self, g: np.ndarray, missing: np.ndarray) -> np.ndarray | None:
        """The same by conjugate gradients with stale factors; None where they do not get there.
        Sums by einsum: a threaded dot product would make digits depend on threads."""
        x, r = np.zeros(len(missing)), missing
        z = self._factor.solve(r)
        direction, rz = z, np.einsum("i,i", r, z)
        goal = REDUCTION**2 * np.einsum("i,i", r, r)
        while self._steps < STALE_STEPS:
            self._steps += 1
            image = self._laplacian(g, direction)
            length = rz / np.einsum("i,i", direction, image)
            x, r = x + length * direction, r - length * image
            if np.einsum("i,i", r, r) <= goal:
                return x
            z = self._factor.solve(r)
            before, rz = rz, np.einsum("i,i", r, z)
            direction = z + (rz / before) * direction
        return None

    def _laplacian(self, g: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Flow out of the unknown nodes at pressures p there and none elsewhere."""
        everywhere = np.zeros(self.nodes)
        everywhere[self._unknown] = p
        flow = g * (everywhere[self.first] - everywhere[self.second])
        return self.outflow(flow)[self._unknown]

    def _imbalance(self, missing: np.ndarray, flow: np.ndarray) -> float:
        through = self.through(flow)[self._unknown] + np.abs(self.injected[self._unknown])
        floor = 1e-9 * np.max(through, initial=0.0)
        share = np.abs(missing) / np.maximum(through, floor if floor > 0.0 else 1.0)
        return float(np.max(share, initial=0.0))

    def _factorize(self, g: np.ndarray):
        """Sparse LU factors of the symmetric system of the unknown pressures."""
        n, i, j = len(self._unknown), self._number[self.first], self._number[self.second]
        inner = (i >= 0) & (j >= 0)
        diagonal = np.bincount(i[i >= 0], g[i >= 0], n) + np.bincount(j[j >= 0], g[j >= 0], n)
        rows = np.concatenate([np.arange(n), i[inner], j[inner]])
        columns = np.concatenate([np.arange(n), j[inner], i[inner]])
        values = np.concatenate([diagonal, -g[inner], -g[inner]])
        matrix = csc_array((values, (rows, columns)), shape=(n, n))
        return splu(matrix, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})

    def _everywhere(self, p: np.ndarray) -> np.ndarray:
        """Pressures of all nodes; a dead end has that of the node it hangs on."""
        p = p + self._offset
        for ends, stems in reversed(self._dead_ends):
            p[ends] = p[stems]
        return p


def without_dead_ends(network: VesselNetwork, alive: np.ndarray):
    """Take out the last segment of each dead end until there is none.

    Returns the segments left (m,) bool, and round by round the ends and what they hang on.
    """
    segments, alive, rounds = network.segments, alive.copy(), []
    numbers = np.flatnonzero(alive)
    degree = np.bincount(segments[alive].ravel(), minlength=len(network.nodes))
    last = np.zeros(len(network.nodes), np.int64)
    """Numbers of a node's segments, combined by exclusive or: the last one's in the end."""
    for end in (0, 1):
        np.bitwise_xor.at(last, segments[numbers, end], numbers)
    ends = np.flatnonzero((degree == 1) & (network.boundary == NO_BOUNDARY))
    while len(ends):
        cut = last[ends]
        stems = segments[cut].sum(axis=1) - ends
        rounds.append((ends, stems))
        cut = np.unique(cut)
        alive[cut] = False
        for end in (0, 1):
            np.bitwise_xor.at(last, segments[cut, end], cut)
            np.subtract.at(degree, segments[cut, end], 1)
        stems = np.unique(stems)
        ends = stems[(degree[stems] == 1) & (network.boundary[stems] == NO_BOUNDARY)]
    return alive, rounds


def _references(network: VesselNetwork, part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Per part: its lowest given pressure, or 0, and whether anything drives a flow in it."""
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
    if np.any(free & (np.abs(excess) > 1e-9 * size)):
        bad = int(np.flatnonzero(free & (np.abs(excess) > 1e-9 * size))[0])
        node = int(np.flatnonzero(pumped & (part == bad))[0])
        raise ScenarioError(
            f"boundary_flow of node {node}: the flows into its part of the network add up to "
            f"{excess[bad]:g} nL/min, must add up to 0 where no node has a boundary_pressure"
        )
    return np.where(free, 0.0, lowest), (size > 0.0) | (highest > lowest)


def _grounds(part: np.ndarray, known: np.ndarray, used: np.ndarray) -> np.ndarray:
    """One node of each part in use that has no given pressure: pressures count from it."""
    without = np.setdiff1d(part[used], part[known])
    numbers = np.flatnonzero(used)
    first = np.unique(part[numbers], return_index=True)
    return numbers[first[1][np.isin(first[0], without)]]
