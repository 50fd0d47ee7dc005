"""Bridge to csrc/hm_population: colonies as numbers of cells, event by event."""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memset

from hybridmet._core.cells import LEAVER
from hybridmet._core.check cimport data, raise_status

cdef extern from "hm_rng.h":
    ctypedef struct hm_key_t:
        uint32_t k0
        uint32_t k1
    hm_key_t hm_key(uint64_t seed, uint32_t stream) nogil
    enum: HM_STREAM_MUTATION, HM_STREAM_POPULATION, HM_STREAM_SPREAD

cdef extern from "hm_core.h":
    enum: HM_OK, HM_ERR_FULL

cdef extern from "hm_cells.h":
    enum: HM_MAX_PHENOTYPES, HM_BEHAVIOURS
    ctypedef struct hm_clones_t:
        int64_t n, capacity, wanted
        uint32_t *parent
        uint16_t *tissue
        double *time
        float *trait
        double least[HM_BEHAVIOURS]
        double most[HM_BEHAVIOURS]
    ctypedef struct hm_mutation_t:
        double probability, limit
        double drift[HM_BEHAVIOURS]
        double spread[HM_BEHAVIOURS]
        hm_key_t key
    ctypedef struct hm_flows_t:
        int64_t born, died_apoptosis, died_necrosis, died_dormant, cleared, intravasated
        int64_t transitions, reactivated, moved, blocked, clamped, mutated
        int64_t drawn, skipped
    ctypedef struct hm_leaver_t:
        pass

cdef extern from "hm_population.h":
    enum: HM_CONDITIONS, HM_SIZES, HM_CORES
    ctypedef struct hm_lines_t:
        int64_t n, capacity
        uint32_t *founder
        uint32_t *clone
        int64_t *count
    ctypedef struct hm_change_t:
        pass
    ctypedef struct hm_rates_t:
        double rate[HM_MAX_PHENOTYPES][HM_BEHAVIOURS]
        double inner[HM_MAX_PHENOTYPES]
        double transition[HM_MAX_PHENOTYPES][HM_MAX_PHENOTYPES]
    ctypedef struct hm_population_t:
        int32_t n_phenotypes
        const double *rates
        double cohesion[HM_MAX_PHENOTYPES]
        int32_t dim, slots
        double shell[HM_MAX_PHENOTYPES][HM_SIZES]
        double initial[HM_MAX_PHENOTYPES][HM_SIZES]
        double spread[HM_MAX_PHENOTYPES][HM_SIZES]
        double capacity
        int64_t most
        uint64_t tissue
        hm_key_t key
        hm_key_t key_spread
        hm_mutation_t mutation
        hm_clones_t *clones
    ctypedef struct hm_departures_t:
        int64_t n_leavers, leavers_capacity
        hm_leaver_t *leavers
        int64_t n_changes, changes_capacity
        hm_change_t *changes
        int64_t n_left
    int hm_population_width(int n_phenotypes) nogil
    void hm_population_bound(hm_population_t *p) nogil
    void hm_population_rates(const hm_population_t *p, double occupied, double debris,
                             hm_rates_t *out) nogil
    double hm_population_room(const hm_population_t *p, const double *shell, double occupied,
                              double others) nogil
    void hm_population_shell(const hm_population_t *p, uint32_t founder, const double *living,
                             double *shell) nogil
    double hm_population_contacts(const hm_population_t *p, double occupied, double *most) nogil
    int hm_population_step(const hm_population_t *population, uint32_t step, double start, double dt,
                           const hm_lines_t *before, hm_lines_t *after, double *weight,
                           hm_departures_t *out, hm_flows_t *flows) nogil

CONDITIONS = HM_CONDITIONS
SIZES, CORES = HM_SIZES, HM_CORES
"""Sizes of colonies for which rates and the depth of their shell are given: 1, 2, 4 ... sites; and
cores of debris: radius 0, 1/8 ... 1 of theirs."""

CHANGE = np.dtype([("grown", "f8"), ("living", "i8"), ("founder", "u4")], align=True)
"""A colony in which cells were born or lost, as the kernel writes it: when it became two living
cells [h] (NaN: not in this step), how many live."""

assert CHANGE.itemsize == sizeof(hm_change_t) and LEAVER.itemsize == sizeof(hm_leaver_t)


