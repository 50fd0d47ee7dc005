"""Bridge to csrc/hm_transit: the walk of CTCs through the body network."""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from hybridmet._core.check cimport data, raise_status

cdef extern from "hm_transit.h":
    ctypedef struct hm_body_t:
        int32_t num_nodes, num_edges
        const double *exit_rate
        const int32_t *first_edge
        const int32_t *edge_target
        const double *edge_cumulative
        const uint8_t *is_bed
        const double *arrest_probability
        const double *reversible_fraction
        const double *release_rate
        const double *extravasation_rate
        const double *arrested_death_rate
        const double *death_rate
        const double *cause_cumulative
        const double *filter_rate
        int32_t num_stages
        double arrest_per_diameter
        double reference_diameter
        double arrest_per_log_size
    ctypedef struct hm_ctcs_t:
        int64_t n
        const uint64_t *serial
        const uint32_t *cells
        const float *diameter
        const float *death_factor
        const float *parting_rate
        const float *change_rate
        uint8_t *mode
        uint8_t *pause
        uint8_t *stage
        uint16_t *node
        double *next_time
        uint32_t *event
        uint32_t *passes
        double *arrested_since
        double *time_arrested
    ctypedef struct hm_blood_events_t:
        double *time
        uint64_t *cluster
        uint32_t *cells
        uint8_t *event
        uint16_t *node
    int hm_body_check(const hm_body_t *body) nogil
    double hm_arrest_probability(const hm_body_t *body, int32_t bed, double diameter,
                                 uint32_t cells) nogil
    int hm_transit_start(uint64_t seed, int64_t n, const uint64_t *serial, int32_t num_drains,
                         const uint16_t *drain, const double *cumulative, uint16_t *node) nogil
    int hm_transit_try(const hm_body_t *body, uint64_t seed, double end, const hm_ctcs_t *ctcs,
                       int num_threads, int32_t room, const hm_blood_events_t *events,
                       int32_t *rows, int64_t *num_transitions) nogil
    int hm_transit_count(const hm_body_t *body, uint64_t seed, double end, const hm_ctcs_t *ctcs,
                         int num_threads, int64_t *offset) nogil
    int hm_transit_advance(const hm_body_t *body, uint64_t seed, double end, const hm_ctcs_t *ctcs,
                           int num_threads, const int64_t *offset, const hm_blood_events_t *events,
                           int64_t *num_transitions) nogil
    int HM_CTC_ENTERING, HM_CTC_FREE, HM_CTC_REVERSIBLE, HM_CTC_IRREVERSIBLE
    int HM_CTC_DIED_IN_BLOOD, HM_CTC_DIED_ARRESTED, HM_CTC_EXTRAVASATED, HM_CTC_FILTERED
    int HM_WALKING, HM_PARTING, HM_CHANGING, HM_RESUME
    int HM_ARREST, HM_RELEASE, HM_DEATH_IN_BLOOD, HM_DEATH_ARRESTED, HM_EXTRAVASATION
    int HM_DEATH_IMMUNE, HM_DEATH_SHEAR, HM_FILTRATION, HM_PARTED, HM_CHANGED, HM_DRAWN
    int HM_DEATH_CAUSES

MODES = {
    "entering": HM_CTC_ENTERING,
    "free": HM_CTC_FREE,
    "reversible": HM_CTC_REVERSIBLE,
    "irreversible": HM_CTC_IRREVERSIBLE,
    "died_in_blood": HM_CTC_DIED_IN_BLOOD,
    "died_arrested": HM_CTC_DIED_ARRESTED,
    "extravasated": HM_CTC_EXTRAVASATED,
    "filtered": HM_CTC_FILTERED,
}
"""`mode` of a CTC: enum hm_ctc_mode."""

PAUSES = {
    "walking": HM_WALKING,
    "parting": HM_PARTING,
    "changing": HM_CHANGING,
    "resume": HM_RESUME,
}
"""`pause` of a CTC: enum hm_ctc_pause."""

