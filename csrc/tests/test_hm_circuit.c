#include "hm_circuit.h"

#include <stdlib.h>

#include "hm_core.h"
#include "hm_rng.h"
#include "hm_test.h"

#define NODES 60
#define SEGMENTS 200

static int32_t first[SEGMENTS], second[SEGMENTS], incident[2 * SEGMENTS], waiting[NODES], order[NODES], rank[NODES];
static int64_t offset[NODES + 1];
static double flow[SEGMENTS], height[NODES];

static hm_circuit_t linked(int64_t nodes, int64_t segments)
{
    const hm_circuit_t c = {nodes, segments, first, second, offset, incident};
    HM_CHECK(hm_circuit_link(nodes, segments, first, second, offset, incident) == HM_OK);
    return c;
}

static void every_end_is_linked_once(void)
{
    const int32_t a[4] = {0, 2, 1, 0}, b[4] = {1, 1, 2, 3};
    const int32_t expected[8] = {0, 3, 0, 1, 2, 1, 2, 3};
    for (int i = 0; i < 4; i++) first[i] = a[i], second[i] = b[i];
    const hm_circuit_t c = linked(5, 4);
    HM_CHECK(offset[0] == 0 && offset[1] == 2 && offset[2] == 5 && offset[3] == 7 && offset[5] == 8);
    for (int i = 0; i < 8; i++) HM_CHECK(c.incident[i] == expected[i]);
}

/* A random network of segments between nodes of random height; blood runs downhill. */
static hm_circuit_t downhill(uint32_t seed, int64_t nodes, int64_t segments)
{
    const hm_key_t key = hm_key(seed, HM_STREAM_VESSELS);
    for (uint32_t n = 0; n < nodes; n++) height[n] = hm_unit(hm_draw(key, n, 0u, 0u).v[0]);
    for (uint32_t s = 0; s < segments; s++) {
        const uint32_t *v = hm_draw(key, s, 1u, 0u).v;
        first[s] = (int32_t)(v[0] % (uint32_t)nodes), second[s] = (int32_t)(v[1] % (uint32_t)nodes);
        flow[s] = v[2] % 5u == 0u ? 0.0 : height[first[s]] - height[second[s]];
    }
    return linked(nodes, segments);
}

static void ranked(const hm_circuit_t *c)
{
    for (int64_t n = 0; n < c->nodes; n++) rank[n] = -1;
    for (int64_t n = 0; n < c->nodes; n++) {
        HM_CHECK(order[n] >= 0 && order[n] < c->nodes && rank[order[n]] == -1);
        rank[order[n]] = (int32_t)n;
    }
}

static void nodes_follow_those_that_feed_them(void)
{
    for (uint32_t seed = 0; seed < 50; seed++) {
        const hm_circuit_t c = downhill(seed, 2 + (int64_t)seed, 4 * (int64_t)seed);
        int64_t cuts = -1;
        HM_CHECK(hm_circuit_order(&c, flow, waiting, order, &cuts) == HM_OK && cuts == 0);
        ranked(&c);
        for (int64_t s = 0; s < c.segments; s++)
            if (flow[s] != 0.0)
                HM_CHECK((rank[first[s]] < rank[second[s]]) == (flow[s] > 0.0));
        HM_CHECK(hm_circuit_follows(&c, flow, rank));
    }
}

/* An order holds as long as no flow turns; what turns to 0 breaks none. */
static void an_order_holds_until_a_flow_turns(void)
{
    for (uint32_t seed = 0; seed < 20; seed++) {
        const hm_circuit_t c = downhill(seed, NODES, SEGMENTS);
        int64_t cuts = -1;
        hm_circuit_order(&c, flow, waiting, order, &cuts);
        ranked(&c);
        for (int64_t s = 0; s < c.segments; s++) {
            const double before = flow[s];
            flow[s] = -before;
            HM_CHECK(hm_circuit_follows(&c, flow, rank) == (before == 0.0));
            flow[s] = 0.0;
            HM_CHECK(hm_circuit_follows(&c, flow, rank));
            flow[s] = 3.0 * before;
            HM_CHECK(hm_circuit_follows(&c, flow, rank));
        }
    }
}

