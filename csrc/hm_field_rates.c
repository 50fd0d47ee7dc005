/* Loss and source of each site, of hm_field.h. */
#include <math.h>

#include "hm_core.h"
#include "hm_field.h"
#include "hm_field_rows.h"

/* Sites of a row that are gathered on the stack. */
#define CHUNK 256

/* Tables of one assembly, scaled. loss[0] counts only where all slots are empty. */
typedef struct {
    hm_real_t everywhere, empty;
    hm_real_t loss[256], source[256];
    hm_real_t total[256]; /* whole loss of a site of one slot */
    hm_real_t maximum[256], half[256];
    int has_source;
} tables_t;

static int tables_make(const hm_field_rates_t *rates, tables_t *t)
{
    t->everywhere = HM_REAL(rates->scale * rates->everywhere);
    t->empty = HM_REAL(rates->scale * rates->empty);
    t->has_source = 0;
    for (int k = 0; k < 256; k++) {
        t->loss[k] = HM_REAL(rates->loss ? rates->scale * rates->loss[k] : 0.0);
        t->source[k] = HM_REAL(rates->source ? rates->scale * rates->source[k] : 0.0);
        if (!isfinite(t->loss[k]) || !isfinite(t->source[k])) return HM_ERR_NOT_FINITE;
        if (t->loss[k] < 0) return HM_ERR_ARGUMENT;
        t->has_source |= t->source[k] != 0;
        t->maximum[k] = HM_REAL(rates->maximum ? rates->scale * rates->maximum[k] : 0.0);
        t->half[k] = HM_REAL(rates->maximum ? rates->half[k] : 1.0);
        if (!isfinite(t->maximum[k]) || !isfinite(t->half[k])) return HM_ERR_NOT_FINITE;
        if (t->maximum[k] < 0 || !(t->half[k] > 0)) return HM_ERR_ARGUMENT;
    }
    t->loss[0] = t->source[0] = 0;
    t->maximum[0] = 0;
    for (int k = 0; k < 256; k++) t->total[k] = t->everywhere + (k ? t->loss[k] : t->empty);
    if (!isfinite(t->everywhere) || !isfinite(t->empty)) return HM_ERR_NOT_FINITE;
    return t->everywhere < 0 || t->empty < 0 ? HM_ERR_ARGUMENT : HM_OK;
}

HM_INLINE void look_up(const hm_real_t *restrict table, const uint8_t *restrict kind, int64_t n,
                       hm_real_t *restrict out)
{
    for (int64_t x = 0; x < n; x++) out[x] = table[kind[x]];
}

HM_INLINE void assemble_loss(const tables_t *t, const uint8_t *restrict kind, int32_t slots, int64_t n,
                             hm_real_t *restrict loss)
{
    for (int64_t x = 0; x < n; x++) {
        const uint8_t *cells = kind + x * slots;
        hm_real_t sum = t->loss[cells[0]];
        int any = cells[0];
        for (int32_t s = 1; s < slots; s++) {
            sum += t->loss[cells[s]];
            any |= cells[s];
        }
        loss[x] = t->everywhere + (any ? sum : t->empty);
    }
}

HM_INLINE void assemble_source(const tables_t *t, const uint8_t *restrict kind, int32_t slots, int64_t n,
                               hm_real_t *restrict source)
{
    for (int64_t x = 0; x < n; x++) {
        hm_real_t sum = 0;
        for (int32_t s = 0; s < slots; s++) sum += t->source[kind[x * slots + s]];
        source[x] = sum;
    }
}

HM_INLINE void set_row(hm_real_t *restrict row, int64_t n, hm_real_t value)
{
    for (int64_t x = 0; x < n; x++) row[x] = value;
}

typedef struct {
    hm_real_bits_t loss, source;
} extent_bits_t;

HM_INLINE int no_cells(const uint8_t *restrict kind, int64_t n)
{
    uint8_t any = 0;
    for (int64_t i = 0; i < n; i++) any |= kind[i];
    return any == 0;
}

