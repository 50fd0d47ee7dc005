/* Hazards: what a cell can do in a sub-step, and which of it a draw picks. */
#include <math.h>

#include "hm_cells_internal.h"

typedef struct {
    double multiplier[HM_BEHAVIOURS];
} hm_signals_t;

typedef struct {
    int direction;
    double probability;
} hm_move_t;

typedef struct {
    uint8_t proposal;
    double rate;
} hm_hazard_t;

#define HM_MAX_HAZARDS (HM_BEHAVIOURS + HM_MAX_PHENOTYPES)

static int is_walk(int behaviour) { return behaviour == HM_MOTILITY || behaviour == HM_TAXIS; }

/* Factors on the rates of a cell: its clone's traits times its phenotype's responses; those of
 * its walk or those of all else. */
static void read_signals(const hm_substep_t *s, const hm_phenotype_t *ph, const hm_place_t *p, int walk,
                         hm_signals_t *out)
{
    const hm_clones_t *clones = s->rules->clones;
    const float *trait = clones ? clones->trait + (int64_t)s->cells->clone[hm_index(s->cells, p)] * HM_BEHAVIOURS : 0;
    for (int b = 0; b < HM_BEHAVIOURS; b++)
        if (is_walk(b) == walk) out->multiplier[b] = trait ? (double)trait[b] : 1.0;
    for (int i = 0; i < ph->n_responses; i++) {
        const hm_response_t *r = &ph->responses[i];
        if (is_walk(r->behaviour) != walk) continue;
        out->multiplier[r->behaviour] *= hm_response_factor(r, hm_field_view_at(&s->rules->fields[r->field], p->site));
    }
}

/* Bit d: direction d leads to a site with a free slot. */
static uint32_t free_directions(const hm_cells_t *c, int64_t site)
{
    const hm_offset_t *o = hm_offsets(&c->lat);
    uint32_t mask = 0u;
    for (int d = 0; d < c->division_neighbours; d++) {
        const int64_t t = site + o[d].z * c->lat.sz + o[d].y * c->lat.sy + o[d].x;
        for (int32_t k = 0; k < c->slots; k++)
            if (c->kind[t * c->slots + k] == HM_EMPTY) {
                mask |= 1u << d;
                break;
            }
    }
    if (c->slots > 1 && hm_free_slots(c, site) > 0) mask |= 1u << HM_SELF;
    return mask;
}

/* The hybrid discrete-continuum weights of n_t = D lap n - chi div(n grad f)
 * (Anderson & Chaplain 1998, doi:10.1006/bulm.1998.0042), for free directions only. */
static int move_weights(const hm_substep_t *s, const hm_phenotype_t *ph, const hm_signals_t *sig, int64_t site,
                        uint32_t free, hm_move_t *moves, double *total, int64_t *clamped)
{
    const hm_lattice_t *lat = &s->cells->lat;
    const int64_t stride[3] = {1, lat->sy, lat->sz};
    const double scale = s->plan->scale;
    const double base = ph->rate[HM_MOTILITY] * sig->multiplier[HM_MOTILITY];
    int n = 0;
    for (int d = 0; d < hm_faces(lat); d++) {
        if (!(free >> d & 1u)) continue;
        double w = base;
        for (int i = 0; i < ph->n_taxis; i++) {
            const hm_field_view_t *f = &s->rules->fields[ph->taxis_field[i]];
            const double slope = hm_field_view_slope(f, site, stride[d >> 1]);
            w += (d & 1 ? 0.25 : -0.25) * ph->taxis[i] * sig->multiplier[HM_TAXIS] * slope;
        }
        if (w < 0.0) ++*clamped;
        if (w <= 0.0) continue;
        moves[n++] = (hm_move_t){d, w * scale};
        *total += w * scale;
    }
    return n;
}

static double wall_area(const hm_rules_t *r, int64_t site, const double *area)
{
    int64_t low = 0, high = r->n_vessel_sites - 1;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (r->vessel_sites[middle] < site) low = middle + 1;
        else high = middle;
    }
    return area[low];
}

