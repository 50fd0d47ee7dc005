/* What the walk of one CTC and the steps of all share; not part of the interface. */
#ifndef HM_TRANSIT_INTERNAL_H
#define HM_TRANSIT_INTERNAL_H

#include <math.h>

#include "hm_transit.h"

/* Beyond this the arrest probability is 0 or 1 in double precision, and exp() stays finite. */
#define HM_MAX_LOG_ODDS 700.0

/* What is the same for all CTCs of a step. */
typedef struct {
    const hm_body_t *body;
    hm_key_t key;
    double end; /* [h] */
} hm_transit_walk_t;

/* One CTC while it walks. */
typedef struct {
    uint64_t serial;
    double next_time, arrested_since, time_arrested;
    double odds_ratio;  /* exp(a (d - d0) + c ln n) */
    double death_factor, parting_rate, change_rate;
    double altering_rate; /* parting_rate + change_rate */
    hm_block_t choice;  /* random words of the next event */
    uint32_t event, passes, cells;
    uint16_t node;
    uint8_t mode, pause, stage;
} hm_ctc_t;

/* Where recorded events go: rows first ... limit - 1; only counted where `events` is NULL. */
typedef struct {
    const hm_blood_events_t *events;
    int64_t row, limit;
    int64_t transitions;
} hm_sink_t;

static inline int hm_is_probability(double p) { return p >= 0.0 && p <= 1.0; }

static inline int hm_is_rate(double r) { return r >= 0.0 && isfinite(r); }

static inline double hm_odds_ratio(const hm_body_t *body, double diameter, uint32_t cells)
{
    const double log_size = cells == 1u ? 0.0 : log((double)cells);
    const double log_odds = body->arrest_per_diameter * (diameter - body->reference_diameter) +
                            body->arrest_per_log_size * log_size;
    return exp(fmin(fmax(log_odds, -HM_MAX_LOG_ODDS), HM_MAX_LOG_ODDS));
}

/* logit p = logit p_bed + ln r, without the logit's poles at 0 and 1. */
static inline double hm_shifted_probability(double p, double r) { return p * r / (1.0 - p + p * r); }

/* First i with u < cumulative[i], at most n - 1; without a branch per entry. */
static inline int32_t hm_drawn_index(const double *cumulative, int32_t n, double u)
{
    int32_t index = 0;
    for (int32_t i = 0; i < n - 1; i++) index += u >= cumulative[i];
    return index;
}

/* Whether a walk goes on by itself. */
static inline int hm_walks(uint8_t mode, uint8_t pause)
{
    return mode < HM_CTC_DIED_IN_BLOOD && (pause == HM_WALKING || pause == HM_RESUME);
}

/* The walk of row i until the end of the step, its events in the sink; columns stay as they are. */
hm_ctc_t hm_ctc_walked(const hm_transit_walk_t *walk, const hm_ctcs_t *ctcs, int64_t i, hm_sink_t *sink);

/* Write a CTC back to its row. */
void hm_ctc_store(const hm_ctc_t *ctc, const hm_ctcs_t *ctcs, int64_t i);

#endif
