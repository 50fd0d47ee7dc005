/* Drift: where it may outweigh the random walk, so that a weight of a move is clamped. */
#include "hm_drift.h"

#include <math.h>
#include <string.h>

#include "hm_core.h"
#include "hm_parallel.h"

#define HM_LOOKED_AT 0x80000000u /* the row's fields have been looked at in this call */
#define HM_AHEAD 3               /* rows to the one whose fields are asked for */

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

/* Phenotypes of which a cell may have a clamped weight somewhere in the row. */
static uint32_t clamps_of(const hm_substep_t *s, int64_t site)
{
    const hm_lattice_t *lat = &s->cells->lat;
    const hm_phenotype_t *ph = s->rules->phenotypes;
    const int64_t stride[3] = {1, lat->sy, lat->sz};
    uint32_t clamps = 0u;
    for (int a = 0; a < lat->dim; a++) {
        double drift = 0.0;
        for (int p = 0; p < s->rules->n_phenotypes; p++) {
            if (p == 0 || !same_taxis(&ph[p], &ph[p - 1])) drift = largest_drift(s, &ph[p], site, stride[a]);
            const hm_walk_t *walk = &s->plan->walk[p];
            clamps |= (uint32_t) !(drift * walk->most_taxis <= walk->least_motility) << p;
        }
    }
    return clamps;
}

/* Ask for what will be new of a row that comes later. */
static void fetch_later(const hm_substep_t *s, int64_t site)
{
    const hm_lattice_t *lat = &s->cells->lat;
    const hm_phenotype_t *ph = s->rules->phenotypes;
    const int64_t later = site + HM_AHEAD * lat->sy + (lat->dim == 3 ? lat->sz : lat->sy);
    if (later + lat->nx > lat->size) return;
    for (int i = 0; i < ph->n_taxis; i++) hm_field_view_fetch_row(&s->rules->fields[ph->taxis_field[i]], later, lat->nx);
}

uint32_t hm_row_clamps(const hm_substep_t *s, int64_t row, int64_t site)
{
    uint32_t *known = &s->cells->row_clamps[row];
    if (*known == 0u) {
        fetch_later(s, site);
        *known = HM_LOOKED_AT | clamps_of(s, site);
    }
    return *known & ~HM_LOOKED_AT;
}