EVENTS = {
    "arrest": HM_ARREST,
    "release": HM_RELEASE,
    "death_in_blood": HM_DEATH_IN_BLOOD,
    "death_arrested": HM_DEATH_ARRESTED,
    "extravasation": HM_EXTRAVASATION,
    "death_immune": HM_DEATH_IMMUNE,
    "death_shear": HM_DEATH_SHEAR,
    "filtration": HM_FILTRATION,
    "parting": HM_PARTED,
    "phenotype_change": HM_CHANGED,
    "draw": HM_DRAWN,
}
"""enum hm_blood_event."""


cdef class Body:
    """hm_body_t with the arrays it points to, checked once.

    `arrays`: the columns of hm_body_t by name, `numbers`: its numbers by name.
    """

    cdef hm_body_t body
    cdef object arrays

    def __init__(self, dict arrays, dict numbers):
        self.arrays = arrays
        cdef Py_ssize_t n = len(arrays["exit_rate"]), m = len(arrays["edge_target"])
        self.body.num_nodes, self.body.num_edges = n, m
        self.body.first_edge = <int32_t *>data(arrays["first_edge"], "first_edge", "int32", n + 1)
        self.body.edge_target = <int32_t *>data(arrays["edge_target"], "edge_target", "int32", m)
        self.body.is_bed = <uint8_t *>data(arrays["is_bed"], "is_bed", "uint8", n)
        self.body.edge_cumulative = self.column("edge_cumulative", m)
        self.body.exit_rate = self.column("exit_rate", n)
        self.body.arrest_probability = self.column("arrest_probability", n)
        self.body.reversible_fraction = self.column("reversible_fraction", n)
        self.body.release_rate = self.column("release_rate", n)
        self.body.extravasation_rate = self.column("extravasation_rate", n)
        self.body.arrested_death_rate = self.column("arrested_death_rate", n)
        self.body.death_rate = self.column("death_rate", n)
        self.body.cause_cumulative = self.column("cause_cumulative", n * HM_DEATH_CAUSES)
        self.body.filter_rate = self.column("filter_rate", n)
        self.body.num_stages = numbers["num_stages"]
        self.body.arrest_per_diameter = numbers["arrest_per_diameter"]
        self.body.reference_diameter = numbers["reference_diameter"]
        self.body.arrest_per_log_size = numbers["arrest_per_log_size"]
        raise_status(hm_body_check(&self.body), "body network")

    cdef double *column(self, str name, Py_ssize_t size) except NULL:
        return <double *>data(self.arrays[name], name, "float64", size)

    def arrest_probability(self, int32_t node, double diameter, uint32_t cells) -> float:
        """Probability that a node arrests an entering CTC of a diameter [um]."""
        if not 0 <= node < self.body.num_nodes:
            raise IndexError(f"node: got {node}, must be 0 to {self.body.num_nodes - 1}")
        return hm_arrest_probability(&self.body, node, diameter, cells)


cdef hm_ctcs_t as_ctcs(dict columns) except *:
    cdef hm_ctcs_t ctcs
    cdef Py_ssize_t n = len(columns["serial"])
    ctcs.n = n
    ctcs.serial = <uint64_t *>data(columns["serial"], "serial", "uint64", n)
    ctcs.cells = <uint32_t *>data(columns["cells"], "cells", "uint32", n)
    ctcs.diameter = <float *>data(columns["diameter"], "diameter", "float32", n)
    ctcs.death_factor = <float *>data(columns["death_factor"], "death_factor", "float32", n)
    ctcs.parting_rate = <float *>data(columns["parting_rate"], "parting_rate", "float32", n)
    ctcs.change_rate = <float *>data(columns["change_rate"], "change_rate", "float32", n)
    ctcs.mode = <uint8_t *>data(columns["mode"], "mode", "uint8", n, True)
    ctcs.pause = <uint8_t *>data(columns["pause"], "pause", "uint8", n, True)
    ctcs.stage = <uint8_t *>data(columns["stage"], "stage", "uint8", n, True)
    ctcs.node = <uint16_t *>data(columns["node"], "node", "uint16", n, True)
    ctcs.next_time = <double *>data(columns["next_time"], "next_time", "float64", n, True)
    ctcs.event = <uint32_t *>data(columns["event"], "event", "uint32", n, True)
    ctcs.passes = <uint32_t *>data(columns["passes"], "passes", "uint32", n, True)
    ctcs.arrested_since = <double *>data(
        columns["arrested_since"], "arrested_since", "float64", n, True)
    ctcs.time_arrested = <double *>data(
        columns["time_arrested"], "time_arrested", "float64", n, True)
    return ctcs


