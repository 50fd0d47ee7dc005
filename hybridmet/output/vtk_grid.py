"""What is written for ParaView, before VTK sees it: plain arrays with units, and a digest."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np


class Array(NamedTuple):
    """A column of numbers, or of strings, with its unit."""

    values: np.ndarray
    """(n,) or (n, 3); an array of str is written as VTK strings."""
    unit: str = "1"


Columns = Mapping[str, Array]


@dataclass(frozen=True)
class Image:
    """A regular grid of cells: a site of a lattice is one VTK cell."""

    dimensions: tuple[int, int, int]
    """Grid points per axis (nx, ny, nz): one more than sites; 1 along z in 2-D."""
    origin: tuple[float, float, float]
    """World position of the first grid point [um]."""
    spacing: float
    """Edge of a site [um]."""
    cell_data: Columns = field(default_factory=dict)
    field_data: Columns = field(default_factory=dict)

    suffix = ".vti"

    def digest(self) -> bytes:
        """Equal digests mean equal files."""
        geometry = np.array([*self.dimensions, *self.origin, self.spacing])
        return _digest({"geometry": Array(geometry)}, self.cell_data, self.field_data)


@dataclass(frozen=True)
class Drawing:
    """Points and lines. VTK numbers the cells: vertices first, then lines."""

    points: np.ndarray
    """(n, 3) world positions [um]."""
    vertices: int = 0
    """The first so many points are vertices, one VTK cell each."""
    lines: tuple[np.ndarray, ...] | np.ndarray = ()
    """Point indices of each line: a tuple of (k,) arrays, or one (m, 2) array of segments."""
    point_data: Columns = field(default_factory=dict)
    cell_data: Columns = field(default_factory=dict)
    field_data: Columns = field(default_factory=dict)

    suffix = ".vtp"

    def digest(self) -> bytes:
        """Equal digests mean equal files."""
        offsets, connectivity = self.line_table()
        geometry = {
            "points": Array(self.points),
            "vertices": Array(np.array([self.vertices])),
            "offsets": Array(offsets),
            "connectivity": Array(connectivity),
        }
        return _digest(geometry, self.point_data, self.cell_data, self.field_data)

    def line_table(self) -> tuple[np.ndarray, np.ndarray]:
        """Offsets (m + 1,) and connectivity of the lines, int32."""
        if isinstance(self.lines, np.ndarray):
            segments = self.lines.reshape(-1, 2).astype(np.int32)
            return 2 * np.arange(len(segments) + 1, dtype=np.int32), segments.ravel()
        lengths = np.array([len(line) for line in self.lines], dtype=np.int64)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        if len(lengths) == 0:
            return offsets, np.empty(0, np.int32)
        return offsets, np.concatenate(self.lines).astype(np.int32)


def _digest(*groups: Columns) -> bytes:
    """BLAKE2b over names, units, types, shapes and bytes of all arrays."""
    total = hashlib.blake2b(digest_size=20)
    for group in groups:
        for name, (values, unit) in group.items():
            values = np.ascontiguousarray(values)
            total.update(f"{name}|{unit}|{values.dtype}|{values.shape}|".encode())
            total.update(values.data if values.dtype.kind != "U" else values.tobytes())
        total.update(b"||")
    return total.digest()
