"""Bridge to csrc/hm_carriage: what blood carries through a network and loses on its way."""

import numpy as np

from libc.stdint cimport int32_t, int64_t

from hybridmet._core.check cimport data, raise_status

cdef extern from "hm_carriage.h":
    ctypedef struct hm_content_t:
        int64_t intervals
        double width
        const double *bound
        double red, plasma
    ctypedef struct hm_course_t:
        int64_t n_nodes, n_segments
        const int32_t *upper
        const int32_t *lower
        const double *flow
        const double *haematocrit
        const int64_t *first
        const double *conductance
        const double *entering
        const double *entering_haematocrit
    int hm_carriage_run(const hm_course_t *course, const hm_content_t *content, double inlet,
                        const double *around, double *sums, double *node, double *piece) nogil


def run(upper, lower, flow, haematocrit, first, conductance, entering, entering_haematocrit,
        double width, bound, double red, double plasma, double inlet, around):
    """Tension at each node (n,) and of each piece (k,) float64, as told in hm_carriage.h.

    upper, lower : (m,) int32; flow [um^3/h], haematocrit [1] : (m,) float64; first : (m + 1,)
    int64; conductance [um^3/h], around : (k,) float64; entering [um^3/h], entering_haematocrit :
    (n,) float64; bound : float64 at the knots. Raises KernelError.
    """
    cdef int64_t n = len(entering), m = len(upper), k = len(conductance)
    cdef hm_course_t course
    cdef hm_content_t content
    cdef int status
    course.n_nodes, course.n_segments = n, m
    course.upper = <int32_t *>data(upper, "upper", "int32", m)
    course.lower = <int32_t *>data(lower, "lower", "int32", m)
    course.flow = <double *>data(flow, "flow", "float64", m)
    course.haematocrit = <double *>data(haematocrit, "haematocrit", "float64", m)
    course.first = <int64_t *>data(first, "first", "int64", m + 1)
    course.conductance = <double *>data(conductance, "conductance", "float64", k)
    course.entering = <double *>data(entering, "entering", "float64", n)
    course.entering_haematocrit = <double *>data(
        entering_haematocrit, "entering_haematocrit", "float64", n)
    if len(bound) < 2 or first[0] != 0 or first[m] != k:
        raise ValueError("carriage.run: bound must have two knots at least, first run from 0 to k")
    content.intervals, content.width, content.red, content.plasma = len(bound) - 1, width, red, plasma
    content.bound = <double *>data(bound, "bound", "float64", -1)
    cdef double *outside = <double *>data(around, "around", "float64", k)
    sums, node, piece = np.empty(3 * n), np.empty(n), np.empty(k)
    cdef double *room = <double *>data(sums, "sums", "float64", 3 * n, True)
    cdef double *nodes = <double *>data(node, "node", "float64", n, True)
    cdef double *pieces = <double *>data(piece, "piece", "float64", k, True)
    with nogil:
        status = hm_carriage_run(&course, &content, inlet, outside, room, nodes, pieces)
    raise_status(status, "carriage.run: blood that runs through vessels")
    return node, piece
