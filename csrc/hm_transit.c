/* Steps of all CTCs: their walks in parallel, their events in rows of their own. */
#include <stddef.h>

#include "hm_transit_internal.h"

/* A CTC that walks costs as much as this many sites of a lattice (see hm_threads_for). */
#define SITES_PER_CTC 16
/* CTCs handed to a thread at a time: few of them walk, so even shares would be uneven. */
#define CHUNK 512

static int is_due(const hm_ctcs_t *ctcs, int64_t i, double end)
{
    return hm_walks(ctcs->mode[i], ctcs->pause[i]) && ctcs->next_time[i] < end;
}

static int ctc_check(const hm_body_t *body, const hm_ctcs_t *ctcs, int64_t i)
{
    if (ctcs->node[i] >= body->num_nodes || ctcs->mode[i] >= HM_CTC_MODES) return HM_ERR_RANGE;
    if (ctcs->pause[i] >= HM_CTC_PAUSES) return HM_ERR_RANGE;
    if (!hm_is_rate((double)ctcs->death_factor[i])) return HM_ERR_ARGUMENT;
    if (!hm_is_rate((double)ctcs->parting_rate[i]) || !hm_is_rate((double)ctcs->change_rate[i])) return HM_ERR_ARGUMENT;
    return ctcs->cells[i] > 0 && isfinite(ctcs->diameter[i]) ? HM_OK : HM_ERR_ARGUMENT;
}

static int step_check(const hm_body_t *body, double end, const hm_ctcs_t *ctcs)
{
    if (ctcs->n < 0 || !isfinite(end)) return HM_ERR_ARGUMENT;
    return hm_body_check(body);
}

static int threads_of(int64_t n, int num_threads)
{
    return hm_threads_for(n * SITES_PER_CTC, num_threads);
}

int hm_transit_try(const hm_body_t *body, uint64_t seed, double end, const hm_ctcs_t *ctcs, int num_threads,
                   int32_t room, const hm_blood_events_t *events, int32_t *rows, int64_t *num_transitions)
{
    const hm_transit_walk_t walk = {body, hm_key(seed, HM_STREAM_TRANSIT), end};
    int64_t transitions = 0;
    int status = room < 1 ? HM_ERR_ARGUMENT : step_check(body, end, ctcs);
    if (status < 0) return status;
    for (int64_t i = 0; i < ctcs->n; i++) {
        const int wrong = ctc_check(body, ctcs, i);
        if (wrong < 0) return wrong;
    }
    const int threads = threads_of(ctcs->n, num_threads);
    (void)threads;
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, CHUNK) num_threads(threads) reduction(+ : transitions)
#endif
    for (int64_t i = 0; i < ctcs->n; i++) {
        rows[i] = 0;
        if (!is_due(ctcs, i, end)) continue;
        hm_sink_t sink = {events, i * room, (i + 1) * room, 0};
        const hm_ctc_t ctc = hm_ctc_walked(&walk, ctcs, i, &sink);
        rows[i] = sink.row > sink.limit ? -1 : (int32_t)(sink.row - i * room);
        if (rows[i] < 0) continue;
        hm_ctc_store(&ctc, ctcs, i);
        transitions += sink.transitions;
    }
    *num_transitions = transitions;
    return HM_OK;
}

int hm_transit_count(const hm_body_t *body, uint64_t seed, double end, const hm_ctcs_t *ctcs,
                     int num_threads, int64_t *offset)
{
    const hm_transit_walk_t walk = {body, hm_key(seed, HM_STREAM_TRANSIT), end};
    int status = step_check(body, end, ctcs);
    if (status < 0) return status;
    const int threads = threads_of(ctcs->n, num_threads);
    (void)threads;
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, CHUNK) num_threads(threads) reduction(min : status)
#endif
    for (int64_t i = 0; i < ctcs->n; i++) {
        hm_sink_t sink = {NULL, 0, 0, 0};
        const int wrong = ctc_check(body, ctcs, i);
        if (wrong < 0) status = wrong < status ? wrong : status;
        else if (is_due(ctcs, i, end)) (void)hm_ctc_walked(&walk, ctcs, i, &sink);
        offset[i + 1] = sink.row;
    }
    if (status < 0) return status;
    offset[0] = 0;
    for (int64_t i = 0; i < ctcs->n; i++) offset[i + 1] += offset[i];
    return HM_OK;
}

int hm_transit_advance(const hm_body_t *body, uint64_t seed, double end, const hm_ctcs_t *ctcs,
                       int num_threads, const int64_t *offset, const hm_blood_events_t *events,
                       int64_t *num_transitions)
{
    const hm_transit_walk_t walk = {body, hm_key(seed, HM_STREAM_TRANSIT), end};
    int64_t transitions = 0;
    int status = step_check(body, end, ctcs);
    if (status < 0) return status;
    const int threads = threads_of(ctcs->n, num_threads);
    (void)threads;
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, CHUNK) num_threads(threads) reduction(min : status) \
    reduction(+ : transitions)
#endif
    for (int64_t i = 0; i < ctcs->n; i++) {
        if (!is_due(ctcs, i, end)) continue;
        hm_sink_t sink = {events, offset[i], offset[i + 1], 0};
        const hm_ctc_t ctc = hm_ctc_walked(&walk, ctcs, i, &sink);
        if (sink.row != sink.limit) status = HM_ERR_FULL < status ? HM_ERR_FULL : status;
        hm_ctc_store(&ctc, ctcs, i);
        transitions += sink.transitions;
    }
    if (status < 0) return status;
    *num_transitions = transitions;
    return HM_OK;
}
