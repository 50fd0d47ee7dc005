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
    CTC_TRAITS = 9
    CTC_CHANGES = 10
    SOURCES = 11
    DRAWS = 12
    COUNTS = 13
    MUTATION = 14
    DIVISION = 16
    SIEVE = 17
    TIPS = 24
    SPROUTING = 25
    COMPRESSION = 26
    RUPTURE = 27
    POPULATION = 30
    LEAPS = 31
    SPREAD = 32
    MEMBER_SEEDS = 35
    SAMPLING = 36


def uniform(
    seed: int, stream: Stream, n: int, *, first_identity: int = 0, step: int = 0, draw: int = 0
) -> np.ndarray:
    """Uniforms in (0, 1) for `n` consecutive identities.

    Returns (n,) float64. Philox4x32-10: Salmon et al. 2011, doi:10.1145/2063384.2063405.
    """
    return rng.uniform(seed, int(stream), first_identity, step, draw, n)


def uniform_of(
    seed: int, stream: Stream, identity: np.ndarray, step: np.ndarray | None = None, draw: int = 0
) -> np.ndarray:
    """Uniforms in (0, 1), one for each `identity` (n,) and `step` (n,), 0 if left out.

    Returns (n,) float64, equal to `uniform` identity by identity.
    """
    identities = np.ascontiguousarray(identity, dtype=np.uint64)
    steps = np.zeros(len(identities)) if step is None else step
    steps = np.ascontiguousarray(steps, dtype=np.uint32)
    return rng.uniform_of(seed, int(stream), identities, steps, draw)
