/* The walk of one CTC or cluster, event by event. */
#include <stddef.h>

#include "hm_transit_internal.h"

/* Rate at which a free CTC leaves the blood by death or a filter [1/h]. */
static double loss_rate(const hm_body_t *body, const hm_ctc_t *ctc)
{
    return body->filter_rate[ctc->node] + body->death_rate[ctc->node] * ctc->death_factor;
}

/* Rate at which an arrest ends, or passes on to its next stage [1/h]. */
static double arrest_rate(const hm_body_t *body, const hm_ctc_t *ctc)
{
    const double death_rate = body->arrested_death_rate[ctc->node];
    if (ctc->mode == HM_CTC_REVERSIBLE) return body->release_rate[ctc->node] + death_rate;
    return (body->extravasation_rate[ctc->node] + death_rate) * (double)body->num_stages;
}

/* Rate of all that can happen to a CTC in its state [1/h]. */
static double total_rate(const hm_body_t *body, const hm_ctc_t *ctc)
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
static void plan(const hm_transit_walk_t *walk, hm_ctc_t *ctc, double now)
{
    const double rate = total_rate(walk->body, ctc);
    ctc->event++;
    ctc->choice = hm_draw(walk->key, ctc->serial, ctc->event, 0u);
    const double u = hm_unit53(ctc->choice.v[0], ctc->choice.v[1]);
    ctc->next_time = rate > 0.0 ? now - log(u) / rate : INFINITY;
}

static void record(hm_sink_t *sink, const hm_ctc_t *ctc, double now, enum hm_blood_event event)
{
    const int64_t row = sink->row++;
    if (!sink->events || row >= sink->limit) return;
    sink->events->time[row] = now;
    sink->events->cluster[row] = ctc->serial;
    sink->events->cells[row] = ctc->cells;
    sink->events->event[row] = (uint8_t)event;
    sink->events->node[row] = ctc->node;
}

static void enter(const hm_transit_walk_t *walk, hm_ctc_t *ctc, uint16_t node, double now, hm_sink_t *sink)
{
    const hm_body_t *body = walk->body;
    ctc->node = node;
    ctc->mode = HM_CTC_FREE;
    if (!body->is_bed[node]) return;
    ctc->passes++;
    const hm_block_t b = hm_draw(walk->key, ctc->serial, ctc->event, 1u);
    const double p = hm_shifted_probability(body->arrest_probability[node], ctc->odds_ratio);
    if (hm_unit53(b.v[0], b.v[1]) >= p) return;
    const int reversible = hm_unit53(b.v[2], b.v[3]) < body->reversible_fraction[node];
    ctc->mode = reversible ? HM_CTC_REVERSIBLE : HM_CTC_IRREVERSIBLE;
    ctc->stage = 0;
    ctc->arrested_since = now;
    record(sink, ctc, now, HM_ARREST);
}

/* `share` in (0, 1) chooses among the filter and the causes of death. */
static void leave_blood(const hm_transit_walk_t *walk, hm_ctc_t *ctc, double share, double now, hm_sink_t *sink)
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
    record(sink, ctc, now, death[hm_drawn_index(cumulative, HM_DEATH_CAUSES, cause)]);
}

/* A free CTC is lost or altered before it moves on; `rest` < lost + altering_rate chooses. */
static void stay_no_longer(const hm_transit_walk_t *walk, hm_ctc_t *ctc, double rest, double lost, double now, hm_sink_t *sink)
{
    if (rest < lost) {
        leave_blood(walk, ctc, rest / lost, now, sink);
    } else {
        ctc->pause = rest - lost < ctc->parting_rate ? HM_PARTING : HM_CHANGING;
    }
}

static void leave_compartment(const hm_transit_walk_t *walk, hm_ctc_t *ctc, double u, double now, hm_sink_t *sink)
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
    const int32_t edge = first + hm_drawn_index(body->edge_cumulative + first, edges, rest / exit_rate);
    enter(walk, ctc, (uint16_t)body->edge_target[edge], now, sink);
}

/* An arrest ends, unless a stage of it is left or a cell changes; `u` chooses. */
static void end_arrest(const hm_transit_walk_t *walk, hm_ctc_t *ctc, double u, double now, hm_sink_t *sink)
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
static void happen(const hm_transit_walk_t *walk, hm_ctc_t *ctc, hm_sink_t *sink)
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

static hm_ctc_t loaded(const hm_transit_walk_t *walk, const hm_ctcs_t *ctcs, int64_t i)
{
    return (hm_ctc_t){
        .serial = ctcs->serial[i],
        .next_time = ctcs->next_time[i],
        .arrested_since = ctcs->arrested_since[i],
        .time_arrested = ctcs->time_arrested[i],
        .odds_ratio = hm_odds_ratio(walk->body, (double)ctcs->diameter[i], ctcs->cells[i]),
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

void hm_ctc_store(const hm_ctc_t *ctc, const hm_ctcs_t *ctcs, int64_t i)
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
hm_ctc_t hm_ctc_walked(const hm_transit_walk_t *walk, const hm_ctcs_t *ctcs, int64_t i, hm_sink_t *sink)
{
    hm_ctc_t ctc = loaded(walk, ctcs, i);
    while (hm_walks(ctc.mode, ctc.pause) && ctc.next_time < walk->end) happen(walk, &ctc, sink);
    return ctc;
}
