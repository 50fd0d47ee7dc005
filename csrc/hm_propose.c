/* Propose: each cell draws at most one event from its competing hazards.
 *
 * The sieve leaves few cells to be looked at: those whose first 16 bits lie below a bound of all
 * they could do. They are gathered over several rows, so that their random words come from one
 * vector loop and their fields from memory meanwhile. The bound changes the speed, not the result.
 */
#include "hm_cells_internal.h"
#include "hm_drift.h"
#include "hm_sieve.h"

typedef struct {
    int n;
    int64_t row[HM_BATCH], offset[HM_BATCH]; /* offset: x * slots + slot */
    uint64_t identity[HM_BATCH];
    uint32_t words[3][HM_BATCH];
    uint16_t head[HM_BATCH];
} hm_batch_t;

/* What a looked-at cell does, and what it adds to the phase's sums. */
static void propose_cell(const hm_substep_t *s, const hm_batch_t *batch, int i, hm_tally_t *tally)
{
    hm_cells_t *c = s->cells;
    const int64_t row = batch->row[i];
    const hm_place_t p = hm_place_in_row(c, row / c->lat.ny, row % c->lat.ny, batch->offset[i]);
    const int64_t at = hm_index(c, &p);
    const uint32_t words[3] = {hm_headed(batch->head[i], batch->words[0][i]), batch->words[1][i], batch->words[2][i]};
    if (s->rules->clones && c->clone[at] >= s->rules->clones->n) {
        tally->strangers++;
        return;
    }
    const uint8_t q = hm_event_of(s, &p, c->kind[at], words, &tally->flows.clamped);
    if (!q) return;
    c->proposal[at] = q;
    c->row_events[row]++;
    c->row_claims[row] += hm_is_claim(q);
    tally->claims += hm_is_claim(q);
    tally->mutants += hm_what(q) == HM_DIVIDE && hm_mutates(s, &p);
}

static void propose_batch(const hm_substep_t *s, hm_batch_t *batch, hm_tally_t *tally)
{
    hm_draw_many(s->rules->key_cells, batch->n, batch->identity, s->step, s->sub, batch->words[0], batch->words[1],
                 batch->words[2]);
    for (int i = 0; i < batch->n; i++) propose_cell(s, batch, i, tally);
    batch->n = 0;
}

/* Ask for the values of fields that the hazards of a cell may depend on. Inlined, as gcc drops calls
 * of functions that only ask. */
HM_INLINE void fetch_fields(const hm_substep_t *s, uint8_t kind, int64_t site)
{
    const hm_phenotype_t *ph = &s->rules->phenotypes[hm_phenotype_of(kind)];
    const int walks = hm_condition_of(kind) == HM_ACTIVE;
    for (int i = 0; walks && i < ph->n_taxis; i++)
        for (int d = 0; d < hm_faces(&s->cells->lat); d++)
            hm_field_view_fetch(&s->rules->fields[ph->taxis_field[i]], site + s->plan->stride[d]);
    for (int i = 0; i < ph->n_responses; i++) hm_field_view_fetch(&s->rules->fields[ph->responses[i].field], site);
}

static void add_to_batch(const hm_substep_t *s, const hm_row_t *row, const hm_looked_t *looked, hm_batch_t *batch,
                         hm_tally_t *tally)
{
    for (int i = 0; i < looked->n; i++) {
        if (batch->n == HM_BATCH) propose_batch(s, batch, tally);
        const int k = batch->n++;
        batch->row[k] = row->number;
        batch->offset[k] = looked->offset[i];
        batch->identity[k] = row->identity + (uint64_t)looked->offset[i];
        batch->head[k] = looked->head[i];
        fetch_fields(s, row->kinds[looked->offset[i]], row->site + looked->offset[i] / s->cells->slots);
    }
}

static void propose_row(const hm_substep_t *s, int64_t number, hm_batch_t *batch, hm_tally_t *tally)
{
    hm_row_t row = hm_row_of(s->cells, number);
    const int64_t cells = s->cells->row_cells[number];
    int64_t idle = 0;
    row.is_enclosed = hm_row_is_enclosed(s->cells, row.z, row.y);
    if (row.is_enclosed && s->plan->limit_enclosed == 0u) {
        idle = cells;
    } else {
        if (!row.is_enclosed) row.clamps = hm_row_clamps(s, number, row.site);
        for (int64_t j = 0; j < row.n;) {
            hm_looked_t looked;
            j = hm_sieve_span(s, &row, j, &looked, &idle);
            add_to_batch(s, &row, &looked, batch, tally);
        }
    }
    tally->flows.skipped += idle;
    tally->flows.drawn += cells - idle;
}

void hm_propose_rows(const hm_substep_t *s, int64_t first, int64_t end, hm_tally_t *tally)
{
    hm_batch_t batch;
    batch.n = 0;
    for (int64_t r = first; r < end; r++) {
        s->cells->row_events[r] = s->cells->row_claims[r] = 0;
        if (s->cells->row_cells[r]) propose_row(s, r, &batch, tally);
    }
    propose_batch(s, &batch, tally);
}