/* Some flows turned at random make circles: each node still has its turn, and only circles are cut. */
static void circles_are_cut_and_counted(void)
{
    for (uint32_t seed = 0; seed < 50; seed++) {
        const hm_circuit_t c = downhill(seed, 40, 160);
        for (int64_t s = 0; s < c.segments; s += 7) flow[s] = -flow[s];
        int64_t cuts = -1, against = 0;
        hm_circuit_order(&c, flow, waiting, order, &cuts);
        ranked(&c);
        for (int64_t s = 0; s < c.segments; s++)
            against += flow[s] != 0.0 && (rank[first[s]] < rank[second[s]]) != (flow[s] > 0.0);
        HM_CHECK((cuts == 0) == (against == 0) && cuts <= against);
    }
}

/* By rank and by flow alike: what brings blood comes first, each side ascending. */
static void sides_part_what_comes_from_what_goes(void)
{
    static int64_t middle[NODES];
    static int32_t sides[2 * SEGMENTS];
    for (uint32_t seed = 0; seed < 40; seed++) {
        const hm_circuit_t c = downhill(seed, NODES, SEGMENTS);
        int64_t cuts = -1;
        hm_circuit_order(&c, flow, waiting, order, &cuts);
        ranked(&c);
        hm_circuit_sides(&c, flow, seed % 2u ? rank : NULL, middle, sides);
        for (int64_t n = 0; n < c.nodes; n++) {
            HM_CHECK(middle[n] >= offset[n] && middle[n] <= offset[n + 1]);
            for (int64_t i = offset[n]; i < offset[n + 1]; i++) {
                const double q = hm_circuit_towards(&c, sides[i], n, flow);
                HM_CHECK(i < middle[n] ? q >= 0.0 : q <= 0.0);
                if (i > offset[n] && i != middle[n]) HM_CHECK(sides[i - 1] <= sides[i]);
            }
        }
    }
}

static void one_circle_is_cut_once(void)
{
    for (int32_t i = 0; i < 5; i++) first[i] = i, second[i] = (i + 1) % 5, flow[i] = 1.0;
    first[5] = 2, second[5] = 5, flow[5] = 0.5; /* leads out of it */
    const hm_circuit_t c = linked(6, 6);
    int64_t cuts = 0;
    hm_circuit_order(&c, flow, waiting, order, &cuts);
    ranked(&c);
    HM_CHECK(cuts == 1 && rank[2] < rank[5]);
}

static int32_t stem[NODES], scratch[4 * NODES];
static int64_t after[NODES];
static uint8_t opened[SEGMENTS], bounded[NODES];

static void hanging(int64_t nodes, int64_t segments)
{
    const hm_circuit_t c = linked(nodes, segments);
    HM_CHECK(hm_circuit_hanging(&c, opened, bounded, after, scratch, stem) == HM_OK);
}

/* 0 - 1 - 2 between ends; on 1 a dead end 3 - 4 and, over 5, a loop 6 - 7; 8 - 9 apart. */
static void dead_ends_and_loops_hang_where_they_begin(void)
{
    const int32_t a[10] = {0, 1, 1, 3, 1, 5, 6, 7, 8, 1}, b[10] = {1, 2, 3, 4, 5, 6, 7, 5, 9, 3};
    const int32_t expected[10] = {-1, -1, -1, 1, 1, 1, 1, 1, 8, 9};
    for (int i = 0; i < 10; i++) first[i] = a[i], second[i] = b[i], opened[i] = 1, bounded[i] = i == 0 || i == 2;
    hanging(10, 10);
    for (int i = 0; i < 10; i++) HM_CHECK(stem[i] == expected[i]);
    opened[0] = 0; /* nothing comes from 0 any more: all hangs on 2 */
    hanging(10, 10);
    for (int i = 0; i < 8; i++) HM_CHECK(stem[i] == (i == 0 || i == 2 ? -1 : 2));
}

