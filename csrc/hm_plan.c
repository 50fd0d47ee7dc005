/* What the rules allow at most: upper bounds that spare most cells the exact hazards. */
#include "hm_cells_internal.h"

/* Smallest and largest factor that responses and traits can put on a behaviour. */
static void factor_range(const hm_rules_t *rules, const hm_phenotype_t *ph, int behaviour, double *least, double *most)
{
    *least = rules->clones ? rules->clones->least[behaviour] : 1.0;
    *most = rules->clones ? rules->clones->most[behaviour] : 1.0;
    for (int i = 0; i < ph->n_responses; i++) {
        if (ph->responses[i].behaviour != behaviour) continue;
        const double extreme = ph->responses[i].extreme;
        *least *= extreme < 1.0 ? extreme : 1.0;
        *most *= extreme > 1.0 ? extreme : 1.0;
    }
}

static double most(const hm_rules_t *rules, const hm_phenotype_t *ph, int behaviour)
{
    double low, high;
    factor_range(rules, ph, behaviour, &low, &high);
    return ph->rate[behaviour] * high;
}

static double transitions(const hm_rules_t *rules, const hm_phenotype_t *ph)
{
    double low, high, sum = 0.0;
    factor_range(rules, ph, HM_TRANSITION, &low, &high);
    for (int q = 0; q < rules->n_phenotypes; q++) sum += ph->transition[q] * high;
    return sum;
}

static double largest(int64_t n, const double *area)
{
    double out = 0.0;
    for (int64_t i = 0; i < n; i++) out = area[i] > out ? area[i] : out;
    return out;
}

/* Bound of what an active cell can do without a free neighbour. */
static double enclosed_bound(const hm_rules_t *rules, const hm_phenotype_t *ph, double intact, double ruptured)
{
    return most(rules, ph, HM_DEATH) + most(rules, ph, HM_NECROSIS) + transitions(rules, ph) +
           most(rules, ph, HM_INTRAVASATION) * intact + most(rules, ph, HM_SHEDDING) * ruptured;
}

static double hazard_bound(const hm_rules_t *rules, const hm_phenotype_t *ph, int condition, double intact,
                           double ruptured)
{
    if (condition == HM_NECROTIC) return most(rules, ph, HM_CLEARANCE);
    if (condition == HM_DORMANT)
        return most(rules, ph, HM_DORMANT_DEATH) + most(rules, ph, HM_REACTIVATION) + most(rules, ph, HM_NECROSIS);
    return most(rules, ph, HM_DIVISION) + enclosed_bound(rules, ph, intact, ruptured);
}

static hm_walk_t walk_of(const hm_rules_t *rules, const hm_phenotype_t *ph)
{
    double least_motility, most_taxis, unused;
    factor_range(rules, ph, HM_MOTILITY, &least_motility, &unused);
    factor_range(rules, ph, HM_TAXIS, &unused, &most_taxis);
    return (hm_walk_t){ph->rate[HM_MOTILITY] * least_motility * (1.0 - HM_SLACK), 0.25 * most_taxis};
}

static int walks(const hm_phenotype_t *ph)
{
    int moves = ph->rate[HM_MOTILITY] > 0.0;
    for (int i = 0; i < ph->n_taxis; i++) moves |= ph->taxis[i] != 0.0;
    return moves;
}

void hm_plan_make(const hm_cells_t *cells, const hm_rules_t *rules, hm_plan_t *plan)
{
    const double intact = largest(rules->n_vessel_sites, rules->intact_area);
    const double ruptured = largest(rules->n_vessel_sites, rules->ruptured_area);
    *plan = (hm_plan_t){.scale = rules->substep / (cells->lat.spacing * cells->lat.spacing)};
    for (int p = 0; p < rules->n_phenotypes; p++) {
        const hm_phenotype_t *ph = &rules->phenotypes[p];
        const uint8_t active = hm_kind(p, HM_ACTIVE);
        plan->needs_room[active] = !(enclosed_bound(rules, ph, intact, ruptured) > 0.0);
        plan->some_need_room |= plan->needs_room[active];
        plan->walk[p] = walk_of(rules, ph);
        for (int condition = HM_ACTIVE; condition <= HM_NECROTIC; condition++) {
            const uint8_t kind = hm_kind(p, condition);
            const double bound = hazard_bound(rules, ph, condition, intact, ruptured);
            plan->known[kind] = 1;
            plan->able[kind] = bound > 0.0 || (condition == HM_ACTIVE && walks(ph));
            plan->rests_enclosed[kind] = !plan->able[kind] || plan->needs_room[kind];
            plan->hazard[kind] = bound * rules->substep;
            const double moving =
                condition == HM_ACTIVE ? 2.0 * cells->lat.dim * most(rules, ph, HM_MOTILITY) * plan->scale : 0.0;
            plan->bound[kind] = (moving + bound * rules->substep) * (1.0 + HM_SLACK) + HM_TINY;
        }
    }
}
