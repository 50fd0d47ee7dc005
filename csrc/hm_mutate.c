/* Mutation: at a division the daughter may found a clone with traits of its own. */
#include "hm_cells_internal.h"
#include "hm_clones.h"

int hm_mutates(const hm_substep_t *s, uint64_t mother)
{
    if (!s->rules->clones || !(s->rules->mutation.probability > 0.0)) return 0;
    const hm_block_t b = hm_draw(s->rules->mutation.key, mother, s->step, s->sub << 8);
    return hm_unit53(b.v[0], b.v[1]) < s->rules->mutation.probability;
}

/* The daughter of a mother whose outcome still stands gets the next number. */
static int settle_mutant(const hm_substep_t *s, const hm_place_t *mother)
{
    hm_cells_t *c = s->cells;
    const int64_t i = hm_index(c, mother);
    hm_clones_t *clones = s->rules->clones;
    hm_place_t daughter;
    hm_step_to(c, mother, hm_detail(c->proposal[i]), &daughter);
    daughter.slot = c->outcome[i] - 1;
    c->clone[hm_index(c, &daughter)] = (uint32_t)clones->n;
    c->outcome[i] = 0;
    return hm_clone_found(clones, &s->rules->mutation, c->clone[i], c->tissue, s->now, hm_identity(c, mother), s->step,
                          s->sub);
}

int hm_mutants_settle(const hm_substep_t *s)
{
    const hm_cells_t *c = s->cells;
    const int64_t n = c->lat.nx * c->slots;
    int wider = 0;
    for (int64_t r = 0; r < hm_rows(&c->lat); r++) {
        if (!c->row_events[r]) continue;
        const int64_t z = r / c->lat.ny, y = r % c->lat.ny;
        const uint8_t *outcomes = c->outcome + hm_site(&c->lat, z, y, 0) * c->slots;
        for (int64_t j = hm_next_nonzero(outcomes, 0, n); j < n; j = hm_next_nonzero(outcomes, j + 1, n)) {
            const hm_place_t mother = hm_place_in_row(c, z, y, j);
            wider |= settle_mutant(s, &mother);
        }
    }
    return wider;
}
