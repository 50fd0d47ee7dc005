#include "hm_transit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hm_test.h"

#define N 3000 /* enough for several threads */
#define MAX_EVENTS 60000

/* A ring vein -> bed -> artery -> vein, and an edge artery -> bed past the vein. */
enum { VEIN = 0, BED = 1, ARTERY = 2, NODES = 3, EDGES = 4 };
static const double exit_rate[NODES] = {60.0, 30.0, 90.0};
static const int32_t first_edge[NODES + 1] = {0, 1, 2, 4};
static const int32_t edge_target[EDGES] = {BED, ARTERY, VEIN, BED};
static const double edge_cumulative[EDGES] = {1.0, 1.0, 0.75, 1.0};
static const uint8_t is_bed[NODES] = {0, 1, 0};
static const double arrest[NODES] = {0.0, 0.4, 0.0};
static const double reversible[NODES] = {0.0, 0.5, 0.0};
static const double release_rate[NODES] = {0.0, 0.4, 0.0};
static const double extravasation_rate[NODES] = {0.0, 0.07, 0.0};
static const double arrested_death_rate[NODES] = {0.0, 0.02, 0.0};
static const double death_rate[NODES] = {0.3, 0.3, 0.3};
static const double cause_cumulative[NODES * HM_DEATH_CAUSES] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
static const double filter_rate[NODES] = {0.0, 0.0, 0.0};

static hm_body_t body_made(void)
{
    return (hm_body_t){
        .num_nodes = NODES,
        .num_edges = EDGES,
        .exit_rate = exit_rate,
        .first_edge = first_edge,
        .edge_target = edge_target,
        .edge_cumulative = edge_cumulative,
        .is_bed = is_bed,
        .arrest_probability = arrest,
        .reversible_fraction = reversible,
        .release_rate = release_rate,
        .extravasation_rate = extravasation_rate,
        .arrested_death_rate = arrested_death_rate,
        .death_rate = death_rate,
        .cause_cumulative = cause_cumulative,
        .filter_rate = filter_rate,
        .num_stages = 1,
        .arrest_per_diameter = 0.2,
        .reference_diameter = 15.0,
        .arrest_per_log_size = 1.1,
    };
}

typedef struct {
    uint64_t serial[N];
    uint32_t cells[N], event[N], passes[N];
    float diameter[N], death_factor[N], parting_rate[N], change_rate[N];
    uint8_t mode[N], pause[N], stage[N];
    uint16_t node[N];
    double next_time[N], arrested_since[N], time_arrested[N];
} columns_t;

typedef struct {
    double time[MAX_EVENTS];
    uint64_t cluster[MAX_EVENTS];
    uint32_t cells[MAX_EVENTS];
    uint8_t event[MAX_EVENTS];
    uint16_t node[MAX_EVENTS];
    int64_t offset[N + 1], rows, transitions;
} record_t;

static columns_t a, b;
static record_t whole, parts;

static void columns_start(columns_t *c)
{
    memset(c, 0, sizeof *c);
    for (int i = 0; i < N; i++) {
        c->serial[i] = (uint64_t)i + 1u;
        c->cells[i] = i % 7 == 0 ? 5u : 1u;
        c->diameter[i] = 15.0f;
        c->death_factor[i] = 1.0f;
        c->next_time[i] = 0.001 * i;
    }
}

static hm_ctcs_t view(columns_t *c)
{
    return (hm_ctcs_t){
        .n = N,
        .serial = c->serial,
        .cells = c->cells,
        .diameter = c->diameter,
        .death_factor = c->death_factor,
        .parting_rate = c->parting_rate,
        .change_rate = c->change_rate,
        .mode = c->mode,
        .pause = c->pause,
        .stage = c->stage,
        .node = c->node,
        .next_time = c->next_time,
        .event = c->event,
        .passes = c->passes,
        .arrested_since = c->arrested_since,
        .time_arrested = c->time_arrested,
    };
}

