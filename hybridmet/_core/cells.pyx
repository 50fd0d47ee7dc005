"""Bridge to csrc/hm_cells: the propose-resolve-apply step on a lattice."""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memset

from hybridmet._core.check cimport data, raise_status
from hybridmet._core.lattice cimport as_struct, hm_lattice_t

cdef extern from "hm_rng.h":
    ctypedef struct hm_key_t:
        uint32_t k0
        uint32_t k1
    hm_key_t hm_key(uint64_t seed, uint32_t stream) nogil
    enum: HM_STREAM_CELLS, HM_STREAM_SIEVE, HM_STREAM_PRIORITY, HM_STREAM_COHESION, HM_STREAM_MUTATION

cdef extern from "hm_field_view.h":
    ctypedef struct hm_field_view_t:
        const void *values
        int32_t is_single

cdef extern from "hm_cells.h":
    enum: HM_MAX_PHENOTYPES, HM_MAX_RESPONSES, HM_MAX_TAXIS, HM_MAX_SLOTS, HM_STATES, HM_BEHAVIOURS
    ctypedef struct hm_response_t:
        int32_t behaviour, field, threshold, low
        double half_maximum, power, extreme
    ctypedef struct hm_phenotype_t:
        double rate[HM_BEHAVIOURS]
        double cohesion
        double transition[HM_MAX_PHENOTYPES]
        int32_t n_taxis, n_responses
        int32_t taxis_field[HM_MAX_TAXIS]
        double taxis[HM_MAX_TAXIS]
        hm_response_t responses[HM_MAX_RESPONSES]
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
    ctypedef struct hm_cells_t:
        hm_lattice_t lat
        int32_t slots
        int32_t division_neighbours
        uint64_t tissue
        uint8_t *kind
        uint32_t *clone
        uint32_t *founder
        float *born
        uint8_t *proposal
        uint8_t *outcome
        int32_t *row_cells
        int32_t *row_events
        int32_t *row_claims
        uint32_t *row_clamps
        uint32_t *row_harsh
        double *row_range
    ctypedef struct hm_rules_t:
        int32_t n_phenotypes, n_fields
        hm_phenotype_t phenotypes[HM_MAX_PHENOTYPES]
        const hm_field_view_t *fields
        int64_t n_vessel_sites
        const uint8_t *vessel_mask
        const int64_t *vessel_sites
        const double *intact_area
        const double *ruptured_area
        hm_key_t key_cells, key_sieve, key_priority, key_cohesion
        double substep
        hm_mutation_t mutation
        hm_clones_t *clones
    ctypedef struct hm_flows_t:
        int64_t born, died_apoptosis, died_necrosis, died_dormant, cleared, intravasated
        int64_t transitions, reactivated, moved, blocked, clamped, mutated
        int64_t drawn, skipped
    ctypedef struct hm_leaver_t:
        double time
        int64_t site
        int64_t claimer
        uint32_t clone, founder
        uint8_t slot, phenotype, ruptured
    void hm_cells_halo(const hm_cells_t *cells, int num_threads) nogil
    int hm_cells_step(hm_cells_t *cells, const hm_rules_t *rules, uint32_t step, uint32_t first,
                      uint32_t n_sub, double start, int num_threads, int64_t capacity,
                      hm_leaver_t *leavers, int64_t *n_leavers, hm_flows_t *flows,
                      uint32_t *done) nogil
    int hm_cells_count(const hm_cells_t *cells, const hm_field_view_t *oxygen, double hypoxia,
                       int num_threads, int64_t *counts) nogil
    int hm_cells_stock(const hm_cells_t *cells, int64_t *living, int64_t *necrotic) nogil
    int hm_cells_states(const hm_cells_t *cells, const hm_field_view_t *oxygen, double hypoxia, int64_t n,
                        const int64_t *index, uint8_t *states) nogil
    void hm_cells_count_founders(const hm_cells_t *cells, int64_t n, const uint32_t *founders,
                                 int64_t *counts) nogil

MAX_PHENOTYPES = HM_MAX_PHENOTYPES
MAX_RESPONSES = HM_MAX_RESPONSES
MAX_TAXIS = HM_MAX_TAXIS
MAX_SLOTS = HM_MAX_SLOTS
MAX_FIELDS = 16
N_BEHAVIOURS = HM_BEHAVIOURS

LEAVER = np.dtype(
    [("time", "f8"), ("site", "i8"), ("claimer", "i8"), ("clone", "u4"), ("founder", "u4"),
     ("slot", "u1"), ("phenotype", "u1"), ("ruptured", "u1")],
    align=True,
)
"""A row per cell that left for the blood, as the kernel writes it."""

