"""Geometry of a lattice: shape, spacing, boundary, and a halo of one site around the block."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hybridmet.errors import ScenarioError
from hybridmet.units import Length, check_quantities

BOUNDARIES = ("closed", "periodic")


@dataclass(frozen=True)
class Lattice:
    """A 2-D or 3-D lattice of square or cubic sites.

    Arrays over sites are stored padded by a halo of one site; `interior` gives the view that
    users see, of shape (nz, ny, nx) or (ny, nx). Positions are (x, y, z) in um, the corner of
    site 0 being the origin, site centres at (i + 1/2) * spacing.
    """

    shape: tuple[int, ...]
    """Sites per axis, (nz, ny, nx) or (ny, nx)."""
    spacing: Length = 20.0
    """Edge of a site [um]: the common choice, about one cell diameter (PhysiCell: 20 um)."""
    boundary: str = "closed"
    """closed: nothing crosses the sides; periodic: all axes wrap."""

    def __post_init__(self):
        check_quantities(self)
        if len(self.shape) not in (2, 3) or any(n < 1 for n in self.shape):
            raise ScenarioError(f"Lattice.shape: got {self.shape}, must be 2 or 3 sizes >= 1")
        if self.boundary not in BOUNDARIES:
            raise ScenarioError(
                f"Lattice.boundary: got {self.boundary!r}, must be one of {', '.join(BOUNDARIES)}"
            )

    @cached_property
    def dim(self) -> int:
        return len(self.shape)

    @cached_property
    def shape3(self) -> tuple[int, int, int]:
        """The shape with three axes, nz = 1 in 2-D."""
        return (1, *self.shape)[-3:]

    @property
    def periodic(self) -> bool:
        return self.boundary == "periodic"

    @property
    def sites(self) -> int:
        return math.prod(self.shape)

    @property
    def extent(self) -> tuple[float, float, float]:
        """Size (x, y, z) [um]; a 2-D lattice is one site thick."""
        return tuple(n * self.spacing for n in reversed(self.shape3))

    @property
    def half_extent(self) -> tuple[float, ...]:
        """Half the size along each axis it has, (x, y) or (x, y, z) [um]."""
        return tuple(n * self.spacing / 2 for n in reversed(self.shape))

    @property
    def centres(self) -> list[np.ndarray]:
        """Centres of the sites from the middle, by axis x, y[, z]: (n,) float64 each [um]."""
        return [(np.arange(n) + 0.5 - n / 2) * self.spacing for n in reversed(self.shape)]

    @cached_property
    def padded_shape(self) -> tuple[int, int, int]:
        nz, ny, nx = self.shape3
        return (nz + 2 if self.dim == 3 else 1, ny + 2, nx + 2)

    def padded(self, value=0, dtype=np.float64, slots: int | None = None) -> np.ndarray:
        """A new array over sites with halo, filled with a value; last axis `slots` if given."""
        shape = self.padded_shape if slots is None else (*self.padded_shape, slots)
        return np.full(shape, value, dtype=dtype)

    def interior(self, array: np.ndarray) -> np.ndarray:
        """View of the sites without halo: (nz, ny, nx) or (ny, nx), plus a slot axis if any."""
        core = array[:, 1:-1, 1:-1]
        return core[1:-1] if self.dim == 3 else core[0]

    def global_site(self, padded: int) -> int:
        """Number without halo of a site given by its padded index."""
        coordinates = np.unravel_index(padded, self.padded_shape)
        halo = (1 if self.dim == 3 else 0, 1, 1)
        inner = tuple(int(c) - h for c, h in zip(coordinates, halo, strict=True))
        return int(np.ravel_multi_index(inner, self.shape3))

    def positions(self, sites: np.ndarray) -> np.ndarray:
        """Centres of global sites: (n, 3) float64 (x, y, z) [um]."""
        zyx = np.stack(np.unravel_index(sites, self.shape3), axis=-1)
        return (zyx[:, ::-1] + 0.5) * self.spacing

    def global_sites(self, padded: np.ndarray) -> np.ndarray:
        """Numbers without halo of sites given by their padded indices: (n,) int64."""
        halo = (1 if self.dim == 3 else 0, 1, 1)
        axes = np.unravel_index(padded, self.padded_shape)
        inner = tuple(axis - h for axis, h in zip(axes, halo, strict=True))
        return np.ravel_multi_index(inner, self.shape3).astype(np.int64)

    def padded_sites(self, positions: np.ndarray) -> np.ndarray:
        """Padded indices of the sites that hold positions (n, 3) [um]: (n,) int64; a position on
        an upper side belongs to the last site."""
        sizes = np.array(self.shape3[::-1])
        inner = np.clip(np.floor(positions / self.spacing).astype(np.int64), 0, sizes - 1)
        x, y, z = (inner + (1, 1, 1 if self.dim == 3 else 0)).T
        return np.ravel_multi_index((z, y, x), self.padded_shape).astype(np.int64)

    @cached_property
    def face_offsets(self) -> np.ndarray:
        """Steps in the padded index to the face neighbours: x up, x down, y up, y down, and in
        3-D z up, z down: (2 dim,) int64."""
        _, ny, nx = self.padded_shape
        steps = (1, nx, nx * ny)[: self.dim]
        offsets = np.array([sign * step for step in steps for sign in (1, -1)], dtype=np.int64)
        offsets.setflags(write=False)
        return offsets
