/* A colony: its next event, and what the event does. */
#include <math.h>
#include <string.h>

#include "hm_clones.h"
#include "hm_core.h"
#include "hm_population_internal.h"

/* A cell of some phenotype and condition does something. */
typedef struct {
    int phenotype, condition, behaviour, target;
    double rate; /* of all such cells of the line together [1/h] */
} hm_event_t;

#define HM_MAX_EVENTS (HM_BEHAVIOURS + HM_MAX_PHENOTYPES)
#define HM_SLACK 1e-9 /* rounding of a bound against the exact sum */

static double rate_of(const hm_rates_t *r, const float *trait, int phenotype, int behaviour)
{
    return r->rate[phenotype][behaviour] * (trait ? (double)trait[behaviour] : 1.0);
}

/* Division of a cell that has no room but for those beside it who go: it takes their place [1/h]. */
static double replacement_of(const hm_rates_t *r, const float *trait, int p)
{
    const double going = rate_of(r, trait, p, HM_DEATH) + rate_of(r, trait, p, HM_INTRAVASATION) +
                         rate_of(r, trait, p, HM_SHEDDING);
    return fmin(going, r->inner[p] * (trait ? (double)trait[HM_DIVISION] : 1.0));
}

/* What room adds to that [1/h]. */
static double growth_of(const hm_rates_t *r, const float *trait, int p)
{
    return fmax(0.0, rate_of(r, trait, p, HM_DIVISION) - replacement_of(r, trait, p));
}

static void add(hm_event_t *list, int *n, int phenotype, int condition, int behaviour, int target, double rate)
{
    if (rate > 0.0) list[(*n)++] = (hm_event_t){phenotype, condition, behaviour, target, rate};
}

/* What the cells of one phenotype in a line can do besides dividing into free room. */
static int events_of(const hm_rates_t *r, int n_phenotypes, const float *trait, int p, const int64_t *count,
                     hm_event_t *list)
{
    const double cells[HM_CONDITIONS] = {(double)count[HM_ACTIVE], (double)count[HM_DORMANT], (double)count[HM_NECROTIC]};
    const int active[] = {HM_DEATH, HM_NECROSIS, HM_INTRAVASATION, HM_SHEDDING};
    const int dormant[] = {HM_DORMANT_DEATH, HM_REACTIVATION, HM_NECROSIS};
    int n = 0;
    if (count[HM_ACTIVE]) {
        add(list, &n, p, HM_ACTIVE, HM_DIVISION, 0, cells[HM_ACTIVE] * replacement_of(r, trait, p));
        for (int i = 0; i < 4; i++)
            add(list, &n, p, HM_ACTIVE, active[i], 0, cells[HM_ACTIVE] * rate_of(r, trait, p, active[i]));
        const double factor = trait ? (double)trait[HM_TRANSITION] : 1.0;
        for (int q = 0; q < n_phenotypes; q++)
            add(list, &n, p, HM_ACTIVE, HM_TRANSITION, q, cells[HM_ACTIVE] * factor * r->transition[p][q]);
    }
    if (count[HM_DORMANT])
        for (int i = 0; i < 3; i++)
            add(list, &n, p, HM_DORMANT, dormant[i], 0, cells[HM_DORMANT] * rate_of(r, trait, p, dormant[i]));
    if (count[HM_NECROTIC])
        add(list, &n, p, HM_NECROTIC, HM_CLEARANCE, 0, cells[HM_NECROTIC] * rate_of(r, trait, p, HM_CLEARANCE));
    return n;
}

static const float *traits_of(const hm_colony_t *c, int64_t row)
{
    return c->clones ? c->clones->trait + (int64_t)c->lines->clone[row] * HM_BEHAVIOURS : 0;
}

void hm_colony_weigh(hm_colony_t *c, int64_t row)
{
    const float *trait = traits_of(c, row);
    const int64_t *count = hm_counts(c, row);
    double division = 0.0, rest = 0.0;
    for (int p = 0; p < c->rules->n_phenotypes; p++, count += HM_CONDITIONS) {
        hm_event_t list[HM_MAX_EVENTS];
        const int n = events_of(&c->rates, c->rules->n_phenotypes, trait, p, count, list);
        for (int i = 0; i < n; i++) rest += list[i].rate;
        division += (double)count[HM_ACTIVE] * growth_of(&c->rates, trait, p);
    }
    c->weight[2 * row] = division;
    c->weight[2 * row + 1] = rest;
}

