/* Hazards: what a cell can do in a sub-step, and which of it a draw picks. */
#include <math.h>

#include "hm_hazards.h"

typedef struct {
    double multiplier[HM_BEHAVIOURS];
} hm_signals_t;

typedef struct {
    uint8_t proposal;
    double rate;
} hm_hazard_t;

#define HM_MAX_HAZARDS (HM_BEHAVIOURS + HM_MAX_PHENOTYPES)

/* Factors on the rates of a cell: its clone's traits times its phenotype's responses; those of
 * its walk or those of all else. */
static void read_signals(const hm_substep_t *s, const hm_phenotype_t *ph, int64_t at, int walk, hm_signals_t *out)
{
    const hm_clones_t *clones = s->rules->clones;
    const float *trait = clones ? clones->trait + (int64_t)s->cells->clone[at] * HM_BEHAVIOURS : 0;
    const int64_t site = hm_site_of(s->cells, at);
    for (int b = 0; b < HM_BEHAVIOURS; b++) out->multiplier[b] = trait ? (double)trait[b] : 1.0;
    for (int i = 0; i < ph->n_responses; i++) {
        const hm_response_t *r = &ph->responses[i];
        if (hm_is_walk(r->behaviour) != walk) continue;
        out->multiplier[r->behaviour] *= hm_response_factor(r, hm_field_view_at(&s->rules->fields[r->field], site));
    }
}

void hm_walk_factors(const hm_substep_t *s, int64_t at, int phenotype, double *motility, double *taxis)
{
    hm_signals_t sig;
    *motility = *taxis = 1.0;
    if (!s->rules->clones && !s->plan->walk[phenotype].responds) return;
    read_signals(s, &s->rules->phenotypes[phenotype], at, 1, &sig);
    *motility = sig.multiplier[HM_MOTILITY], *taxis = sig.multiplier[HM_TAXIS];
}

/* Number of a site among those with vessels. */
static int64_t vessel_at(const hm_rules_t *r, int64_t site)
{
    int64_t low = 0, high = r->n_vessel_sites - 1;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (r->vessel_sites[middle] < site) low = middle + 1;
        else high = middle;
    }
    return low;
}

static void add_hazard(hm_hazard_t *list, int *n, double *total, int what, int detail, double rate)
{
    if (rate <= 0.0) return;
    list[(*n)++] = (hm_hazard_t){hm_proposal(what, detail), rate};
    *total += rate;
}

/* Hazards other than moves and entry into the blood [1/h]; division is offered where a neighbour
 * has room. */
static int living_hazards(const hm_substep_t *s, const hm_phenotype_t *ph, const hm_signals_t *sig, uint32_t free,
                          hm_hazard_t *list, double *total)
{
    const double *m = sig->multiplier;
    int n = 0;
    if (free) add_hazard(list, &n, total, HM_DIVIDE, 0, ph->rate[HM_DIVISION] * m[HM_DIVISION]);
    add_hazard(list, &n, total, HM_LOCAL, HM_DIE, ph->rate[HM_DEATH] * m[HM_DEATH]);
    add_hazard(list, &n, total, HM_LOCAL, HM_BECOME_NECROTIC, ph->rate[HM_NECROSIS] * m[HM_NECROSIS]);
    for (int q = 0; q < s->rules->n_phenotypes; q++)
        add_hazard(list, &n, total, HM_SWITCH, q, ph->transition[q] * m[HM_TRANSITION]);
    return n;
}

/* Entry into the blood from a site with a vessel [1/h]. */
static void add_entry(const hm_substep_t *s, const hm_phenotype_t *ph, const hm_signals_t *sig, int64_t site,
                      hm_hazard_t *list, int *n, double *total)
{
    const double *m = sig->multiplier;
    const int64_t i = vessel_at(s->rules, site);
    add_hazard(list, n, total, HM_LOCAL, HM_ENTER,
               ph->rate[HM_INTRAVASATION] * m[HM_INTRAVASATION] * s->rules->intact_area[i]);
    add_hazard(list, n, total, HM_LOCAL, HM_SHED, ph->rate[HM_SHEDDING] * m[HM_SHEDDING] * s->rules->ruptured_area[i]);
}

static int resting_hazards(const hm_phenotype_t *ph, const hm_signals_t *sig, int condition, hm_hazard_t *list,
                           double *total)
{
    const double *m = sig->multiplier;
    int n = 0;
    if (condition == HM_NECROTIC) {
        add_hazard(list, &n, total, HM_LOCAL, HM_CLEAR, ph->rate[HM_CLEARANCE] * m[HM_CLEARANCE]);
        return n;
    }
    add_hazard(list, &n, total, HM_LOCAL, HM_DIE_DORMANT, ph->rate[HM_DORMANT_DEATH] * m[HM_DORMANT_DEATH]);
    add_hazard(list, &n, total, HM_LOCAL, HM_REACTIVATE, ph->rate[HM_REACTIVATION] * m[HM_REACTIVATION]);
    add_hazard(list, &n, total, HM_LOCAL, HM_BECOME_NECROTIC, ph->rate[HM_NECROSIS] * m[HM_NECROSIS]);
    return n;
}

/* A direction drawn uniformly from the set bits of a mask. */
static int pick_direction(uint32_t mask, uint32_t word)
{
    const int n = __builtin_popcount(mask);
    int k = (int)(((uint64_t)word * (uint64_t)n) >> 32);
    for (; k > 0; k--) mask &= mask - 1u;
    return __builtin_ctz(mask);
}

static uint8_t pick_hazard(const hm_hazard_t *hazards, int n_hazards, double total, double dt, double v, uint32_t free,
                           uint32_t word)
{
    if (v >= total * dt) return 0; /* 1 - exp(-x) <= x: spares most cells the exponential */
    const double any = -expm1(-total * dt);
    if (v >= any) return 0;
    double target = v / any * total;
    int i = 0;
    for (; i < n_hazards - 1 && target >= hazards[i].rate; i++) target -= hazards[i].rate;
    if (hm_what(hazards[i].proposal) == HM_DIVIDE) return hm_proposal(HM_DIVIDE, pick_direction(free, word));
    return hazards[i].proposal;
}

uint8_t hm_hazard_at(const hm_substep_t *s, int64_t at, uint8_t kind, double v, uint32_t free, uint32_t word)
{
    const int phenotype = hm_phenotype_of(kind), condition = hm_condition_of(kind);
    const hm_phenotype_t *ph = &s->rules->phenotypes[phenotype];
    const double dt = s->rules->substep;
    hm_signals_t sig;
    hm_hazard_t hazards[HM_MAX_HAZARDS];
    double total = 0.0;
    int n;
    read_signals(s, ph, at, 0, &sig);
    if (condition == HM_ACTIVE) {
        n = living_hazards(s, ph, &sig, free, hazards, &total);
        if (v >= (total + s->plan->entry[phenotype]) * dt * (1.0 + HM_SLACK) + HM_TINY) return 0;
        const int64_t site = hm_site_of(s->cells, at);
        if (s->rules->vessel_mask[site]) add_entry(s, ph, &sig, site, hazards, &n, &total);
    } else {
        n = resting_hazards(ph, &sig, condition, hazards, &total);
    }
    return pick_hazard(hazards, n, total, dt, v, free, word);
}
