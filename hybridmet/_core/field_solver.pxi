# One `FieldSolver` a field, pointers kept; included with DTYPE by field.pyx and field32.pyx.

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t
from libc.string cimport memcpy

from hybridmet._core.check cimport data, raise_status
from hybridmet._core.lattice cimport as_struct, hm_lattice_t

cdef extern from "hm_real.h":
    ctypedef double hm_real_t  # or float: the C compiler knows

cdef extern from "hm_grid.h":
    ctypedef struct hm_sides_t:
        int32_t is_fixed[6]
        double value[6]
    ctypedef struct hm_grid_t:
        pass
    void hm_grid_fill_fixed(const hm_grid_t *grid, const hm_sides_t *sides, hm_real_t *u) nogil
    void hm_halo_fill(const hm_lattice_t *lat, hm_real_t *u) nogil

cdef extern from "hm_multigrid.h":
    ctypedef struct hm_multigrid_level_t:
        hm_grid_t grid
        hm_real_t *q
        hm_real_t *s
        hm_real_t *v
    ctypedef struct hm_multigrid_t:
        hm_sides_t sides
        int32_t levels
        hm_multigrid_level_t level[32]
    ctypedef struct hm_multigrid_report_t:
        int32_t cycles
        double error
        double residual
        int64_t updates
        int32_t negative
    int64_t hm_multigrid_axes_size(const hm_lattice_t *lat)
    int64_t hm_multigrid_sites_size(const hm_lattice_t *lat)
    int hm_multigrid_make(const hm_lattice_t *lat, const hm_sides_t *sides, hm_real_t *axes,
                          hm_real_t *sites, hm_multigrid_t *out)
    int hm_multigrid_solve(hm_multigrid_t *mg, hm_real_t *u, double tolerance, int32_t max_cycles,
                           int num_threads, hm_multigrid_report_t *report) nogil

cdef extern from "hm_response.h":
    ctypedef struct hm_response_t:
        int32_t field, threshold, low
        double half_maximum, power, extreme

cdef extern from "hm_field_secretion.h":
    ctypedef struct hm_field_secretion_t:
        double scale
        const double *rate
        const uint8_t *first
        const uint8_t *end
        int32_t n_responses, n_fields
        const hm_response_t *responses
        const hm_real_t *const *u
    int hm_field_add_secretion(const hm_lattice_t *lat, const hm_field_secretion_t *by,
                               const uint8_t *kind, int32_t slots, int num_threads,
                               hm_real_t *source, double *largest) nogil