/* The division into free room in a line on which `target` of their weight falls. */
static hm_event_t division_at(const hm_colony_t *c, int64_t row, double target)
{
    const float *trait = traits_of(c, row);
    const int64_t *count = hm_counts(c, row);
    hm_event_t found = {0, HM_ACTIVE, HM_DIVISION, 0, 0.0};
    for (int p = 0; p < c->rules->n_phenotypes; p++, count += HM_CONDITIONS) {
        const double rate = (double)count[HM_ACTIVE] * growth_of(&c->rates, trait, p);
        if (rate <= 0.0) continue;
        found.phenotype = p;
        if (target < rate) break;
        target -= rate;
    }
    return found;
}

/* The same for all else. */
static hm_event_t other_at(const hm_colony_t *c, int64_t row, double target)
{
    const float *trait = traits_of(c, row);
    const int64_t *count = hm_counts(c, row);
    hm_event_t found = {0};
    for (int p = 0; p < c->rules->n_phenotypes; p++, count += HM_CONDITIONS) {
        hm_event_t list[HM_MAX_EVENTS];
        const int n = events_of(&c->rates, c->rules->n_phenotypes, trait, p, count, list);
        for (int i = 0; i < n; i++) {
            found = list[i];
            if (target < list[i].rate) return found;
            target -= list[i].rate;
        }
    }
    return found;
}

/* Whether a daughter founds a clone; its line is added then. HM_ERR_FULL where tables end. */
static int mutate(hm_colony_t *c, int64_t row, int phenotype, double time, int *mutant)
{
    const hm_mutation_t *m = &c->rules->mutation;
    const uint32_t sub = c->births++;
    *mutant = 0;
    if (!c->clones || !(m->probability > 0.0)) return HM_OK;
    const hm_block_t b = hm_draw(m->key, c->identity, c->step, sub << 8);
    if (hm_unit53(b.v[0], b.v[1]) >= m->probability) return HM_OK;
    c->clones->wanted = c->clones->n + 1;
    if (c->clones->wanted > c->clones->capacity || c->lines->n == c->lines->capacity) return HM_ERR_FULL;
    const int64_t added = c->lines->n++;
    c->lines->founder[added] = c->lines->founder[row];
    c->lines->clone[added] = (uint32_t)c->clones->n;
    memset(hm_counts(c, added), 0, (size_t)(c->rules->n_phenotypes * HM_CONDITIONS) * sizeof(int64_t));
    hm_clone_found(c->clones, m, c->lines->clone[row], c->rules->tissue, time, c->identity, c->step, sub);
    hm_counts(c, added)[phenotype * HM_CONDITIONS + HM_ACTIVE] = 1;
    hm_colony_weigh(c, added);
    c->flows.mutated++;
    *mutant = 1;
    return HM_OK;
}

static int divide(hm_colony_t *c, int64_t row, int phenotype, double time)
{
    int mutant;
    const int status = mutate(c, row, phenotype, time, &mutant);
    if (status != HM_OK) return status;
    if (!mutant) hm_counts(c, row)[phenotype * HM_CONDITIONS + HM_ACTIVE]++;
    c->occupied++, c->living++, c->active++, c->flows.born++;
    if (c->living == 2 && isnan(c->grown)) c->grown = time;
    return HM_OK;
}

static void become_necrotic(hm_colony_t *c, int64_t *count, int condition)
{
    count[condition]--, count[HM_NECROTIC]++;
    c->living--, c->active -= condition == HM_ACTIVE;
    c->flows.died_necrosis++;
}

static int change(hm_colony_t *c, int64_t row, const hm_event_t *e, double time)
{
    int64_t *count = hm_counts(c, row) + e->phenotype * HM_CONDITIONS;
    switch (e->behaviour) {
    case HM_DEATH:
        count[HM_ACTIVE]--, c->occupied--, c->living--, c->active--, c->flows.died_apoptosis++;
        break;
    case HM_NECROSIS:
        become_necrotic(c, count, e->condition);
        break;
    case HM_CLEARANCE:
        count[HM_NECROTIC]--, c->occupied--, c->flows.cleared++;
        break;
    case HM_DORMANT_DEATH:
        count[HM_DORMANT]--, c->occupied--, c->living--, c->flows.died_dormant++;
        break;
    case HM_REACTIVATION:
        count[HM_DORMANT]--, count[HM_ACTIVE]++, c->active++, c->flows.reactivated++;
        break;
    case HM_TRANSITION:
        count[HM_ACTIVE]--, hm_counts(c, row)[e->target * HM_CONDITIONS + HM_ACTIVE]++, c->flows.transitions++;
        break;
    default:
        return hm_colony_depart(c, row, e->phenotype, e->behaviour == HM_SHEDDING, time);
    }
    return HM_OK;
}