/* A row of several slots a site, in stretches: those without cells have the host's rates. */
HM_INLINE void assemble_crowd(const tables_t *t, const uint8_t *kind, int32_t slots, int64_t at, int64_t nx,
                              hm_real_t *loss, hm_real_t *source, extent_bits_t *extent)
{
    for (int64_t x = at; x < at + nx; x += HM_STRETCH) {
        const int64_t n = at + nx - x < HM_STRETCH ? at + nx - x : HM_STRETCH;
        if (no_cells(kind + x * slots, n * slots)) {
            set_row(loss + x, n, t->total[0]);
            set_row(source + x, n, 0);
            extent->loss = hm_field_row_maximum(loss + x, 1, extent->loss);
            continue;
        }
        assemble_loss(t, kind + x * slots, slots, n, loss + x);
        extent->loss = hm_field_row_maximum(loss + x, n, extent->loss);
        if (t->has_source) assemble_source(t, kind + x * slots, slots, n, source + x);
        else set_row(source + x, n, 0);
        extent->source = hm_field_row_maximum(source + x, n, extent->source);
    }
}

HM_CLONES
static void assemble_rows(const hm_lattice_t *lat, const tables_t *t, const uint8_t *kind, int32_t slots, hm_real_t *loss,
                          hm_real_t *source, hm_range_t range, extent_bits_t *extent)
{
    for (int64_t i = range.lo; i < range.hi; i++) {
        const int64_t at = hm_field_row_at(lat, i);
        if (slots > 1) {
            assemble_crowd(t, kind, slots, at, lat->nx, loss, source, extent);
            continue;
        }
        look_up(t->total, kind + at, lat->nx, loss + at);
        extent->loss = hm_field_row_maximum(loss + at, lat->nx, extent->loss);
        if (t->has_source) {
            look_up(t->source, kind + at, lat->nx, source + at);
            extent->source = hm_field_row_maximum(source + at, lat->nx, extent->source);
        } else {
            set_row(source + at, lat->nx, 0);
        }
    }
}

int hm_field_assemble(const hm_lattice_t *lat, const hm_field_rates_t *rates, const uint8_t *kind, int32_t slots,
                      int num_threads, hm_real_t *loss, hm_real_t *source, hm_field_extent_t *extent)
{
    tables_t tables;
    if (slots < 1) return HM_ERR_ARGUMENT;
    const int status = tables_make(rates, &tables);
    if (status != HM_OK) return status;
    extent_bits_t part[HM_TEAM_MAX] = {{0}};
    HM_PARALLEL(hm_team_size_for(hm_field_sites(lat), num_threads))
    {
        const hm_team_t team = hm_team_here();
        extent_bits_t own = {0};
        assemble_rows(lat, &tables, kind, slots, loss, source, hm_team_range(team, hm_field_row_count(lat)), &own);
        part[team.rank] = own;
    }
    *extent = (hm_field_extent_t){0};
    for (int t = 0; t < HM_TEAM_MAX; t++) {
        extent->loss = fmax(extent->loss, hm_real_from_bits(part[t].loss));
        extent->source = fmax(extent->source, hm_real_from_bits(part[t].source));
    }
    return HM_OK;
}

/* What dissolves a field: tables of the cells, and other fields. */
typedef struct {
    tables_t cells;
    int32_t n;
    const double *rate;
    const hm_real_t *const *u;
} solvents_t;

HM_CLONES
static void dissolve_stretch(const solvents_t *by, const uint8_t *kind, int32_t slots, int64_t at, int64_t n,
                             hm_real_t *w)
{
    hm_real_t loss[HM_STRETCH], source[HM_STRETCH];
    if (no_cells(kind + at * slots, n * slots)) {
        set_row(loss, n, by->cells.total[0]);
        set_row(source, n, 0);
    } else {
        assemble_loss(&by->cells, kind + at * slots, slots, n, loss);
        assemble_source(&by->cells, kind + at * slots, slots, n, source);
    }
    for (int32_t j = 0; j < by->n; j++) {
        const hm_real_t rate = HM_REAL(by->rate[j]);
        const hm_real_t *restrict u = by->u[j] + at;
        for (int64_t x = 0; x < n; x++) loss[x] += rate * u[x];
    }
    hm_field_decay_stretch(loss, source, w + at, n);
}