static void advance(columns_t *c, double end, int threads, record_t *r)
{
    const hm_body_t body = body_made();
    const hm_ctcs_t ctcs = view(c);
    const hm_blood_events_t out = {r->time, r->cluster, r->cells, r->event, r->node};
    HM_CHECK(hm_transit_count(&body, 7u, end, &ctcs, threads, r->offset) == HM_OK);
    r->rows = r->offset[N];
    HM_CHECK(r->rows <= MAX_EVENTS);
    HM_CHECK(hm_transit_advance(&body, 7u, end, &ctcs, threads, r->offset, &out, &r->transitions) == HM_OK);
}

static int same_columns(void)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static void the_walk_does_not_depend_on_the_step(void)
{
    columns_start(&a);
    columns_start(&b);
    advance(&a, 20.0, 1, &whole);
    int64_t rows = 0, transitions = 0;
    for (int k = 1; k <= 80; k++) {
        advance(&b, 0.25 * k, 1, &parts);
        rows += parts.rows;
        transitions += parts.transitions;
    }
    HM_CHECK(same_columns());
    HM_CHECK(rows == whole.rows && transitions == whole.transitions);
}

static void the_walk_does_not_depend_on_threads(void)
{
    columns_start(&a);
    columns_start(&b);
    advance(&a, 20.0, 1, &whole);
    advance(&b, 20.0, 4, &parts);
    HM_CHECK(same_columns());
    HM_CHECK(whole.rows == parts.rows);
    HM_CHECK(memcmp(whole.time, parts.time, sizeof whole.time[0] * (size_t)whole.rows) == 0);
}

/* One pass with little room, then the rest: the same walk. */
static void trying_first_changes_nothing(void)
{
    static int32_t rows[N];
    enum { ROOM = 2 };
    columns_start(&a);
    columns_start(&b);
    advance(&a, 20.0, 1, &whole);
    const hm_body_t body = body_made();
    const hm_ctcs_t ctcs = view(&b);
    const hm_blood_events_t out = {parts.time, parts.cluster, parts.cells, parts.event, parts.node};
    int64_t transitions = 0, written = 0, over = 0;
    HM_CHECK(hm_transit_try(&body, 7u, 20.0, &ctcs, 2, ROOM, &out, rows, &transitions) == HM_OK);
    for (int i = 0; i < N; i++) {
        written += rows[i] > 0 ? rows[i] : 0;
        over += rows[i] < 0;
    }
    HM_CHECK(over > 0 && over < N);
    advance(&b, 20.0, 1, &parts);
    HM_CHECK(same_columns());
    HM_CHECK(written + parts.rows == whole.rows && transitions + parts.transitions == whole.transitions);
}

static void a_walk_pauses_where_a_cell_parts_and_goes_on_from_there(void)
{
    columns_start(&a);
    for (int i = 0; i < N; i++) a.parting_rate[i] = 1000.0f;
    advance(&a, 5.0, 1, &whole);
    int parting = 0;
    for (int i = 0; i < N; i++) parting += a.pause[i] == HM_PARTING && a.mode[i] == HM_CTC_FREE;
    HM_CHECK(parting > N / 2);
    memcpy(&b, &a, sizeof a);
    advance(&b, 9.0, 1, &parts);
    for (int i = 0; i < N; i++) HM_CHECK(a.pause[i] != HM_PARTING || b.next_time[i] == a.next_time[i]);
    for (int i = 0; i < N; i++) {
        a.parting_rate[i] = 0.0f;
        if (a.pause[i] == HM_PARTING) a.pause[i] = HM_RESUME;
    }
    advance(&a, 2000.0, 1, &whole);
    for (int i = 0; i < N; i++) HM_CHECK(a.mode[i] >= HM_CTC_DIED_IN_BLOOD && a.pause[i] == HM_WALKING);
}

