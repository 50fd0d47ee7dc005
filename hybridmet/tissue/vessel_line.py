"""Vessel lines: straight vessels given one by one, such as the parent vessel of sprouts."""

from dataclasses import dataclass

import numpy as np

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.tissue.cell_shapes import Coordinate
from hybridmet.tissue.vessels import INTACT, NO_BOUNDARY, PRESSURE_BOUNDARY, VesselNetwork
from hybridmet.units import Count, Length, Pressure, check_quantities


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
    start_pressure: Pressure | None = None
    """Blood pressure at its start [mmHg]; left out in all lines, ends on the sides of the lattice
    get pressures by their place (`flow`). With it vessels can be arterial or venous."""
    end_pressure: Pressure | None = None
    """Blood pressure at its end [mmHg]."""

    def __post_init__(self):
        check_quantities(self)
        for name in ("start", "end"):
            if len(getattr(self, name)) not in (2, 3):
                raise ScenarioError(
                    f"VesselLine.{name}: got {getattr(self, name)}, must be 2 or 3 coordinates "
                    "(x, y, z)"
                )
        if (self.start_pressure is None) != (self.end_pressure is None):
            raise ScenarioError(
                "VesselLine.end_pressure: must be given together with start_pressure"
            )
        if self.start == self.end:
            raise ScenarioError(f"VesselLine.end: got {self.end}, must differ from start")


def vessel_lines(lattice: Lattice, lines: tuple[VesselLine, ...]) -> VesselNetwork:
    """The network of some lines, a node at each end and under each tip.

    Raises ScenarioError as `check_lines`.
    """
    check_lines(lattice, lines)
    nodes, segments, radius, tip, pressure = [], [], [], [], []
    for line in lines:
        ends = np.array([_point(lattice, line.start), _point(lattice, line.end)])
        at = np.concatenate([[0.0], (np.arange(line.sprouts) + 0.5) / max(1, line.sprouts), [1.0]])
        first = sum(len(part) for part in nodes)
        nodes.append(ends[0] + at[:, None] * (ends[1] - ends[0]))
        number = first + np.arange(len(at))
        segments.append(np.stack([number[:-1], number[1:]], axis=1))
        radius.append(np.full(len(at) - 1, line.radius))
        tip.append(np.isin(np.arange(len(at)), (0, len(at) - 1), invert=True))
        inside = [np.nan] * line.sprouts
        pressure.append([_or_nan(line.start_pressure), *inside, _or_nan(line.end_pressure)])
    tips = np.concatenate(tip)
    radii, pressures = np.concatenate(radius), np.concatenate(pressure)
    given = ~np.isnan(pressures)
    return VesselNetwork(
        np.concatenate(nodes),
        np.concatenate(segments).astype(np.int32),
        radii,
        np.full(len(radii), INTACT, np.uint8),
        boundary=np.where(given, PRESSURE_BOUNDARY, NO_BOUNDARY),
        boundary_value=np.where(given, pressures, 0.0),
        tip=tips,
        sprout=np.where(tips, np.cumsum(tips), 0),
    )


def check_lines(lattice: Lattice, lines: tuple[VesselLine, ...]) -> None:
    """Raise ScenarioError for an end that lies outside the lattice, and where only some lines have
    pressures."""
    with_pressure = [line.start_pressure is not None for line in lines]
    if any(with_pressure) and not all(with_pressure):
        raise ScenarioError(
            f"lines[{with_pressure.index(False)}].start_pressure: must be given, as in other lines"
        )
    for index, line in enumerate(lines):
        for name in ("start", "end"):
            point = _point(lattice, getattr(line, name))
            if np.any(point < 0.0) or np.any(point > lattice.extent):
                half = tuple(n / 2 for n in lattice.extent[: lattice.dim])
                raise ScenarioError(
                    f"lines[{index}].{name}: got {getattr(line, name)}, must be within "
                    f"{half} um of the middle of the lattice"
                )


def _or_nan(pressure: float | None) -> float:
    return np.nan if pressure is None else pressure


def _point(lattice: Lattice, coordinates: tuple[float, ...]) -> np.ndarray:
    """(x, y, z) [um] from the corner of the lattice."""
    return np.array((*coordinates, 0.0)[:3]) + 0.5 * np.array(lattice.extent)
