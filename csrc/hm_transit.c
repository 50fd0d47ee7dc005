#include "hm_transit.h"

#include <math.h>
#include <stddef.h>

/* A CTC that walks costs as much as this many sites of a lattice (see hm_threads_for). */
#define SITES_PER_CTC 16
/* CTCs handed to a thread at a time: few of them walk, so even shares would be uneven. */
#define CHUNK 512
/* Beyond this the arrest probability is 0 or 1 in double precision, and exp() stays finite. */
#define MAX_LOG_ODDS 700.0

/* What is the same for all CTCs of a step. */
typedef struct {
    const hm_body_t *body;
    hm_key_t key;
    double end; /* [h] */
} walk_t;

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
} ctc_t;

/* Where recorded events go: rows first ... limit - 1; only counted where `events` is NULL. */
typedef struct {
    const hm_blood_events_t *events;
    int64_t row, limit;
    int64_t transitions;
} sink_t;

static int is_probability(double p) { return p >= 0.0 && p <= 1.0; }

static int is_rate(double r) { return r >= 0.0 && isfinite(r); }

static int node_check(const hm_body_t *body, int32_t i)
{
    if (body->first_edge[i] < 0 || body->first_edge[i + 1] <= body->first_edge[i]) return HM_ERR_RANGE;
    if (!(body->exit_rate[i] > 0.0) || !isfinite(body->exit_rate[i])) return HM_ERR_ARGUMENT;
    if (!is_probability(body->arrest_probability[i])) return HM_ERR_ARGUMENT;
    if (!is_probability(body->reversible_fraction[i])) return HM_ERR_ARGUMENT;
    if (!is_rate(body->release_rate[i]) || !is_rate(body->extravasation_rate[i])) return HM_ERR_ARGUMENT;
    if (!is_rate(body->death_rate[i]) || !is_rate(body->filter_rate[i])) return HM_ERR_ARGUMENT;
    for (int32_t c = 0; c < HM_DEATH_CAUSES; c++)
        if (!is_probability(body->cause_cumulative[i * HM_DEATH_CAUSES + c])) return HM_ERR_ARGUMENT;
    return is_rate(body->arrested_death_rate[i]) ? HM_OK : HM_ERR_ARGUMENT;
}

int hm_body_check(const hm_body_t *body)
{
    if (body->num_nodes < 1 || body->num_nodes > UINT16_MAX) return HM_ERR_ARGUMENT;
    if (body->num_stages < 1 || body->num_stages > UINT8_MAX) return HM_ERR_ARGUMENT;
    if (!isfinite(body->arrest_per_diameter) || !isfinite(body->arrest_per_log_size)) return HM_ERR_ARGUMENT;
    if (!isfinite(body->reference_diameter)) return HM_ERR_ARGUMENT;
    if (body->first_edge[0] != 0 || body->first_edge[body->num_nodes] != body->num_edges) return HM_ERR_RANGE;
    for (int32_t i = 0; i < body->num_nodes; i++) {
        const int status = node_check(body, i);
        if (status < 0) return status;
    }
    for (int32_t e = 0; e < body->num_edges; e++) {
        if (body->edge_target[e] < 0 || body->edge_target[e] >= body->num_nodes) return HM_ERR_RANGE;
        if (!is_probability(body->edge_cumulative[e])) return HM_ERR_ARGUMENT;
    }
    return HM_OK;
}

static double odds_ratio(const hm_body_t *body, double diameter, uint32_t cells)
{
    const double log_size = cells == 1u ? 0.0 : log((double)cells);
    const double log_odds = body->arrest_per_diameter * (diameter - body->reference_diameter) +
                            body->arrest_per_log_size * log_size;
    return exp(fmin(fmax(log_odds, -MAX_LOG_ODDS), MAX_LOG_ODDS));
}

/* logit p = logit p_bed + ln r, without the logit's poles at 0 and 1. */
static double shifted_probability(double p, double r) { return p * r / (1.0 - p + p * r); }

double hm_arrest_probability(const hm_body_t *body, int32_t bed, double diameter, uint32_t cells)
{
    return shifted_probability(body->arrest_probability[bed], odds_ratio(body, diameter, cells));
}

/* First i with u < cumulative[i], at most n - 1; without a branch per entry. */
static int32_t drawn_index(const double *cumulative, int32_t n, double u)
{
    int32_t index = 0;
    for (int32_t i = 0; i < n - 1; i++) index += u >= cumulative[i];
    return index;
}

