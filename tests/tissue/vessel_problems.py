"""Small vessel networks and surroundings that the tests of processes share."""

import numpy as np

from hybridmet.lattice import Lattice
from hybridmet.tissue.cells import kind_of
from hybridmet.tissue.fields import FieldParameters, Fields
from hybridmet.tissue.vessel_process import Surroundings
from hybridmet.tissue.vessels import INTACT, VesselNetwork

LATTICE = Lattice((20, 20, 20))


def line(*nodes, radius=5.0, state=INTACT, **columns) -> VesselNetwork:
    """A chain of segments through nodes."""
    m = len(nodes) - 1
    segments = np.stack([np.arange(m), np.arange(1, m + 1)], axis=1)
    columns = {
        name: np.full(m, value) if np.ndim(value) == 0 and name != "flow_solved" else value
        for name, value in columns.items()
    }
    return VesselNetwork(
        np.array(nodes, float), segments, np.full(m, radius), np.full(m, state), **columns
    )


def many(n: int, lattice: Lattice = LATTICE, seed: int = 0, **columns) -> VesselNetwork:
    """n separate segments of 60 um at random places, along x."""
    rng = np.random.default_rng(seed)
    first = rng.random((n, 3)) * (np.array(lattice.extent) - [60.0, 0.0, 0.0])
    nodes = np.stack([first, first + [60.0, 0.0, 0.0]], axis=1).reshape(-1, 3)
    if lattice.dim == 2:
        nodes[:, 2] = lattice.spacing / 2
    given = {"radius": 5.0, "state": INTACT} | columns
    given = {
        name: np.full(n, value) if np.ndim(value) == 0 and name != "flow_solved" else value
        for name, value in given.items()
    }
    return VesselNetwork(nodes, np.arange(2 * n).reshape(-1, 2), **given)


def around(
    lattice: Lattice = LATTICE, share: float = 0.0, dt: float = 6.0, fields=None, **changes
) -> Surroundings:
    """Surroundings in which every site up to a share of the x axis holds a cell."""
    kind = lattice.padded(0, np.uint8, 1)
    full = round(share * lattice.shape[-1])
    lattice.interior(kind)[..., :full, 0] = kind_of(0)
    values = {
        "fields": Fields(
            lattice,
            fields or {"oxygen": FieldParameters("quasi-steady", diffusivity=1.0, decay_rate=1.0)},
        ),
        "kind": kind,
        "seed": 1,
        "tissue": 0,
        "step": 0,
        "time": 0.0,
        "dt": dt,
    }
    return Surroundings(lattice, **(values | changes))


def shuffled(network: VesselNetwork, seed: int = 3) -> tuple[VesselNetwork, np.ndarray]:
    """The same network with its segments in another order and direction: it and the order."""
    order = np.random.default_rng(seed).permutation(len(network.segments))
    columns = {
        name: getattr(network, name)[order]
        for name in ("radius", "state", "maturity", "flow", "haematocrit", "wall_shear_stress")
    }
    segments = np.ascontiguousarray(network.segments[order][:, ::-1])
    return VesselNetwork(network.nodes, segments, flow_solved=network.flow_solved, **columns), order
