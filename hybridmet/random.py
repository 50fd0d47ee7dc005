"""Named counter-based random streams, one number each and never reused.

The numbers are those of `enum hm_stream` in csrc/hm_rng.h (a test compares them).
"""

from enum import IntEnum

import numpy as np

from hybridmet._core import rng


class Stream(IntEnum):
    """What a random number is for."""

    CELLS = 1
    PRIORITY = 2
    COHESION = 3
    TRANSIT = 4
    VESSELS = 5
    INITIAL = 6
    SEEDING = 7
    ROUTING = 8
    MUTATION = 9


def uniform(
    seed: int, stream: Stream, n: int, *, first_identity: int = 0, step: int = 0, draw: int = 0
) -> np.ndarray:
    """Uniforms in (0, 1) for `n` consecutive identities.

    Returns (n,) float64. Philox4x32-10: Salmon et al. 2011, doi:10.1145/2063384.2063405.
    """
    return rng.uniform(seed, int(stream), first_identity, step, draw, n)