/* The event on which `target` of the total rate falls. */
static int happen(hm_colony_t *c, double room, double target, double time)
{
    int64_t row = c->first, last = c->first;
    for (; row < c->lines->n; row++) {
        const double rate = room * c->weight[2 * row] + c->weight[2 * row + 1];
        if (rate <= 0.0) continue;
        last = row;
        if (target < rate) break;
        target -= rate;
    }
    row = last;
    const double division = room * c->weight[2 * row]; /* those into free room */
    int status;
    if (target < division || !(c->weight[2 * row + 1] > 0.0)) { /* the latter: rounding of the sum */
        status = divide(c, row, division_at(c, row, target / room).phenotype, time);
    } else {
        const hm_event_t e = other_at(c, row, target - division);
        status = e.behaviour == HM_DIVISION ? divide(c, row, e.phenotype, time) : change(c, row, &e, time);
    }
    hm_colony_weigh(c, row);
    c->flows.drawn++;
    return status;
}

/* Of all that a cell does, at rates of the table [1/h]. */
static double sum_of(const hm_rates_t *rates, int n_phenotypes, int p, int condition)
{
    int64_t one[HM_CONDITIONS] = {0};
    hm_event_t list[HM_MAX_EVENTS];
    one[condition] = 1;
    const int n = events_of(rates, n_phenotypes, 0, p, one, list);
    double sum = condition == HM_ACTIVE ? growth_of(rates, 0, p) : 0.0;
    for (int i = 0; i < n; i++) sum += list[i].rate;
    return sum;
}

void hm_population_bound(hm_population_t *r)
{
    memset(r->most_rate, 0, sizeof r->most_rate);
    for (int i = 0; i < HM_SIZES * HM_CORES; i++) {
        hm_rates_t rates = {0};
        hm_rates_add(r, i, 1.0, &rates);
        for (int p = 0; p < r->n_phenotypes; p++)
            for (int condition = 0; condition < HM_CONDITIONS; condition++)
                r->most_rate[p][condition] =
                    fmax(r->most_rate[p][condition], sum_of(&rates, r->n_phenotypes, p, condition));
    }
}

int hm_colony_rests(const hm_colony_t *c, double dt)
{
    double most = 0.0;
    if (c->clones) return 0;
    for (int64_t row = c->first; row < c->lines->n; row++) {
        const int64_t *count = hm_counts(c, row);
        for (int p = 0; p < c->rules->n_phenotypes; p++, count += HM_CONDITIONS)
            for (int k = 0; k < HM_CONDITIONS; k++)
                if (count[k]) most += (double)count[k] * c->rules->most_rate[p][k];
    }
    const hm_block_t b = hm_draw(c->rules->key, c->identity, c->step, 0u);
    return 1.0 - hm_unit53(b.v[0], b.v[1]) >= most * dt * (1.0 + HM_SLACK); /* -log u >= 1 - u */
}

int hm_colony_run(hm_colony_t *c, double start, double dt)
{
    double now = 0.0;
    for (int64_t row = c->first; row < c->lines->n; row++) hm_colony_weigh(c, row);
    while (c->occupied > 0) {
        const double room = c->active ? hm_population_room(c->rules, c->shell, (double)c->occupied, c->others) : 0.0;
        double total = 0.0;
        for (int64_t row = c->first; row < c->lines->n; row++)
            total += room * c->weight[2 * row] + c->weight[2 * row + 1];
        if (!(total > 0.0)) break;
        const hm_block_t b = hm_colony_draw(c);
        now -= log(hm_unit53(b.v[0], b.v[1])) / total;
        if (now >= dt) break;
        const int status = happen(c, room, hm_unit53(b.v[2], b.v[3]) * total, start + now);
        if (status != HM_OK) return status;
    }
    return HM_OK;
}
