"""Vessel networks whose flow is known by hand, and random ones."""

import math

import numpy as np

from hybridmet.tissue.vessels import FLOW_BOUNDARY, PRESSURE_BOUNDARY, VesselNetwork

MMHG = 133.322387415
"""Pascal in 1 mmHg."""


def resistance(radius: float, length: float, viscosity: float) -> float:
    """8 mu L / (pi r^4) by way of SI units: um, um, cP -> mmHg min/nL."""
    si = 8.0 * viscosity * 1e-3 * length * 1e-6 / (math.pi * (radius * 1e-6) ** 4)
    return si / MMHG * 1e-12 / 60.0


def placed(nodes, segments, radius, pressures=None, flows=None, **columns) -> VesselNetwork:
    """A network with pressures [mmHg] and flows [nL/min] given by node."""
    nodes = np.array(nodes, float)
    boundary = np.zeros(len(nodes), np.uint8)
    value = np.zeros(len(nodes))
    for kind, given in ((PRESSURE_BOUNDARY, pressures), (FLOW_BOUNDARY, flows)):
        for node, number in (given or {}).items():
            boundary[node], value[node] = kind, number
    radius = np.broadcast_to(np.asarray(radius, float), len(segments)).copy()
    state = columns.pop("state", np.zeros(len(segments), np.uint8))
    return VesselNetwork(
        nodes, segments, radius, state, boundary=boundary, boundary_value=value, **columns
    )


def random_network(
    seed: int, nodes: int, extra: int, ends: int, spread: float = 10.0
) -> VesselNetwork:
    """A random tree through `nodes` points with `extra` more segments, some of them parallel, and
    pressures at `ends` nodes; radii spread over a factor, so conductances over its fourth power."""
    rng = np.random.default_rng(seed)
    points = rng.random((nodes, 3)) * 1000.0
    later = np.arange(1, nodes)
    earlier = (later * rng.random(nodes - 1)).astype(int)
    tree = np.stack([earlier, later], axis=1)
    loops = rng.integers(0, nodes, (extra, 2))
    loops = loops[loops[:, 0] != loops[:, 1]]
    segments = np.concatenate([tree, loops])
    radius = 3.0 * spread ** rng.random(len(segments))
    given = rng.choice(nodes, size=min(ends, nodes), replace=False)
    pressures = {int(node): float(10.0 + 50.0 * rng.random()) for node in given}
    return placed(points, segments, radius, pressures)


def symmetric_tree(depth: int, radii, length: float = 100.0, pressures=(60.0, 20.0)):
    """A binary tree from node 0 to its leaves, each at the second pressure; segments by level."""
    nodes, segments, radius, last = [(0.0, 0.0, 0.0), (length, 0.0, 0.0)], [(0, 1)], [radii[0]], [1]
    for level in range(1, depth):
        tips = []
        for stem in last:
            for _ in range(2):
                angle = 0.7 * len(nodes)
                x, y, z = nodes[stem]
                way = (0.0, length * math.cos(angle), length * math.sin(angle))
                nodes.append((x + way[0], y + way[1], z + way[2]))
                segments.append((stem, len(nodes) - 1))
                radius.append(radii[level])
                tips.append(len(nodes) - 1)
        last = tips
    return placed(
        nodes, segments, radius, {0: pressures[0]} | dict.fromkeys(last, pressures[1])
    )
