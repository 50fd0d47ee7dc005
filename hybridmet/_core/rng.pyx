"""Bridge to csrc/hm_rng: counter-based random numbers."""

import numpy as np

from libc.stdint cimport uint32_t, uint64_t, int64_t

cdef extern from "hm_rng.h":
    ctypedef struct hm_key_t:
        uint32_t k0
        uint32_t k1
    ctypedef struct hm_block_t:
        uint32_t v[4]
    hm_block_t hm_philox(hm_key_t key, uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3) nogil
    void hm_uniform_fill(uint64_t seed, uint32_t stream, uint64_t first_identity, uint32_t step,
                         uint32_t draw, int64_t n, double *out) nogil
    void hm_uniform_of(uint64_t seed, uint32_t stream, int64_t n, const uint64_t *identity,
                       const uint32_t *step, uint32_t draw, double *out) nogil


def philox(key, counter) -> tuple:
    """One Philox4x32-10 block: `key` two, `counter` four 32-bit words; returns four words."""
    cdef hm_key_t k
    k.k0, k.k1 = key
    cdef hm_block_t b = hm_philox(k, counter[0], counter[1], counter[2], counter[3])
    return b.v[0], b.v[1], b.v[2], b.v[3]


def uniform(uint64_t seed, uint32_t stream, uint64_t first_identity, uint32_t step, uint32_t draw,
            Py_ssize_t n):
    """Uniforms in (0, 1) for identities `first_identity` ... `first_identity + n - 1`.

    Returns (n,) float64.
    """
    out = np.empty(n)
    cdef double[::1] view = out
    if n:
        hm_uniform_fill(seed, stream, first_identity, step, draw, n, &view[0])
    return out


def uniform_of(uint64_t seed, uint32_t stream, const uint64_t[::1] identity,
               const uint32_t[::1] step, uint32_t draw):
    """Uniforms in (0, 1), one for each `identity` (n,) and `step` (n,). Returns (n,) float64."""
    if len(identity) != len(step):
        raise ValueError(f"step: got {len(step)} elements, must be {len(identity)}")
    out = np.empty(len(identity))
    cdef double[::1] view = out
    if len(identity):
        hm_uniform_of(seed, stream, len(identity), &identity[0], &step[0], draw, &view[0])
    return out
