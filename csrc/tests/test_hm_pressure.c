#include "hm_pressure.h"

#include <math.h>

#include "hm_core.h"
#include "hm_rng.h"
#include "hm_test.h"

#define NODES 80
#define SEGMENTS 300

#define ENTRIES (2 * SEGMENTS + 6 * NODES)

static int32_t from[SEGMENTS], to[SEGMENTS], other[ENTRIES], segment[ENTRIES];
static int64_t first[NODES + 1], before[NODES], after[NODES];
static double g[SEGMENTS], weight[ENTRIES], scale[NODES], excess[NODES], room[5 * NODES];
static double right[NODES], pressure[NODES];

/* Entries of segments from `from` to `to`, -1 where the pressure is known: per node first those to known
 * pressures, then those to nodes that come before, then the others. */
static hm_pressure_t built(int64_t nodes, int64_t segments)
{
    int64_t n = 0;
    for (int32_t v = 0; v < nodes; v++) {
        first[v] = n;
        for (int kind = 0; kind < 3; kind++) {
            if (kind == 1) before[v] = n;
            if (kind == 2) after[v] = n;
            for (int32_t s = 0; s < segments; s++) {
                if (from[s] != v && to[s] != v) continue;
                const int32_t w = from[s] == v ? to[s] : from[s];
                if (kind != (w < 0 ? 0 : w < v ? 1 : 2)) continue;
                other[n] = w, segment[n++] = s;
            }
            const int64_t begin = kind == 1 ? before[v] : after[v];
            while (kind > 0 && (n - begin) % HM_PRESSURE_STRIDE != 0) other[n] = 0, segment[n++] = -1;
        }
    }
    first[nodes] = n;
    return (hm_pressure_t){nodes, first, before, after, other, segment, weight, scale, excess};
}

/* Largest imbalance at a node over what flows through it. */
static double imbalance(const hm_pressure_t *p)
{
    double worst = 0.0;
    for (int64_t n = 0; n < p->nodes; n++) {
        double sum = right[n], through = fabs(right[n]);
        for (int64_t e = first[n]; e < first[n + 1]; e++) {
            if (segment[e] < 0) continue;
            const double flow = g[segment[e]] * (pressure[n] - (other[e] < 0 ? 0.0 : pressure[other[e]]));
            sum -= flow, through += fabs(flow);
        }
        if (through > 0.0) worst = fmax(worst, fabs(sum) / through);
    }
    return worst;
}

/* A random tree in which each node hangs on a later one and the last on a known pressure, then `more` segments
 * between any two nodes; conductances spread over `decades`. */
static hm_pressure_t drawn(uint32_t seed, int32_t nodes, int32_t more, double decades)
{
    const hm_key_t key = hm_key(seed, HM_STREAM_VESSELS);
    int32_t k = 0;
    for (int32_t n = 0; n < nodes + more; n++) {
        const uint32_t *v = hm_draw(key, (uint32_t)n, 0u, 0u).v;
        const int32_t a = n < nodes ? n : (int32_t)(v[0] % (uint32_t)nodes);
        const int32_t above = n < nodes ? n + 1 + (int32_t)(v[1] % (uint32_t)(nodes - n)) : 0;
        const int32_t b = n < nodes ? above : (int32_t)(v[1] % (uint32_t)nodes);
        if (a == b) continue;
        from[k] = a, to[k] = b < nodes ? b : -1, g[k++] = pow(10.0, decades * hm_unit(v[2]));
    }
    for (int32_t n = 0; n < nodes; n++) right[n] = hm_unit(hm_draw(key, (uint32_t)n, 1u, 0u).v[0]) - 0.5;
    return built(nodes, k);
}

static void a_chain_by_hand(void)
{
    const double expected[3] = {5.0, 3.0, 2.0};
    for (int32_t i = 0; i < 3; i++) from[i] = i, to[i] = i < 2 ? i + 1 : -1, right[i] = 0.0;
    g[0] = 0.5, g[1] = 1.0, g[2] = 0.5, right[0] = 1.0; /* 1 nL/min through 2, 1 and 2 mmHg min/nL */
    const hm_pressure_t p = built(3, 3);
    HM_CHECK(hm_pressure_renew(&p, g, room) == HM_OK);
    HM_CHECK(hm_pressure_solve(&p, right, 1e-12, 1, room, pressure) == HM_OK);
    for (int i = 0; i < 3; i++) HM_CHECK(fabs(pressure[i] - expected[i]) <= 1e-15 * expected[i]);
}

