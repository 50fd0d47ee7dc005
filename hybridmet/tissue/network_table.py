"""Vessel networks from outside: what their tables may hold, and what is refused with its row."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.tissue.network_drive import has_inlet, unbalanced
from hybridmet.tissue.rheology import MOST_HAEMATOCRIT
from hybridmet.tissue.sprout_numbers import numbered
from hybridmet.tissue.vessels import (
    FLOW_BOUNDARY,
    LEAST_SIZE,
    NO_BOUNDARY,
    PRESSURE_BOUNDARY,
    VESSEL_STATES,
    VesselNetwork,
)

MOST_RADIUS = 1000.0
"""Widest vessel [um]: as in a scenario; a wider one is given in other units."""
MOST_COORDINATE = 1e9
"""Farthest node from the origin along an axis [um]: ASSUMED, a kilometre."""
MOST_PRESSURE = 1e5
"""Largest given pressure [mmHg]: ASSUMED, a hundred times that of a scenario."""
MOST_FLOW = 1e12
"""Largest given flow [nL/min]: ASSUMED, two hundred times the cardiac output of a human."""
MOST_RESULT = 1e30
"""Largest number in columns of results: ASSUMED; output is float32 and ends at 3e38."""
MOST_SPROUTS = 1e15
"""Largest number of a sprout [1]: whole numbers are exact in float64 up to 9e15."""

Columns = dict[str, np.ndarray]

NODE_NUMBERS = {
    "boundary_pressure": (-MOST_PRESSURE, MOST_PRESSURE, "mmHg"),
    "boundary_flow": (-MOST_FLOW, MOST_FLOW, "nL/min"),
    "inlet_haematocrit": (0.0, MOST_HAEMATOCRIT, ""),
    "pressure": (-MOST_RESULT, MOST_RESULT, "mmHg"),
    "tip": (0.0, 1.0, ""),
    "sprout": (0.0, MOST_SPROUTS, ""),
    "sprout_start": (-MOST_RESULT, MOST_RESULT, "h"),
}
"""Columns of nodes beside x, y, z [um]: least, most, unit. Those of a boundary may be blank."""

SEGMENT_NUMBERS = {
    "radius": (LEAST_SIZE, MOST_RADIUS, "um"),
    "flow": (-MOST_RESULT, MOST_RESULT, "nL/min"),
    "haematocrit": (0.0, 1.0, ""),
    "wall_shear_stress": (0.0, MOST_RESULT, "dyn/cm^2"),
    "age": (0.0, MOST_RESULT, "h"),
    "maturity": (0.0, 1.0, ""),
    "low_shear_time": (0.0, MOST_RESULT, "h"),
}
"""Columns of segments beside start, end and state: least, most, unit."""

SOLVED = ("flow", "wall_shear_stress")
"""Columns that are written where flow is solved only; `flow` tells a reader that it is."""

BLANK = ("boundary_pressure", "boundary_flow")
"""Columns in which NaN means that there is none."""

WHOLE = ("tip", "sprout")
"""Columns of whole numbers."""


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
    node_name: Callable[[int], str] = str
    """Name of a point in the file, where it is not its number."""
    nodes: Columns = field(default_factory=dict)
    lines: Columns = field(default_factory=dict)

    def network(self, lattice: Lattice | None = None, inlet: bool = True) -> VesselNetwork:
        """The network, which must lie in the lattice, if any is given, and have an inlet and
        given flows that add up, unless `inlet` is False. Tips without a number of their sprout
        get one. Raises ScenarioError naming file and row."""
        self._check_points(lattice)
        for place, columns, known in (
            (self.node_place, self.nodes, NODE_NUMBERS),
            (self.segment_place, self.lines, SEGMENT_NUMBERS),
        ):
            for name in [name for name in known if name in columns]:
                self._check_range(place, name, columns[name], *known[name])
        self._check_segments()
        network = self._build()
        if inlet:
            self._check_drive(network)
        return network

    def _check_points(self, lattice: Lattice | None) -> None:
        outside = ~(np.abs(self.points) <= MOST_COORDINATE)
        most = [f"must be -{MOST_COORDINATE:g} to {MOST_COORDINATE:g} um"] * 3
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
        if name in WHOLE:
            wrong |= values != np.floor(values)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise self._wrong(place(row), name, values[row], _allowed(name, least, most, unit))

    def _check_segments(self) -> None:
        ends = self.points[self.segments]
        length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
        short = np.flatnonzero(length < LEAST_SIZE)
        if len(short):
            raise ScenarioError(
                f"{self.segment_place(int(short[0]))}: length {length[short[0]]:g} um, must be "
                f">= {LEAST_SIZE:g} um"
            )
        if not len(self.segments):
            raise ScenarioError(f"{self.path}: holds no segments, must hold at least one")

    def _check_drive(self, network: VesselNetwork) -> None:
        wrong = unbalanced(network)
        if wrong is not None:
            node, total = wrong
            raise ScenarioError(
                f"{self.node_place(node)}, boundary_flow of node {self.node_name(node)}: the flows "
                f"into its part of the network add up to {total:g} nL/min, must add up to 0 where "
                "no node has a boundary_pressure"
            )
        if not has_inlet(network):
            raise ScenarioError(
                f"{self.path}: no inlet, must have a boundary_flow > 0, or nodes of one connected "
                "part with different boundary_pressure"
            )

    def _wrong(self, place: str, name: str, got: object, allowed: str) -> ScenarioError:
        return ScenarioError(f'{place}, column {name}: got "{got:g}", {allowed}')

    def _build(self) -> VesselNetwork:
        boundary, value = self._boundary()
        nodes = {k: v for k, v in self.nodes.items() if k in NODE_NUMBERS and k not in BLANK}
        if "tip" in nodes:
            sprout = nodes.get("sprout", np.zeros(len(self.points)))
            nodes["sprout"] = numbered(self.segments, nodes["tip"], sprout)
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
    kind = "a whole number " if name in WHOLE else ""
    low, high = f">= {least:g} {unit}".strip(), f"<= {most:g} {unit}".strip()
    return f"must be {kind}{low} and {high}"


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
