"""Vessel networks from outside: what their tables may hold, and what is refused with its row."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.tissue.rheology import MOST_HAEMATOCRIT
from hybridmet.tissue.vessels import (
    FLOW_BOUNDARY,
    NO_BOUNDARY,
    PRESSURE_BOUNDARY,
    VESSEL_STATES,
    VesselNetwork,
)

MOST_RADIUS = 1000.0
"""Widest vessel [um]: as in a scenario; a wider one is given in other units."""

Columns = dict[str, np.ndarray]

NODE_NUMBERS = {
    "boundary_pressure": (-np.inf, np.inf, "mmHg"),
    "boundary_flow": (-np.inf, np.inf, "nL/min"),
    "inlet_haematocrit": (0.0, MOST_HAEMATOCRIT, ""),
    "pressure": (-np.inf, np.inf, "mmHg"),
    "tip": (0.0, 1.0, ""),
}
"""Columns of nodes beside x, y, z [um]: least, most, unit. Those of a boundary may be blank."""

SEGMENT_NUMBERS = {
    "radius": (0.0, MOST_RADIUS, "um"),
    "flow": (-np.inf, np.inf, "nL/min"),
    "haematocrit": (0.0, 1.0, ""),
    "wall_shear_stress": (0.0, np.inf, "dyn/cm^2"),
    "age": (0.0, np.inf, "h"),
    "maturity": (0.0, 1.0, ""),
    "low_shear_time": (0.0, np.inf, "h"),
}
"""Columns of segments beside start, end and state: least, most, unit."""

SOLVED = ("flow", "wall_shear_stress")
"""Columns that are written where flow is solved only; `flow` tells a reader that it is."""

BLANK = ("boundary_pressure", "boundary_flow")
"""Columns in which NaN means that there is none."""


@dataclass(frozen=True)
class NetworkTable:
    """The columns of a file and where each row stands in it."""

    path: str
    points: np.ndarray
    """(n, 3) float64 [um]."""
    segments: np.ndarray
    """(m, 2) numbers of points."""
    node_place: Callable[[int], str]
    """Words for the place of a point: `a_nodes.csv, row 4`."""
    segment_place: Callable[[int], str]
    nodes: Columns = field(default_factory=dict)
    lines: Columns = field(default_factory=dict)

    def network(self, lattice: Lattice | None = None, inlet: bool = True) -> VesselNetwork:
        """The network, which must lie in the lattice, if any is given, and have an inlet unless
        `inlet` is False. Raises ScenarioError naming file and row."""
        self._check_points(lattice)
        for place, columns, known in (
            (self.node_place, self.nodes, NODE_NUMBERS),
            (self.segment_place, self.lines, SEGMENT_NUMBERS),
        ):
            for name in columns.keys() & known.keys():
                self._check_range(place, name, columns[name], *known[name])
        self._check_segments()
        network = self._build()
        if inlet and not has_inlet(network):
            raise ScenarioError(
                f"{self.path}: no inlet, must have a boundary_flow > 0, or nodes of one connected "
                "part with different boundary_pressure"
            )
        return network

    def _check_points(self, lattice: Lattice | None) -> None:
        outside = ~np.isfinite(self.points)
        most = ["must be a number [um]"] * 3
        if lattice is not None and not outside.any():
            extent = np.array(lattice.extent)
            outside = (self.points < 0.0) | (self.points > extent)
            most = [f"must lie in the lattice, 0 to {size:g} um" for size in extent]
        if outside.any():
            row, axis = np.argwhere(outside)[0]
            got = self.points[row, axis]
            raise self._wrong(self.node_place(row), "xyz"[axis], got, most[axis])

    def _check_range(self, place, name, values, least, most, unit) -> None:
        wrong = ~((values >= least) & (values <= most) & np.isfinite(values))
        if name in BLANK:
            wrong &= ~np.isnan(values)
        if name == "radius":
            wrong |= values == 0.0
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise self._wrong(place(row), name, values[row], _allowed(name, least, most, unit))

    def _check_segments(self) -> None:
        ends = self.points[self.segments]
        short = np.flatnonzero(np.all(ends[:, 0] == ends[:, 1], axis=1))
        if len(short):
            raise ScenarioError(
                f"{self.segment_place(int(short[0]))}: length 0 um, must join two places"
            )
        if not len(self.segments):
            raise ScenarioError(f"{self.path}: holds no segments, must hold at least one")

    def _wrong(self, place: str, name: str, got: object, allowed: str) -> ScenarioError:
        return ScenarioError(f'{place}, column {name}: got "{got:g}", {allowed}')

    def _build(self) -> VesselNetwork:
        boundary, value = self._boundary()
        nodes = {
            k: v for k, v in self.nodes.items() if k in ("inlet_haematocrit", "pressure", "tip")
        }
        lines = {k: v for k, v in self.lines.items() if k in SEGMENT_NUMBERS and k != "radius"}
        state = self.lines.get("state", np.zeros(len(self.segments), np.uint8))
        return VesselNetwork(
            self.points,
            self.segments,
            self.lines["radius"],
            state,
            boundary=boundary,
            boundary_value=value,
            flow_solved="flow" in lines,
            **nodes,
            **lines,
        )

    def _boundary(self) -> tuple[np.ndarray, np.ndarray]:
        none = np.full(len(self.points), np.nan)
        pressure = self.nodes.get("boundary_pressure", none)
        flow = self.nodes.get("boundary_flow", none)
        both = np.flatnonzero(np.isfinite(pressure) & np.isfinite(flow))
        if len(both):
            raise ScenarioError(
                f"{self.node_place(int(both[0]))}: got two boundary conditions, must have "
                "boundary_pressure or boundary_flow or neither"
            )
        kind = np.where(np.isfinite(pressure), PRESSURE_BOUNDARY, NO_BOUNDARY)
        kind = np.where(np.isfinite(flow), FLOW_BOUNDARY, kind)
        return kind, np.nan_to_num(np.where(np.isfinite(flow), flow, pressure))


def _allowed(name: str, least: float, most: float, unit: str) -> str:
    sign = ">" if name == "radius" else ">="
    words = [f"{sign} {least:g} {unit}".strip()] if np.isfinite(least) else []
    words += [f"<= {most:g} {unit}".strip()] if np.isfinite(most) else []
    return f"must be {' and '.join(words)}" if words else "must be a number"


def line_columns(network: VesselNetwork) -> Columns:
    """The columns of segments that a file holds, but for ends, radius and state."""
    left_out = {"radius", *(() if network.flow_solved else SOLVED)}
    return {name: getattr(network, name) for name in SEGMENT_NUMBERS if name not in left_out}


def state_number(word: str) -> int | None:
    """Number of a state given by name or number; None where there is no such state."""
    if word in VESSEL_STATES:
        return VESSEL_STATES.index(word)
    known = word.isdecimal() and int(word) < len(VESSEL_STATES)
    return int(word) if known else None


def has_inlet(network: VesselNetwork) -> bool:
    """Whether the boundary conditions can drive blood into some connected part."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(network.nodes)
    ones = np.ones(len(network.segments), np.int8)
    part = connected_components(
        coo_array((ones, network.segments.T), shape=(n, n)), directed=False
    )[1]
    fixed = network.boundary == PRESSURE_BOUNDARY
    pumped = network.boundary == FLOW_BOUNDARY
    value = network.boundary_value
    lowest, highest = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(lowest, part[fixed], value[fixed])
    np.maximum.at(highest, part[fixed], value[fixed])
    drawn = np.zeros(n, bool)
    drawn[part[pumped & (value < 0.0)]] = True
    pressed = np.isfinite(lowest) & ((highest > lowest) | drawn)
    return bool(pressed.any() or np.any(pumped & (value > 0.0)))
