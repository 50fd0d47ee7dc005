/* The walk of a cell: weights of its moves, and which of them a draw picks.
 *
 * Without branches on what is free: nearly every cell differs from the one before.
 */
#include "hm_walk.h"

/* Free slots of a site matter as one: a cell that fits. */
static int has_free_slot(const hm_cells_t *c, int64_t site) { return hm_free_slots(c, site) > 0; }

uint32_t hm_free_directions(const hm_substep_t *s, int64_t site)
{
    const hm_cells_t *c = s->cells;
    const int64_t *stride = s->plan->stride;
    uint32_t mask = 0u;
    if (c->slots == 1) {
        for (int d = 0; d < c->division_neighbours; d++)
            mask |= (uint32_t)(c->kind[site + stride[d]] == HM_EMPTY) << d;
        return mask;
    }
    for (int d = 0; d < c->division_neighbours; d++) mask |= (uint32_t)has_free_slot(c, site + stride[d]) << d;
    return mask | (uint32_t)has_free_slot(c, site) << HM_SELF;
}

/* Add the drift along the gradient of a field to the weights: -v and +v on each axis. */
static void add_drift(const hm_substep_t *s, int field, double coefficient, int64_t site, double *weight)
{
    const hm_lattice_t *lat = &s->cells->lat;
    const hm_field_view_t *f = &s->rules->fields[field];
    const int64_t stride[3] = {1, lat->sy, lat->sz};
    for (int a = 0; a < lat->dim; a++) {
        const double v = coefficient * hm_field_view_slope(f, site, stride[a]);
        weight[2 * a] -= v;
        weight[2 * a + 1] += v;
    }
}

/* The hybrid discrete-continuum weights of n_t = D lap n - chi div(n grad f)
 * (Anderson & Chaplain 1998, doi:10.1006/bulm.1998.0042), for free directions only. */
void hm_moves_of(const hm_substep_t *s, const hm_phenotype_t *ph, int64_t site, double motility, double taxis,
                 hm_moves_t *out, int64_t *clamped)
{
    const uint32_t free = hm_free_directions(s, site);
    double weight[HM_MAX_FACES], total = 0.0;
    for (int d = 0; d < HM_MAX_FACES; d++) weight[d] = ph->rate[HM_MOTILITY] * motility;
    for (int i = 0; i < ph->n_taxis; i++)
        add_drift(s, ph->taxis_field[i], 0.25 * ph->taxis[i] * taxis, site, weight);
    for (int d = 0; d < hm_faces(&s->cells->lat); d++) {
        const int is_free = (int)(free >> d & 1u);
        *clamped += is_free & (weight[d] < 0.0);
        out->probability[d] = (weight[d] > 0.0 ? weight[d] : 0.0) * s->plan->scale * (double)is_free;
        total += out->probability[d];
    }
    out->free = free;
    out->total = total;
}

uint8_t hm_move_at(const hm_substep_t *s, const hm_moves_t *moves, double u)
{
    const int faces = hm_faces(&s->cells->lat);
    int direction = 0, last = 0, is_beyond = 1;
    for (int d = 0; d < faces; d++) {
        is_beyond &= u >= moves->probability[d];
        u -= moves->probability[d];
        direction += is_beyond;
        last = moves->probability[d] > 0.0 ? d : last;
    }
    return hm_proposal(HM_MOVE, direction < last ? direction : last); /* a rest of rounding goes to the last */
}
