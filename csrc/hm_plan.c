/* What the rules allow at most: upper bounds that spare most cells the exact hazards. */
#include <math.h>

#include "hm_mild.h"

#define HM_MILD_RATIO 63.0 /* u^n / K^n from which on it is mild: 63/64 of a response's way (our choice) */

/* Largest factor of a response; `mild` (or 0): where its field is on that side. A response rises or
 * falls throughout, so the ends of the side are enough. */
static double most_of_response(const hm_response_t *r, const hm_mild_t *mild)
{
    if (!mild || mild->field != r->field) return r->extreme > 1.0 ? r->extreme : 1.0;
    const double at = hm_response_factor(r, mild->threshold);
    const double end = hm_response_factor(r, mild->below ? 0.0 : INFINITY);
    return (at > end ? at : end) * (1.0 + HM_SLACK);
}

/* Smallest and largest factor that responses and traits can put on a behaviour, the largest where
 * it is mild (0: anywhere). */
static void factor_range(const hm_rules_t *rules, const hm_phenotype_t *ph, int behaviour, const hm_mild_t *mild,
                         double *least, double *most)
{
    *least = rules->clones ? rules->clones->least[behaviour] : 1.0;
    *most = rules->clones ? rules->clones->most[behaviour] : 1.0;
    for (int i = 0; i < ph->n_responses; i++) {
        if (ph->responses[i].behaviour != behaviour) continue;
        const double extreme = ph->responses[i].extreme;
        *least *= extreme < 1.0 ? extreme : 1.0;
        *most *= most_of_response(&ph->responses[i], mild);
    }
}

static double most(const hm_rules_t *rules, const hm_phenotype_t *ph, int behaviour, const hm_mild_t *mild)
{
    double low, high;
    factor_range(rules, ph, behaviour, mild, &low, &high);
    return ph->rate[behaviour] * high;
}

static double transitions(const hm_rules_t *rules, const hm_phenotype_t *ph, const hm_mild_t *mild)
{
    double low, high, sum = 0.0;
    factor_range(rules, ph, HM_TRANSITION, mild, &low, &high);
    for (int q = 0; q < rules->n_phenotypes; q++) sum += ph->transition[q] * high;
    return sum;
}

static double largest(int64_t n, const double *area)
{
    double out = 0.0;
    for (int64_t i = 0; i < n; i++) out = area[i] > out ? area[i] : out;
    return out;
}

/* Bound of the entry into the blood [1/h]. */
static double entry_bound(const hm_rules_t *rules, const hm_phenotype_t *ph)
{
    return most(rules, ph, HM_INTRAVASATION, 0) * largest(rules->n_vessel_sites, rules->intact_area) +
           most(rules, ph, HM_SHEDDING, 0) * largest(rules->n_vessel_sites, rules->ruptured_area);
}

/* Bound of what an active cell can do without a free neighbour. */
static double enclosed_bound(const hm_rules_t *rules, const hm_phenotype_t *ph, double entry, const hm_mild_t *mild)
{
    return most(rules, ph, HM_DEATH, mild) + most(rules, ph, HM_NECROSIS, mild) + transitions(rules, ph, mild) + entry;
}

static double hazard_bound(const hm_rules_t *rules, const hm_phenotype_t *ph, int condition, double entry,
                           const hm_mild_t *mild)
{
    if (condition == HM_NECROTIC) return most(rules, ph, HM_CLEARANCE, mild);
    if (condition == HM_DORMANT)
        return most(rules, ph, HM_DORMANT_DEATH, mild) + most(rules, ph, HM_REACTIVATION, mild) +
               most(rules, ph, HM_NECROSIS, mild);
    return most(rules, ph, HM_DIVISION, mild) + enclosed_bound(rules, ph, entry, mild);
}