cdef extern from "hm_field.h":
    ctypedef struct hm_field_rates_t:
        double everywhere
        double empty
        const double *loss
        const double *source
        double scale
        const double *maximum
        const double *half
    ctypedef struct hm_field_extent_t:
        double loss, source
    int hm_field_rates_check(const hm_field_rates_t *rates)
    int hm_field_vessels_check(const hm_lattice_t *lat, int64_t m, const int64_t *sites,
                               const double *conductance)
    int hm_field_assemble(const hm_lattice_t *lat, const hm_field_rates_t *rates,
                          const uint8_t *kind, int32_t slots, int num_threads, hm_real_t *loss,
                          hm_real_t *source, hm_field_extent_t *extent) nogil
    int hm_field_add_supply(const hm_lattice_t *lat, int64_t m, const int64_t *sites,
                            const double *supply, double scale, hm_real_t *source,
                            hm_field_extent_t *extent) nogil
    int hm_field_add_vessels(const hm_lattice_t *lat, int64_t m, const int64_t *sites,
                             const double *conductance, double blood_value, double scale,
                             hm_real_t *loss, hm_real_t *source, hm_field_extent_t *extent) nogil
    int hm_field_add_saturable(const hm_lattice_t *lat, const hm_field_rates_t *rates,
                               const uint8_t *kind, int32_t slots, const hm_real_t *u,
                               int num_threads, hm_real_t *loss, hm_field_extent_t *extent) nogil
    ctypedef struct hm_field_terms_t:
        const hm_lattice_t *lat
        const uint8_t *kind
        int32_t slots
        hm_field_rates_t rates
        int64_t m
        const int64_t *vessel_sites
        const double *conductance
        double blood_value
        const double *supply
        const hm_field_secretion_t *secretion
    int hm_field_solve(hm_multigrid_t *mg, const hm_field_terms_t *terms, hm_real_t *u,
                                 double tolerance, int32_t max_cycles, int num_threads,
                                 hm_multigrid_report_t *report) nogil
    void hm_field_implicit(const hm_lattice_t *lat, double k, const hm_real_t *u, int num_threads,
                           hm_real_t *loss, hm_real_t *source) nogil
    void hm_field_balance(const hm_lattice_t *lat, const hm_real_t *loss, const hm_real_t *source,
                          hm_real_t *u) nogil
    int hm_field_explicit(const hm_lattice_t *lat, const hm_grid_t *grid, const hm_sides_t *sides,
                          double a, int32_t n, const hm_real_t *loss, const hm_real_t *source,
                          int num_threads, hm_real_t *u, hm_real_t *work) nogil
    int hm_field_assembled_step(const hm_lattice_t *lat, const hm_grid_t *grid,
                                const hm_sides_t *sides, const hm_field_rates_t *rates,
                                const uint8_t *kind, int32_t slots, double a, int num_threads,
                                hm_real_t *u, hm_real_t *work) nogil
    void hm_field_add_degradation(const hm_lattice_t *lat, double rate, const hm_real_t *u,
                                  int num_threads, hm_real_t *loss) nogil
    void hm_field_decay(const hm_lattice_t *lat, const hm_real_t *loss, const hm_real_t *source,
                        int num_threads, hm_real_t *w) nogil
    int hm_field_dissolve(const hm_lattice_t *lat, const hm_field_rates_t *rates,
                          const uint8_t *kind, int32_t slots, int32_t n, const double *rate,
                          const hm_real_t *const *u, int num_threads, hm_real_t *w) nogil
    int hm_field_is_zero(const hm_lattice_t *lat, const hm_real_t *u) nogil
    int64_t hm_field_clamp(const hm_lattice_t *lat, hm_real_t *u) nogil

ERR_CONVERGENCE = -3


cdef class Workspace:
    """Scratch arrays of all grids of a lattice, shared by the fields on it."""

    cdef readonly object lattice, sites

    def __init__(self, lattice):
        cdef hm_lattice_t lat = as_struct(lattice)
        self.lattice = lattice
        self.sites = np.zeros(hm_multigrid_sites_size(&lat), DTYPE)