assert LEAVER.itemsize == sizeof(hm_leaver_t)


def check_phenotype(p, n_phenotypes, n_fields) -> None:
    """Raise ValueError where an entry does not fit the kernel's tables."""
    sizes = {"rates": (HM_BEHAVIOURS, HM_BEHAVIOURS), "transitions": (0, n_phenotypes),
             "taxis": (0, HM_MAX_TAXIS), "responses": (0, HM_MAX_RESPONSES)}
    for name, (least, most) in sizes.items():
        if not least <= len(p[name]) <= most:
            raise ValueError(f"phenotype.{name}: got {len(p[name])} entries, must be {least} to {most}")
    for field in [t[0] for t in p["taxis"]] + [r[1] for r in p["responses"]]:
        if not 0 <= field < n_fields:
            raise ValueError(f"phenotype: got field {field}, must be 0 to {n_fields - 1}")
    for r in p["responses"]:
        if not 0 <= r[0] < HM_BEHAVIOURS:
            raise ValueError(f"phenotype: got behaviour {r[0]}, must be 0 to {HM_BEHAVIOURS - 1}")


def check_vessels(vessels) -> None:
    """Raise ValueError unless the sites are those of the mask, ascending."""
    if not np.array_equal(np.flatnonzero(vessels["mask"]), vessels["sites"]):
        raise ValueError("vessels: sites must be those of the mask, ascending")


cdef hm_field_view_t view(object field, str name, Py_ssize_t size) except *:
    """A padded field of either precision."""
    cdef hm_field_view_t out
    out.is_single = field.dtype == np.float32
    out.values = data(field, name, "float32" if out.is_single else "float64", size)
    return out


cdef void fill_phenotype(hm_phenotype_t *out, object p) except *:
    """`p`: rates (HM_BEHAVIOURS,), cohesion, transitions, taxis [(field, coefficient)],
    responses [(behaviour, field, threshold, low, half_maximum, power, extreme)]."""
    cdef int i
    memset(out, 0, sizeof(hm_phenotype_t))
    for i, rate in enumerate(p["rates"]):
        out.rate[i] = rate
    out.cohesion = p["cohesion"]
    for i, rate in enumerate(p["transitions"]):
        out.transition[i] = rate
    out.n_taxis = len(p["taxis"])
    for i, (field, coefficient) in enumerate(p["taxis"]):
        out.taxis_field[i] = field
        out.taxis[i] = coefficient
    out.n_responses = len(p["responses"])
    for i, r in enumerate(p["responses"]):
        out.responses[i].behaviour = r[0]
        out.responses[i].field = r[1]
        out.responses[i].threshold = r[2]
        out.responses[i].low = r[3]
        out.responses[i].half_maximum = r[4]
        out.responses[i].power = r[5]
        out.responses[i].extreme = r[6]


cdef void fill_mutation(hm_mutation_t *out, object m, uint64_t seed) except *:
    """`m`: probability, limit, drift and spread (HM_BEHAVIOURS,) of the logarithm of a trait."""
    cdef int i
    if not (0.0 <= m["probability"] <= 1.0 and m["limit"] >= 1.0):
        raise ValueError(f"mutation: got {m}, must have probability 0 to 1 and limit >= 1")
    out.probability, out.limit = m["probability"], m["limit"]
    for i in range(HM_BEHAVIOURS):
        out.drift[i], out.spread[i] = m["drift"][i], m["spread"][i]
    out.key = hm_key(seed, HM_STREAM_MUTATION)


cdef void fill_clones(hm_clones_t *out, object c) except *:
    """`c`: object with n, wanted, columns parent (uint32), tissue (uint16), time (float64), trait
    (float32, (capacity, HM_BEHAVIOURS)), and least, most (HM_BEHAVIOURS,) float64."""
    cdef int i
    cdef Py_ssize_t capacity = len(c.parent)
    out.n, out.capacity, out.wanted = c.n, capacity, 0
    out.parent = <uint32_t *>data(c.parent, "clones.parent", "uint32", capacity, True)
    out.tissue = <uint16_t *>data(c.tissue, "clones.tissue", "uint16", capacity, True)
    out.time = <double *>data(c.time, "clones.time", "float64", capacity, True)
    out.trait = <float *>data(c.trait, "clones.trait", "float32", capacity * HM_BEHAVIOURS, True)
    for i in range(HM_BEHAVIOURS):
        out.least[i], out.most[i] = c.least[i], c.most[i]


