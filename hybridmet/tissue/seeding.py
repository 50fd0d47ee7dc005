"""Seeding: where a DTC leaves its vessel, and the free site it finds."""

import numpy as np

from hybridmet.lattice import Lattice
from hybridmet.random import Stream, uniform
from hybridmet.tissue.perfusion import VesselSites


def arrest_site(
    lattice: Lattice, vessels: VesselSites, seed: int, tissue: int, cluster: int
) -> int:
    """Global site of the vessel where a cluster was arrested, drawn by length that carries blood;
    the middle of a lattice without such vessels."""
    if not vessels.length.any():
        middle = tuple(n // 2 for n in lattice.shape3)
        return int(np.ravel_multi_index(middle, lattice.shape3))
    u = uniform(seed, Stream.SEEDING, 1, first_identity=cluster, step=tissue)[0]
    edges = np.cumsum(vessels.length)
    chosen = vessels.sites[min(np.searchsorted(edges, u * edges[-1]), len(edges) - 1)]
    return lattice.global_site(int(chosen))


def nearest_free_place(
    lattice: Lattice, kind: np.ndarray, site: int, radius: float, beside: bool = False
) -> tuple[int, int] | None:
    """Free (site, slot) nearest a global site, ties by site number; None within no radius [um].

    `kind` : (nz, ny, nx, slots) uint8 cell bytes; distances wrap on a periodic lattice.
    `beside` leaves out the site itself.
    """
    middle = np.unravel_index(site, lattice.shape3)
    axes = [_near(lattice, m, n, radius) for m, n in zip(middle, lattice.shape3, strict=True)]
    window = kind[np.ix_(*(numbers for numbers, _ in axes))]
    squared = sum(
        np.expand_dims(steps**2, tuple(a for a in range(3) if a != axis))
        for axis, (_, steps) in enumerate(axes)
    )
    reach = (radius / lattice.spacing) ** 2
    allowed = (squared <= reach * (1.0 + 1e-12)) & (squared >= beside)
    free = np.argwhere((window == 0).any(axis=-1) & allowed)
    if len(free) == 0:
        return None
    places = tuple(axes[a][0][free[:, a]] for a in range(3))
    numbers = np.ravel_multi_index(places, lattice.shape3)
    best = np.lexsort((numbers, squared[tuple(free.T)]))[0]
    slot = int(np.flatnonzero(window[tuple(free[best])] == 0)[0])
    return int(numbers[best]), slot


def _near(lattice: Lattice, middle: int, n: int, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates along one axis within a radius of `middle`, and their distances in sites."""
    reach = int(radius / lattice.spacing + 1e-9)
    if not lattice.periodic:
        numbers = np.arange(max(0, middle - reach), min(n, middle + reach + 1))
        return numbers, numbers - middle
    steps = np.arange(-min(reach, (n - 1) // 2), min(reach, n // 2) + 1)
    return (middle + steps) % n, steps
