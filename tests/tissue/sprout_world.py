"""Small worlds for tests of growing vessels."""

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from hybridmet.lattice import Lattice
from hybridmet.tissue.fields import FieldParameters, Fields
from hybridmet.tissue.vessel_process import Surroundings
from hybridmet.tissue.vessels import VesselNetwork

IMMOBILE = FieldParameters(kind="immobile")


def fields_of(lattice: Lattice, **values) -> Fields:
    """Immobile fields; each value a number or an array shaped as the lattice."""
    fields = Fields(lattice, dict.fromkeys(values, IMMOBILE))
    for name, value in values.items():
        fields[name][...] = value
    return fields


def around(lattice, fields, *, seed=1, step=0, dt=1.0, tissue=0, time=None) -> Surroundings:
    kind = lattice.padded(0, np.uint8, 1)
    return Surroundings(
        lattice, fields, kind, seed, tissue, step, step * dt if time is None else time, dt
    )


def grown(process, network, lattice, fields, *, steps, dt=1.0, seed=1, first=0):
    """The network after some steps, and the sum of the events."""
    events = {}
    for step in range(first, first + steps):
        network, new = process.step(network, around(lattice, fields, seed=seed, step=step, dt=dt))
        events = {name: events.get(name, 0) + new.get(name, 0) for name in events | new}
    return network, events


def lone_tips(lattice: Lattice, gap: int) -> VesselNetwork:
    """Tips without vessels at every `gap`-th site of each axis, half a gap off the sides."""
    axes = [np.arange(gap // 2, n, gap) for n in lattice.shape]
    sites = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, lattice.dim)
    numbers = np.ravel_multi_index(tuple(sites.T), lattice.shape)
    n = len(numbers)
    return VesselNetwork(
        lattice.positions(numbers), np.empty((0, 2), np.int32), np.empty(0), np.empty(0, np.uint8),
        tip=np.ones(n), sprout=1 + np.arange(n),
    )  # fmt: skip


def loops(network: VesselNetwork) -> int:
    """Independent loops: segments - nodes + connected parts."""
    n = len(network.nodes)
    a, b = network.segments.T
    graph = coo_matrix((np.ones(len(a)), (a, b)), shape=(n, n))
    return len(network.segments) - n + connected_components(graph, directed=False)[0]


def drawn(network: VesselNetwork) -> tuple:
    """The network without its numbering: sorted segments as pairs of points, and sorted tips."""
    ends = np.sort(np.round(network.nodes, 6).view([("x", "f8"), ("y", "f8"), ("z", "f8")]).ravel()[
        network.segments
    ], axis=1)  # fmt: skip
    rows = sorted((*map(tuple, pair), r, s) for pair, r, s in zip(
        ends.tolist(), network.radius.tolist(), network.state.tolist(), strict=True))  # fmt: skip
    tips = network.tip.astype(bool)
    held = zip(np.round(network.nodes[tips], 6).tolist(), network.sprout[tips].tolist(),
               network.sprout_start[tips].tolist(), strict=True)  # fmt: skip
    return rows, sorted(held)


def shuffled(network: VesselNetwork, seed: int) -> VesselNetwork:
    """The same network with its nodes and segments stored in another order."""
    from hybridmet.tissue.vessels import NODE_COLUMNS, SEGMENT_COLUMNS

    rng = np.random.default_rng(seed)
    nodes, segments = rng.permutation(len(network.nodes)), rng.permutation(len(network.segments))
    columns = {name: getattr(network, name)[nodes] for name in NODE_COLUMNS}
    columns |= {name: getattr(network, name)[segments] for name in SEGMENT_COLUMNS}
    columns["segments"] = np.argsort(nodes)[columns["segments"]]
    return VesselNetwork(**columns, flow_solved=network.flow_solved)