static void a_tree_takes_one_step(void)
{
    for (uint32_t seed = 0; seed < 60; seed++) {
        const hm_pressure_t p = drawn(seed, 1 + (int32_t)seed, 0, 2.0);
        HM_CHECK(hm_pressure_renew(&p, g, room) == HM_OK);
        HM_CHECK(hm_pressure_solve(&p, right, 1e-9, 1, room, pressure) == HM_OK);
        HM_CHECK(imbalance(&p) <= 1e-9);
    }
}

/* Of conductances over twelve decades no pivot is lost to rounding; what it leaves takes a few steps. */
static void a_tree_of_any_conductances_takes_few(void)
{
    for (uint32_t seed = 0; seed < 60; seed++) {
        const hm_pressure_t p = drawn(seed, 1 + (int32_t)seed, 0, 12.0);
        HM_CHECK(hm_pressure_renew(&p, g, room) == HM_OK);
        for (int64_t n = 0; n < p.nodes; n++) HM_CHECK(p.excess[n] >= -1.0);
        HM_CHECK(hm_pressure_solve(&p, right, 1e-9, 6, room, pressure) == HM_OK);
    }
}

static void meshes_balance(void)
{
    for (uint32_t seed = 0; seed < 60; seed++) {
        const hm_pressure_t p = drawn(seed, 2 + (int32_t)seed, 3 * (int32_t)seed, 2.0);
        HM_CHECK(hm_pressure_renew(&p, g, room) == HM_OK);
        HM_CHECK(hm_pressure_solve(&p, right, 1e-14, 1000, room, pressure) == HM_OK);
        HM_CHECK(imbalance(&p) <= 1e-11);
    }
}

static void two_equal_vessels_side_by_side_share_the_flow(void)
{
    from[0] = from[1] = 0, to[0] = to[1] = 1, from[2] = 1, to[2] = -1;
    g[0] = g[1] = 2.0, g[2] = 4.0, right[0] = 8.0, right[1] = 0.0;
    const hm_pressure_t p = built(2, 3);
    HM_CHECK(hm_pressure_renew(&p, g, room) == HM_OK);
    HM_CHECK(hm_pressure_solve(&p, right, 1e-14, 10, room, pressure) == HM_OK);
    HM_CHECK(fabs(pressure[0] - 4.0) <= 1e-14 && fabs(pressure[1] - 2.0) <= 1e-14);
}

static void too_few_steps_are_told(void)
{
    const hm_pressure_t p = drawn(7u, 60, 200, 4.0);
    HM_CHECK(hm_pressure_renew(&p, g, room) == HM_OK);
    HM_CHECK(hm_pressure_solve(&p, right, 1e-12, 2, room, pressure) == HM_ERR_CONVERGENCE);
    for (int64_t n = 0; n < p.nodes; n++) HM_CHECK(isfinite(pressure[n]));
    HM_CHECK(hm_pressure_solve(&p, right, 1e-12, 200, room, pressure) == HM_OK);
}

static void what_has_no_solution_is_refused(void)
{
    from[0] = 0, to[0] = 1, g[0] = 1.0;
    hm_pressure_t p = built(2, 1); /* no known pressure */
    HM_CHECK(hm_pressure_renew(&p, g, room) == HM_ERR_ARGUMENT);
    to[0] = -1;
    p = built(1, 1);
    g[0] = NAN;
    HM_CHECK(hm_pressure_renew(&p, g, room) == HM_ERR_ARGUMENT);
    g[0] = INFINITY;
    HM_CHECK(hm_pressure_renew(&p, g, room) == HM_ERR_ARGUMENT);
    p = built(0, 0);
    HM_CHECK(hm_pressure_renew(&p, g, room) == HM_OK);
    HM_CHECK(hm_pressure_solve(&p, right, 1e-12, 1, room, pressure) == HM_OK);
}

static void nothing_that_flows_in_is_no_pressure(void)
{
    const hm_pressure_t p = drawn(3u, 20, 30, 1.0);
    for (int64_t n = 0; n < p.nodes; n++) right[n] = 0.0;
    HM_CHECK(hm_pressure_renew(&p, g, room) == HM_OK);
    HM_CHECK(hm_pressure_solve(&p, right, 1e-12, 1, room, pressure) == HM_OK);
    for (int64_t n = 0; n < p.nodes; n++) HM_CHECK(pressure[n] == 0.0);
}

int main(void)
{
    a_chain_by_hand();
    a_tree_takes_one_step();
    a_tree_of_any_conductances_takes_few();
    meshes_balance();
    two_equal_vessels_side_by_side_share_the_flow();
    too_few_steps_are_told();
    what_has_no_solution_is_refused();
    nothing_that_flows_in_is_no_pressure();
    return HM_REPORT();
}
