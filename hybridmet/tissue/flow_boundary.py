"""Where blood enters and leaves: ends of vessels on the sides of a lattice, and flow boundaries."""

from dataclasses import replace
from typing import Literal

import numpy as np

from hybridmet.lattice import Lattice
from hybridmet.tissue.vessels import COLLAPSED, NO_BOUNDARY, PRESSURE_BOUNDARY, VesselNetwork

Side = Literal["z-", "z+", "y-", "y+", "x-", "x+"]

ON_SIDE = 1e-6
"""Distance from a side within which a node lies on it, in sites [1]: rounding of files."""


def with_pressures(
    network: VesselNetwork,
    lattice: Lattice,
    inlet_side: Side,
    inlet_pressure: float,
    outlet_pressure: float,
    haematocrit: float,
) -> VesselNetwork:
    """A network whose open ends have pressures: those on the inlet side `inlet_pressure`, those
    on the opposite side `outlet_pressure` [mmHg], those on other sides in between by their
    distance, as if the tissue went on beyond the lattice. Ends inside are blind."""
    ends = open_ends(network, lattice)
    axis = "xyz".index(inlet_side[0])
    share = network.nodes[:, axis] / lattice.extent[axis]
    if inlet_side[1] == "+":
        share = 1.0 - share
    pressure = inlet_pressure + (outlet_pressure - inlet_pressure) * np.clip(share, 0.0, 1.0)
    return replace(
        network,
        boundary=np.where(ends, PRESSURE_BOUNDARY, NO_BOUNDARY),
        boundary_value=np.where(ends, pressure, 0.0),
        inlet_haematocrit=np.where(ends, haematocrit, network.inlet_haematocrit),
    )


def open_ends(network: VesselNetwork, lattice: Lattice) -> np.ndarray:
    """(n,) bool: nodes of a single open segment that lie on a side and are no sprout's tip."""
    opened = network.segments[network.state != COLLAPSED]
    degree = np.bincount(opened.ravel(), minlength=len(network.nodes))
    near = ON_SIDE * lattice.spacing
    low, high = network.nodes <= near, network.nodes >= np.array(lattice.extent) - near
    return (degree == 1) & (low | high).any(axis=1) & (network.tip == 0)
