/* Propose: each cell draws at most one event from its competing hazards.
 *
 * A row's cells are gathered in batches, so that their random words come from one vector loop.
 * The first 16 bits of a draw come from a block that eight neighbouring slots share.
 * Most draws lie above an upper bound of all the cell could do: these cells stay, unseen. Only
 * the others have their exact hazards computed, so the bound changes the speed, not the result.
 */
#include <math.h>
#include <string.h>

#include "hm_cells_internal.h"

#define HM_BATCH 64
#define HM_CHUNK 8 /* bytes looked at in one go */

typedef struct {
    int n;
    int64_t offset[HM_BATCH];   /* x * slots + slot */
    uint64_t identity[HM_BATCH];
    uint32_t words[3][HM_BATCH];
} hm_batch_t;

/* Four times the drift along each axis, at most [um^2/h]; the precision of a field is looked
 * at once for all axes. */
static void drift_bounds(const hm_substep_t *s, const hm_phenotype_t *ph, int64_t site, double drift[3])
{
    const hm_lattice_t *lat = &s->cells->lat;
    const int64_t stride[3] = {1, lat->sy, lat->sz};
    drift[0] = drift[1] = drift[2] = 0.0;
    for (int i = 0; i < ph->n_taxis; i++) {
        const hm_field_view_t *f = &s->rules->fields[ph->taxis_field[i]];
        const double chi = ph->taxis[i];
        if (f->is_single) {
            const float *u = (const float *)f->values + site;
            for (int a = 0; a < lat->dim; a++) drift[a] += fabs(chi * ((double)u[stride[a]] - (double)u[-stride[a]]));
        } else {
            const double *u = (const double *)f->values + site;
            for (int a = 0; a < lat->dim; a++) drift[a] += fabs(chi * (u[stride[a]] - u[-stride[a]]));
        }
    }
}

/* Whether drift could outweigh the random walk, so that a weight may be clamped. */
static int may_clamp(const hm_substep_t *s, uint8_t kind, int64_t site)
{
    const hm_lattice_t *lat = &s->cells->lat;
    const hm_phenotype_t *ph = &s->rules->phenotypes[hm_phenotype_of(kind)];
    const hm_walk_t *walk = &s->plan->walk[hm_phenotype_of(kind)];
    double drifts[3];
    int clamps = 0;
    drift_bounds(s, ph, site, drifts);
    for (int axis = 0; axis < lat->dim; axis++) {
        clamps |= drifts[axis] * walk->most_taxis > walk->least_motility;
    }
    return clamps;
}

/* Whether a draw lies above all that a cell could do. Clamps are counted, so a cell that may have
 * one is looked at; without clamps the two weights of an axis, D + v and D - v, add up to 2 D. */
static int stays(const hm_substep_t *s, uint8_t kind, int64_t site, double u)
{
    return u >= s->plan->bound[kind] && !(hm_condition_of(kind) == HM_ACTIVE && may_clamp(s, kind, site));
}

/* The upper half of a cell's first word is its eighth of a shared block. */
static void head_words(const hm_substep_t *s, hm_batch_t *batch)
{
    hm_block_t shared = {{0}};
    for (int i = 0; i < batch->n; i++) {
        const uint64_t identity = batch->identity[i];
        if (i == 0 || identity >> 3 != batch->identity[i - 1] >> 3)
            shared = hm_draw(s->rules->key_sieve, identity >> 3, s->step, s->sub);
        batch->words[0][i] = hm_headed(hm_eighth(&shared, identity), batch->words[0][i]);
    }
}

static void propose_batch(const hm_substep_t *s, int64_t z, int64_t y, hm_batch_t *batch, hm_tally_t *tally)
{
    hm_cells_t *c = s->cells;
    const int64_t first = hm_site(&c->lat, z, y, 0);
    hm_draw_many(s->rules->key_cells, batch->n, batch->identity, s->step, s->sub, batch->words[0], batch->words[1],
                 batch->words[2]);
    head_words(s, batch);
    for (int i = 0; i < batch->n; i++) {
        const int64_t j = batch->offset[i];
        const uint8_t kind = c->kind[first * c->slots + j];
        const uint32_t words[3] = {batch->words[0][i], batch->words[1][i], batch->words[2][i]};
        const int64_t x = c->slots == 1 ? j : j / c->slots;
        if (stays(s, kind, first + x, hm_unit53(words[0], words[1]))) continue;
        const hm_place_t p = hm_place_in_row(c, z, y, j);
        if (s->rules->clones && c->clone[hm_index(c, &p)] >= s->rules->clones->n) {
            tally->strangers++;
            continue;
        }
        const uint8_t q = hm_event_of(s, &p, kind, words, &tally->flows.clamped);
        c->proposal[first * c->slots + j] = q;
        c->row_events[z * c->lat.ny + y] += q != 0;
        tally->claims += hm_is_claim(q);
        tally->mutants += hm_what(q) == HM_DIVIDE && hm_mutates(s, &p);
    }
    tally->flows.drawn += batch->n;
}