static void a_filter_and_the_causes_of_death_take_their_shares(void)
{
    const double filter[NODES] = {0.6, 0.6, 0.6};
    const double causes[NODES * HM_DEATH_CAUSES] = {0.5, 0.75, 1, 0.5, 0.75, 1, 0.5, 0.75, 1};
    static int64_t offset[N + 1];
    hm_body_t body = body_made();
    body.arrest_probability = filter_rate; /* none */
    body.filter_rate = filter;
    body.cause_cumulative = causes;
    columns_start(&a);
    const hm_ctcs_t ctcs = view(&a);
    const hm_blood_events_t out = {whole.time, whole.cluster, whole.cells, whole.event, whole.node};
    HM_CHECK(hm_transit_count(&body, 7u, 1000.0, &ctcs, 1, offset) == HM_OK);
    HM_CHECK(hm_transit_advance(&body, 7u, 1000.0, &ctcs, 1, offset, &out, &whole.transitions) == HM_OK);
    int n[HM_DRAWN + 1] = {0};
    for (int64_t k = 0; k < offset[N]; k++) n[whole.event[k]]++;
    HM_CHECK(offset[N] == N && n[HM_FILTRATION] + n[HM_DEATH_IN_BLOOD] + n[HM_DEATH_IMMUNE] + n[HM_DEATH_SHEAR] == N);
    HM_CHECK(abs(n[HM_FILTRATION] - 2 * N / 3) < 104); /* four standard errors of 26 */
    HM_CHECK(abs(n[HM_DEATH_IN_BLOOD] - N / 6) < 82 && abs(n[HM_DEATH_SHEAR] - N / 12) < 61);
}

/* Every event changes the state as its name says. */
static void events_add_up_to_the_state(void)
{
    columns_start(&a);
    advance(&a, 5.0, 1, &whole);
    int64_t arrested = 0, ended = 0;
    for (int64_t k = 0; k < whole.rows; k++) {
        const int e = whole.event[k];
        arrested += e == HM_ARREST ? 1 : e == HM_DEATH_IN_BLOOD ? 0 : -1;
        ended += e == HM_DEATH_IN_BLOOD || e == HM_DEATH_ARRESTED || e == HM_EXTRAVASATION;
        HM_CHECK(e == HM_DEATH_IN_BLOOD || whole.node[k] == BED);
    }
    for (int i = 0; i < N; i++) {
        arrested -= a.mode[i] == HM_CTC_REVERSIBLE || a.mode[i] == HM_CTC_IRREVERSIBLE;
        ended -= a.mode[i] >= HM_CTC_DIED_IN_BLOOD;
    }
    HM_CHECK(arrested == 0 && ended == 0);
}

static void events_of_one_ctc_are_in_order_of_time(void)
{
    columns_start(&a);
    advance(&a, 20.0, 1, &whole);
    for (int i = 0; i < N; i++) {
        for (int64_t k = whole.offset[i]; k < whole.offset[i + 1]; k++) {
            HM_CHECK(whole.cluster[k] == a.serial[i] && whole.cells[k] == a.cells[i]);
            HM_CHECK(k == whole.offset[i] || whole.time[k] >= whole.time[k - 1]);
        }
    }
}

static void nothing_happens_before_the_entry(void)
{
    columns_start(&a);
    columns_start(&b);
    advance(&a, 0.0, 1, &whole);
    HM_CHECK(same_columns() && whole.rows == 0 && whole.transitions == 0);
}

static void arrest_follows_the_logit_law(void)
{
    hm_body_t body = body_made();
    const double p = hm_arrest_probability(&body, BED, 18.0, 5u);
    const double logit = log(0.4 / 0.6) + 0.2 * 3.0 + 1.1 * log(5.0);
    HM_CHECK(fabs(log(p / (1.0 - p)) - logit) < 1e-12);
    const double certain[NODES] = {0.0, 1.0, 0.0};
    body.arrest_probability = certain;
    HM_CHECK(hm_arrest_probability(&body, BED, 1.0, 1u) == 1.0);
    HM_CHECK(hm_arrest_probability(&body, VEIN, 1e6, 1000u) == 0.0);
    body.arrest_per_diameter = 10.0;
    HM_CHECK(hm_arrest_probability(&body, BED, -1e6, 1u) == 1.0);
}

