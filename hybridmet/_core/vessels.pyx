"""Bridge to csrc/hm_vessels, hm_crowding and hm_distinct: vessel segments through the sites of a
lattice, and what is around them."""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t

from hybridmet._core.check cimport data, raise_status
from hybridmet._core.lattice cimport as_struct, hm_lattice_t

cdef extern from "hm_vessels.h":
    int hm_vessels_trace(const hm_lattice_t *lat, int64_t n_nodes, const double *nodes,
                         int64_t n_segments, const int32_t *segments, int64_t capacity,
                         int64_t *n_pieces, int32_t *segment, int64_t *site, double *length) nogil
    void hm_vessels_longest(const double *nodes, const int32_t *segments, const uint8_t *counts,
                            int64_t n_pieces, const int32_t *segment, const int64_t *place,
                            const double *length, int64_t n_places, int32_t *best) nogil

cdef extern from "hm_crowding.h":
    int hm_crowding(const hm_lattice_t *lat, const uint8_t *kind, int64_t slots, int64_t n, const int64_t *site,
                    double *share) nogil

cdef extern from "hm_distinct.h":
    int hm_distinct(int64_t n, const int64_t *values, int64_t largest, uint64_t *room, int64_t *distinct,
                    int64_t *number, int64_t *count) nogil


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


def longest(nodes, segments, counts, segment, place, length, int64_t places):
    """Row of the longest piece in each place, -1 where none counts: (places,) int32.

    nodes, segments as of `trace`; counts (m,) uint8, which segments do; of the pieces: segment (k,)
    int32, place (k,) int64, length (k,) float64. The order of segments does not matter.
    """
    cdef int64_t n = len(nodes), m = len(segments), k = len(segment)
    if k and (segment.min() < 0 or segment.max() >= m or place.min() < 0 or place.max() >= places):
        raise ValueError("vessels.longest: a segment or place that does not exist")
    if m and (segments.min() < 0 or segments.max() >= n):
        raise ValueError("vessels.longest: a node that does not exist")
    best = np.empty(places, np.int32)
    cdef double *p = <double *>data(nodes, "nodes", "float64", 3 * n)
    cdef int32_t *s = <int32_t *>data(segments, "segments", "int32", 2 * m)
    cdef uint8_t *c = <uint8_t *>data(counts, "counts", "uint8", m)
    cdef int32_t *of = <int32_t *>data(segment, "segment", "int32", k)
    cdef int64_t *at = <int64_t *>data(place, "place", "int64", k)
    cdef double *l = <double *>data(length, "length", "float64", k)
    cdef int32_t *b = <int32_t *>data(best, "best", "int32", places, True)
    with nogil:
        hm_vessels_longest(p, s, c, k, of, at, l, places, b)
    return best


def crowding(lattice, kind, sites):
    """Share of places taken in and around padded sites (n,) int64: (n,) float64. `kind`: padded cell
    bytes, slots last. Raises KernelError for a site outside."""
    cdef hm_lattice_t lat = as_struct(lattice)
    cdef int64_t n = len(sites), slots = kind.shape[-1]
    share = np.empty(n)
    cdef uint8_t *k = <uint8_t *>data(kind, "kind", "uint8", lat.size * slots)
    cdef int64_t *s = <int64_t *>data(sites, "sites", "int64", n)
    cdef double *o = <double *>data(share, "share", "float64", n, True)
    cdef int status
    with nogil:
        status = hm_crowding(&lat, k, slots, n, s, o)
    raise_status(status, "vessels.crowding: sites")
    return share


def distinct(values):
    """Distinct values of (n,) int64, 0 to 2^32 - 1, ascending, and the place of each value among
    them, (n,) int64: as numpy.unique, several times faster."""
    cdef int64_t n = len(values), count = 0, largest = values.max(initial=0)
    room, found, number = np.empty(2 * n, np.uint64), np.empty(n, np.int64), np.empty(n, np.int64)
    cdef int64_t *v = <int64_t *>data(values, "values", "int64", n)
    cdef uint64_t *r = <uint64_t *>data(room, "room", "uint64", 2 * n, True)
    cdef int64_t *f = <int64_t *>data(found, "found", "int64", n, True)
    cdef int64_t *p = <int64_t *>data(number, "number", "int64", n, True)
    cdef int status
    with nogil:
        status = hm_distinct(n, v, largest, r, f, p, &count)
    raise_status(status, "vessels.distinct: values")
    return found[:count].copy(), number
