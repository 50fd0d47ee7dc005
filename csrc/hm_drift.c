/* Drift: where it may outweigh the random walk, so that a weight of a move is clamped. */
#include "hm_drift.h"

#include <math.h>
#include <string.h>

#include "hm_core.h"
#include "hm_parallel.h"

#define HM_LOOKED_AT 0x80000000u /* the row's fields have been looked at in this call */

/* Four times the drift along each axis, at most [um^2/h]. */
static void drift_bounds(const hm_substep_t *s, const hm_phenotype_t *ph, int64_t site, double drift[3])
{
    const hm_lattice_t *lat = &s->cells->lat;
    const int64_t stride[3] = {1, lat->sy, lat->sz};
    drift[0] = drift[1] = drift[2] = 0.0;
    for (int i = 0; i < ph->n_taxis; i++) {
        const hm_field_view_t *f = &s->rules->fields[ph->taxis_field[i]];
        for (int a = 0; a < lat->dim; a++) drift[a] += fabs(ph->taxis[i] * hm_field_view_slope(f, site, stride[a]));
    }
}

int hm_may_clamp(const hm_substep_t *s, int phenotype, int64_t site)
{
    const hm_walk_t *walk = &s->plan->walk[phenotype];
    double drift[3];
    drift_bounds(s, &s->rules->phenotypes[phenotype], site, drift);
    int clamps = 0;
    for (int a = 0; a < s->cells->lat.dim; a++) clamps |= drift[a] * walk->most_taxis > walk->least_motility;
    return clamps;
}

/* Largest difference of the neighbours on both sides, over n sites in a row. Absolute values are
 * ordered as their bits are. */
#define HM_LARGEST_SLOPE(name, type)                                                  \
    HM_WIDEST                                                                         \
    static double name(const type *u, int64_t n, int64_t stride)                      \
    {                                                                                 \
        int64_t most = 0;                                                             \
        for (int64_t i = 0; i < n; i++) {                                             \
            const int64_t bits = hm_bits((double)u[i + stride] - (double)u[i - stride]) & INT64_MAX; \
            most = bits > most ? bits : most;                                         \
        }                                                                             \
        return hm_from_bits(most);                                                    \
    }

HM_LARGEST_SLOPE(largest_slope_f64, double)
HM_LARGEST_SLOPE(largest_slope_f32, float)

static double largest_slope(const hm_field_view_t *f, int64_t site, int64_t n, int64_t stride)
{
    if (f->is_single) return largest_slope_f32((const float *)f->values + site, n, stride);
    return largest_slope_f64((const double *)f->values + site, n, stride);
}

/* Bits of a double, ordered as the numbers are; the map is its own inverse. */
HM_INLINE int64_t ordered(int64_t bits) { return bits ^ ((bits >> 63) & INT64_MAX); }

/* Least and largest of n values; not a number is beyond all others. */
#define HM_RANGE(name, type)                                                          \
    HM_WIDEST                                                                         \
    static void name(const type *u, int64_t n, double range[2])                       \
    {                                                                                 \
        int64_t least = INT64_MAX, most = INT64_MIN;                                  \
        for (int64_t i = 0; i < n; i++) {                                             \
            const int64_t bits = ordered(hm_bits((double)u[i]));                      \
            least = bits < least ? bits : least;                                      \
            most = bits > most ? bits : most;                                         \
        }                                                                             \
        range[0] = hm_from_bits(ordered(least)), range[1] = hm_from_bits(ordered(most)); \
    }

HM_RANGE(range_f64, double)
HM_RANGE(range_f32, float)

/* Whether anybody in a row can do something: not where it is full and only those with room can. */
static int is_able(const hm_cells_t *c, const hm_plan_t *plan, int64_t z, int64_t y)
{
    z = hm_wrapped(z, c->lat.nz, c->lat.periodic), y = hm_wrapped(y, c->lat.ny, c->lat.periodic);
    if (z < 0 || y < 0) return 0;
    const int64_t cells = c->row_cells[z * c->lat.ny + y];
    return cells > 0 && (plan->limit_enclosed > 0u || cells < c->lat.nx * c->slots);
}

static int is_of_interest(const hm_cells_t *c, const hm_plan_t *plan, int64_t z, int64_t y)
{
    int any = is_able(c, plan, z, y) | is_able(c, plan, z, y - 1) | is_able(c, plan, z, y + 1);
    if (c->lat.dim == 3) any |= is_able(c, plan, z - 1, y) | is_able(c, plan, z + 1, y);
    return any;
}