cdef class PopulationKernel:
    """The rules that the colonies of one tissue follow.

    `rates` (SIZES, CORES, phenotypes, behaviours + 1 + phenotypes) float64 [1/h] of a cell, fields
    and wall areas included: of its behaviours, of divisions below the shell with room, of
    transitions to each phenotype; `cohesion` (phenotypes,), `shell`
    (phenotypes, SIZES) [sites], `spread` (phenotypes, SIZES) [1] and `capacity` [cells] as
    csrc/hm_population.h says; colonies of more than `most` living cells are left as they are; `mutation` as `CellKernel` takes it.
    """

    cdef hm_population_t rules
    cdef object table
    cdef hm_clones_t clones
    cdef Py_ssize_t width

    def __init__(self, rates, cohesion, shell, spread, *, int dim, int slots,
                 double capacity, int64_t most, uint64_t tissue, uint64_t seed, mutation):
        cdef int p, b, k, n = len(cohesion)
        if not 1 <= n <= HM_MAX_PHENOTYPES:
            raise ValueError(f"cohesion: got {n} phenotypes, must be 1 to {HM_MAX_PHENOTYPES}")
        if dim not in (2, 3) or slots < 1 or not (np.min(shell) > 0.0 and capacity > 0.0):
            raise ValueError("population: dim must be 2 or 3; slots, shell and capacity > 0")
        memset(&self.rules, 0, sizeof(hm_population_t))
        self.rules.n_phenotypes = n
        self.width = n * HM_CONDITIONS
        for p in range(n):
            self.rules.cohesion[p] = cohesion[p]
            for k in range(HM_SIZES):
                self.rules.shell[p][k] = self.rules.initial[p][k] = shell[p][k]
                self.rules.spread[p][k] = spread[p][k]
        self.table = np.ascontiguousarray(rates, dtype=np.float64)
        self.rules.rates = <double *>data(self.table.reshape(-1), "rates", "float64",
                                          HM_SIZES * HM_CORES * hm_population_width(n), False)
        hm_population_bound(&self.rules)
        self.rules.dim, self.rules.slots = dim, slots
        self.rules.capacity, self.rules.most = capacity, most
        self.rules.tissue = tissue
        self.rules.key = hm_key(seed, HM_STREAM_POPULATION)
        self.rules.key_spread = hm_key(seed, HM_STREAM_SPREAD)
        self.rules.mutation.probability = mutation["probability"]
        self.rules.mutation.limit = mutation["limit"]
        for b in range(HM_BEHAVIOURS):
            self.rules.mutation.drift[b] = mutation["drift"][b]
            self.rules.mutation.spread[b] = mutation["spread"][b]
        self.rules.mutation.key = hm_key(seed, HM_STREAM_MUTATION)

    def take_initial(self, const double[:, ::1] shell):
        """`shell` of the initial cells (founder 0) from now on: (phenotypes, SIZES) [sites]."""
        cdef int p, k
        for p in range(self.rules.n_phenotypes):
            for k in range(HM_SIZES):
                self.rules.initial[p][k] = shell[p, k]

    def shells(self, const uint32_t[::1] founder, const double[:, ::1] living):
        """Depth of the shell by size of founders' colonies, of `living` (n, phenotypes) cells:
        (n, SIZES) float64 [sites]."""
        out = np.empty((len(founder), HM_SIZES))
        cdef double[:, ::1] view = out
        cdef Py_ssize_t i
        if living.shape[0] != len(founder) or living.shape[1] != self.rules.n_phenotypes:
            raise ValueError("living: must be (founders, phenotypes)")
        for i in range(len(founder)):
            hm_population_shell(&self.rules, founder[i], &living[i, 0], &view[i, 0])
        return out

    def rates(self, double occupied, double debris):
        """Rates [1/h] of the cells of a colony: of behaviours (phenotypes, behaviours), of
        divisions below the shell (phenotypes,), of transitions (phenotypes, phenotypes)."""
        cdef hm_rates_t found
        cdef int p, b, n = self.rules.n_phenotypes
        hm_population_rates(&self.rules, occupied, debris, &found)
        rate, inner, transition = np.empty((n, HM_BEHAVIOURS)), np.empty(n), np.empty((n, n))
        for p in range(n):
            inner[p] = found.inner[p]
            for b in range(HM_BEHAVIOURS):
                rate[p, b] = found.rate[p][b]
            for b in range(n):
                transition[p, b] = found.transition[p][b]
        return rate, inner, transition

    def room(self, const double[:, ::1] shell, const double[::1] occupied, double total):
        """Share of the active cells of colonies that have room to divide: (n,) float64.

        `shell` (n, SIZES) [sites], `occupied` (n,) cells of each, `total` cells of the tissue.
        """
        out = np.empty(len(shell))
        cdef double[::1] view = out
        cdef Py_ssize_t i
        for i in range(len(shell)):
            view[i] = hm_population_room(&self.rules, &shell[i, 0], occupied[i], total - occupied[i])
        return out

    def contacts(self, double occupied):
        """Neighbours that a cell of a colony touches on average, and at most."""
        cdef double most
        mean = hm_population_contacts(&self.rules, occupied, &most)
        return mean, most

    def step(self, uint32_t step, double start, double dt, lines, Py_ssize_t n, after, leavers,
             changes, clones=None):
        """The first `n` rows of `lines` through a macro step, into `after`.

        Both are (founder (capacity,) uint32, clone (capacity,) uint32, count (capacity,
        phenotypes, conditions) int64, scratch (2 * capacity,) float64); `leavers` LEAVER and
        `changes` CHANGE take what the step gives. `clones` as in `CellKernel.step`. Returns None where
        a table is too small, then nothing has happened; else (rows of `after`, leavers, changes,
        colonies left as they are, flows).
        """
        cdef hm_lines_t old, new
        cdef hm_departures_t out
        cdef hm_flows_t flows
        cdef double *weight
        cdef int status, b
        cdef Py_ssize_t capacity
        fill_lines(&old, lines, n, self.width)
        fill_lines(&new, after, 0, self.width)
        weight = <double *>data(after[3], "scratch", "float64", 2 * new.capacity, True)
        memset(&out, 0, sizeof(out))
        memset(&flows, 0, sizeof(flows))
        out.leavers_capacity, out.changes_capacity = len(leavers), len(changes)
        out.leavers = <hm_leaver_t *>data(leavers.view(np.uint8), "leavers", "uint8",
                                          out.leavers_capacity * sizeof(hm_leaver_t), True)
        out.changes = <hm_change_t *>data(changes.view(np.uint8), "changes", "uint8",
                                          out.changes_capacity * sizeof(hm_change_t), True)
        self.rules.clones = NULL
        if clones is not None:
            capacity = len(clones.parent)
            self.clones.n, self.clones.capacity, self.clones.wanted = clones.n, capacity, 0
            self.clones.parent = <uint32_t *>data(clones.parent, "parent", "uint32", capacity, True)
            self.clones.tissue = <uint16_t *>data(clones.tissue, "tissue", "uint16", capacity, True)
            self.clones.time = <double *>data(clones.time, "time", "float64", capacity, True)
            self.clones.trait = <float *>data(clones.trait, "trait", "float32",
                                              capacity * HM_BEHAVIOURS, True)
            for b in range(HM_BEHAVIOURS):
                self.clones.least[b], self.clones.most[b] = clones.least[b], clones.most[b]
            self.rules.clones = &self.clones
        with nogil:
            status = hm_population_step(&self.rules, step, start, dt, &old, &new, weight, &out, &flows)
        if clones is not None:
            clones.wanted = self.clones.wanted
        if status == HM_ERR_FULL:
            return None
        raise_status(status, "population.step")
        if clones is not None:
            clones.n = self.clones.n
            clones.least, clones.most = self.clones.least, self.clones.most
        return new.n, out.n_leavers, out.n_changes, out.n_left, flows


cdef void fill_lines(hm_lines_t *out, object lines, Py_ssize_t n, Py_ssize_t width) except *:
    cdef Py_ssize_t capacity = len(lines[0])
    if not 0 <= n <= capacity:
        raise ValueError(f"lines: got {n} rows, must be 0 to {capacity}")
    out.n, out.capacity = n, capacity
    out.founder = <uint32_t *>data(lines[0], "founder", "uint32", capacity, True)
    out.clone = <uint32_t *>data(lines[1], "clone", "uint32", capacity, True)
    out.count = <int64_t *>data(lines[2], "count", "int64", capacity * width, True)
