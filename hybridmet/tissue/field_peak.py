"""Field peak: where the concentration is highest at the start, and how fast it falls off."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.tissue.cell_shapes import Coordinate
from hybridmet.units import Length, check_quantities


@dataclass(frozen=True)
class FieldPeak:
    """u = initial * exp(-(d / width)^2), d the distance from the centre.

    Axes left out do not count: a centre in x alone is a plane, in x and y a line along z.
    """

    center: Mapping[str, Coordinate]
    """Where it is highest, by axis, "x", "y", "z" [um] from the middle of the lattice."""
    width: Length
    """Distance at which 1/e of it is left [um]."""

    def __post_init__(self):
        check_quantities(self)
        for axis in self.center:
            if axis not in AXES:
                raise ScenarioError(
                    f"FieldPeak.center: got {axis!r}, must be one of {', '.join(AXES)}"
                )
        if not self.center:
            raise ScenarioError("FieldPeak.center: got no axis, must be one or more of x, y, z")

    def factor(self, lattice: Lattice) -> np.ndarray:
        """Share of the highest value in each site: float64, shaped as the lattice."""
        squared = np.zeros(lattice.shape)
        for axis, middle in self.center.items():
            number = AXES.index(axis)
            if number >= lattice.dim:
                continue
            n = lattice.shape3[2 - number]
            offset = (np.arange(n) + 0.5 - n / 2) * lattice.spacing - middle
            shape = [1] * lattice.dim
            shape[lattice.dim - 1 - number] = n
            squared += (offset**2).reshape(shape)
        return np.exp(-squared / self.width**2)


AXES = ("x", "y", "z")
