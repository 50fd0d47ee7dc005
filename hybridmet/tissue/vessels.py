"""Vessels: a network of nodes and segments embedded in a lattice."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.random import Stream, uniform
from hybridmet.units import Fraction, LengthDensity, Quantity, check_quantities

VESSEL_STATES = ("intact", "ruptured")
"""Names of VesselNetwork.state."""
INTACT, RUPTURED = range(2)

VesselRadius = Annotated[float, Quantity("um", "5 um", gt=0, le=1000)]

KEPT = 0.7
"""Share of the edges of the grid that become segments [1]: ASSUMED; leaves loops and ends."""
JITTER = 0.25
"""Largest displacement of a node in units of the grid spacing [1]: ASSUMED."""


@dataclass(frozen=True)
class VesselParameters:
    """A static capillary mesh of a given density."""

    length_density: LengthDensity = 1e-4
    """Vessel length per tissue volume [1/um^2]: 100 mm/mm^3, ASSUMED; capillaries some 150 um
    apart, as in the periphery of solid tumours."""
    radius: VesselRadius = 5.0
    """Mean radius [um]: general capillary range, 5-10 um in diameter."""
    radius_variation: Annotated[float, Quantity("1", "0.2", ge=0, le=0.5)] = 0.2
    """Coefficient of variation of the radius, uniformly distributed [1]: ASSUMED."""
    ruptured_fraction: Fraction = 0.1
    """Share of segments that are ruptured [1]: ASSUMED; 2 of 10 in Franssen 2019 near a tumour."""

    def __post_init__(self):
        check_quantities(self)


@dataclass(frozen=True)
class VesselNetwork:
    """Nodes and segments as columns.

    nodes : (n, 3) float64 (x, y, z) [um]; segments : (m, 2) int32 node numbers;
    radius : (m,) float64 [um]; state : (m,) uint8, see VESSEL_STATES.
    """

    nodes: np.ndarray
    segments: np.ndarray
    radius: np.ndarray
    state: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """(m,) float64 [um]."""
        ends = self.nodes[self.segments]
        return np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)

    @property
    def perfused(self) -> np.ndarray:
        """(m,) bool: carries blood. A static network has no closed segments; a ruptured one leaks
        but flows."""
        return np.isin(self.state, (INTACT, RUPTURED))


def capillary_mesh(
    lattice: Lattice, parameters: VesselParameters, seed: int, tissue: int
) -> VesselNetwork:
    """A jittered grid of which edges are kept at random until the length density is reached.

    Raises ScenarioError where the density needs a mesh finer than the lattice.
    """
    cells = grid_cells(lattice, parameters.length_density)
    nodes = _jittered_nodes(lattice, cells, seed, tissue)
    edges = _grid_edges(cells)
    draw = {
        k: uniform(seed, Stream.VESSELS, len(edges), step=tissue, draw=k) for k in (3, 4, 5)
    }
    kept = _kept_edges(nodes, edges, draw[3], parameters.length_density * _volume(lattice))
    radius = parameters.radius * (
        1.0 + parameters.radius_variation * np.sqrt(3.0) * (2.0 * draw[4][kept] - 1.0)
    )
    state = np.where(draw[5][kept] < parameters.ruptured_fraction, RUPTURED, INTACT)
    return VesselNetwork(nodes, edges[kept], radius, state.astype(np.uint8))


def _volume(lattice: Lattice) -> float:
    return float(np.prod(lattice.extent))


def grid_cells(lattice: Lattice, density: float) -> tuple[int, ...]:
    """Grid cells per axis (x, y, z): a mesh of spacing a has length dim / a^2 per volume."""
    if density == 0.0:
        return (0, 0, 0)
    if lattice.dim == 3:
        spacing, finest = np.sqrt(3.0 * KEPT / density), 0.75 * KEPT / lattice.spacing**2
    else:
        spacing, finest = 2.0 * KEPT / (density * lattice.spacing), KEPT / lattice.spacing**2
    if density > finest:
        raise ScenarioError(
            f"VesselParameters.length_density: got {density * 1e6:g} mm/mm^3, must be "
            f"<= {finest * 1e6:g} mm/mm^3 (a mesh no finer than two sites of {lattice.spacing:g} um)"
        )
    cells = [max(1, round(extent / spacing)) for extent in lattice.extent]
    return tuple(cells) if lattice.dim == 3 else (cells[0], cells[1], 0)


def _jittered_nodes(lattice: Lattice, cells, seed: int, tissue: int) -> np.ndarray:
    extent = np.array(lattice.extent)
    grid = np.indices([n + 1 for n in cells]).reshape(3, -1).T
    pitch = extent / np.maximum(cells, 1)
    draws = [uniform(seed, Stream.VESSELS, len(grid), step=tissue, draw=k) for k in range(3)]
    nodes = (grid + JITTER * (2.0 * np.stack(draws, axis=1) - 1.0)) * pitch
    if lattice.dim == 2:
        nodes[:, 2] = extent[2] / 2
    return np.ascontiguousarray(np.clip(nodes, 0.0, extent))


def _grid_edges(cells) -> np.ndarray:
    number = np.arange(np.prod([n + 1 for n in cells])).reshape([n + 1 for n in cells])
    pairs = []
    for axis in range(3):
        low = np.take(number, range(cells[axis]), axis).reshape(-1)
        high = np.take(number, range(1, cells[axis] + 1), axis).reshape(-1)
        pairs.append(np.stack([low, high], axis=1))
    return np.concatenate(pairs).astype(np.int32)


def _kept_edges(nodes, edges, priority, wanted: float) -> np.ndarray:
    """Numbers, ascending, of the edges of lowest priority whose lengths add up to `wanted`."""
    length = np.linalg.norm(nodes[edges[:, 1]] - nodes[edges[:, 0]], axis=1)
    order = np.argsort(priority, kind="stable")
    n = int(np.searchsorted(np.cumsum(length[order]), wanted, side="right"))
    return np.sort(order[:n])