int hm_field_dissolve(const hm_lattice_t *lat, const hm_field_rates_t *rates, const uint8_t *kind, int32_t slots,
                      int32_t n, const double *rate, const hm_real_t *const *u, int num_threads, hm_real_t *w)
{
    solvents_t by = {.n = n, .rate = rate, .u = u};
    if (slots < 1) return HM_ERR_ARGUMENT;
    const int status = tables_make(rates, &by.cells);
    if (status != HM_OK) return status;
    HM_PARALLEL(hm_team_size_for(hm_field_sites(lat), num_threads))
    {
        const hm_range_t rows = hm_team_range(hm_team_here(), hm_field_row_count(lat));
        for (int64_t i = rows.lo; i < rows.hi; i++) {
            const int64_t at = hm_field_row_at(lat, i), end = at + lat->nx;
            for (int64_t x = at; x < end; x += HM_STRETCH)
                dissolve_stretch(&by, kind, slots, x, end - x < HM_STRETCH ? end - x : HM_STRETCH, w);
        }
    }
    return HM_OK;
}

static int is_interior(const hm_lattice_t *lat, int64_t site)
{
    if (site < 0 || site >= lat->size) return 0;
    const int64_t z = site / lat->sz - lat->hz, y = site % lat->sz / lat->sy - 1, x = site % lat->sy - 1;
    return z >= 0 && z < lat->nz && y >= 0 && y < lat->ny && x >= 0 && x < lat->nx;
}

int hm_field_add_vessels(const hm_lattice_t *lat, int64_t m, const int64_t *sites, const double *conductance,
                         double blood_value, double scale, hm_real_t *loss, hm_real_t *source, hm_field_extent_t *extent)
{
    for (int64_t i = 0; i < m; i++) {
        if (!is_interior(lat, sites[i])) return HM_ERR_RANGE;
        if (!isfinite(conductance[i]) || conductance[i] < 0.0) return HM_ERR_ARGUMENT;
    }
    for (int64_t i = 0; i < m; i++) {
        const double c = scale * conductance[i];
        loss[sites[i]] += HM_REAL(c);
        source[sites[i]] += HM_REAL(c * blood_value);
        extent->loss = fmax(extent->loss, (double)loss[sites[i]]);
        extent->source = fmax(extent->source, fabs((double)source[sites[i]]));
    }
    return HM_OK;
}

/* Saturable uptake as maximum / (half + u) times u. */
HM_CLONES
static void secant_rows(const hm_lattice_t *lat, const tables_t *t, const uint8_t *kind, int32_t slots,
                        const hm_real_t *u, hm_real_t *loss, hm_range_t range, extent_bits_t *extent)
{
    for (int64_t i = range.lo; i < range.hi; i++) {
        const int64_t at = hm_field_row_at(lat, i);
        for (int64_t x = at; x < at + lat->nx; x++) {
            const hm_real_t w = u[x] > 0 ? u[x] : 0;
            for (int32_t s = 0; s < slots; s++) {
                const uint8_t k = kind[x * slots + s];
                loss[x] += t->maximum[k] / (t->half[k] + w);
            }
        }
        extent->loss = hm_field_row_maximum(loss + at, lat->nx, extent->loss);
    }
}

int hm_field_add_saturable(const hm_lattice_t *lat, const hm_field_rates_t *rates, const uint8_t *kind, int32_t slots,
                           const hm_real_t *u, int num_threads, hm_real_t *loss, hm_field_extent_t *extent)
{
    tables_t tables;
    if (slots < 1) return HM_ERR_ARGUMENT;
    const int status = tables_make(rates, &tables);
    if (status != HM_OK) return status;
    extent_bits_t part[HM_TEAM_MAX] = {{0}};
    HM_PARALLEL(hm_team_size_for(hm_field_sites(lat), num_threads))
    {
        const hm_team_t team = hm_team_here();
        extent_bits_t own = {0};
        secant_rows(lat, &tables, kind, slots, u, loss, hm_team_range(team, hm_field_row_count(lat)), &own);
        part[team.rank] = own;
    }
    for (int t = 0; t < HM_TEAM_MAX; t++) extent->loss = fmax(extent->loss, hm_real_from_bits(part[t].loss));
    return HM_OK;
}

typedef struct {
    const hm_field_terms_t *terms;
    const tables_t *tables;
} tangent_t;