/* Occupied slots of a row from *from on, without a branch per slot; *from: where to go on. */
static void gather(const uint8_t *kinds, int64_t n, int64_t *from, hm_batch_t *batch)
{
    int64_t j = hm_next_nonzero(kinds, *from, n);
    batch->n = 0;
    while (j < n && batch->n <= HM_BATCH - HM_CHUNK) {
        const int64_t end = j + HM_CHUNK < n ? j + HM_CHUNK : n;
        uint64_t word = 1u;
        if (end - j == HM_CHUNK) memcpy(&word, kinds + j, sizeof word);
        if (word == 0u) j = end;
        for (; j < end; j++) {
            batch->offset[batch->n] = j;
            batch->n += kinds[j] != HM_EMPTY;
        }
    }
    *from = j;
}

/* Drop the cells that only a free neighbour would let do something, and that have none. */
static void drop_enclosed(const hm_substep_t *s, int64_t first, hm_batch_t *batch)
{
    const hm_cells_t *c = s->cells;
    int kept = 0;
    for (int i = 0; i < batch->n; i++) {
        const int64_t j = batch->offset[i];
        const int enclosed = s->plan->needs_room[c->kind[first * c->slots + j]] &&
                             !hm_has_room(c, first + (c->slots == 1 ? j : j / c->slots));
        batch->offset[kept] = j;
        kept += !enclosed;
    }
    batch->n = kept;
}

/* Keep the cells that could do something; count the others. */
static void keep_able(const hm_substep_t *s, int64_t first, const uint8_t *kinds, uint64_t identity,
                      hm_batch_t *batch, hm_tally_t *tally)
{
    const hm_plan_t *plan = s->plan;
    const int found = batch->n;
    int kept = 0;
    for (int i = 0; i < batch->n; i++) {
        const int64_t j = batch->offset[i];
        batch->offset[kept] = j;
        kept += plan->able[kinds[j]];
        tally->strangers += !plan->known[kinds[j]];
    }
    batch->n = kept;
    if (plan->some_need_room) drop_enclosed(s, first, batch);
    for (int i = 0; i < batch->n; i++) batch->identity[i] = identity + (uint64_t)batch->offset[i];
    tally->flows.skipped += found - batch->n;
}

static int row_is_full(const hm_cells_t *c, int64_t z, int64_t y)
{
    z = hm_wrapped(z, c->lat.nz, c->lat.periodic), y = hm_wrapped(y, c->lat.ny, c->lat.periodic);
    return z < 0 || y < 0 || c->row_cells[z * c->lat.ny + y] == c->lat.nx * c->slots;
}

/* Whether the row and all rows that touch it are full: nobody in it has room. */
static int row_is_enclosed(const hm_cells_t *c, int64_t z, int64_t y)
{
    for (int64_t dz = -c->lat.hz; dz <= c->lat.hz; dz++)
        for (int64_t dy = -1; dy <= 1; dy++)
            if (!row_is_full(c, z + dz, y + dy)) return 0;
    return 1;
}

/* Whether all cells of an enclosed row could do nothing. */
static int row_rests(const hm_substep_t *s, const uint8_t *kinds, int64_t n)
{
    int64_t others = 0;
    for (int64_t j = 0; j < n; j++) others += !s->plan->rests_enclosed[kinds[j]];
    return others == 0;
}

void hm_propose_row(const hm_substep_t *s, int64_t z, int64_t y, hm_tally_t *tally)
{
    hm_cells_t *c = s->cells;
    const int64_t n = c->lat.nx * c->slots;
    const int64_t first = hm_site(&c->lat, z, y, 0);
    const uint8_t *kinds = c->kind + first * c->slots;
    const hm_place_t start = hm_place_in_row(c, z, y, 0);
    const uint64_t identity = hm_identity(c, &start);
    hm_batch_t batch;
    if (s->plan->some_need_room && row_is_enclosed(c, z, y) && row_rests(s, kinds, n)) {
        tally->flows.skipped += n;
        return;
    }
    for (int64_t j = 0; j < n;) {
        gather(kinds, n, &j, &batch);
        keep_able(s, first, kinds, identity, &batch, tally);
        if (batch.n) propose_batch(s, z, y, &batch, tally);
    }
}
