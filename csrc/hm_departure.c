/* Departure: a cell enters the blood, and with it the neighbours that hold on to it. */
#include <math.h>

#include "hm_core.h"
#include "hm_population_internal.h"

#define HM_PI 3.14159265358979323846

double hm_population_contacts(const hm_population_t *p, double occupied, double *most)
{
    const double sites = occupied / p->slots;
    const double radius = p->dim == 2 ? sqrt(sites / HM_PI) : cbrt(sites * (3.0 / (4.0 * HM_PI)));
    const double free_share = (p->dim == 2 ? 2.0 / HM_PI : 0.75) / radius;
    *most = (double)(2 * p->dim * p->slots + p->slots - 1);
    return *most * (free_share < 1.0 ? 1.0 - free_share : 0.0);
}

static int leave(hm_colony_t *c, int64_t row, int phenotype, int ruptured, double time)
{
    hm_departures_t *out = c->out;
    if (out->n_leavers == out->leavers_capacity) return HM_ERR_FULL;
    out->leavers[out->n_leavers++] = (hm_leaver_t){
        .time = time,
        .site = -1,
        .claimer = c->claims,
        .clone = c->lines->clone[row],
        .founder = c->lines->founder[row],
        .phenotype = (uint8_t)phenotype,
        .ruptured = (uint8_t)ruptured,
    };
    hm_counts(c, row)[phenotype * HM_CONDITIONS + HM_ACTIVE]--;
    c->occupied--, c->living--, c->active--, c->flows.intravasated++;
    hm_colony_weigh(c, row);
    return HM_OK;
}

/* The k-th active cell of the colony leaves. */
static int leave_kth(hm_colony_t *c, int64_t k, int ruptured, double time)
{
    for (int64_t row = c->first; row < c->lines->n; row++) {
        const int64_t *count = hm_counts(c, row);
        for (int p = 0; p < c->rules->n_phenotypes; p++) {
            const int64_t active = count[p * HM_CONDITIONS + HM_ACTIVE];
            if (k < active) return leave(c, row, p, ruptured, time);
            k -= active;
        }
    }
    return HM_ERR_RANGE;
}

int hm_colony_depart(hm_colony_t *c, int64_t row, int phenotype, int ruptured, double time)
{
    double most;
    const double touching = hm_population_contacts(c->rules, (double)c->occupied, &most);
    int status = leave(c, row, phenotype, ruptured, time);
    const double near = (double)c->active < most ? (double)c->active : most;
    const double held = near > 0.0 ? c->rules->cohesion[phenotype] * fmin(1.0, touching / near) : 0.0;
    for (int i = 0; held > 0.0 && i < (int)near && status == HM_OK && c->active > 0; i++) {
        const hm_block_t b = hm_colony_draw(c);
        if (hm_unit53(b.v[0], b.v[1]) >= held) continue;
        const int64_t k = (int64_t)(hm_unit53(b.v[2], b.v[3]) * (double)c->active);
        status = leave_kth(c, k, ruptured, time);
    }
    c->claims++;
    return status;
}