int hm_transit_start(uint64_t seed, int64_t n, const uint64_t *serial, int32_t num_drains,
                     const uint16_t *drain, const double *cumulative, uint16_t *node)
{
    if (n < 0 || num_drains < 1) return HM_ERR_ARGUMENT;
    const hm_key_t key = hm_key(seed, HM_STREAM_TRANSIT);
    for (int64_t i = 0; i < n; i++) {
        const hm_block_t b = hm_draw(key, serial[i], 0u, 0u);
        node[i] = drain[drawn_index(cumulative, num_drains, hm_unit53(b.v[0], b.v[1]))];
    }
    return HM_OK;
}

/* Rate at which a free CTC leaves the blood by death or a filter [1/h]. */
static double loss_rate(const hm_body_t *body, const ctc_t *ctc)
{
    return body->filter_rate[ctc->node] + body->death_rate[ctc->node] * ctc->death_factor;
}

/* Rate at which an arrest ends, or passes on to its next stage [1/h]. */
static double arrest_rate(const hm_body_t *body, const ctc_t *ctc)
{
    const double death_rate = body->arrested_death_rate[ctc->node];
    if (ctc->mode == HM_CTC_REVERSIBLE) return body->release_rate[ctc->node] + death_rate;
    return (body->extravasation_rate[ctc->node] + death_rate) * (double)body->num_stages;
}

/* Rate of all that can happen to a CTC in its state [1/h]. */
static double total_rate(const hm_body_t *body, const ctc_t *ctc)
{
    switch (ctc->mode) {
    case HM_CTC_FREE:
        return body->exit_rate[ctc->node] + (loss_rate(body, ctc) + ctc->altering_rate);
    case HM_CTC_REVERSIBLE:
    case HM_CTC_IRREVERSIBLE: return arrest_rate(body, ctc) + ctc->change_rate;
    default: return 0.0;
    }
}

/* The state has been entered: fix the time of the next event; words 2 and 3 choose its kind. */
static void plan(const walk_t *walk, ctc_t *ctc, double now)
{
    const double rate = total_rate(walk->body, ctc);
    ctc->event++;
    ctc->choice = hm_draw(walk->key, ctc->serial, ctc->event, 0u);
    const double u = hm_unit53(ctc->choice.v[0], ctc->choice.v[1]);
    ctc->next_time = rate > 0.0 ? now - log(u) / rate : INFINITY;
}

static void record(sink_t *sink, const ctc_t *ctc, double now, enum hm_blood_event event)
{
    const int64_t row = sink->row++;
    if (!sink->events || row >= sink->limit) return;
    sink->events->time[row] = now;
    sink->events->cluster[row] = ctc->serial;
    sink->events->cells[row] = ctc->cells;
    sink->events->event[row] = (uint8_t)event;
    sink->events->node[row] = ctc->node;
}

static void enter(const walk_t *walk, ctc_t *ctc, uint16_t node, double now, sink_t *sink)
{
    const hm_body_t *body = walk->body;
    ctc->node = node;
    ctc->mode = HM_CTC_FREE;
    if (!body->is_bed[node]) return;
    ctc->passes++;
    const hm_block_t b = hm_draw(walk->key, ctc->serial, ctc->event, 1u);
    const double p = shifted_probability(body->arrest_probability[node], ctc->odds_ratio);
    if (hm_unit53(b.v[0], b.v[1]) >= p) return;
    const int reversible = hm_unit53(b.v[2], b.v[3]) < body->reversible_fraction[node];
    ctc->mode = reversible ? HM_CTC_REVERSIBLE : HM_CTC_IRREVERSIBLE;
    ctc->stage = 0;
    ctc->arrested_since = now;
    record(sink, ctc, now, HM_ARREST);
}

/* `share` in (0, 1) chooses among the filter and the causes of death. */
static void leave_blood(const walk_t *walk, ctc_t *ctc, double share, double now, sink_t *sink)
{
    static const enum hm_blood_event death[HM_DEATH_CAUSES] = {HM_DEATH_IN_BLOOD, HM_DEATH_IMMUNE, HM_DEATH_SHEAR};
    const hm_body_t *body = walk->body;
    const double filtered = body->filter_rate[ctc->node];
    const double rest = share * loss_rate(body, ctc) - filtered;
    if (rest < 0.0) {
        ctc->mode = HM_CTC_FILTERED;
        record(sink, ctc, now, HM_FILTRATION);
        return;
    }
    const double *cumulative = body->cause_cumulative + (size_t)ctc->node * HM_DEATH_CAUSES;
    const double cause = rest / (body->death_rate[ctc->node] * ctc->death_factor);
    ctc->mode = HM_CTC_DIED_IN_BLOOD;
    record(sink, ctc, now, death[drawn_index(cumulative, HM_DEATH_CAUSES, cause)]);
}

