"""Vessels: a network of nodes and segments embedded in a lattice, as columns."""

from dataclasses import dataclass, fields, replace

import numpy as np

VESSEL_STATES = ("intact", "ruptured", "immature", "collapsed")
"""Names of VesselNetwork.state: with a closed wall; with a torn one; new, its wall not yet
matured; pressed shut, so that it carries no blood."""
INTACT, RUPTURED, IMMATURE, COLLAPSED = range(4)

BOUNDARY_KINDS = ("none", "pressure", "flow")
"""Names of VesselNetwork.boundary."""
NO_BOUNDARY, PRESSURE_BOUNDARY, FLOW_BOUNDARY = range(3)

SYSTEMIC_HAEMATOCRIT = 0.45
"""Discharge haematocrit of blood that enters a network [1]: the value of Pries et al. 1994
(doi:10.1161/01.RES.75.5.904) and Owen et al. 2009 (doi:10.1007/s00285-008-0213-z)."""

NO_FLOW = 1e-9
"""Share of the largest flow of a network below which a segment counts as carrying none [1]:
ASSUMED; flows of one network lie within some six decades, rounding below 1e-12."""


LEAST_SIZE = 1e-3
"""Least length and radius of a segment from outside [um]: ASSUMED, less than a hundredth of what
a light microscope resolves."""


@dataclass(frozen=True)
class VesselNetwork:
    """Nodes and segments as columns; those left out get the values in brackets.

    Per node: nodes (n, 3) float64 (x, y, z) [um]; boundary (n,) uint8, see BOUNDARY_KINDS
    [none]; boundary_value (n,) float64 [mmHg, or nL/min into the network] [0]; inlet_haematocrit
    (n,) float64 [1], of blood that enters here [0.45]; pressure (n,) float64 [mmHg] [0]; tip (n,)
    uint8: 1 where the tip cell of a growing sprout is [0]; sprout (n,) int64: number of the sprout
    that laid the node [0: none]; sprout_start (n,) float64 [h], when the sprout of a tip began [0].
    Per segment: segments (m, 2) int32 node numbers; radius (m,) float64 [um]; state (m,) uint8,
    see VESSEL_STATES; flow (m,) float64 [nL/min], positive from its first to its second node [0];
    haematocrit (m,) float64 [1], of discharge [0.45]; wall_shear_stress (m,) float64 [dyn/cm^2]
    [0]; age (m,) float64 [h] [0]; low_shear_time (m,) float64 [h], since when its wall shear stress
    is low (pruning.py) [0]; maturity (m,) float64 [1], 0 to 1 [1].
    flow_solved: whether flow was ever solved; what was added since carries none yet.
    """

    nodes: np.ndarray
    segments: np.ndarray
    radius: np.ndarray
    state: np.ndarray
    boundary: np.ndarray | None = None
    boundary_value: np.ndarray | None = None
    inlet_haematocrit: np.ndarray | None = None
    pressure: np.ndarray | None = None
    tip: np.ndarray | None = None
    sprout: np.ndarray | None = None
    sprout_start: np.ndarray | None = None
    flow: np.ndarray | None = None
    haematocrit: np.ndarray | None = None
    wall_shear_stress: np.ndarray | None = None
    age: np.ndarray | None = None
    low_shear_time: np.ndarray | None = None
    maturity: np.ndarray | None = None
    flow_solved: bool = False

    def __post_init__(self):
        for name, (dtype, default) in NODE_COLUMNS.items():
            self._complete(name, dtype, default, len(self.nodes))
        for name, (dtype, default) in SEGMENT_COLUMNS.items():
            self._complete(name, dtype, default, len(self.segments))

    def _complete(self, name: str, dtype: type, default: float, length: int) -> None:
        """A column in its type, or filled with its default."""
        value = getattr(self, name)
        if value is None:
            value = np.full(length, default, dtype)
        value = np.ascontiguousarray(value, dtype)
        if len(value) != length:
            raise ValueError(f"VesselNetwork.{name}: got {len(value)} rows, must be {length}")
        object.__setattr__(self, name, value)

    @property
    def lengths(self) -> np.ndarray:
        """Chords of the segments: (m,) float64 [um]."""
        ends = self.nodes[self.segments]
        return np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)

    @property
    def perfused(self) -> np.ndarray:
        """(m,) bool: carries blood. A collapsed segment does not; a ruptured one leaks but flows.
        Once flow is solved, only segments count that carry more than NO_FLOW of the largest."""
        opened = self.state != COLLAPSED
        if not self.flow_solved:
            return opened
        flow = np.abs(self.flow)
        return opened & (flow > NO_FLOW * np.max(flow, initial=0.0))

    def added(self, nodes: np.ndarray, segments: np.ndarray, **columns) -> "VesselNetwork":
        """This network with more nodes (k, 3) and segments (l, 2), whose numbers count in the new
        network: old nodes keep theirs, the first new one is `len(self.nodes)`.

        `columns` of the new rows by name; radius must be given. New segments are immature,
        carry neither flow nor red cells and are of age 0, unless told.
        """
        fresh = {"nodes": nodes, "segments": segments, **NEW_SEGMENT, **columns}
        joined = {}
        for table, rows in ((NODE_COLUMNS, len(nodes)), (SEGMENT_COLUMNS, len(segments))):
            for name, (dtype, default) in table.items():
                value = fresh.get(name, default)
                new = np.full(rows, value, dtype) if np.ndim(value) == 0 else value
                old = getattr(self, name)
                new = np.asarray(new, dtype).reshape(-1, *old.shape[1:])
                joined[name] = np.concatenate([old, new])
        return replace(self, **joined)

    def kept(self, mask: np.ndarray) -> "VesselNetwork":
        """The segments of a mask (m,) bool and the nodes they use, in their order."""
        used = np.zeros(len(self.nodes), bool)
        used[self.segments[mask]] = True
        number = np.cumsum(used) - 1
        rows = {name: getattr(self, name)[used] for name in NODE_COLUMNS}
        rows |= {name: getattr(self, name)[mask] for name in SEGMENT_COLUMNS}
        rows["segments"] = number[rows["segments"]]
        return replace(self, **rows)

    def state_arrays(self) -> list[tuple[str, np.ndarray]]:
        """All columns by name, in order, for the digest of a run."""
        return [(f.name, np.asarray(getattr(self, f.name))) for f in fields(self)]


NODE_COLUMNS = {
    "nodes": (np.float64, None),
    "boundary": (np.uint8, NO_BOUNDARY),
    "boundary_value": (np.float64, 0.0),
    "inlet_haematocrit": (np.float64, SYSTEMIC_HAEMATOCRIT),
    "pressure": (np.float64, 0.0),
    "tip": (np.uint8, 0),
    "sprout": (np.int64, 0),
    "sprout_start": (np.float64, 0.0),
}
"""Type and default of each column per node."""

SEGMENT_COLUMNS = {
    "segments": (np.int32, None),
    "radius": (np.float64, None),
    "state": (np.uint8, INTACT),
    "flow": (np.float64, 0.0),
    "haematocrit": (np.float64, SYSTEMIC_HAEMATOCRIT),
    "wall_shear_stress": (np.float64, 0.0),
    "age": (np.float64, 0.0),
    "low_shear_time": (np.float64, 0.0),
    "maturity": (np.float64, 1.0),
}
"""Type and default of each column per segment."""

NEW_SEGMENT = {"state": IMMATURE, "haematocrit": 0.0, "maturity": 0.0}
"""Columns in which a segment that grows differs from one that was there at the start."""
