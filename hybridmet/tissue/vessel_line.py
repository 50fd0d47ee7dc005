"""Vessel lines: straight vessels given one by one, such as the parent vessel of sprouts."""

from dataclasses import dataclass

import numpy as np

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.tissue.cell_shapes import Coordinate
from hybridmet.tissue.vessels import INTACT, VesselNetwork
from hybridmet.units import Count, Length, check_quantities


@dataclass(frozen=True)
class VesselLine:
    """A straight vessel from one point to another, intact, with sprouts if wanted.

    Coordinates are (x, y, z) in um from the middle of the lattice; z is left out in 2-D.
    """

    start: tuple[Coordinate, ...]
    """One end [um]."""
    end: tuple[Coordinate, ...]
    """The other end [um]."""
    radius: Length = 10.0
    """Radius [um]: ASSUMED, a small venule, from which sprouts mostly come."""
    sprouts: Count = 0
    """Tip cells that sit on it at the start, evenly spread, half a gap off its ends [1]."""

    def __post_init__(self):
        check_quantities(self)
        for name in ("start", "end"):
            if len(getattr(self, name)) not in (2, 3):
                raise ScenarioError(
                    f"VesselLine.{name}: got {getattr(self, name)}, must be 2 or 3 coordinates "
                    "(x, y, z)"
                )
        if self.start == self.end:
            raise ScenarioError(f"VesselLine.end: got {self.end}, must differ from start")


def vessel_lines(lattice: Lattice, lines: tuple[VesselLine, ...]) -> VesselNetwork:
    """The network of some lines, a node at each end and under each tip.

    Raises ScenarioError for a line that leaves the lattice.
    """
    check_lines(lattice, lines)
    nodes, segments, radius, tip = [], [], [], []
    for line in lines:
        ends = np.array([_point(lattice, line.start), _point(lattice, line.end)])
        at = np.concatenate([[0.0], (np.arange(line.sprouts) + 0.5) / max(1, line.sprouts), [1.0]])
        first = sum(len(part) for part in nodes)
        nodes.append(ends[0] + at[:, None] * (ends[1] - ends[0]))
        number = first + np.arange(len(at))
        segments.append(np.stack([number[:-1], number[1:]], axis=1))
        radius.append(np.full(len(at) - 1, line.radius))
        tip.append(np.isin(np.arange(len(at)), (0, len(at) - 1), invert=True))
    tips = np.concatenate(tip)
    radii = np.concatenate(radius)
    return VesselNetwork(
        np.concatenate(nodes),
        np.concatenate(segments).astype(np.int32),
        radii,
        np.full(len(radii), INTACT, np.uint8),
        tip=tips,
        sprout=np.where(tips, np.cumsum(tips), 0),
    )


def check_lines(lattice: Lattice, lines: tuple[VesselLine, ...]) -> None:
    """Raise ScenarioError for an end that lies outside the lattice."""
    for index, line in enumerate(lines):
        for name in ("start", "end"):
            point = _point(lattice, getattr(line, name))
            if np.any(point < 0.0) or np.any(point > lattice.extent):
                half = tuple(n / 2 for n in lattice.extent[: lattice.dim])
                raise ScenarioError(
                    f"lines[{index}].{name}: got {getattr(line, name)}, must be within "
                    f"{half} um of the middle of the lattice"
                )


def _point(lattice: Lattice, coordinates: tuple[float, ...]) -> np.ndarray:
    """(x, y, z) [um] from the corner of the lattice."""
    return np.array((*coordinates, 0.0)[:3]) + 0.5 * np.array(lattice.extent)