static void an_end_inside_holds_what_hangs_on_it(void)
{
    for (int32_t i = 0; i < 4; i++) first[i] = i, second[i] = i + 1, opened[i] = 1, bounded[i] = i == 1 || i == 3;
    bounded[4] = 0;
    hanging(5, 4);
    const int32_t expected[5] = {1, -1, -1, -1, 3};
    for (int i = 0; i < 5; i++) HM_CHECK(stem[i] == expected[i]);
}

/* Whether a node lies on a way between two ends, by taking out each other node in turn: if then it no
 * longer reaches an end other than the one taken out, it hangs on that node. */
static int reaches_end(int64_t segments, int32_t from, int32_t without)
{
    uint8_t seen[NODES] = {0};
    int more = 1;
    seen[from] = 1;
    while (more) {
        more = 0;
        for (int64_t s = 0; s < segments; s++) {
            const int32_t a = first[s], b = second[s];
            if (!opened[s] || a == without || b == without || seen[a] == seen[b]) continue;
            seen[a] = seen[b] = 1, more = 1;
        }
    }
    for (int n = 0; n < NODES; n++)
        if (seen[n] && bounded[n]) return 1;
    return 0;
}

static void what_hangs_is_cut_off_by_one_node(void)
{
    for (uint32_t seed = 0; seed < 60; seed++) {
        const int64_t segments = 40 + 2 * (int64_t)seed;
        const hm_key_t key = hm_key(seed, HM_STREAM_VESSELS);
        downhill(seed, NODES, segments);
        for (uint32_t s = 0; s < segments; s++) opened[s] = hm_draw(key, s, 2u, 0u).v[0] % 8u != 0u;
        for (uint32_t n = 0; n < NODES; n++) bounded[n] = hm_draw(key, n, 3u, 0u).v[0] % 12u == 0u;
        hanging(NODES, segments);
        for (int32_t n = 0; n < NODES; n++) {
            int cut = !bounded[n] && !reaches_end(segments, n, -1);
            if (cut) HM_CHECK(stem[n] == n);
            for (int32_t m = 0; m < NODES && !bounded[n] && !cut; m++) cut = m != n && !reaches_end(segments, n, m);
            HM_CHECK(cut == (stem[n] >= 0));
            if (stem[n] >= 0 && stem[n] != n)
                HM_CHECK(stem[stem[n]] == -1 && !reaches_end(segments, n, stem[n]));
        }
    }
}

static void nodes_that_do_not_exist_are_refused(void)
{
    const int32_t good[2] = {0, 1}, high[2] = {1, 2}, low[2] = {-1, 0};
    HM_CHECK(hm_circuit_link(2, 2, good, high, offset, incident) == HM_ERR_RANGE);
    HM_CHECK(hm_circuit_link(2, 2, low, good, offset, incident) == HM_ERR_RANGE);
    HM_CHECK(hm_circuit_link(-1, 0, good, good, offset, incident) == HM_ERR_ARGUMENT);
    HM_CHECK(hm_circuit_link((int64_t)INT32_MAX + 1, 0, good, good, offset, incident) == HM_ERR_ARGUMENT);
}

static void nothing_has_an_order(void)
{
    const hm_circuit_t c = linked(0, 0);
    int64_t cuts = -1;
    HM_CHECK(hm_circuit_order(&c, flow, waiting, order, &cuts) == HM_OK && cuts == 0);
}

int main(void)
{
    every_end_is_linked_once();
    nodes_follow_those_that_feed_them();
    an_order_holds_until_a_flow_turns();
    circles_are_cut_and_counted();
    one_circle_is_cut_once();
    sides_part_what_comes_from_what_goes();
    dead_ends_and_loops_hang_where_they_begin();
    an_end_inside_holds_what_hangs_on_it();
    what_hangs_is_cut_off_by_one_node();
    nodes_that_do_not_exist_are_refused();
    nothing_has_an_order();
    return HM_REPORT();
}
