"""Philox in plain Python, for words of 32 and of 64 bits (Salmon et al. 2011,
doi:10.1145/2063384.2063405): a second opinion on the kernels' generator."""

MULTIPLIERS = {
    32: (0xD2511F53, 0xCD9E8D57),
    64: (0xD2E7470EE14C6C93, 0xCA5A826395121157),
}
WEYL = {32: (0x9E3779B9, 0xBB67AE85), 64: (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)}


def philox4(key, counter, bits: int, rounds: int = 10) -> tuple[int, int, int, int]:
    """One block of four words of `bits` bits: `key` two words, `counter` four."""
    mask = (1 << bits) - 1
    k0, k1 = key
    c0, c1, c2, c3 = counter
    for _ in range(rounds):
        first, second = MULTIPLIERS[bits][0] * c0, MULTIPLIERS[bits][1] * c2
        c0, c1 = (second >> bits) ^ c1 ^ k0, second & mask
        c2, c3 = (first >> bits) ^ c3 ^ k1, first & mask
        k0, k1 = (k0 + WEYL[bits][0]) & mask, (k1 + WEYL[bits][1]) & mask
    return c0, c1, c2, c3


def stream_key(seed: int, stream: int) -> tuple[int, int]:
    """Key of a named stream: the first words of the block (stream, 0, 0, 0) under the seed."""
    return philox4((seed & 0xFFFFFFFF, seed >> 32), (stream, 0, 0, 0), 32)[:2]


def draw(key, identity: int, step: int, number: int) -> tuple[int, int, int, int]:
    """Block for an identity of 64 bits, a step and a draw number."""
    return philox4(key, (identity & 0xFFFFFFFF, identity >> 32, step, number), 32)


def unit(word: int) -> float:
    """Uniform in (0, 1) from one word of 32 bits."""
    return (word + 0.5) / 2.0**32


def unit53(high: int, low: int) -> float:
    """Uniform in (0, 1) from the upper 52 bits of two words of 32 bits."""
    return ((((high << 32) | low) >> 12) + 0.5) / 2.0**52
