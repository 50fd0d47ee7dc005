/* Apply: winners and local events are written; a target slot has one writer. Proposals stand until
 * the next sub-step: where a site holds one cell, who wins is found here. */
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
static inline int64_t slot_won(const hm_cells_t *c, const hm_event_t *e) { return e->target * c->slots + e->won - 1; }

static void apply_arrival(const hm_substep_t *s, const hm_event_t *e, hm_flows_t *flows)
{
    hm_cells_t *c = s->cells;
    const int64_t i = e->at;
    if (e->won == 0) {
        flows->blocked++;
        return;
    }
    const int moves = hm_what(e->proposal) == HM_MOVE;
    if (!moves || e->to_row != e->row) count_into_row(s, e->to_row, 1);
    place(c, slot_won(c, e), i, c->kind[i], moves ? c->born[i] : (float)s->now);
    if (moves) {
        vacate(c, i);
        if (e->to_row != e->row) count_into_row(s, e->row, -1);
        flows->moved++;
        return;
    }
    c->born[i] = (float)s->now;
    flows->born++;
    if (!s->rules->clones) return;
    const hm_place_t mother = hm_place_at(c, e->row, i);
    if (!hm_mutates(s, hm_identity(c, &mother))) return;
    c->outcome[i] = e->won; /* until the clone has a number */
    flows->mutated++;
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

static void apply_event(const hm_substep_t *s, const hm_event_t *e, hm_tally_t *tally)
{
    hm_cells_t *c = s->cells;
    const int detail = hm_detail(e->proposal);
    switch (hm_what(e->proposal)) {
    case HM_LOCAL: apply_local(s, e->row, e->at, detail, &tally->flows); break;
    case HM_SWITCH:
        c->kind[e->at] = hm_kind(detail, hm_condition_of(c->kind[e->at]));
        tally->flows.transitions++;
        break;
    default: apply_arrival(s, e, &tally->flows); break;
    }
}

/* Who won what was resolved before, as a target's free slots change now. */
static void take_outcomes(const hm_cells_t *c, hm_events_t *events)
{
    for (int k = 0; k < events->n; k++) {
        hm_event_t *e = &events->list[k];
        e->won = c->outcome[e->at];
        c->outcome[e->at] = 0;
    }
}

static void apply_events(const hm_substep_t *s, hm_events_t *events, hm_tally_t *tally)
{
    const hm_cells_t *c = s->cells;
    if (c->slots == 1) hm_events_settle(s, events);
    else take_outcomes(c, events);
    for (int k = 0; k < events->n; k++) apply_event(s, &events->list[k], tally);
}

void hm_apply_rows(const hm_substep_t *s, int64_t first, int64_t end, hm_tally_t *tally)
{
    hm_events_each(s, first, end, apply_events, tally);
}
