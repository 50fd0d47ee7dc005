/* Apply: winners and local events are written; a target slot has one writer. */
#include "hm_events.h"

static void place(hm_cells_t *c, int64_t to, int64_t from, uint8_t kind, float born)
{
    c->kind[to] = kind;
    c->clone[to] = c->clone[from];
    c->founder[to] = c->founder[from];
    c->born[to] = born;
}

static void vacate(hm_cells_t *c, int64_t i)
{
    c->kind[i] = HM_EMPTY;
    c->clone[i] = 0u;
    c->founder[i] = 0u;
    c->born[i] = 0.0f;
}

/* A cell came to a row; rows are shared between threads. */
static void count_into_row(const hm_substep_t *s, int64_t row, int32_t change)
{
    int32_t *cells = &s->cells->row_cells[row];
    if (s->threads == 1) {
        *cells += change;
    } else {
#pragma omp atomic
        *cells += change;
    }
}

/* Padded slot that a move or division got. */
static inline int64_t slot_won(const hm_cells_t *c, const hm_event_t *e)
{
    return e->target.site * c->slots + c->outcome[e->at] - 1;
}

/* Returns 1 for a division that founds a clone: its proposal stands until the clone has a number. */
static int apply_arrival(const hm_substep_t *s, const hm_event_t *e, hm_flows_t *flows)
{
    hm_cells_t *c = s->cells;
    const int64_t i = e->at, from = hm_row_number(c, &e->place), to = hm_row_number(c, &e->target);
    if (c->outcome[i] == 0) {
        flows->blocked++;
        return 0;
    }
    const int moves = hm_what(e->proposal) == HM_MOVE;
    if (!moves || to != from) count_into_row(s, to, 1);
    place(c, slot_won(c, e), i, c->kind[i], moves ? c->born[i] : (float)s->now);
    if (moves) {
        vacate(c, i);
        if (to != from) count_into_row(s, from, -1);
        flows->moved++;
        return 0;
    }
    c->born[i] = (float)s->now;
    flows->born++;
    return hm_mutates(s, &e->place);
}

static void apply_local(const hm_substep_t *s, int64_t row, int64_t i, int event, hm_flows_t *flows)
{
    hm_cells_t *c = s->cells;
    const int phenotype = hm_phenotype_of(c->kind[i]);
    switch (event) {
    case HM_DIE: vacate(c, i), flows->died_apoptosis++; break;
    case HM_BECOME_NECROTIC: c->kind[i] = hm_kind(phenotype, HM_NECROTIC), flows->died_necrosis++; break;
    case HM_CLEAR: vacate(c, i), flows->cleared++; break;
    case HM_DIE_DORMANT: vacate(c, i), flows->died_dormant++; break;
    case HM_REACTIVATE: c->kind[i] = hm_kind(phenotype, HM_ACTIVE), flows->reactivated++; break;
    case HM_LEAVE: vacate(c, i), flows->intravasated++; break;
    default: break;
    }
    if (c->kind[i] == HM_EMPTY) count_into_row(s, row, -1);
}

/* Ask for the columns of a slot. */
HM_INLINE void fetch_columns(const hm_cells_t *c, int64_t i)
{
    HM_FETCH_TO_WRITE(c->clone + i);
    HM_FETCH_TO_WRITE(c->founder + i);
    HM_FETCH_TO_WRITE(c->born + i);
}

static void apply_event(const hm_substep_t *s, const hm_event_t *e, hm_tally_t *tally)
{
    hm_cells_t *c = s->cells;
    const int64_t i = e->at;
    const int what = hm_what(e->proposal), detail = hm_detail(e->proposal);
    if (what == HM_LOCAL) {
        apply_local(s, hm_row_number(c, &e->place), i, detail, &tally->flows);
    } else if (what == HM_SWITCH) {
        c->kind[i] = hm_kind(detail, hm_condition_of(c->kind[i]));
        tally->flows.transitions++;
    } else if (apply_arrival(s, e, &tally->flows)) {
        tally->flows.mutated++;
        return;
    }
    c->proposal[i] = 0;
    c->outcome[i] = 0;
}

static void apply_events(const hm_substep_t *s, const hm_events_t *events, hm_tally_t *tally)
{
    const hm_cells_t *c = s->cells;
    for (int k = 0; k < events->n; k++) {
        const hm_event_t *e = &events->list[k];
        fetch_columns(c, e->at);
        if (c->outcome[e->at]) fetch_columns(c, slot_won(c, e));
    }
    for (int k = 0; k < events->n; k++) apply_event(s, &events->list[k], tally);
}

void hm_apply_rows(const hm_substep_t *s, int64_t first, int64_t end, hm_tally_t *tally)
{
    hm_events_each(s, first, end, apply_events, tally);
}
