/* Mutation: at a division the daughter may found a clone with traits of its own. */
#include <math.h>

#include "hm_cells_internal.h"

#define HM_TWO_PI 6.283185307179586476925286766559

/* Draw 0 of a mother and sub-step decides, draw 1 + b is for the trait of behaviour b. */
static hm_block_t block(const hm_substep_t *s, const hm_place_t *mother, uint32_t number)
{
    return hm_draw(s->rules->mutation.key, hm_identity(s->cells, mother), s->step, s->sub << 8 | number);
}

int hm_mutates(const hm_substep_t *s, const hm_place_t *mother)
{
    if (!s->rules->clones || !(s->rules->mutation.probability > 0.0)) return 0;
    const hm_block_t b = block(s, mother, 0u);
    return hm_unit53(b.v[0], b.v[1]) < s->rules->mutation.probability;
}

/* A standard normal number by Box and Muller (1958, doi:10.1214/aoms/1177706645). */
static double normal(const hm_block_t b)
{
    return sqrt(-2.0 * log(hm_unit53(b.v[0], b.v[1]))) * cos(HM_TWO_PI * hm_unit53(b.v[2], b.v[3]));
}

static double clipped(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

static float drawn_trait(const hm_substep_t *s, const hm_place_t *mother, int behaviour, float parent)
{
    const hm_mutation_t *m = &s->rules->mutation;
    const double drift = m->drift[behaviour], spread = m->spread[behaviour];
    if (drift == 0.0 && spread == 0.0) return parent;
    const double factor = exp(drift + spread * normal(block(s, mother, 1u + (uint32_t)behaviour)));
    return (float)clipped((double)parent * factor, 1.0 / m->limit, m->limit);
}

/* Widen the range of a trait; 1 if that was needed. */
static int widen(hm_clones_t *clones, int behaviour, double trait)
{
    const int wider = trait < clones->least[behaviour] || trait > clones->most[behaviour];
    if (trait < clones->least[behaviour]) clones->least[behaviour] = trait;
    if (trait > clones->most[behaviour]) clones->most[behaviour] = trait;
    return wider;
}

static int found_clone(const hm_substep_t *s, const hm_place_t *mother, uint32_t parent)
{
    hm_clones_t *clones = s->rules->clones;
    const int64_t row = clones->n++;
    int wider = 0;
    clones->parent[row] = parent;
    clones->tissue[row] = (uint16_t)s->cells->tissue;
    clones->time[row] = s->now;
    for (int b = 0; b < HM_BEHAVIOURS; b++) {
        const float from = clones->trait[(int64_t)parent * HM_BEHAVIOURS + b];
        const float trait = drawn_trait(s, mother, b, from);
        clones->trait[row * HM_BEHAVIOURS + b] = trait;
        wider |= widen(clones, b, (double)trait);
    }
    return wider;
}

/* The daughter of a mother whose proposal still stands gets the next number. */
static int settle_mutant(const hm_substep_t *s, const hm_place_t *mother)
{
    hm_cells_t *c = s->cells;
    const int64_t i = hm_index(c, mother);
    const uint32_t number = (uint32_t)s->rules->clones->n;
    hm_place_t daughter;
    hm_step_to(c, mother, hm_detail(c->proposal[i]), &daughter);
    daughter.slot = c->outcome[i] - 1;
    c->clone[hm_index(c, &daughter)] = number;
    c->proposal[i] = c->outcome[i] = 0;
    return found_clone(s, mother, c->clone[i]);
}

int hm_mutants_settle(const hm_substep_t *s)
{
    const hm_cells_t *c = s->cells;
    const int64_t n = c->lat.nx * c->slots;
    int wider = 0;
    for (int64_t r = 0; r < hm_rows(&c->lat); r++) {
        if (!c->row_events[r]) continue;
        const int64_t z = r / c->lat.ny, y = r % c->lat.ny;
        const uint8_t *proposals = c->proposal + hm_site(&c->lat, z, y, 0) * c->slots;
        for (int64_t j = hm_next_nonzero(proposals, 0, n); j < n; j = hm_next_nonzero(proposals, j + 1, n)) {
            const hm_place_t mother = hm_place_in_row(c, z, y, j);
            wider |= settle_mutant(s, &mother);
        }
    }
    return wider;
}
