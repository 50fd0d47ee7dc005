/* Events of a sub-step, gathered over rows; not part of the interface. */
#ifndef HM_EVENTS_H
#define HM_EVENTS_H

#include "hm_parallel.h"
#include "hm_row.h"

/* A proposal and where it leads: to its own place unless it is a move or a division. */
typedef struct {
    hm_place_t place, target;
    int64_t at; /* padded slot of the cell */
    uint8_t proposal;
} hm_event_t;

/* So many that what they need comes from memory while they are gathered. */
typedef struct {
    int n;
    hm_event_t list[HM_BATCH];
} hm_events_t;

typedef void hm_events_work_t(const hm_substep_t *s, const hm_events_t *events, hm_tally_t *tally);

/* Do some work on all events of rows first ... end - 1, batch after batch, in their order. */
void hm_events_each(const hm_substep_t *s, int64_t first, int64_t end, hm_events_work_t *work, hm_tally_t *tally);

#endif
