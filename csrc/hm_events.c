/* Events: the proposals of some rows in batches. */
#include "hm_events.h"

static hm_event_t event_of(const hm_cells_t *c, const hm_row_t *row, int64_t offset)
{
    hm_event_t e = {.place = hm_place_in_row(c, row->z, row->y, offset)};
    e.at = hm_index(c, &e.place);
    e.proposal = c->proposal[e.at];
    e.target = e.place;
    if (hm_what(e.proposal) == HM_DIVIDE || hm_what(e.proposal) == HM_MOVE)
        hm_step_to(c, &e.place, hm_detail(e.proposal), &e.target);
    return e;
}

static void add_row(const hm_substep_t *s, int64_t number, hm_events_t *events, hm_events_work_t *work,
                    hm_tally_t *tally)
{
    const hm_cells_t *c = s->cells;
    const hm_row_t row = hm_row_of(c, number);
    for (int64_t j = 0; j < row.n; j += HM_SPAN) {
        int32_t found[HM_SPAN];
        const int n = hm_gather(c->proposal + row.site * c->slots + j, hm_part_of(&row, j), found);
        for (int k = 0; k < n; k++) {
            events->list[events->n++] = event_of(c, &row, j + found[k]);
            if (events->n < HM_BATCH) continue;
            work(s, events, tally);
            events->n = 0;
        }
    }
}

void hm_events_each(const hm_substep_t *s, int64_t first, int64_t end, hm_events_work_t *work, hm_tally_t *tally)
{
    hm_events_t events;
    events.n = 0;
    for (int64_t r = first; r < end; r++)
        if (s->cells->row_events[r]) add_row(s, r, &events, work, tally);
    work(s, &events, tally);
}
