"""Bridge to csrc/hm_vessels: vessel segments traced through the sites of a lattice."""

import numpy as np

from libc.stdint cimport int32_t, int64_t

from hybridmet._core.check cimport data, raise_status
from hybridmet._core.lattice cimport as_struct, hm_lattice_t

cdef extern from "hm_vessels.h":
    int hm_vessels_trace(const hm_lattice_t *lat, int64_t n_nodes, const double *nodes,
                         int64_t n_segments, const int32_t *segments, int64_t capacity,
                         int64_t *n_pieces, int32_t *segment, int64_t *site, double *length) nogil


def trace(lattice, nodes, segments):
    """Pieces of segments in the sites they cross.

    `nodes` (n, 3) float64 (x, y, z) [um], `segments` (m, 2) int32. Returns (segment (k,) int32,
    padded site (k,) int64, length (k,) float64 [um]), ordered by segment and along each.
    Raises KernelError for a node outside the lattice or a node number out of range.
    """
    cdef hm_lattice_t lat = as_struct(lattice)
    cdef int64_t n = len(nodes), m = len(segments), pieces = 0, capacity
    cdef double *p = <double *>data(nodes, "nodes", "float64", 3 * n)
    cdef int32_t *s = <int32_t *>data(segments, "segments", "int32", 2 * m)
    raise_status(hm_vessels_trace(&lat, n, p, m, s, 0, &pieces, NULL, NULL, NULL), "vessels.trace: nodes, segments")
    capacity = pieces
    segment = np.empty(capacity, dtype=np.int32)
    site = np.empty(capacity, dtype=np.int64)
    length = np.empty(capacity)
    raise_status(
        hm_vessels_trace(&lat, n, p, m, s, capacity, &pieces,
                         <int32_t *>data(segment, "segment", "int32", capacity, True),
                         <int64_t *>data(site, "site", "int64", capacity, True),
                         <double *>data(length, "length", "float64", capacity, True)),
        "vessels.trace",
    )
    return segment, site, length
