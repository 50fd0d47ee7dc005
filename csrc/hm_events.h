/* Events of a sub-step, gathered over rows; not part of the interface. */
#ifndef HM_EVENTS_H
#define HM_EVENTS_H

#include "hm_parallel.h"
#include "hm_row.h"

/* A proposal and where it leads: to its own site unless it is a move or a division. */
typedef struct {
    int64_t at, row;        /* padded slot of the cell, its row */
    int64_t target, to_row; /* padded site, its row */
    uint8_t proposal;
    uint8_t won; /* of a move or a division: 1 + the slot that it got, or 0 */
} hm_event_t;

/* So many that what they need comes from memory while they are gathered. */
typedef struct {
    int n;
    hm_event_t list[HM_BATCH];
} hm_events_t;

static inline int hm_is_arrival(uint8_t proposal) { return hm_what(proposal) == HM_DIVIDE || hm_what(proposal) == HM_MOVE; }

typedef void hm_events_work_t(const hm_substep_t *s, hm_events_t *events, hm_tally_t *tally);

/* Do some work on all events of rows first ... end - 1, batch after batch, in their order. */
void hm_events_each(const hm_substep_t *s, int64_t first, int64_t end, hm_events_work_t *work, hm_tally_t *tally);

/* Who of a batch gets a place: fills `won`. */
void hm_events_settle(const hm_substep_t *s, hm_events_t *events);

#endif
