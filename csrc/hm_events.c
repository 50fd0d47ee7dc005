/* Events: the proposals of some rows in batches. */
#include "hm_events.h"

/* The same across periodic sides. */
static void lead(const hm_substep_t *s, hm_event_t *e)
{
    const hm_cells_t *c = s->cells;
    const hm_place_t from = hm_place_at(c, e->row, e->at);
    hm_place_t to = from;
    if (hm_is_arrival(e->proposal)) hm_step_to(c, &from, hm_detail(e->proposal), &to);
    e->target = to.site;
    e->to_row = hm_row_number(c, &to);
}

static inline hm_event_t event_of(const hm_substep_t *s, const hm_row_t *row, int64_t offset)
{
    const hm_cells_t *c = s->cells;
    const int64_t site = row->site + (c->slots == 1 ? offset : offset / c->slots);
    const int64_t at = row->site * c->slots + offset;
    const uint8_t proposal = c->proposal[at];
    return (hm_event_t){
        .at = at, .row = row->number, .proposal = proposal,
        .target = site + s->plan->lead[proposal], .to_row = row->number + s->plan->lead_rows[proposal],
    };
}

/* Ask for the columns of a slot. */
HM_INLINE void fetch_columns(const hm_cells_t *c, int64_t at)
{
    HM_FETCH_TO_WRITE(c->kind + at);
    HM_FETCH_TO_WRITE(c->clone + at);
    HM_FETCH_TO_WRITE(c->founder + at);
    HM_FETCH_TO_WRITE(c->born + at);
}

/* Ask for all that an event reads and writes. */
HM_INLINE void fetch(const hm_substep_t *s, const hm_event_t *e)
{
    const hm_cells_t *c = s->cells;
    fetch_columns(c, e->at);
    fetch_columns(c, e->target * c->slots);
    for (int d = 2; d < hm_faces(&c->lat); d++) HM_FETCH(c->proposal + (e->target + s->plan->stride[d]) * c->slots);
}

static void add_row(const hm_substep_t *s, const hm_row_t *row, hm_events_t *events, hm_events_work_t *work,
                    hm_tally_t *tally)
{
    const hm_cells_t *c = s->cells;
    for (int64_t j = 0; j < row->n; j += HM_SPAN) {
        int32_t found[HM_GATHERED];
        const int n = hm_gather(c->proposal + row->site * c->slots + j, hm_part_of(row, j), found);
        for (int k = 0; k < n; k++) {
            hm_event_t *e = &events->list[events->n++];
            *e = event_of(s, row, j + found[k]);
            if (c->lat.periodic) lead(s, e);
            fetch(s, e);
            if (events->n < HM_BATCH) continue;
            work(s, events, tally);
            events->n = 0;
        }
    }
}

#define HM_ROWS_AHEAD 4

/* Ask for the proposals of a row that comes later. */
static void fetch_later(const hm_cells_t *c, const hm_row_t *row, int64_t end)
{
    if (row->number + HM_ROWS_AHEAD >= end || !c->row_events[row->number + HM_ROWS_AHEAD]) return;
    for (int64_t j = 0; j < row->n; j += 64) HM_FETCH(c->proposal + (row->site + HM_ROWS_AHEAD * c->lat.sy) * c->slots + j);
}

void hm_events_each(const hm_substep_t *s, int64_t first, int64_t end, hm_events_work_t *work, hm_tally_t *tally)
{
    hm_events_t events;
    events.n = 0;
    for (hm_row_t row = hm_row_of(s->cells, first); row.number < end; hm_row_advance(s->cells, &row)) {
        fetch_later(s->cells, &row, end);
        if (s->cells->row_events[row.number]) add_row(s, &row, &events, work, tally);
    }
    work(s, &events, tally);
}