/* The tangent of V u / (K + u) at u: slope V K / (K + u)^2, value at 0 V u^2 / (K + u)^2. Below
 * 0, where no solution lies, it goes on straight. */
HM_INLINE void add_tangent(const tables_t *t, const uint8_t *restrict kind, int32_t slots,
                           const hm_real_t *restrict u, int64_t n, hm_real_t *restrict loss,
                           hm_real_t *restrict source)
{
    for (int64_t x = 0; x < n; x++) {
        const hm_real_t w = u[x] > 0 ? u[x] : 0;
        for (int32_t s = 0; s < slots; s++) {
            const uint8_t k = kind[x * slots + s];
            const hm_real_t share = HM_REAL(1.0) / (t->half[k] + w), slope = t->maximum[k] * share * share;
            loss[x] += slope * t->half[k];
            source[x] -= slope * w * w;
        }
    }
}

/* The same for one slot: rates are gathered first, so that the rest is done in vectors. */
HM_INLINE void add_tangent_flat(const tables_t *t, const uint8_t *restrict kind, const hm_real_t *restrict u,
                                int64_t n, hm_real_t *restrict loss, hm_real_t *restrict source)
{
    hm_real_t maximum[CHUNK], half[CHUNK];
    for (int64_t from = 0; from < n; from += CHUNK) {
        const int64_t m = n - from < CHUNK ? n - from : CHUNK;
        look_up(t->maximum, kind + from, m, maximum);
        look_up(t->half, kind + from, m, half);
        for (int64_t i = 0; i < m; i++) {
            const hm_real_t w = u[from + i] > 0 ? u[from + i] : 0;
            const hm_real_t share = HM_REAL(1.0) / (half[i] + w), slope = maximum[i] * share * share;
            loss[from + i] += slope * half[i];
            source[from + i] -= slope * w * w;
        }
    }
}

/* First of the ascending sites that is not below `site`. */
static int64_t first_vessel(const hm_field_terms_t *f, int64_t site)
{
    int64_t low = 0, high = f->m;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (f->vessel_sites[middle] < site) low = middle + 1;
        else high = middle;
    }
    return low;
}

HM_CLONES
static void tangent_rows(const void *context, const hm_real_t *u, hm_real_t *q, hm_real_t *s, int64_t lo, int64_t hi)
{
    const tangent_t *c = context;
    const hm_field_terms_t *f = c->terms;
    const hm_lattice_t *lat = f->lat;
    extent_bits_t ignored = {0};
    assemble_rows(lat, c->tables, f->kind, f->slots, q, s, (hm_range_t){lo, hi}, &ignored);
    if (lo == hi) return;
    if (f->secretion) hm_field_secretion_rows(lat, f->secretion, f->kind, f->slots, lo, hi, s);
    const int64_t end = hm_field_row_at(lat, hi - 1) + lat->nx;
    for (int64_t i = first_vessel(f, hm_field_row_at(lat, lo)); i < f->m && f->vessel_sites[i] < end; i++) {
        const double exchange = f->rates.scale * f->conductance[i];
        q[f->vessel_sites[i]] += HM_REAL(exchange);
        s[f->vessel_sites[i]] += HM_REAL(exchange * f->blood_value);
    }
    for (int64_t i = lo; i < hi; i++) {
        const int64_t at = hm_field_row_at(lat, i);
        const uint8_t *kind = f->kind + at * f->slots;
        if (f->slots == 1) add_tangent_flat(c->tables, kind, u + at, lat->nx, q + at, s + at);
        else add_tangent(c->tables, kind, f->slots, u + at, lat->nx, q + at, s + at);
    }
}

int hm_field_solve_saturable(hm_multigrid_t *mg, const hm_field_terms_t *terms, hm_real_t *u, double tolerance,
                             int32_t max_cycles, int num_threads, hm_multigrid_report_t *report)
{
    tables_t tables;
    const int status = tables_make(&terms->rates, &tables);
    if (status != HM_OK) return status;
    const tangent_t context = {.terms = terms, .tables = &tables};
    const hm_multigrid_tangent_t tangent = {.set = tangent_rows, .context = &context};
    return hm_multigrid_solve_tangent(mg, &tangent, u, tolerance, max_cycles, num_threads, report);
}
