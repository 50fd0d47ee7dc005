"""Bridge to csrc/hm_circuit and csrc/hm_red_cells: red cells along the flow of a network."""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t

from hybridmet._core.check cimport data, raise_status

cdef extern from "hm_circuit.h":
    ctypedef struct hm_circuit_t:
        int64_t nodes
        int64_t segments
        const int32_t *first
        const int32_t *second
        const int64_t *offset
        const int32_t *incident

    int hm_circuit_link(int64_t nodes, int64_t segments, const int32_t *first, const int32_t *second,
                        int64_t *offset, int32_t *incident) nogil
    int hm_circuit_order(const hm_circuit_t *c, const double *flow, int32_t *waiting, int32_t *order,
                         int64_t *cuts) nogil
    int hm_circuit_follows(const hm_circuit_t *c, const double *flow, const int32_t *rank) nogil
    void hm_circuit_sides(const hm_circuit_t *c, const double *flow, const int32_t *rank, int64_t *middle,
                          int32_t *sides) nogil
    int hm_circuit_hanging(const hm_circuit_t *c, const uint8_t *open, const uint8_t *bounded,
                           int64_t *next, int32_t *scratch, int32_t *stem) nogil

cdef extern from "hm_red_cells.h":
    ctypedef struct hm_blood_t:
        const double *flow
        const double *diameter
        const double *entering
        const double *leaving
        const double *inlet
        const uint8_t *mixed
        const int64_t *middle
        const int32_t *sides
        double narrowest
        double most

    double hm_red_cell_share(double blood, double feeding, double branch, double other, double haematocrit,
                             double narrowest) nogil
    int hm_red_cells_part(const hm_circuit_t *c, const hm_blood_t *b, const int32_t *order, int64_t cuts,
                          double *flux, int64_t *held) nogil


