"""Small problems that the tests of fields share."""

import numpy as np
from scipy import sparse

from hybridmet.lattice import Lattice
from hybridmet.tissue.fields import CellTables, FieldParameters, Fields, VesselExchange

NO_CELLS = CellTables()
NO_VESSELS = VesselExchange()


def per_byte(**rates: float) -> np.ndarray:
    """A (256,) table; `k1=2.0` sets the rate of cell byte 1."""
    table = np.zeros(256)
    for name, rate in rates.items():
        table[int(name.removeprefix("k"))] = rate
    return table


def bytes_of(lattice: Lattice, interior=0) -> np.ndarray:
    """Padded cell bytes of one slot, filled from an interior array."""
    kind = lattice.padded(0, np.uint8, slots=1)
    lattice.interior(kind)[..., 0] = interior
    return kind


def padded_sites(lattice: Lattice) -> np.ndarray:
    """Padded index of each interior site, shaped as the lattice."""
    return lattice.interior(np.arange(np.prod(lattice.padded_shape)).reshape(lattice.padded_shape))


def scattered_vessels(lattice, fraction, rate, seed=0, field="u") -> VesselExchange:
    """Vessels in a random fraction of the sites, with one exchange rate [1/h]."""
    rng = np.random.default_rng(seed)
    sites = padded_sites(lattice).ravel()
    chosen = np.sort(rng.choice(sites, max(1, int(fraction * sites.size)), replace=False))
    return VesselExchange(chosen, {field: np.full(chosen.size, float(rate))})


def single(lattice: Lattice, **parameters) -> Fields:
    """One field named "u"."""
    return Fields(lattice, {"u": FieldParameters(**parameters)})


def centres(lattice: Lattice) -> list[np.ndarray]:
    """Coordinates of the site centres, (z, y, x) or (y, x) [um], broadcastable."""
    return np.meshgrid(
        *[(np.arange(n) + 0.5) * lattice.spacing for n in lattice.shape], indexing="ij", sparse=True
    )


def laplacian(lattice: Lattice) -> sparse.csr_array:
    """Face-to-face Laplacian times the squared spacing, zero flux or periodic."""
    total = sparse.csr_array((lattice.sites, lattice.sites))
    for axis, n in enumerate(lattice.shape):
        if n == 1:
            continue
        forward = sparse.diags_array(np.ones(n - 1), offsets=1, shape=(n, n)).tolil()
        if lattice.periodic:
            forward[n - 1, 0] += 1.0
        links = (forward + forward.T).tocsr()
        one = links - sparse.diags_array(links.sum(axis=1))
        left = sparse.eye_array(int(np.prod(lattice.shape[:axis])))
        right = sparse.eye_array(int(np.prod(lattice.shape[axis + 1 :])))
        total = total + sparse.kron(sparse.kron(left, one), right)
    return total.tocsr()