static void add_hazard(hm_hazard_t *list, int *n, double *total, int what, int detail, double rate)
{
    if (rate <= 0.0) return;
    list[(*n)++] = (hm_hazard_t){hm_proposal(what, detail), rate};
    *total += rate;
}

/* Hazards other than moves [1/h]; division is offered where a neighbour has room. */
static int living_hazards(const hm_substep_t *s, const hm_phenotype_t *ph, const hm_signals_t *sig, int64_t site,
                          uint32_t free, hm_hazard_t *list, double *total)
{
    const double *m = sig->multiplier;
    int n = 0;
    if (free) add_hazard(list, &n, total, HM_DIVIDE, 0, ph->rate[HM_DIVISION] * m[HM_DIVISION]);
    add_hazard(list, &n, total, HM_LOCAL, HM_DIE, ph->rate[HM_DEATH] * m[HM_DEATH]);
    add_hazard(list, &n, total, HM_LOCAL, HM_BECOME_NECROTIC, ph->rate[HM_NECROSIS] * m[HM_NECROSIS]);
    for (int q = 0; q < s->rules->n_phenotypes; q++)
        add_hazard(list, &n, total, HM_SWITCH, q, ph->transition[q] * m[HM_TRANSITION]);
    if (s->rules->vessel_mask[site]) {
        const double intact = wall_area(s->rules, site, s->rules->intact_area);
        const double ruptured = wall_area(s->rules, site, s->rules->ruptured_area);
        add_hazard(list, &n, total, HM_LOCAL, HM_ENTER,
                   ph->rate[HM_INTRAVASATION] * m[HM_INTRAVASATION] * intact);
        add_hazard(list, &n, total, HM_LOCAL, HM_SHED, ph->rate[HM_SHEDDING] * m[HM_SHEDDING] * ruptured);
    }
    return n;
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

/* Moves have probability weight * dt; the other hazards share the remainder as
 * (r / R)(1 - exp(-R dt)). `moving` is the sum of the former; u lies below it. */
static uint8_t pick_move(const hm_move_t *moves, int n_moves, double u)
{
    int i = 0;
    for (; i < n_moves - 1 && u >= moves[i].probability; i++) u -= moves[i].probability;
    return hm_proposal(HM_MOVE, moves[i].direction);
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

uint8_t hm_event_of(const hm_substep_t *s, const hm_place_t *p, uint8_t kind, const uint32_t words[3],
                    int64_t *clamped)
{
    const hm_phenotype_t *ph = &s->rules->phenotypes[hm_phenotype_of(kind)];
    const int condition = hm_condition_of(kind);
    const double u = hm_unit53(words[0], words[1]);
    hm_signals_t sig;
    hm_hazard_t hazards[HM_MAX_HAZARDS];
    hm_move_t moves[HM_MAX_NEIGHBOURS];
    double total = 0.0, moving = 0.0;
    uint32_t free = 0u;
    if (condition == HM_ACTIVE) {
        free = free_directions(s->cells, p->site);
        read_signals(s, ph, p, 1, &sig);
        const int n_moves = move_weights(s, ph, &sig, p->site, free, moves, &moving, clamped);
        if (moving > 1.0) ++*clamped;
        if (u < moving) return pick_move(moves, n_moves, u);
    }
    const double v = moving < 1.0 ? (u - moving) / (1.0 - moving) : 1.0;
    if (v >= s->plan->hazard[kind] * (1.0 + HM_SLACK) + HM_TINY) return 0;
    read_signals(s, ph, p, 0, &sig);
    const int n_hazards = condition == HM_ACTIVE ? living_hazards(s, ph, &sig, p->site, free, hazards, &total)
                                                 : resting_hazards(ph, &sig, condition, hazards, &total);
    return pick_hazard(hazards, n_hazards, total, s->rules->substep, v, free, words[2]);
}
