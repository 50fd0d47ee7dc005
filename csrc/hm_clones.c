/* Clones: traits of a clone, log-normal around its parent's. */
#include "hm_clones.h"

#include <math.h>

#define HM_TWO_PI 6.283185307179586476925286766559

/* A standard normal number by Box and Muller (1958, doi:10.1214/aoms/1177706645). */
static double normal(const hm_block_t b)
{
    return sqrt(-2.0 * log(hm_unit53(b.v[0], b.v[1]))) * cos(HM_TWO_PI * hm_unit53(b.v[2], b.v[3]));
}

static double clipped(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

static float drawn_trait(const hm_mutation_t *m, int behaviour, float parent, uint64_t identity, uint32_t step,
                         uint32_t sub)
{
    const double drift = m->drift[behaviour], spread = m->spread[behaviour];
    if (drift == 0.0 && spread == 0.0) return parent;
    const hm_block_t b = hm_draw(m->key, identity, step, sub << 8 | (1u + (uint32_t)behaviour));
    return (float)clipped((double)parent * exp(drift + spread * normal(b)), 1.0 / m->limit, m->limit);
}

/* Widen the range of a trait; 1 if that was needed. */
static int widen(hm_clones_t *clones, int behaviour, double trait)
{
    const int wider = trait < clones->least[behaviour] || trait > clones->most[behaviour];
    if (trait < clones->least[behaviour]) clones->least[behaviour] = trait;
    if (trait > clones->most[behaviour]) clones->most[behaviour] = trait;
    return wider;
}

int hm_clone_found(hm_clones_t *clones, const hm_mutation_t *mutation, uint32_t parent, uint64_t tissue, double time,
                   uint64_t identity, uint32_t step, uint32_t sub)
{
    const int64_t row = clones->n++;
    int wider = 0;
    clones->parent[row] = parent;
    clones->tissue[row] = (uint16_t)tissue;
    clones->time[row] = time;
    for (int b = 0; b < HM_BEHAVIOURS; b++) {
        const float from = clones->trait[(int64_t)parent * HM_BEHAVIOURS + b];
        const float trait = drawn_trait(mutation, b, from, identity, step, sub);
        clones->trait[row * HM_BEHAVIOURS + b] = trait;
        wider |= widen(clones, b, (double)trait);
    }
    return wider;
}
