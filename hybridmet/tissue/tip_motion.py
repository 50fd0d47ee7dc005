"""Tip motion: the rates at which a tip cell moves to each neighbouring site.

    n_t = D lap n - div(n v),   v = chi / (1 + alpha c) grad c + rho grad f

Anderson & Chaplain 1998 (doi:10.1006/bulm.1998.0042) take the weights of the central finite
difference of this equation, evaluated at the tip's site, as the chances to move: along an axis
D / h^2 +- v / (2 h). Where one of these is negative (|v| h > 2 D) it is no chance. There both are
raised by the same amount until the lower is 0: the drift stays v exactly, and the random motility
is the least that a lattice of spacing h can carry with it, |v| h / 2.
"""

import numpy as np

from hybridmet.lattice import Lattice


def neighbours(lattice: Lattice, sites: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Padded face neighbours of padded sites in the order of `lattice.face_offsets`, and whether
    they lie outside: two (n, 2 dim), int64 and bool."""
    there = sites[:, None] + lattice.face_offsets
    coordinates = np.unravel_index(sites, lattice.padded_shape)[::-1][: lattice.dim]
    sizes = lattice.padded_shape[::-1][: lattice.dim]
    sides = [at == end for at, n in zip(coordinates, sizes, strict=True) for end in (n - 2, 1)]
    return there, np.stack(sides, axis=1)


def differences(
    lattice: Lattice, field: np.ndarray, sites: np.ndarray, there: np.ndarray, outside: np.ndarray
) -> np.ndarray:
    """u(one up) - u(one down) along x, y, z at padded sites: (n, dim) float64.

    A closed side mirrors the field. `field` is padded; `there`, `outside` as of `neighbours`.
    """
    seen = there if lattice.periodic else np.where(outside, sites[:, None], there)
    values = field.reshape(-1)[seen].astype(np.float64)
    return values[:, 0::2] - values[:, 1::2]


def move_rates(lattice: Lattice, motility: float, velocity: np.ndarray) -> tuple[np.ndarray, int]:
    """Rates of moves [1/h] in the order of `lattice.face_offsets`, (n, 2 dim), and how many of the
    pairs had to be raised; `velocity` (n, dim) [um/h]."""
    drift = velocity / (2.0 * lattice.spacing)
    spread = motility / lattice.spacing**2
    both = np.maximum(spread, np.abs(drift))
    rates = np.stack([both + drift, both - drift], axis=2).reshape(len(drift), -1)
    return rates, int(np.count_nonzero(np.abs(drift) > spread))
