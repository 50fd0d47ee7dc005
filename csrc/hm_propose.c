/* Propose: each cell draws at most one event from its competing hazards.
 *
 * The sieve leaves few cells to be looked at: those whose first 16 bits lie below a bound of all
 * they could do. They are gathered over several rows, so that their random words come from one
 * vector loop and their fields from memory meanwhile, and sorted by what they draw before that is
 * worked out: a processor would guess wrong what the next one does. The bound changes the speed,
 * not the result.
 */
#include "hm_drift.h"
#include "hm_hazards.h"
#include "hm_mild.h"
#include "hm_parallel.h"
#include "hm_sieve.h"
#include "hm_walk.h"

typedef struct {
    int n;
    int64_t at[HM_BATCH];  /* padded slot */
    int64_t row[HM_BATCH];
    uint64_t identity[HM_BATCH];
    uint32_t words[3][HM_BATCH];
    uint16_t head[HM_BATCH];
    uint8_t kind[HM_BATCH];
    uint8_t room[HM_BATCH]; /* a neighbour may be free */
    uint8_t mild[HM_BATCH]; /* it is mild there, as far as is known */
    uint8_t must[HM_BATCH]; /* to be looked at whatever it draws */
    double u[HM_BATCH]; /* what is drawn; then, for those who do not move, its place in the rest */
    hm_moves_t moves[HM_BATCH];
} hm_batch_t;

static void record(const hm_substep_t *s, const hm_batch_t *batch, int i, uint8_t proposal, hm_tally_t *tally)
{
    hm_cells_t *c = s->cells;
    if (!proposal) return;
    c->proposal[batch->at[i]] = proposal;
    c->row_events[batch->row[i]]++;
    c->row_claims[batch->row[i]] += hm_is_claim(proposal);
    tally->claims += hm_is_claim(proposal);
    tally->mutants += hm_what(proposal) == HM_DIVIDE && hm_mutates(s, batch->identity[i]);
}

/* Moves have probability weight * dt. */
static void weigh_moves(const hm_substep_t *s, hm_batch_t *batch, int64_t *clamped)
{
    for (int i = 0; i < batch->n; i++) {
        hm_moves_t *moves = &batch->moves[i];
        const int phenotype = hm_phenotype_of(batch->kind[i]);
        moves->free = 0u, moves->total = 0.0;
        if (batch->room[i] && hm_condition_of(batch->kind[i]) == HM_ACTIVE) {
            double motility, taxis;
            hm_walk_factors(s, batch->at[i], phenotype, &motility, &taxis);
            hm_moves_of(s, &s->rules->phenotypes[phenotype], hm_site_of(s->cells, batch->at[i]), motility, taxis, moves, clamped);
        }
        *clamped += moves->total > 1.0;
    }
}

/* Part the batch into those who move and those who may do something else. */
static int part(const hm_substep_t *s, hm_batch_t *batch, int32_t *movers, int32_t *others, int *n_others)
{
    int n = 0, rest = 0;
    for (int i = 0; i < batch->n; i++) {
        const double u = hm_unit53(hm_headed(batch->head[i], batch->words[0][i]), batch->words[1][i]);
        const double moving = batch->moves[i].total, left = moving < 1.0 ? 1.0 - moving : 1.0;
        const int moves = u < moving;
        const double v = (u - moving) / left;
        batch->u[i] = moves ? u : v;
        movers[n] = others[rest] = i;
        n += moves;
        rest += !moves & (v < s->plan->hazard[batch->mild[i]][batch->kind[i]] * (1.0 + HM_SLACK) + HM_TINY);
    }
    *n_others = rest;
    return n;
}

/* Ask for the values that a cell's moves depend on, and whether it is mild. */
HM_INLINE void fetch_slopes(const hm_substep_t *s, uint8_t kind, int walks, int mild, int64_t site)
{
    const hm_phenotype_t *ph = &s->rules->phenotypes[hm_phenotype_of(kind)];
    for (int i = 0; walks && i < ph->n_taxis; i++)
        hm_field_view_fetch_around(&s->rules->fields[ph->taxis_field[i]], &s->cells->lat, site);
    if (!mild && s->plan->mild.field >= 0) hm_field_view_fetch(&s->rules->fields[s->plan->mild.field], site);
}

/* Ask for the values that a cell's hazards depend on. */
HM_INLINE void fetch_fields(const hm_substep_t *s, uint8_t kind, int64_t site)
{
    const hm_phenotype_t *ph = &s->rules->phenotypes[hm_phenotype_of(kind)];
    for (int i = 0; i < ph->n_responses; i++)
        if (i == 0 || ph->responses[i].field != ph->responses[i - 1].field)
            hm_field_view_fetch(&s->rules->fields[ph->responses[i].field], site);
    HM_FETCH(s->rules->vessel_mask + site);
}