/* A free CTC is lost or altered before it moves on; `rest` < lost + altering_rate chooses. */
static void stay_no_longer(const walk_t *walk, ctc_t *ctc, double rest, double lost, double now, sink_t *sink)
{
    if (rest < lost) {
        leave_blood(walk, ctc, rest / lost, now, sink);
    } else {
        ctc->pause = rest - lost < ctc->parting_rate ? HM_PARTING : HM_CHANGING;
    }
}

static void leave_compartment(const walk_t *walk, ctc_t *ctc, double u, double now, sink_t *sink)
{
    const hm_body_t *body = walk->body;
    const double exit_rate = body->exit_rate[ctc->node];
    const double lost = loss_rate(body, ctc), others = lost + ctc->altering_rate;
    const double rest = u * (exit_rate + others) - others;
    if (rest < 0.0) {
        stay_no_longer(walk, ctc, rest + others, lost, now, sink);
        return;
    }
    const int32_t first = body->first_edge[ctc->node];
    const int32_t edges = body->first_edge[ctc->node + 1] - first;
    const int32_t edge = first + drawn_index(body->edge_cumulative + first, edges, rest / exit_rate);
    enter(walk, ctc, (uint16_t)body->edge_target[edge], now, sink);
}

/* An arrest ends, unless a stage of it is left or a cell changes; `u` chooses. */
static void end_arrest(const walk_t *walk, ctc_t *ctc, double u, double now, sink_t *sink)
{
    const hm_body_t *body = walk->body;
    const double ending = arrest_rate(body, ctc);
    const double rest = u * (ending + ctc->change_rate) - ctc->change_rate;
    if (rest < 0.0) {
        ctc->pause = HM_CHANGING;
        return;
    }
    const int irreversible = ctc->mode == HM_CTC_IRREVERSIBLE;
    if (irreversible && ctc->stage + 1 < body->num_stages) {
        ctc->stage++;
        return;
    }
    const double stages = irreversible ? (double)body->num_stages : 1.0;
    const int dies = rest < body->arrested_death_rate[ctc->node] * stages;
    const int released = !dies && !irreversible;
    ctc->time_arrested += now - ctc->arrested_since;
    ctc->mode = dies ? HM_CTC_DIED_ARRESTED : released ? HM_CTC_FREE : HM_CTC_EXTRAVASATED;
    record(sink, ctc, now, dies ? HM_DEATH_ARRESTED : released ? HM_RELEASE : HM_EXTRAVASATION);
}

/* The event planned for next_time happens, and the following one is planned. */
static void happen(const walk_t *walk, ctc_t *ctc, sink_t *sink)
{
    const double now = ctc->next_time;
    const double u = hm_unit53(ctc->choice.v[2], ctc->choice.v[3]);
    if (ctc->pause == HM_RESUME) {
        ctc->pause = HM_WALKING;
        plan(walk, ctc, now);
        return;
    }
    sink->transitions++;
    if (ctc->mode == HM_CTC_ENTERING) {
        enter(walk, ctc, ctc->node, now, sink);
    } else if (ctc->mode == HM_CTC_FREE) {
        leave_compartment(walk, ctc, u, now, sink);
    } else {
        end_arrest(walk, ctc, u, now, sink);
    }
    if (ctc->mode < HM_CTC_DIED_IN_BLOOD && ctc->pause == HM_WALKING) plan(walk, ctc, now);
}

static int walks(uint8_t mode, uint8_t pause)
{
    return mode < HM_CTC_DIED_IN_BLOOD && (pause == HM_WALKING || pause == HM_RESUME);
}

static int is_due(const hm_ctcs_t *ctcs, int64_t i, double end)
{
    return walks(ctcs->mode[i], ctcs->pause[i]) && ctcs->next_time[i] < end;
}

