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
    int responds = 0;
    for (int i = 0; i < ph->n_responses; i++) responds |= hm_is_walk(ph->responses[i].behaviour);
    return (hm_walk_t){ph->rate[HM_MOTILITY] * least_motility * (1.0 - HM_SLACK), 0.25 * most_taxis, responds};
}

static int walks(const hm_phenotype_t *ph)
{
    int moves = ph->rate[HM_MOTILITY] > 0.0;
    for (int i = 0; i < ph->n_taxis; i++) moves |= ph->taxis[i] != 0.0;
    return moves;
}

/* How many of the 2^16 first parts of a draw hold draws below a probability. */
static uint32_t limit_of(double probability)
{
    if (!(probability > 0.0)) return 0u;
    const double bound = probability * (1.0 + HM_SLACK) + HM_TINY;
    return bound < 1.0 ? (uint32_t)(bound * 65536.0) + 1u : 65536u;
}

/* Limits of a kind, from the chances that it does something without and with room. */
static void set_limits(hm_plan_t *plan, uint8_t kind, double enclosed, double free)
{
    plan->limit[0][kind] = limit_of(enclosed);
    plan->limit[1][kind] = limit_of(free);
    if (!(free > 0.0)) plan->unable[plan->n_unable++] = kind;
    else if (!(enclosed > 0.0)) plan->tied[plan->n_tied++] = kind;
    for (int room = 0; room < 2; room++) {
        const uint32_t limit = plan->limit[room][kind];
        if (limit > 0u && limit - 1u > plan->last[room]) plan->last[room] = (uint16_t)(limit - 1u);
    }
    if (plan->limit[0][kind] > plan->limit_enclosed) plan->limit_enclosed = plan->limit[0][kind];
}

static void plan_phenotype(const hm_cells_t *cells, const hm_rules_t *rules, int p, hm_plan_t *plan)
{
    const hm_phenotype_t *ph = &rules->phenotypes[p];
    const double intact = largest(rules->n_vessel_sites, rules->intact_area);
    const double ruptured = largest(rules->n_vessel_sites, rules->ruptured_area);
    const double dt = rules->substep;
    const double moving = 2.0 * cells->lat.dim * most(rules, ph, HM_MOTILITY) * plan->scale;
    const double enclosed = enclosed_bound(rules, ph, intact, ruptured) * dt;
    plan->walk[p] = walk_of(rules, ph);
    for (int condition = HM_ACTIVE; condition <= HM_NECROTIC; condition++) {
        const uint8_t kind = hm_kind(p, condition);
        const double bound = hazard_bound(rules, ph, condition, intact, ruptured) * dt;
        plan->hazard[kind] = bound;
        if (condition == HM_ACTIVE) set_limits(plan, kind, enclosed, moving + bound + (walks(ph) ? HM_TINY : 0.0));
        else set_limits(plan, kind, bound, bound);
    }
}

void hm_plan_make(const hm_cells_t *cells, const hm_rules_t *rules, hm_plan_t *plan)
{
    const hm_offset_t *o = hm_offsets(&cells->lat);
    *plan = (hm_plan_t){.scale = rules->substep / (cells->lat.spacing * cells->lat.spacing)};
    for (int d = 0; d < hm_all_neighbours(&cells->lat); d++)
        plan->stride[d] = o[d].z * cells->lat.sz + o[d].y * cells->lat.sy + o[d].x;
    for (int p = 0; p < rules->n_phenotypes; p++) plan_phenotype(cells, rules, p, plan);
    memset(cells->row_clamps, 0, (size_t)hm_rows(&cells->lat) * sizeof *cells->row_clamps);
}