static void find_ranges(const hm_cells_t *c, const hm_plan_t *plan, const hm_field_view_t *f, int threads, double *range)
{
    const hm_lattice_t *lat = &c->lat;
#pragma omp parallel for num_threads(threads) schedule(static, 8)
    for (int64_t r = 0; r < hm_rows(lat); r++) {
        const int64_t z = r / lat->ny, y = r % lat->ny, first = hm_site(lat, z, y, -1);
        range[2 * r] = -INFINITY, range[2 * r + 1] = INFINITY;
        if (!is_of_interest(c, plan, z, y)) continue;
        if (f->is_single) range_f32((const float *)f->values + first, lat->nx + 2, range + 2 * r);
        else range_f64((const double *)f->values + first, lat->nx + 2, range + 2 * r);
    }
}

void hm_drift_ranges(const hm_cells_t *c, const hm_rules_t *rules, const hm_plan_t *plan, int threads)
{
    for (int i = 0; i < rules->n_fields; i++) {
        int followed = 0;
        for (int p = 0; p < rules->n_phenotypes; p++)
            for (int k = 0; k < rules->phenotypes[p].n_taxis; k++) followed |= rules->phenotypes[p].taxis_field[k] == i;
        if (followed) find_ranges(c, plan, &rules->fields[i], threads, c->row_range + 2 * i * hm_rows(&c->lat));
    }
}

/* Four times the drift of a phenotype along an axis by the ranges of the rows on both sides, at most
 * [um^2/h]; infinite beside the lattice's sides. */
static double drift_by_range(const hm_substep_t *s, const hm_phenotype_t *ph, const hm_row_t *row, int axis)
{
    const hm_lattice_t *lat = &s->cells->lat;
    const int64_t stride[3] = {0, 1, lat->ny};
    if ((axis == 1 && (row->y == 0 || row->y == lat->ny - 1)) || (axis == 2 && (row->z == 0 || row->z == lat->nz - 1)))
        return INFINITY;
    double drift = 0.0;
    for (int i = 0; i < ph->n_taxis; i++) {
        const double *range = s->cells->row_range + 2 * (ph->taxis_field[i] * hm_rows(lat) + row->number);
        const double *before = range - 2 * stride[axis], *after = range + 2 * stride[axis];
        const double up = after[1] - before[0], down = before[1] - after[0];
        drift += fabs(ph->taxis[i]) * ((up > down ? up : down) + 0.0 * (up + down)); /* no number if one is none */
    }
    return drift * (1.0 + HM_SLACK);
}

/* Four times the drift of a phenotype along an axis, at most over the row [um^2/h]. */
static double largest_drift(const hm_substep_t *s, const hm_phenotype_t *ph, int64_t site, int64_t stride)
{
    double drift = 0.0;
    for (int i = 0; i < ph->n_taxis; i++)
        drift += fabs(ph->taxis[i]) * largest_slope(&s->rules->fields[ph->taxis_field[i]], site, s->cells->lat.nx, stride);
    return drift * (1.0 + HM_SLACK);
}

/* Whether two phenotypes drift alike. */
static int same_taxis(const hm_phenotype_t *a, const hm_phenotype_t *b)
{
    return a->n_taxis == b->n_taxis && !memcmp(a->taxis, b->taxis, sizeof a->taxis) &&
           !memcmp(a->taxis_field, b->taxis_field, sizeof a->taxis_field);
}

/* Phenotypes of which a cell may have a clamped weight along an axis somewhere in the row. */
static uint32_t clamps_along(const hm_substep_t *s, const hm_row_t *row, int axis, int exactly)
{
    const hm_phenotype_t *ph = s->rules->phenotypes;
    const int64_t stride[3] = {1, s->cells->lat.sy, s->cells->lat.sz};
    uint32_t clamps = 0u;
    double drift = 0.0;
    for (int p = 0; p < s->rules->n_phenotypes; p++) {
        const hm_walk_t *walk = &s->plan->walk[p];
        if (p == 0 || !same_taxis(&ph[p], &ph[p - 1]))
            drift = exactly ? largest_drift(s, &ph[p], row->site, stride[axis]) : drift_by_range(s, &ph[p], row, axis);
        clamps |= (uint32_t) !(drift * walk->most_taxis <= walk->least_motility) << p;
    }
    return clamps;
}

static uint32_t clamps_of(const hm_substep_t *s, const hm_row_t *row)
{
    uint32_t clamps = 0u;
    for (int a = 0; a < s->cells->lat.dim; a++)
        if (clamps_along(s, row, a, 0)) clamps |= clamps_along(s, row, a, 1);
    return clamps;
}

uint32_t hm_row_clamps(const hm_substep_t *s, const hm_row_t *row)
{
    uint32_t *known = &s->cells->row_clamps[row->number];
    if (*known == 0u) *known = HM_LOOKED_AT | clamps_of(s, row);
    return *known & ~HM_LOOKED_AT;
}