static ctc_t loaded(const walk_t *walk, const hm_ctcs_t *ctcs, int64_t i)
{
    return (ctc_t){
        .serial = ctcs->serial[i],
        .next_time = ctcs->next_time[i],
        .arrested_since = ctcs->arrested_since[i],
        .time_arrested = ctcs->time_arrested[i],
        .odds_ratio = odds_ratio(walk->body, (double)ctcs->diameter[i], ctcs->cells[i]),
        .choice = hm_draw(walk->key, ctcs->serial[i], ctcs->event[i], 0u),
        .event = ctcs->event[i],
        .passes = ctcs->passes[i],
        .cells = ctcs->cells[i],
        .node = ctcs->node[i],
        .mode = ctcs->mode[i],
        .pause = ctcs->pause[i],
        .stage = ctcs->stage[i],
        .death_factor = (double)ctcs->death_factor[i],
        .parting_rate = (double)ctcs->parting_rate[i],
        .change_rate = (double)ctcs->change_rate[i],
        .altering_rate = (double)ctcs->parting_rate[i] + (double)ctcs->change_rate[i],
    };
}

static void stored(const ctc_t *ctc, const hm_ctcs_t *ctcs, int64_t i)
{
    ctcs->mode[i] = ctc->mode;
    ctcs->pause[i] = ctc->pause;
    ctcs->stage[i] = ctc->stage;
    ctcs->node[i] = ctc->node;
    ctcs->next_time[i] = ctc->next_time;
    ctcs->event[i] = ctc->event;
    ctcs->passes[i] = ctc->passes;
    ctcs->arrested_since[i] = ctc->arrested_since;
    ctcs->time_arrested[i] = ctc->time_arrested;
}

/* The CTC at `end`, its events in the sink. */
static ctc_t walked(const walk_t *walk, const hm_ctcs_t *ctcs, int64_t i, sink_t *sink)
{
    ctc_t ctc = loaded(walk, ctcs, i);
    while (walks(ctc.mode, ctc.pause) && ctc.next_time < walk->end) happen(walk, &ctc, sink);
    return ctc;
}

static int ctc_check(const hm_body_t *body, const hm_ctcs_t *ctcs, int64_t i)
{
    if (ctcs->node[i] >= body->num_nodes || ctcs->mode[i] >= HM_CTC_MODES) return HM_ERR_RANGE;
    if (ctcs->pause[i] >= HM_CTC_PAUSES) return HM_ERR_RANGE;
    if (!is_rate((double)ctcs->death_factor[i])) return HM_ERR_ARGUMENT;
    if (!is_rate((double)ctcs->parting_rate[i]) || !is_rate((double)ctcs->change_rate[i])) return HM_ERR_ARGUMENT;
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
    const walk_t walk = {body, hm_key(seed, HM_STREAM_TRANSIT), end};
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
        sink_t sink = {events, i * room, (i + 1) * room, 0};
        const ctc_t ctc = walked(&walk, ctcs, i, &sink);
        rows[i] = sink.row > sink.limit ? -1 : (int32_t)(sink.row - i * room);
        if (rows[i] < 0) continue;
        stored(&ctc, ctcs, i);
        transitions += sink.transitions;
    }
    *num_transitions = transitions;
    return HM_OK;
}

int hm_transit_count(const hm_body_t *body, uint64_t seed, double end, const hm_ctcs_t *ctcs,
                     int num_threads, int64_t *offset)
{
    const walk_t walk = {body, hm_key(seed, HM_STREAM_TRANSIT), end};
    int status = step_check(body, end, ctcs);
    if (status < 0) return status;
    const int threads = threads_of(ctcs->n, num_threads);
    (void)threads;
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, CHUNK) num_threads(threads) reduction(min : status)
#endif
    for (int64_t i = 0; i < ctcs->n; i++) {
        sink_t sink = {NULL, 0, 0, 0};
        const int wrong = ctc_check(body, ctcs, i);
        if (wrong < 0) status = wrong < status ? wrong : status;
        else if (is_due(ctcs, i, end)) (void)walked(&walk, ctcs, i, &sink);
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
    const walk_t walk = {body, hm_key(seed, HM_STREAM_TRANSIT), end};
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
        sink_t sink = {events, offset[i], offset[i + 1], 0};
        const ctc_t ctc = walked(&walk, ctcs, i, &sink);
        if (sink.row != sink.limit) status = HM_ERR_FULL < status ? HM_ERR_FULL : status;
        stored(&ctc, ctcs, i);
        transitions += sink.transitions;
    }
    if (status < 0) return status;
    *num_transitions = transitions;
    return HM_OK;
}
