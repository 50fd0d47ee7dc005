"""hm_lattice_t, and how a Python lattice becomes one."""

from libc.stdint cimport int32_t, int64_t

cdef extern from "hm_lattice.h":
    ctypedef struct hm_lattice_t:
        int32_t dim
        int32_t periodic
        int64_t nz, ny, nx
        int64_t hz
        int64_t sz, sy
        int64_t size
        double spacing

cdef hm_lattice_t as_struct(object lattice) except *
