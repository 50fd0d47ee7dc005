"""Shapes that are filled with cells at the start: balls and boxes.

Coordinates are (x, y, z) in um from the middle of the lattice, as PhysiCell's domains have it;
z is left out in 2-D.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.units import Fraction, Length, Quantity, check_quantities

Coordinate = Annotated[float, Quantity("um", "-200 um", ge=-1e6, le=1e6)]


def check_fractions(name: str, phenotypes: Mapping[str, float]) -> None:
    """Raise ScenarioError unless the fractions of the phenotypes sum to 1."""
    total = sum(phenotypes.values())
    if abs(total - 1.0) > 1e-9:
        raise ScenarioError(
            f"{name}.phenotypes: got {dict(phenotypes)}, "
            f"must be fractions whose sum is 1, not {total:g}"
        )


def _check_coordinates(name: str, values: tuple[float, ...]) -> None:
    if len(values) not in (2, 3):
        raise ScenarioError(f"{name}: got {values}, must be 2 or 3 coordinates (x, y, z)")


def _check_depth(name: str, values: tuple[float, ...], lattice: Lattice) -> None:
    if len(values) < lattice.dim:
        raise ScenarioError(f"{name}: got {values}, must be 3 coordinates (x, y, z) in 3-D")


def _sides(lattice: Lattice) -> str:
    """`-200 to 200 um in x, -200 to 200 um in y`."""
    sides = zip(lattice.half_extent, "xyz", strict=False)
    return ", ".join(f"{-half:g} to {half:g} um in {axis}" for half, axis in sides)


@dataclass(frozen=True)
class CellBall:
    """All sites whose centre lies within a distance of a point."""

    radius: Length
    """Radius [um]."""
    center: tuple[Coordinate, ...] = (0.0, 0.0, 0.0)
    """Centre (x, y, z) [um] from the middle of the lattice."""
    phenotypes: Mapping[str, Fraction] | None = None
    """Fractions of the phenotypes; those of `cells` if not given."""

    def __post_init__(self):
        check_quantities(self)
        _check_coordinates("CellBall.center", self.center)
        if self.phenotypes is not None:
            check_fractions("CellBall", self.phenotypes)

    def within(self, axes: tuple) -> np.ndarray:
        """Whether sites lie inside; `axes` are broadcastable (z, y, x) [um], or (y, x)."""
        center = (*self.center, 0.0)[: len(axes)][::-1]
        squared = 0.0
        for axis, middle in zip(axes, center, strict=True):
            squared = squared + (axis - middle) ** 2
        return squared <= self.radius**2

    def check_within(self, lattice: Lattice) -> None:
        """Raise ScenarioError unless the ball reaches the centre of a site."""
        _check_depth("CellBall.center", self.center, lattice)
        axes = zip(lattice.centres, self.center, strict=False)
        nearest = [float(axis[np.argmin(abs(axis - c))]) for axis, c in axes]
        if self.within(tuple(nearest[::-1])):
            return
        if any(abs(c) > half for c, half in zip(self.center, lattice.half_extent, strict=False)):
            raise ScenarioError(
                f"CellBall.center: got {self.center}, must lie within the radius, "
                f"{self.radius:g} um, of a site of the lattice: {_sides(lattice)}"
            )
        least = math.dist(nearest, self.center[: lattice.dim])
        raise ScenarioError(
            f"CellBall.radius: got {self.radius:g}, must be >= {least:.4g} um to reach the centre "
            "of a site"
        )


@dataclass(frozen=True)
class CellBox:
    """All sites whose centre lies between two corners."""

    lower: tuple[Coordinate, ...]
    """Lower corner (x, y, z) [um] from the middle of the lattice."""
    upper: tuple[Coordinate, ...]
    """Upper corner (x, y, z) [um]."""
    phenotypes: Mapping[str, Fraction] | None = None
    """Fractions of the phenotypes; those of `cells` if not given."""

    def __post_init__(self):
        check_quantities(self)
        _check_coordinates("CellBox.lower", self.lower)
        _check_coordinates("CellBox.upper", self.upper)
        if any(a >= b for a, b in zip(self.lower, self.upper, strict=False)):
            raise ScenarioError(f"CellBox.upper: got {self.upper}, must lie above {self.lower}")
        if self.phenotypes is not None:
            check_fractions("CellBox", self.phenotypes)

    def within(self, axes: tuple) -> np.ndarray:
        """Whether sites lie inside; `axes` are broadcastable (z, y, x) [um], or (y, x)."""
        inside = np.True_
        for axis, low, high in zip(axes[::-1], self.lower, self.upper, strict=False):
            inside = inside & (axis >= low) & (axis < high)
        return inside

    def check_within(self, lattice: Lattice) -> None:
        """Raise ScenarioError unless the box holds the centre of a site."""
        _check_depth("CellBox.lower", self.lower, lattice)
        _check_depth("CellBox.upper", self.upper, lattice)
        for name, low, high, centres in zip(
            "xyz", self.lower, self.upper, lattice.centres, strict=False
        ):
            if np.any((centres >= low) & (centres < high)):
                continue
            if centres[0] < low < centres[-1]:
                raise ScenarioError(
                    f"CellBox.upper: got {self.upper}, must leave room for the centre of a site: "
                    f"a box as wide as the spacing, {lattice.spacing:g} um, in {name} does"
                )
            side = "upper" if high <= centres[0] else "lower"
            raise ScenarioError(
                f"CellBox.{side}: got {getattr(self, side)}, must let the box reach the centre "
                f"of a site of the lattice: {_sides(lattice)}"
            )