static void drains_are_drawn_in_proportion(void)
{
    uint64_t serial[N];
    uint16_t node[N];
    const uint16_t drain[2] = {ARTERY, VEIN};
    const double cumulative[2] = {0.25, 1.0};
    for (int i = 0; i < N; i++) serial[i] = (uint64_t)i + 1u;
    HM_CHECK(hm_transit_start(3u, N, serial, 2, drain, cumulative, node) == HM_OK);
    int first = 0;
    for (int i = 0; i < N; i++) first += node[i] == ARTERY;
    HM_CHECK(abs(first - N / 4) < 4 * 24); /* four standard errors of sqrt(3000 / 4 * 3 / 4) = 23.7 */
    HM_CHECK(hm_transit_start(3u, N, serial, 0, drain, cumulative, node) == HM_ERR_ARGUMENT);
}

static void unusable_tables_are_refused(void)
{
    const double negative[NODES] = {60.0, -1.0, 90.0};
    const double above_one[NODES] = {0.0, 1.5, 0.0};
    const int32_t outside[EDGES] = {BED, NODES, VEIN, BED};
    hm_body_t body = body_made();
    HM_CHECK(hm_body_check(&body) == HM_OK);
    body.exit_rate = negative;
    HM_CHECK(hm_body_check(&body) == HM_ERR_ARGUMENT);
    body = body_made();
    body.arrest_probability = above_one;
    HM_CHECK(hm_body_check(&body) == HM_ERR_ARGUMENT);
    body = body_made();
    body.edge_target = outside;
    HM_CHECK(hm_body_check(&body) == HM_ERR_RANGE);
    body = body_made();
    const double unknown[NODES] = {0.3, NAN, 0.3};
    body.death_rate = unknown;
    HM_CHECK(hm_body_check(&body) == HM_ERR_ARGUMENT);
}

static void unusable_ctcs_are_refused(void)
{
    const hm_body_t body = body_made();
    columns_start(&a);
    a.node[3] = NODES;
    const hm_ctcs_t ctcs = view(&a);
    HM_CHECK(hm_transit_count(&body, 7u, 1.0, &ctcs, 1, whole.offset) == HM_ERR_RANGE);
    HM_CHECK(hm_transit_count(&body, 7u, NAN, &ctcs, 1, whole.offset) == HM_ERR_ARGUMENT);
    columns_start(&a);
    a.cells[5] = 0u;
    HM_CHECK(hm_transit_count(&body, 7u, 1.0, &ctcs, 1, whole.offset) == HM_ERR_ARGUMENT);
}

static void offsets_of_another_step_are_refused(void)
{
    const hm_body_t body = body_made();
    columns_start(&a);
    const hm_ctcs_t ctcs = view(&a);
    const hm_blood_events_t out = {whole.time, whole.cluster, whole.cells, whole.event, whole.node};
    HM_CHECK(hm_transit_count(&body, 7u, 0.1, &ctcs, 1, whole.offset) == HM_OK);
    HM_CHECK(hm_transit_advance(&body, 7u, 9.0, &ctcs, 1, whole.offset, &out, &whole.transitions) == HM_ERR_FULL);
}

int main(void)
{
    the_walk_does_not_depend_on_the_step();
    the_walk_does_not_depend_on_threads();
    trying_first_changes_nothing();
    a_walk_pauses_where_a_cell_parts_and_goes_on_from_there();
    a_filter_and_the_causes_of_death_take_their_shares();
    events_add_up_to_the_state();
    events_of_one_ctc_are_in_order_of_time();
    nothing_happens_before_the_entry();
    arrest_follows_the_logit_law();
    drains_are_drawn_in_proportion();
    unusable_tables_are_refused();
    unusable_ctcs_are_refused();
    offsets_of_another_step_are_refused();
    return HM_REPORT();
}