cdef class FieldSolver:
    """Loss, source and steps of one field; `u` is its padded array of DTYPE throughout."""

    cdef hm_lattice_t lat
    cdef hm_multigrid_t mg
    cdef hm_field_extent_t extent
    cdef hm_field_terms_t terms
    cdef hm_field_secretion_t secretion
    cdef hm_response_t responses[64]
    cdef const hm_real_t *signals[64]
    cdef readonly object name, workspace, axes
    cdef object keep_cells, keep_vessels, keep_supply, keep_secretion

    def __init__(self, str name, lattice, sides, Workspace workspace):
        """`sides`: six values at fixed faces or None, in the order z-, z+, y-, y+, x-, x+."""
        cdef hm_sides_t fixed
        self.name = name
        self.workspace = workspace
        self.lat = as_struct(lattice)
        for i, value in enumerate(sides):
            fixed.is_fixed[i] = value is not None
            fixed.value[i] = value or 0.0
        self.axes = np.zeros(hm_multigrid_axes_size(&self.lat), DTYPE)
        size = hm_multigrid_sites_size(&self.lat)
        raise_status(
            hm_multigrid_make(&self.lat, &fixed,
                              <hm_real_t *>data(self.axes, "axes", DTYPE, -1, True),
                              <hm_real_t *>data(workspace.sites, "sites", DTYPE, size, True),
                              &self.mg),
            f"field {name}",
        )

    cdef hm_real_t *array(self, u, str name) except NULL:
        return <hm_real_t *>data(u, name, DTYPE, self.lat.size, True)

    def assemble(self, double everywhere, double empty, double scale, kind, uptake, secretion,
                 int threads, saturable=None, bint noted=False):
        """Set loss and source; returns the largest of each. `noted`: they are only taken note of,
        here and in `add_vessels`, for `steady_noted`; returns zeros.

        kind : padded (..., slots) uint8; uptake, secretion : (256,) float64 or None; saturable :
        (2, 256) float64 maximum and half-maximum, or None: noted, not added.
        """
        cdef hm_field_rates_t rates
        cdef double *saturation
        cdef int32_t slots = kind.shape[3]
        cdef uint8_t *cells = <uint8_t *>data(kind, "kind", "uint8", self.lat.size * slots)
        cdef hm_multigrid_level_t *level = &self.mg.level[0]
        cdef int status = 0
        rates.everywhere, rates.empty, rates.scale = everywhere, empty, scale
        rates.loss = rates.source = rates.maximum = rates.half = NULL
        if uptake is not None:
            rates.loss = <double *>data(uptake, "uptake", "float64", 256)
        if secretion is not None:
            rates.source = <double *>data(secretion, "secretion", "float64", 256)
        if saturable is not None:
            saturation = <double *>data(saturable, "saturable", "float64", 512)
            rates.maximum, rates.half = saturation, saturation + 256
        self.keep_cells = kind, uptake, secretion, saturable
        self.keep_vessels = self.keep_supply = self.keep_secretion = None
        self.terms.secretion = NULL
        self.terms.lat, self.terms.kind, self.terms.slots = &self.lat, cells, slots
        self.terms.rates, self.terms.m, self.terms.supply = rates, 0, NULL
        self.extent.loss = self.extent.source = 0.0
        if noted:
            raise_status(hm_field_rates_check(&rates), f"field {self.name}, rates of the cells")
            return 0.0, 0.0
        with nogil:
            status = hm_field_assemble(&self.lat, &rates, cells, slots, threads, level.q, level.s,
                                       &self.extent)
        raise_status(status, f"field {self.name}, rates of the cells")
        return self.extent.loss, self.extent.source

    def add_vessels(self, sites, conductance, double blood_value, double scale, bint noted=False):
        """Add the exchange with vessels; returns the largest loss and source.

        sites : (m,) int64 padded indices; conductance : (m,) float64 [1/h].
        """
        cdef int64_t m = sites.size
        cdef int64_t *at = <int64_t *>data(sites, "sites", "int64", m)
        cdef double *rate = <double *>data(conductance, "conductance", "float64", m)
        cdef hm_multigrid_level_t *level = &self.mg.level[0]
        cdef int status
        self.keep_vessels = sites, conductance
        self.terms.m, self.terms.vessel_sites, self.terms.conductance = m, at, rate
        self.terms.blood_value = blood_value
        if noted:
            raise_status(hm_field_vessels_check(&self.lat, m, at, rate),
                         f"field {self.name}, exchange with vessels")
            return 0.0, 0.0
        with nogil:
            status = hm_field_add_vessels(&self.lat, m, at, rate, blood_value, scale, level.q,
                                          level.s, &self.extent)
        raise_status(status, f"field {self.name}, exchange with vessels")
        return self.extent.loss, self.extent.source

    def add_supply(self, sites, supply, double scale):
        """Add scale * supply to the source of the vessels' sites, after `add_vessels` of the same;
        returns the largest loss and source. supply : (m,) float64 [unit/h]."""
        cdef int64_t m = sites.size
        cdef int64_t *at = <int64_t *>data(sites, "sites", "int64", m)
        cdef double *given = <double *>data(supply, "supply", "float64", m)
        cdef hm_multigrid_level_t *level = &self.mg.level[0]
        cdef int status
        self.keep_supply, self.terms.supply = supply, given
        with nogil:
            status = hm_field_add_supply(&self.lat, m, at, given, scale, level.s, &self.extent)
        raise_status(status, f"field {self.name}, supply by vessels")
        return self.extent.loss, self.extent.source

    def add_secretion(self, rate, first, end, responses, fields, double scale, int threads):
        """Add secretion that responds to other fields; returns the largest loss and source.

        rate : (256,) float64; first, end : (256,) uint8, the responses of a cell byte; responses :
        [(number in `fields`, threshold, low, half_maximum, power, extreme)]; fields : padded.
        """
        cdef hm_field_secretion_t *by = &self.secretion
        cdef hm_multigrid_level_t *level = &self.mg.level[0]
        cdef double largest = 0.0
        cdef int status, j
        if max(len(responses), len(fields)) > 64:
            raise ValueError(f"secretion: got {len(responses)} responses, must be at most 64")
        for j, r in enumerate(responses):
            self.responses[j].field, self.responses[j].threshold, self.responses[j].low = r[:3]
            self.responses[j].half_maximum, self.responses[j].power = r[3], r[4]
            self.responses[j].extreme = r[5]
        for j, field in enumerate(fields):
            self.signals[j] = self.array(field, "signal")
        by.scale, by.n_responses, by.n_fields = scale, len(responses), len(fields)
        by.rate = <double *>data(rate, "rate", "float64", 256)
        by.first = <uint8_t *>data(first, "first", "uint8", 256)
        by.end = <uint8_t *>data(end, "end", "uint8", 256)
        by.responses, by.u = self.responses, self.signals
        self.keep_secretion = rate, first, end, list(fields)
        self.terms.secretion = by
        with nogil:
            status = hm_field_add_secretion(&self.lat, by, self.terms.kind, self.terms.slots,
                                            threads, level.s, &largest)
        raise_status(status, f"field {self.name}, secretion that responds")
        self.extent.source = max(self.extent.source, largest)
        return self.extent.loss, self.extent.source

    def add_saturable(self, u, int threads):
        """Add the saturable uptake at u as a loss; returns the largest loss and source."""
        cdef hm_real_t *p = self.array(u, self.name)
        cdef int status
        with nogil:
            status = hm_field_add_saturable(&self.lat, &self.terms.rates, self.terms.kind,
                                            self.terms.slots, p, threads, self.mg.level[0].q,
                                            &self.extent)
        raise_status(status, f"field {self.name}, saturable uptake")
        return self.extent.loss, self.extent.source

    def steady_noted(self, u, double tolerance, int32_t max_cycles, int threads):
        """`steady` with what the last `assemble` and those after it took note of: loss and source are
        assembled on the way, saturable uptake is linearised in each cycle."""
        cdef hm_real_t *p = self.array(u, self.name)
        cdef hm_multigrid_report_t report
        cdef int status
        with nogil:
            status = hm_field_solve(&self.mg, &self.terms, p, tolerance, max_cycles, threads,
                                    &report)
        if status != ERR_CONVERGENCE:
            raise_status(status, f"field {self.name}")
        return (status, report.cycles, report.error, report.residual, report.updates,
                bool(report.negative))

    def steady(self, u, double tolerance, int32_t max_cycles, int threads):
        """Solve for the steady state from u; returns status, cycles, error, residual,
        updates, and whether a site is negative."""
        cdef hm_real_t *p = self.array(u, self.name)
        cdef hm_multigrid_report_t report
        cdef int status
        with nogil:
            status = hm_multigrid_solve(&self.mg, p, tolerance, max_cycles, threads, &report)
        if status != ERR_CONVERGENCE:
            raise_status(status, f"field {self.name}")
        return (status, report.cycles, report.error, report.residual, report.updates,
                bool(report.negative))

    def implicit(self, u, double k, int threads):
        """Make `steady` a backward Euler step from u, k = h^2 / (D dt)."""
        cdef hm_real_t *p = self.array(u, self.name)
        cdef hm_multigrid_level_t *level = &self.mg.level[0]
        with nogil:
            hm_field_implicit(&self.lat, k, p, threads, level.q, level.s)

    def balance(self, u):
        """Make the budget of the last solve hold to rounding, by a factor to u."""
        cdef hm_real_t *p = self.array(u, self.name)
        cdef hm_multigrid_level_t *level = &self.mg.level[0]
        with nogil:
            hm_field_balance(&self.lat, level.q, level.s, p)

    def explicit(self, u, double a, int32_t n, int threads):
        """n explicit steps of number a = D dt / h^2."""
        cdef hm_real_t *p = self.array(u, self.name)
        cdef hm_multigrid_level_t *level = &self.mg.level[0]
        cdef int status
        with nogil:
            status = hm_field_explicit(&self.lat, &level.grid, &self.mg.sides, a, n, level.q,
                                       level.s, threads, p, level.v)
        raise_status(status, f"field {self.name}")

    def assembled_step(self, double everywhere, double empty, double scale, kind, uptake,
                       secretion, u, double a, int threads):
        """One explicit step of number a = D dt / h^2 with the loss and source of `assemble`, in
        one pass; what was assembled before is left alone."""
        cdef hm_field_rates_t rates
        cdef int32_t slots = kind.shape[3]
        cdef uint8_t *cells = <uint8_t *>data(kind, "kind", "uint8", self.lat.size * slots)
        cdef hm_real_t *p = self.array(u, self.name)
        cdef hm_multigrid_level_t *level = &self.mg.level[0]
        cdef int status
        rates.everywhere, rates.empty, rates.scale = everywhere, empty, scale
        rates.loss = rates.source = rates.maximum = rates.half = NULL
        if uptake is not None:
            rates.loss = <double *>data(uptake, "uptake", "float64", 256)
        if secretion is not None:
            rates.source = <double *>data(secretion, "secretion", "float64", 256)
        with nogil:
            status = hm_field_assembled_step(&self.lat, &level.grid, &self.mg.sides, &rates, cells,
                                             slots, a, threads, p, level.v)
        raise_status(status, f"field {self.name}, rates of the cells")

    def add_degradation(self, double rate, u, int threads):
        """Add rate * u to the loss, u being another field."""
        cdef hm_real_t *p = self.array(u, "degrading field")
        with nogil:
            hm_field_add_degradation(&self.lat, rate, p, threads, self.mg.level[0].q)

    def decay(self, u, int threads):
        """Exact step of local decay and source."""
        cdef hm_real_t *p = self.array(u, self.name)
        cdef hm_multigrid_level_t *level = &self.mg.level[0]
        with nogil:
            hm_field_decay(&self.lat, level.q, level.s, threads, p)

    def dissolve(self, double everywhere, double empty, double scale, kind, loss, secretion,
                 degraded_by, w, int threads):
        """Exact step of an immobile field: loss and source of the cells as in `assemble`, and
        loss by other fields, `degraded_by` [(rate times step, padded array)], at most 16."""
        cdef hm_field_rates_t rates
        cdef int32_t slots = kind.shape[3], n = len(degraded_by), i
        cdef uint8_t *cells = <uint8_t *>data(kind, "kind", "uint8", self.lat.size * slots)
        cdef hm_real_t *p = self.array(w, self.name)
        cdef double rate[16]
        cdef const hm_real_t *u[16]
        cdef int status
        if n > 16:
            raise ValueError(f"degraded_by: got {n} fields, must be at most 16")
        rates.everywhere, rates.empty, rates.scale = everywhere, empty, scale
        rates.loss = rates.source = rates.maximum = rates.half = NULL
        if loss is not None:
            rates.loss = <double *>data(loss, "loss", "float64", 256)
        if secretion is not None:
            rates.source = <double *>data(secretion, "secretion", "float64", 256)
        for i in range(n):
            rate[i] = degraded_by[i][0]
            u[i] = self.array(degraded_by[i][1], "degrading field")
        with nogil:
            status = hm_field_dissolve(&self.lat, &rates, cells, slots, n, rate, u, threads, p)
        raise_status(status, f"field {self.name}, rates of the cells")

    def is_zero(self, u) -> bool:
        cdef hm_real_t *p = self.array(u, self.name)
        return bool(hm_field_is_zero(&self.lat, p))

    def clamp(self, u) -> int:
        """Set negative sites to 0; returns how many."""
        cdef hm_real_t *p = self.array(u, self.name)
        return hm_field_clamp(&self.lat, p)

    def fill_halo(self, u) -> None:
        """Mirror or wrapped image; the face's value on fixed sides."""
        cdef hm_real_t *p = self.array(u, self.name)
        hm_halo_fill(&self.lat, p)
        hm_grid_fill_fixed(&self.mg.level[0].grid, &self.mg.sides, p)

    def assembled(self):
        """Copies of the padded loss and source as the kernels see them."""
        cdef size_t size = self.lat.size * sizeof(hm_real_t)
        loss, source = np.empty(self.lat.size, DTYPE), np.empty(self.lat.size, DTYPE)
        memcpy(self.array(loss, "loss"), self.mg.level[0].q, size)
        memcpy(self.array(source, "source"), self.mg.level[0].s, size)
        return loss, source