cdef class CellKernel:
    """Pointers to the columns of one lattice's cells and to the rules they follow.

    `columns`: dict of padded arrays over (site, slot): kind, proposal, outcome uint8,
    clone, founder uint32, born float32. `phenotypes`: see `fill_phenotype`. `fields`: padded
    float64 or float32 arrays with filled halo. `vessels`: dict mask (padded uint8), sites (m,) int64,
    intact_area and ruptured_area (m,) float64 [um^2]. `mutation`: see `fill_mutation`.
    """

    cdef hm_cells_t cells
    cdef hm_rules_t rules
    cdef hm_field_view_t field_views[16]
    cdef hm_clones_t clones
    cdef object keep, keep_vessels
    cdef int64_t n

    def __init__(self, lattice, slots, division_neighbours, tissue, columns, phenotypes, fields,
                 vessels, seed, mutation=None):
        cdef int i
        memset(&self.cells, 0, sizeof(hm_cells_t))
        memset(&self.rules, 0, sizeof(hm_rules_t))
        rows = lattice.shape3[0] * lattice.shape3[1]
        scratch = np.zeros((3, rows), dtype=np.int32)
        ranges = np.zeros((len(fields), rows, 2))
        looks = np.zeros((2, rows), dtype=np.uint32)
        self.keep = (dict(columns), list(fields), scratch, looks, ranges)
        if not 1 <= slots <= HM_MAX_SLOTS:
            raise ValueError(f"slots: got {slots}, must be 1 to {HM_MAX_SLOTS}")
        self.cells.lat = as_struct(lattice)
        self.cells.slots = slots
        self.cells.division_neighbours = division_neighbours
        self.cells.tissue = tissue
        self.n = self.cells.lat.size * slots
        self.cells.kind = <uint8_t *>data(columns["kind"], "kind", "uint8", self.n, True)
        self.cells.proposal = <uint8_t *>data(columns["proposal"], "proposal", "uint8", self.n, True)
        self.cells.outcome = <uint8_t *>data(columns["outcome"], "outcome", "uint8", self.n, True)
        self.cells.clone = <uint32_t *>data(columns["clone"], "clone", "uint32", self.n, True)
        self.cells.founder = <uint32_t *>data(columns["founder"], "founder", "uint32", self.n, True)
        self.cells.born = <float *>data(columns["born"], "born", "float32", self.n, True)
        self.cells.row_cells = <int32_t *>data(scratch[0], "row_cells", "int32", rows, True)
        self.cells.row_events = <int32_t *>data(scratch[1], "row_events", "int32", rows, True)
        self.cells.row_claims = <int32_t *>data(scratch[2], "row_claims", "int32", rows, True)
        self.cells.row_clamps = <uint32_t *>data(looks[0], "row_clamps", "uint32", rows, True)
        self.cells.row_harsh = <uint32_t *>data(looks[1], "row_harsh", "uint32", rows, True)
        self.cells.row_range = <double *>data(ranges, "row_range", "float64", ranges.size, True)
        if not 1 <= len(phenotypes) <= HM_MAX_PHENOTYPES:
            raise ValueError(f"phenotypes: got {len(phenotypes)}, must be 1 to {HM_MAX_PHENOTYPES}")
        if len(fields) > MAX_FIELDS:
            raise ValueError(f"fields: got {len(fields)}, must be at most {MAX_FIELDS}")
        self.rules.n_phenotypes = len(phenotypes)
        for i, phenotype in enumerate(phenotypes):
            check_phenotype(phenotype, len(phenotypes), len(fields))
            fill_phenotype(&self.rules.phenotypes[i], phenotype)
        self.rules.n_fields = len(fields)
        for i, field in enumerate(fields):
            self.field_views[i] = view(field, f"fields[{i}]", self.cells.lat.size)
        self.rules.fields = self.field_views
        self.replace_vessels(vessels)
        self.rules.key_cells = hm_key(seed, HM_STREAM_CELLS)
        self.rules.key_sieve = hm_key(seed, HM_STREAM_SIEVE)
        self.rules.key_priority = hm_key(seed, HM_STREAM_PRIORITY)
        self.rules.key_cohesion = hm_key(seed, HM_STREAM_COHESION)
        if mutation is not None:
            fill_mutation(&self.rules.mutation, mutation, seed)
        self.halo()

    def replace_vessels(self, vessels) -> None:
        """Take other vessels, a dict as above, from the next step on."""
        check_vessels(vessels)
        cdef Py_ssize_t m = len(vessels["sites"])
        self.rules.vessel_mask = <uint8_t *>data(vessels["mask"], "mask", "uint8", self.cells.lat.size)
        self.rules.vessel_sites = <int64_t *>data(vessels["sites"], "sites", "int64", m)
        self.rules.intact_area = <double *>data(vessels["intact_area"], "intact_area", "float64", m)
        self.rules.ruptured_area = <double *>data(vessels["ruptured_area"], "ruptured_area", "float64", m)
        self.rules.n_vessel_sites = m
        self.keep_vessels = dict(vessels)

    def halo(self) -> None:
        """Write walls or wrapped images into the halo of `kind`."""
        hm_cells_halo(&self.cells, 1)

    def step(self, uint32_t step, uint32_t first, uint32_t n_sub, double start, double substep,
             int threads, leavers, int64_t n_leavers, clones=None):
        """Sub-steps first ... n_sub - 1; returns (first not done, leavers so far, flows).

        `leavers` (capacity,) LEAVER is appended to from row `n_leavers`; when it could overflow,
        the call stops before that sub-step: enlarge it and call again. `clones` (see
        `fill_clones`) gives cells their traits and takes the clones they found; it too may have
        to be enlarged, then `wanted` is above its capacity.
        """
        if leavers.dtype != LEAVER:
            raise TypeError(f"leavers: got dtype {leavers.dtype}, must be LEAVER")
        if not 0 <= n_leavers <= len(leavers):
            raise ValueError(f"n_leavers: got {n_leavers}, must be 0 to {len(leavers)}")
        cdef hm_flows_t flows
        cdef uint32_t done = first
        cdef int64_t capacity = len(leavers)
        cdef hm_leaver_t *rows = <hm_leaver_t *>data(leavers.view(np.uint8), "leavers", "uint8", -1, True)
        cdef int status
        memset(&flows, 0, sizeof(hm_flows_t))
        self.rules.substep = substep
        self.rules.clones = NULL
        if clones is not None:
            fill_clones(&self.clones, clones)
            self.rules.clones = &self.clones
        with nogil:
            status = hm_cells_step(&self.cells, &self.rules, step, first, n_sub, start, threads,
                                   capacity, rows, &n_leavers, &flows, &done)
        if clones is not None:
            clones.n, clones.wanted = self.clones.n, self.clones.wanted
            clones.least, clones.most = self.clones.least, self.clones.most
        raise_status(status, "cells.step")
        return done, n_leavers, flows

    def count(self, oxygen, double hypoxia, int threads):
        """Cells by phenotype and state: (MAX_PHENOTYPES, 5) int64; `oxygen` padded or None."""
        out = np.zeros((HM_MAX_PHENOTYPES, HM_STATES), dtype=np.int64)
        cdef int64_t *counts = <int64_t *>data(out, "counts", "int64", -1, True)
        cdef hm_field_view_t view_of_oxygen
        cdef const hm_field_view_t *o = NULL
        cdef int status
        if oxygen is not None:
            view_of_oxygen = view(oxygen, "oxygen", self.cells.lat.size)
            o = &view_of_oxygen
        self.halo()  # cells may have been placed since the last step
        with nogil:
            status = hm_cells_count(&self.cells, o, hypoxia, threads, counts)
        raise_status(status, "cells.count: kind")
        return out

    def stock(self):
        """Living and necrotic cells, recounted from the column `kind`."""
        cdef int64_t living = 0, necrotic = 0
        raise_status(hm_cells_stock(&self.cells, &living, &necrotic), "cells.stock: kind")
        return living, necrotic

    def states(self, oxygen, double hypoxia, index):
        """States of the cells at padded indices site * slots + slot: (n,) uint8."""
        cdef Py_ssize_t n = len(index)
        out = np.zeros(n, dtype=np.uint8)
        cdef hm_field_view_t view_of_oxygen
        cdef const hm_field_view_t *o = NULL
        if oxygen is not None:
            view_of_oxygen = view(oxygen, "oxygen", self.cells.lat.size)
            o = &view_of_oxygen
        self.halo()
        raise_status(
            hm_cells_states(&self.cells, o, hypoxia, n, <int64_t *>data(index, "index", "int64", n),
                            <uint8_t *>data(out, "states", "uint8", n, True)),
            "cells.states: index",
        )
        return out

    def count_founders(self, founders):
        """Living cells of each founder; `founders` (n,) uint32 ascending. Returns (n,) int64."""
        cdef Py_ssize_t n = len(founders)
        out = np.zeros(n, dtype=np.int64)
        cdef uint32_t *f = <uint32_t *>data(founders, "founders", "uint32", n)
        cdef int64_t *counts = <int64_t *>data(out, "counts", "int64", n, True)
        with nogil:
            hm_cells_count_founders(&self.cells, n, f, counts)
        return out