cdef hm_blood_events_t as_events(dict columns, Py_ssize_t n) except *:
    cdef hm_blood_events_t events
    events.time = <double *>data(columns["time"], "time", "float64", n, True)
    events.cluster = <uint64_t *>data(columns["cluster"], "cluster", "uint64", n, True)
    events.cells = <uint32_t *>data(columns["cells"], "cells", "uint32", n, True)
    events.event = <uint8_t *>data(columns["event"], "event", "uint8", n, True)
    events.node = <uint16_t *>data(columns["node"], "node", "uint16", n, True)
    return events


def start(uint64_t seed, serial, drain, cumulative, node) -> None:
    """Draw into `node` (n,) uint16 the compartment each `serial` (n,) uint64 enters.

    `drain` (m,) uint16 nodes with `cumulative` (m,) float64 probabilities, the last one 1.
    """
    cdef Py_ssize_t n = len(serial), m = len(drain)
    cdef uint64_t *serials = <uint64_t *>data(serial, "serial", "uint64", n)
    cdef uint16_t *drains = <uint16_t *>data(drain, "drain", "uint16", m)
    cdef double *shares = <double *>data(cumulative, "cumulative", "float64", m)
    cdef uint16_t *nodes = <uint16_t *>data(node, "node", "uint16", n, True)
    cdef int status
    with nogil:
        status = hm_transit_start(seed, n, serials, m, drains, shares, nodes)
    raise_status(status, "drains")


def attempt(Body body, uint64_t seed, double end, dict columns, int threads, int32_t room,
            dict events):
    """Walk until `end` [h] those that record at most `room` events.

    `events`: columns of n * room rows. Returns the rows that each wrote, (n,) int32, -1 for those
    that did not walk, and the transitions.
    """
    cdef hm_ctcs_t ctcs = as_ctcs(columns)
    cdef hm_blood_events_t table = as_events(events, ctcs.n * room)
    written = np.empty(ctcs.n, dtype=np.int32)
    cdef int32_t *rows = <int32_t *>data(written, "rows", "int32", ctcs.n, True)
    cdef int64_t transitions = 0
    cdef int status
    with nogil:
        status = hm_transit_try(
            &body.body, seed, end, &ctcs, threads, room, &table, rows, &transitions)
    raise_status(status, "CTCs in the blood")
    return written, transitions


def count(Body body, uint64_t seed, double end, dict columns, int threads):
    """Rows of recorded events until `end` [h]: running sum (n + 1,) int64."""
    cdef hm_ctcs_t ctcs = as_ctcs(columns)
    offset = np.empty(ctcs.n + 1, dtype=np.int64)
    cdef int64_t *rows = <int64_t *>data(offset, "offset", "int64", ctcs.n + 1, True)
    cdef int status
    with nogil:
        status = hm_transit_count(&body.body, seed, end, &ctcs, threads, rows)
    raise_status(status, "CTCs in the blood")
    return offset


def advance(Body body, uint64_t seed, double end, dict columns, int threads, offset,
            dict events) -> int:
    """Walk until `end` [h], fill `events` (columns of offset[-1] rows); returns transitions."""
    cdef hm_ctcs_t ctcs = as_ctcs(columns)
    cdef int64_t *rows = <int64_t *>data(offset, "offset", "int64", ctcs.n + 1)
    cdef hm_blood_events_t table = as_events(events, offset[-1])
    cdef int64_t transitions = 0
    cdef int status
    with nogil:
        status = hm_transit_advance(
            &body.body, seed, end, &ctcs, threads, rows, &table, &transitions)
    raise_status(status, "CTCs in the blood")
    return transitions