/* Drop those who do nothing at such a draw where they are. */
static void drop_mild(const hm_substep_t *s, hm_batch_t *batch)
{
    int n = 0;
    for (int i = 0; i < batch->n; i++) {
        const int mild = batch->mild[i] || hm_is_mild(s, hm_site_of(s->cells, batch->at[i]));
        const uint32_t limit = s->plan->limit[mild][batch->room[i]][batch->kind[i]];
        batch->at[n] = batch->at[i];
        batch->row[n] = batch->row[i];
        batch->identity[n] = batch->identity[i];
        batch->head[n] = batch->head[i];
        batch->kind[n] = batch->kind[i];
        batch->room[n] = batch->room[i];
        batch->mild[n] = (uint8_t)mild;
        n += batch->must[i] | (batch->head[i] < limit);
    }
    batch->n = n;
}

static void propose_batch(const hm_substep_t *s, hm_batch_t *batch, hm_tally_t *tally)
{
    int32_t movers[HM_BATCH + 1], others[HM_BATCH + 1];
    int n_others;
    drop_mild(s, batch);
    hm_draw_many(s->rules->key_cells, batch->n, batch->identity, s->step, s->sub, batch->words[0], batch->words[1],
                 batch->words[2]);
    weigh_moves(s, batch, &tally->flows.clamped);
    const int n_movers = part(s, batch, movers, others, &n_others);
    for (int k = 0; k < n_others; k++) fetch_fields(s, batch->kind[others[k]], hm_site_of(s->cells, batch->at[others[k]]));
    for (int k = 0; k < n_movers; k++) {
        const int i = movers[k];
        record(s, batch, i, hm_move_at(s, &batch->moves[i], batch->u[i]), tally);
    }
    for (int k = 0; k < n_others; k++) {
        const int i = others[k];
        const uint32_t free = batch->moves[i].free, word = batch->words[2][i];
        record(s, batch, i, hm_hazard_at(s, batch->at[i], batch->kind[i], batch->u[i], free, word), tally);
    }
    batch->n = 0;
}

/* Whether the table of clones does not hold a cell's clone. */
static int is_stranger(const hm_substep_t *s, int64_t at)
{
    return s->rules->clones && s->cells->clone[at] >= s->rules->clones->n;
}

static void add_to_batch(const hm_substep_t *s, const hm_row_t *row, const hm_looked_t *looked, hm_batch_t *batch,
                         hm_tally_t *tally)
{
    const int64_t first = row->site * s->cells->slots;
    for (int i = 0; i < looked->n; i++) {
        if (batch->n == HM_BATCH) propose_batch(s, batch, tally);
        const int k = batch->n;
        batch->row[k] = row->number;
        batch->at[k] = first + looked->offset[i];
        batch->identity[k] = row->identity + (uint64_t)looked->offset[i];
        batch->head[k] = looked->head[i];
        batch->kind[k] = row->kinds[looked->offset[i]];
        batch->room[k] = looked->room[i];
        batch->mild[k] = looked->mild[i];
        batch->must[k] = looked->must[i];
        fetch_slopes(s, batch->kind[k], batch->room[k], batch->mild[k], hm_site_of(s->cells, batch->at[k]));
        if (is_stranger(s, batch->at[k])) tally->strangers++;
        else batch->n++;
    }
}

#define HM_ROWS_AHEAD 4

/* Ask for what will be new of the bytes around a row that comes later. */
static void fetch_later(const hm_cells_t *c, const hm_row_t *row)
{
    const int64_t later = row->site + HM_ROWS_AHEAD * c->lat.sy + (c->lat.dim == 3 ? c->lat.sz : c->lat.sy);
    if (later + c->lat.nx > c->lat.size) return;
    for (int64_t j = 0; j < row->n; j += 64) HM_FETCH(c->kind + later * c->slots + j);
}

static void propose_row(const hm_substep_t *s, hm_row_t *row, hm_batch_t *batch, hm_tally_t *tally)
{
    const int64_t cells = s->cells->row_cells[row->number];
    int64_t idle = 0;
    row->is_enclosed = hm_row_is_enclosed(s->cells, row);
    if (row->is_enclosed && s->plan->limit_enclosed == 0u) {
        idle = cells;
    } else {
        fetch_later(s->cells, row);
        row->harsh = hm_row_harsh(s, row);
        row->clamps = row->is_enclosed ? 0u : hm_row_clamps(s, row);
        for (int64_t j = 0; j < row->n;) {
            hm_looked_t looked;
            j = hm_sieve_span(s, row, j, &looked, &idle);
            add_to_batch(s, row, &looked, batch, tally);
        }
    }
    tally->flows.skipped += idle;
    tally->flows.drawn += cells - idle;
}

void hm_propose_rows(const hm_substep_t *s, int64_t first, int64_t end, hm_tally_t *tally)
{
    hm_batch_t batch;
    batch.n = 0;
    for (hm_row_t row = hm_row_of(s->cells, first); row.number < end; hm_row_advance(s->cells, &row)) {
        hm_row_wipe(s->cells, &row);
        s->cells->row_events[row.number] = s->cells->row_claims[row.number] = 0;
        if (s->cells->row_cells[row.number]) propose_row(s, &row, &batch, tally);
    }
    propose_batch(s, &batch, tally);
}
