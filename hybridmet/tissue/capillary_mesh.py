"""Capillary mesh: vessels of a given density where nobody has measured any."""

import math

import numpy as np

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.random import Stream, uniform
from hybridmet.tissue.vessel_parameters import VesselParameters
from hybridmet.tissue.vessels import INTACT, LEAST_SIZE, RUPTURED, VesselNetwork

KEPT = 0.7
"""Share of the edges of the grid that become segments [1]: ASSUMED; leaves loops and ends."""
JITTER = 0.25
"""Largest displacement of a node in units of the grid spacing [1]: ASSUMED."""


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
    rest = wanted - total[n] if n < len(order) else 0.0
    if rest > LEAST_SIZE:
        edges = edges.copy()
        low, high = edges[order[n]]
        share = rest / length[order[n]]
        nodes = np.vstack([nodes, nodes[low] + share * (nodes[high] - nodes[low])])
        edges[order[n], 1] = len(nodes) - 1
        n += 1
    kept = np.sort(order[:n])
    return nodes, edges[kept], kept
