/* Saturable uptake as a loss at the present concentration, and steady states of which loss and source
 * are assembled on the way, of hm_field.h. */
#include <math.h>

#include "hm_core.h"
#include "hm_field.h"
#include "hm_field_rows.h"
#include "hm_field_tables.h"

/* Sites of a row that are gathered on the stack. */
#define CHUNK 256

/* Saturable uptake as maximum / (half + u) times u. */
HM_CLONES
static void secant_rows(const hm_lattice_t *lat, const hm_field_tables_t *t, const uint8_t *kind, int32_t slots,
                        const hm_real_t *u, hm_real_t *loss, hm_range_t range, hm_field_extent_bits_t *extent)
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
    hm_field_tables_t tables;
    if (slots < 1) return HM_ERR_ARGUMENT;
    const int status = hm_field_tables_make(rates, &tables);
    if (status != HM_OK) return status;
    hm_field_extent_bits_t part[HM_TEAM_MAX] = {{0}};
    HM_PARALLEL(hm_team_size_for(hm_field_sites(lat), num_threads))
    {
        const hm_team_t team = hm_team_here();
        hm_field_extent_bits_t own = {0};
        secant_rows(lat, &tables, kind, slots, u, loss, hm_team_range(team, hm_field_row_count(lat)), &own);
        part[team.rank] = own;
    }
    for (int t = 0; t < HM_TEAM_MAX; t++) extent->loss = fmax(extent->loss, hm_real_from_bits(part[t].loss));
    return HM_OK;
}

typedef struct {
    const hm_field_terms_t *terms;
    const hm_field_tables_t *tables;
} tangent_t;

/* The tangent of V u / (K + u) at u: slope V K / (K + u)^2, value at 0 V u^2 / (K + u)^2. Below
 * 0, where no solution lies, it goes on straight. */
HM_INLINE void add_tangent(const hm_field_tables_t *t, const uint8_t *restrict kind, int32_t slots,
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
HM_INLINE void add_tangent_flat(const hm_field_tables_t *t, const uint8_t *restrict kind, const hm_real_t *restrict u,
                                int64_t n, hm_real_t *restrict loss, hm_real_t *restrict source)
{
    hm_real_t maximum[CHUNK], half[CHUNK];
    for (int64_t from = 0; from < n; from += CHUNK) {
        const int64_t m = n - from < CHUNK ? n - from : CHUNK;
        hm_field_look_up(t->maximum, kind + from, m, maximum);
        hm_field_look_up(t->half, kind + from, m, half);
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
    for (int64_t i = lo; i < hi; i++) {
        const int64_t at = hm_field_row_at(lat, i);
        hm_field_assemble_row(c->tables, f->kind + at * f->slots, f->slots, lat->nx, q + at, s + at);
    }
    if (lo == hi) return;
    if (f->secretion) hm_field_secretion_rows(lat, f->secretion, f->kind, f->slots, lo, hi, s);
    const int64_t end = hm_field_row_at(lat, hi - 1) + lat->nx;
    for (int64_t i = first_vessel(f, hm_field_row_at(lat, lo)); i < f->m && f->vessel_sites[i] < end; i++) {
        const double exchange = f->rates.scale * f->conductance[i];
        q[f->vessel_sites[i]] += HM_REAL(exchange);
        s[f->vessel_sites[i]] += HM_REAL(exchange * f->blood_value);
        if (f->supply) s[f->vessel_sites[i]] += HM_REAL(f->rates.scale * f->supply[i]);
    }
    for (int64_t i = lo; i < hi && f->rates.maximum; i++) {
        const int64_t at = hm_field_row_at(lat, i);
        const uint8_t *kind = f->kind + at * f->slots;
        if (f->slots == 1) add_tangent_flat(c->tables, kind, u + at, lat->nx, q + at, s + at);
        else add_tangent(c->tables, kind, f->slots, u + at, lat->nx, q + at, s + at);
    }
}

int hm_field_solve(hm_multigrid_t *mg, const hm_field_terms_t *terms, hm_real_t *u, double tolerance,
                             int32_t max_cycles, int num_threads, hm_multigrid_report_t *report)
{
    hm_field_tables_t tables;
    const int status = hm_field_tables_make(&terms->rates, &tables);
    if (status != HM_OK) return status;
    const tangent_t context = {.terms = terms, .tables = &tables};
    const hm_multigrid_rates_t rates = {.set = tangent_rows, .context = &context, .is_linear = !terms->rates.maximum};
    return hm_multigrid_solve_rates(mg, &rates, u, tolerance, max_cycles, num_threads, report);
}
