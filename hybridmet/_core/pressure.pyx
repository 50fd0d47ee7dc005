"""Bridge to csrc/hm_pressure: pressures that balance the flow at the nodes of a circuit."""

import numpy as np

from libc.stdint cimport int32_t, int64_t

from hybridmet._core.check cimport data, raise_status

cdef extern from "hm_core.h":
    const int HM_ERR_CONVERGENCE

cdef extern from "hm_pressure.h":
    const int HM_PRESSURE_STRIDE
    ctypedef struct hm_pressure_t:
        int64_t nodes
        const int64_t *first
        const int64_t *before
        const int64_t *after
        const int32_t *other
        const int32_t *segment
        double *weight
        double *scale
        double *excess

    int hm_pressure_renew(const hm_pressure_t *p, const double *g, double *room) nogil
    int hm_pressure_solve(const hm_pressure_t *p, const double *right, double reduction, int64_t most,
                          double *room, double *pressure) nogil

STRIDE = HM_PRESSURE_STRIDE


cdef class Balance:
    """The balance of flow at `nodes` of unknown pressure, of `segments` with conductances to come.

    node, other, segment : (k,) int32, one entry for each end of a segment at such a node, in the
    order of (node, other): the node, the one at the other end, -1 of known pressure, the segment.
    """

    cdef hm_pressure_t p
    cdef int64_t segments
    cdef object first, before, after, other, segment, weight, scale, excess, room

    def __init__(self, nodes, segments, node, other, segment):
        if len(node) and not (0 <= node.min() and node.max() < nodes and -1 <= other.min()
                              and other.max() < nodes and np.all(other != node)
                              and 0 <= segment.min() and segment.max() < segments):
            raise ValueError("pressure.Balance: a node or segment that does not exist")
        if np.any(np.diff(node.astype(np.int64) << 32 | other + 1) < 0):
            raise ValueError("pressure.Balance: entries must be in the order of (node, other)")
        kind = (other >= 0).astype(np.int64) + (other > node)  # known, before, after
        self.segments, part = segments, 3 * node.astype(np.int64) + kind
        count = np.bincount(part, minlength=3 * nodes).reshape(-1, 3)
        width = np.maximum(-(-count // STRIDE), 1) * STRIDE
        width[:, 0] = count[:, 0]
        begin = np.append(0, np.cumsum(width))
        rows = (begin[:-1] - np.cumsum(count) + count.reshape(-1))[part] + np.arange(len(node))
        k = int(begin[-1])
        self.other, self.segment = np.zeros(k, np.int32), np.full(k, -1, np.int32)
        self.other[rows], self.segment[rows] = other, segment
        self.first, self.before, self.after = (begin[i::3].copy() for i in range(3))
        self.weight, self.room = np.empty(k), np.empty(5 * nodes)
        self.scale, self.excess = np.empty(nodes), np.empty(nodes)
        self.p.nodes = nodes
        self.p.first = <int64_t *>data(self.first, "first", "int64", nodes + 1)
        self.p.before = <int64_t *>data(self.before, "before", "int64", nodes)
        self.p.after = <int64_t *>data(self.after, "after", "int64", nodes)
        self.p.other = <int32_t *>data(self.other, "other", "int32", k)
        self.p.segment = <int32_t *>data(self.segment, "segment", "int32", k)
        self.p.weight = <double *>data(self.weight, "weight", "float64", k, True)
        self.p.scale = <double *>data(self.scale, "scale", "float64", nodes, True)
        self.p.excess = <double *>data(self.excess, "excess", "float64", nodes, True)

    def renew(self, g):
        """Take over conductances g (segments,) float64. Raises KernelError for one that is not
        finite and nodes that no known pressure reaches."""
        cdef double *c = <double *>data(g, "g", "float64", self.segments)
        cdef double *room = <double *>data(self.room, "room", "float64", -1, True)
        cdef int status
        with nogil:
            status = hm_pressure_renew(&self.p, c, room)
        raise_status(status, "pressure.Balance.renew: g")

    def solve(self, right, double reduction, int64_t most):
        """Pressures (nodes,) float64 for what flows into each node, to a residual of `reduction`
        times the first, or as they are after `most` steps."""
        pressure = np.empty(self.p.nodes)
        cdef double *b = <double *>data(right, "right", "float64", self.p.nodes)
        cdef double *room = <double *>data(self.room, "room", "float64", -1, True)
        cdef double *x = <double *>data(pressure, "pressure", "float64", self.p.nodes, True)
        cdef int status
        with nogil:
            status = hm_pressure_solve(&self.p, b, reduction, most, room, x)
        if status != HM_ERR_CONVERGENCE:
            raise_status(status, "pressure.Balance.solve")
        return pressure
