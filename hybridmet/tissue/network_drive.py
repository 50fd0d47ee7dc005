"""Network drive: whether the boundary conditions of a network from outside can drive blood."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from hybridmet.tissue.poiseuille import EXCESS
from hybridmet.tissue.vessels import FLOW_BOUNDARY, PRESSURE_BOUNDARY, VesselNetwork


def has_inlet(network: VesselNetwork) -> bool:
    """Whether the boundary conditions can drive blood into some connected part."""
    n = len(network.nodes)
    part = _parts(n, network.segments)
    fixed = network.boundary == PRESSURE_BOUNDARY
    pumped = network.boundary == FLOW_BOUNDARY
    value = network.boundary_value
    lowest, highest = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(lowest, part[fixed], value[fixed])
    np.maximum.at(highest, part[fixed], value[fixed])
    drawn = np.zeros(n, bool)
    drawn[part[pumped & (value < 0.0)]] = True
    pressed = np.isfinite(lowest) & ((highest > lowest) | drawn)
    return bool(pressed.any() or np.any(pumped & (value > 0.0)))


def unbalanced(network: VesselNetwork) -> tuple[int, float] | None:
    """Of the first part in which flows alone are given that do not add up to 0: its first node with
    a flow, and their sum [nL/min]. Collapsed segments join, as they do not in a run, where a given
    flow that has no way on is none."""
    n = len(network.nodes)
    part = _parts(n, network.segments)
    pumped = network.boundary == FLOW_BOUNDARY
    value = np.where(pumped, network.boundary_value, 0.0)
    excess, size = np.bincount(part, value, n), np.bincount(part, np.abs(value), n)
    wrong = np.abs(excess) > EXCESS * size
    wrong[part[network.boundary == PRESSURE_BOUNDARY]] = False
    nodes = np.flatnonzero(pumped & wrong[part])
    return (int(nodes[0]), float(excess[part[nodes[0]]])) if len(nodes) else None


def _parts(nodes: int, segments: np.ndarray) -> np.ndarray:
    """Number of the connected part of each node: (n,) int32."""
    links = coo_array((np.ones(len(segments), np.int8), segments.T), shape=(nodes, nodes))
    return connected_components(links, directed=False)[1]