cdef class Links:
    """Which segments meet at each of `nodes`, and the order in which blood runs through them.

    first, second : (m,) int32 nodes of the segments. Raises KernelError for one that does not exist.
    """

    cdef hm_circuit_t c
    cdef object first, second, offset, incident, waiting
    cdef object last, rank  # order of red cells without cuts, and the place of each node in it
    cdef object middle, sides

    def __init__(self, nodes, first, second):
        m = len(first)
        self.first, self.second = first.copy(), second.copy()
        self.offset = np.zeros(nodes + 1, np.int64)
        self.incident = np.zeros(2 * m, np.int32)
        self.waiting = np.zeros(nodes, np.int32)
        self.c.nodes, self.c.segments = nodes, m
        cdef int32_t *f = <int32_t *>data(self.first, "first", "int32", m)
        cdef int32_t *s = <int32_t *>data(self.second, "second", "int32", m)
        cdef int64_t *o = <int64_t *>data(self.offset, "offset", "int64", nodes + 1)
        cdef int32_t *i = <int32_t *>data(self.incident, "incident", "int32", 2 * m)
        raise_status(hm_circuit_link(nodes, m, f, s, o, i), "blood.Links: first, second")
        self.c.first, self.c.second, self.c.offset, self.c.incident = f, s, o, i
        self.last, self.rank = None, np.empty(nodes, np.int32)
        self.middle, self.sides = np.empty(nodes, np.int64), np.empty(2 * m, np.int32)

    def hanging(self, open, bounded):
        """Node on which each node hangs (n,) int32, itself where its part has no bounded node; -1
        where blood may run. open (m,) uint8: segments that blood can pass; bounded (n,) uint8:
        nodes at which it may enter or leave."""
        cdef int64_t n = self.c.nodes
        stem = np.empty(n, np.int32)
        after, scratch = np.empty(n, np.int64), np.empty(4 * n, np.int32)
        cdef uint8_t *o = <uint8_t *>data(open, "open", "uint8", self.c.segments)
        cdef uint8_t *b = <uint8_t *>data(bounded, "bounded", "uint8", n)
        cdef int64_t *a = <int64_t *>data(after, "after", "int64", n, True)
        cdef int32_t *w = <int32_t *>data(scratch, "scratch", "int32", 4 * n, True)
        cdef int32_t *t = <int32_t *>data(stem, "stem", "int32", n, True)
        with nogil:
            hm_circuit_hanging(&self.c, o, b, a, w, t)
        return stem

    def order(self, flow):
        """Nodes (n,) int32, each after all from which blood runs to it, and how many circles of
        rounding were cut; flow (m,) float64, positive from first to second."""
        order = np.empty(self.c.nodes, np.int32)
        cdef int64_t cuts = 0
        cdef double *q = <double *>data(flow, "flow", "float64", self.c.segments)
        cdef int32_t *w = <int32_t *>data(self.waiting, "waiting", "int32", self.c.nodes, True)
        cdef int32_t *n = <int32_t *>data(order, "order", "int32", self.c.nodes, True)
        with nogil:
            hm_circuit_order(&self.c, q, w, n, &cuts)
        return order, cuts

    cdef _order_again(self, flow):
        """`order`, or the last one while it still is one: red cells part the same in each."""
        cdef double *q = <double *>data(flow, "flow", "float64", self.c.segments)
        cdef int32_t *r = <int32_t *>data(self.rank, "rank", "int32", self.c.nodes, True)
        if self.last is not None and hm_circuit_follows(&self.c, q, r):
            return self.last, 0
        order, cuts = self.order(flow)
        self.last = order if cuts == 0 else None
        self.rank[order] = np.arange(self.c.nodes, dtype=np.int32)
        cdef int64_t *middle = <int64_t *>data(self.middle, "middle", "int64", self.c.nodes, True)
        cdef int32_t *sides = <int32_t *>data(self.sides, "sides", "int32", 2 * self.c.segments, True)
        hm_circuit_sides(&self.c, q, r if cuts == 0 else NULL, middle, sides)
        return order, cuts

    def red_cells(self, flow, diameter, entering, leaving, inlet, mixed, narrowest, most):
        """Flux of red cells in each segment, (m,) float64, not negative, and in how many branches
        they were held at the haematocrit `most`. Per segment: flow [nL/min], diameter [um]; per
        node: what enters and leaves the network there [nL/min], haematocrit of what enters, and
        `mixed` uint8, 1 where red cells part as blood does."""
        cdef int64_t n = self.c.nodes, m = self.c.segments, held = 0, cuts
        cdef hm_blood_t b
        cdef int status
        order, cuts = self._order_again(flow)
        flux = np.empty(m)
        b.flow = <double *>data(flow, "flow", "float64", m)
        b.diameter = <double *>data(diameter, "diameter", "float64", m)
        b.entering = <double *>data(entering, "entering", "float64", n)
        b.leaving = <double *>data(leaving, "leaving", "float64", n)
        b.inlet = <double *>data(inlet, "inlet", "float64", n)
        b.mixed = <uint8_t *>data(mixed, "mixed", "uint8", n)
        b.middle = <int64_t *>data(self.middle, "middle", "int64", n)
        b.sides = <int32_t *>data(self.sides, "sides", "int32", 2 * m)
        b.narrowest, b.most = narrowest, most
        cdef int32_t *o = <int32_t *>data(order, "order", "int32", n)
        cdef double *r = <double *>data(flux, "flux", "float64", m, True)
        with nogil:
            status = hm_red_cells_part(&self.c, &b, o, cuts, r, &held)
        raise_status(status, "blood.Links.red_cells")
        return flux, held


def red_cell_share(blood, feeding, branch, other, haematocrit, double narrowest):
    """Share of a fork's red cells that go into a branch: (k,) float64, all arguments (k,) float64
    but `narrowest` [um]."""
    cdef Py_ssize_t k = len(blood), i
    share = np.empty(k)
    cdef double *b = <double *>data(blood, "blood", "float64", k)
    cdef double *f = <double *>data(feeding, "feeding", "float64", k)
    cdef double *d = <double *>data(branch, "branch", "float64", k)
    cdef double *o = <double *>data(other, "other", "float64", k)
    cdef double *h = <double *>data(haematocrit, "haematocrit", "float64", k)
    cdef double *s = <double *>data(share, "share", "float64", k, True)
    with nogil:
        for i in range(k):
            s[i] = hm_red_cell_share(b[i], f[i], d[i], o[i], h[i], narrowest)
    return share
