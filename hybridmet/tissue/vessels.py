"""Vessels: a network of nodes and segments embedded in a lattice."""

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.random import Stream, uniform
from hybridmet.units import Count, Fraction, Length, LengthDensity, Quantity, check_quantities

VESSEL_STATES = ("intact", "ruptured")
"""Names of VesselNetwork.state."""
INTACT, RUPTURED = range(2)

VesselRadius = Annotated[float, Quantity("um", "5 um", gt=0, le=1000)]

KEPT = 0.7
"""Share of the edges of the grid that become segments [1]: ASSUMED; leaves loops and ends."""
JITTER = 0.25
"""Largest displacement of a node in units of the grid spacing [1]: ASSUMED."""


@dataclass(frozen=True)
class PointVessels:
    """How many vessels cross the slice, and where they may not."""

    intact: Count = 8
    """Intact vessels, one site each [1] (Franssen 2019: 8 beside a primary tumour)."""
    ruptured: Count = 2
    """Ruptured vessels, five sites each [1] (Franssen 2019: 2 beside a primary tumour)."""
    clear_centre: Count = 200
    """Sites nearest the middle that stay free of vessels [1] (Franssen 2019: 200)."""
    margin: Count = 2
    """Sites between a vessel and the sides [1] (Franssen 2019: 2)."""
    radius: Length = 5.0
    """Radius [um]: general capillary range; it matters for exchange and for hazards per wall
    area only, and Franssen 2019 has neither."""

    def __post_init__(self):
        check_quantities(self)


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
    points: PointVessels | None = None
    """Vessels across a slice instead of the mesh; the keys above do not count then."""

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
    """A jittered grid from side to side, of which edges are kept at random until the length
    density is reached; the last one is cut to length.

    Raises ScenarioError where the density needs a mesh finer than the lattice.
    """
    lines = grid_cells(lattice, parameters.length_density)
    nodes = _jittered_nodes(lattice, lines, seed, tissue)
    edges = _grid_edges(lines)
    draw = {
        k: uniform(seed, Stream.VESSELS, len(edges), step=tissue, draw=k) for k in (3, 4, 5)
    }
    wanted = parameters.length_density * _volume(lattice)
    nodes, edges, kept = _keep_edges(nodes, edges, draw[3], wanted)
    used, segments = np.unique(edges, return_inverse=True)
    radius = parameters.radius * (
        1.0 + parameters.radius_variation * np.sqrt(3.0) * (2.0 * draw[4][kept] - 1.0)
    )
    state = np.where(draw[5][kept] < parameters.ruptured_fraction, RUPTURED, INTACT)
    return VesselNetwork(
        np.ascontiguousarray(nodes[used]),
        segments.reshape(-1, 2).astype(np.int32),
        radius,
        state.astype(np.uint8),
    )


def _volume(lattice: Lattice) -> float:
    return float(np.prod(lattice.extent))


def grid_cells(lattice: Lattice, density: float) -> tuple[int, ...]:
    """Lines across each axis (x, y, z): a mesh of spacing a has length dim / a^2 per volume.

    At least as many as leave `KEPT` of the edges. Raises ScenarioError where the mesh would be
    finer than the lattice.
    """
    if density == 0.0:
        return (0, 0, 0)
    if lattice.dim == 3:
        spacing = np.sqrt(3.0 * KEPT / density)
    else:
        spacing = 2.0 * KEPT / (density * lattice.spacing)
    finest = largest_length_density(lattice)
    if density > finest:
        raise ScenarioError(
            f"VesselParameters.length_density: got {density * 1e6:g} mm/mm^3, must be "
            f"<= {finest * 1e6:g} mm/mm^3 (a mesh no finer than two sites of {lattice.spacing:g} um)"
        )
    cells = [math.ceil(extent / spacing) for extent in lattice.extent]
    return tuple(cells) if lattice.dim == 3 else (cells[0], cells[1], 0)


def largest_length_density(lattice: Lattice) -> float:
    """Length density [1/um^2] of the densest mesh, which is no finer than two sites."""
    return (0.75 if lattice.dim == 3 else 1.0) * KEPT / lattice.spacing**2


def _jittered_nodes(lattice: Lattice, lines, seed: int, tissue: int) -> np.ndarray:
    """Nodes of a grid whose lines lie half a mesh off the sides and end on them.

    Number 0 and the last of an axis lie on its sides, the others at (i - 1/2) meshes.
    """
    extent = np.array(lattice.extent)
    ends = np.array(lines) + 1
    grid = np.indices(ends + 1).reshape(3, -1).T
    pitch = extent / np.maximum(lines, 1)
    draws = [uniform(seed, Stream.VESSELS, len(grid), step=tissue, draw=k) for k in range(3)]
    nodes = (grid - 0.5 + JITTER * (2.0 * np.stack(draws, axis=1) - 1.0)) * pitch
    nodes = np.where(grid == 0, 0.0, np.where(grid == ends, extent, nodes))
    if lattice.dim == 2:
        nodes[:, 2] = extent[2] / 2
    return nodes


def _grid_edges(lines) -> np.ndarray:
    """Pairs of neighbouring nodes along each line: (n, 2); an axis of no lines is flat."""
    shape = [n + 2 for n in lines]
    number = np.arange(np.prod(shape)).reshape(shape)
    inner = [slice(1, -1) if n else slice(0, 1) for n in lines]
    pairs = []
    for axis in [a for a in range(3) if lines[a]]:
        along = number[tuple(slice(None) if a == axis else inner[a] for a in range(3))]
        low, high = (np.delete(along, end, axis).reshape(-1) for end in (-1, 0))
        pairs.append(np.stack([low, high], axis=1))
    return np.concatenate(pairs or [np.zeros((0, 2), int)])


def _keep_edges(nodes, edges, priority, wanted: float):
    """Edges of lowest priority whose lengths add up to `wanted`; the last is cut to length.

    Returns (nodes with the end of the cut edge, kept edges, their numbers, ascending).
    """
    length = np.linalg.norm(nodes[edges[:, 1]] - nodes[edges[:, 0]], axis=1)
    order = np.argsort(priority, kind="stable")
    total = np.concatenate([[0.0], np.cumsum(length[order])])
    n = int(np.searchsorted(total, wanted, side="right")) - 1
    share = (wanted - total[n]) / length[order[n]] if n < len(order) else 0.0
    if share > 1e-6:
        edges = edges.copy()
        low, high = edges[order[n]]
        nodes = np.vstack([nodes, nodes[low] + share * (nodes[high] - nodes[low])])
        edges[order[n], 1] = len(nodes) - 1
        n += 1
    kept = np.sort(order[:n])
    return nodes, edges[kept], kept