static hm_walk_t walk_of(const hm_rules_t *rules, const hm_phenotype_t *ph)
{
    double least_motility, most_taxis, unused;
    factor_range(rules, ph, HM_MOTILITY, 0, &least_motility, &unused);
    factor_range(rules, ph, HM_TAXIS, 0, &unused, &most_taxis);
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

static void set_limit(hm_plan_t *plan, int mild, int room, uint8_t kind, double probability)
{
    const uint32_t limit = limit_of(probability);
    plan->limit[mild][room][kind] = limit;
    if (limit > 0u && limit - 1u > plan->last[mild][room]) plan->last[mild][room] = (uint16_t)(limit - 1u);
}

/* Limits of a kind anywhere and where it is mild, from the chances that it does something without
 * and with room. */
static void set_limits(hm_plan_t *plan, uint8_t kind, const double enclosed[2], const double free[2])
{
    if (!(free[0] > 0.0)) plan->unable[plan->n_unable++] = kind;
    else if (!(enclosed[0] > 0.0)) plan->tied[plan->n_tied++] = kind;
    for (int mild = 0; mild < 2; mild++) {
        set_limit(plan, mild, 0, kind, enclosed[mild]);
        set_limit(plan, mild, 1, kind, free[mild]);
    }
    if (plan->limit[0][0][kind] > plan->limit_enclosed) plan->limit_enclosed = plan->limit[0][0][kind];
}

/* Bounds of the chances of a phenotype in a condition. */
static void plan_kind(const hm_cells_t *cells, const hm_rules_t *rules, int p, int condition, hm_plan_t *plan)
{
    const hm_phenotype_t *ph = &rules->phenotypes[p];
    const uint8_t kind = hm_kind(p, condition);
    const double dt = rules->substep, entry = plan->entry[p];
    const double moving = 2.0 * cells->lat.dim * most(rules, ph, HM_MOTILITY, 0) * plan->scale + (walks(ph) ? HM_TINY : 0.0);
    const hm_mild_t *const where[2] = {0, &plan->mild};
    double enclosed[2], free[2];
    for (int mild = 0; mild < 2; mild++) {
        plan->hazard[mild][kind] = free[mild] = enclosed[mild] = hazard_bound(rules, ph, condition, entry, where[mild]) * dt;
        if (condition != HM_ACTIVE) continue;
        enclosed[mild] = enclosed_bound(rules, ph, entry, where[mild]) * dt;
        free[mild] += moving;
    }
    set_limits(plan, kind, enclosed, free);
}

/* The side of a field on which the largest hazard that it can put down is put down. */
static hm_mild_t mild_of(const hm_rules_t *rules)
{
    hm_mild_t out = {.field = -1};
    double largest_drop = 0.0;
    for (int p = 0; p < rules->n_phenotypes; p++)
        for (int i = 0; i < rules->phenotypes[p].n_responses; i++) {
            const hm_response_t *r = &rules->phenotypes[p].responses[i];
            const double drop = most(rules, &rules->phenotypes[p], r->behaviour, 0) * (1.0 - r->extreme);
            if (hm_is_walk(r->behaviour) || r->threshold || drop <= largest_drop) continue;
            largest_drop = drop;
            out = (hm_mild_t){r->field, r->low, r->half_maximum * pow(HM_MILD_RATIO, (r->low ? -1.0 : 1.0) / r->power)};
        }
    return out;
}

/* To the neighbour in each direction, and where each proposal leads. */
static void set_strides(const hm_cells_t *cells, hm_plan_t *plan)
{
    const hm_offset_t *o = hm_offsets(&cells->lat);
    for (int d = 0; d < hm_all_neighbours(&cells->lat); d++) {
        const int64_t stride = o[d].z * cells->lat.sz + o[d].y * cells->lat.sy + o[d].x;
        const uint8_t ways[2] = {hm_proposal(HM_DIVIDE, d), hm_proposal(HM_MOVE, d)};
        plan->stride[d] = stride;
        for (int i = 0; i < 2; i++) plan->lead[ways[i]] = stride, plan->lead_rows[ways[i]] = o[d].z * cells->lat.ny + o[d].y;
    }
}

void hm_plan_make(const hm_cells_t *cells, const hm_rules_t *rules, hm_plan_t *plan)
{
    const size_t rows = (size_t)hm_rows(&cells->lat);
    *plan = (hm_plan_t){.scale = rules->substep / (cells->lat.spacing * cells->lat.spacing)};
    set_strides(cells, plan);
    plan->section = HM_LEAST_SECTION;
    while ((cells->lat.nx - 1) >> plan->section >= HM_SECTIONS) plan->section++;
    plan->mild = mild_of(rules);
    for (int p = 0; p < rules->n_phenotypes; p++) {
        plan->entry[p] = entry_bound(rules, &rules->phenotypes[p]);
        plan->walk[p] = walk_of(rules, &rules->phenotypes[p]);
        for (int condition = HM_ACTIVE; condition <= HM_NECROTIC; condition++) plan_kind(cells, rules, p, condition, plan);
    }
    memset(cells->row_clamps, 0, rows * sizeof *cells->row_clamps);
    memset(cells->row_harsh, 0, rows * sizeof *cells->row_harsh);
}
