"""Philox4x32-10 over arrays (Salmon et al. 2011, doi:10.1145/2063384.2063405), in plain NumPy."""

import numpy as np

FIRST, SECOND = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
WEYL_FIRST, WEYL_SECOND = 0x9E3779B9, 0xBB67AE85
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)
MASK = 0xFFFFFFFF


def philox(key: tuple[int, int], identity: np.ndarray, step: int, draw) -> list[np.ndarray]:
    """The four words of the block of each identity: (n,) uint64 each, below 2^32.

    `identity` (n,) uint64; `draw` a number or (n,) uint64.
    """
    c0, c1 = identity & LOW, identity >> HALF
    c2, c3 = np.uint64(step), np.asarray(draw, dtype=np.uint64)
    k0, k1 = key
    for _ in range(10):
        first, second = FIRST * c0, SECOND * c2
        c0, c1 = (second >> HALF) ^ c1 ^ np.uint64(k0), second & LOW
        c2, c3 = (first >> HALF) ^ c3 ^ np.uint64(k1), first & LOW
        k0, k1 = (k0 + WEYL_FIRST) & MASK, (k1 + WEYL_SECOND) & MASK
    return [c0, c1, c2, c3]


def stream_key(seed: int, stream: int) -> tuple[int, int]:
    """The key of a named stream: the first words of its block under the seed."""
    words = philox((seed & MASK, seed >> 32), np.array([stream], dtype=np.uint64), 0, 0)
    return int(words[0][0]), int(words[1][0])


def unit(word: np.ndarray) -> np.ndarray:
    """Uniform in (0, 1) from one word."""
    return (word + 0.5) * 2.0**-32


def unit53(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Uniform in (0, 1) from two words."""
    return (((high << HALF | low) >> np.uint64(12)) + 0.5) * 2.0**-52
