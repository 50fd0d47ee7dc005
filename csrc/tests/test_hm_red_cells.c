#include "hm_red_cells.h"

#include <math.h>

#include "hm_core.h"
#include "hm_rng.h"
#include "hm_test.h"

#define NODES 60
#define SEGMENTS 200
#define NARROWEST 2.7
#define MOST 0.95

static int32_t first[SEGMENTS], second[SEGMENTS], incident[2 * SEGMENTS], waiting[NODES], order[NODES];
static int64_t offset[NODES + 1];
static double flow[SEGMENTS], diameter[SEGMENTS], flux[SEGMENTS];
static double entering[NODES], leaving[NODES], inlet[NODES];
static uint8_t mixed[NODES];

static int64_t middle[NODES];
static int32_t sides[2 * SEGMENTS], rank[NODES];

static const hm_blood_t BLOOD = {flow, diameter, entering, leaving, inlet, mixed, middle, sides, NARROWEST, MOST};

/* Part the red cells of a network whose columns are set; returns how many branches were held. */
static int64_t parted(int64_t nodes, int64_t segments)
{
    const hm_circuit_t c = {nodes, segments, first, second, offset, incident};
    int64_t cuts = 0, held = -1;
    HM_CHECK(hm_circuit_link(nodes, segments, first, second, offset, incident) == HM_OK);
    HM_CHECK(hm_circuit_order(&c, flow, waiting, order, &cuts) == HM_OK);
    for (int32_t n = 0; n < nodes; n++) rank[order[n]] = n;
    hm_circuit_sides(&c, flow, cuts ? NULL : rank, middle, sides);
    HM_CHECK(hm_red_cells_part(&c, &BLOOD, order, cuts, flux, &held) == HM_OK);
    return held;
}

static void clear(void)
{
    for (int n = 0; n < NODES; n++) entering[n] = leaving[n] = 0.0, inlet[n] = 0.45, mixed[n] = 0;
}

static void the_published_shares(void)
{
    HM_CHECK(fabs(hm_red_cell_share(0.3, 20.0, 10.0, 18.0, 0.45, NARROWEST) - 0.29295) < 1e-5);
    HM_CHECK(fabs(hm_red_cell_share(0.2, 10.0, 8.0, 8.0, 0.45, NARROWEST) - 0.09536) < 1e-5);
    HM_CHECK(hm_red_cell_share(0.01, 10.0, 8.0, 8.0, 0.45, NARROWEST) == 0.0);
    HM_CHECK(hm_red_cell_share(0.99, 10.0, 8.0, 8.0, 0.45, NARROWEST) == 1.0);
    HM_CHECK(hm_red_cell_share(0.5, 0.1, 1e-3, 1e-3, 0.0, NARROWEST) == 0.5);
}

/* A vessel that forks; `blood` of its flow goes into the first branch of `branches`. */
static void fork_of(int branches, double blood, double d0, double d1, double d2)
{
    clear();
    for (int32_t s = 0; s <= branches; s++) {
        first[s] = s == 0 ? 0 : 1, second[s] = s + 1;
        flow[s] = s == 0 ? 2.0 : s == 1 ? 2.0 * blood : 2.0 * (1.0 - blood) / (branches - 1);
        diameter[s] = s == 0 ? d0 : s == 1 ? d1 : d2;
        if (s > 0) leaving[s + 1] = flow[s];
    }
    entering[0] = 2.0, mixed[0] = 1;
    for (int n = 2; n <= branches + 1; n++) mixed[n] = 1;
}

static void two_branches_share_by_the_law(void)
{
    fork_of(2, 0.3, 20.0, 10.0, 18.0);
    HM_CHECK(parted(4, 3) == 0);
    const double share = hm_red_cell_share(0.3, 20.0, 10.0, 18.0, 0.45, NARROWEST);
    HM_CHECK(fabs(flux[0] - 0.9) < 1e-15 && fabs(flux[1] - 0.9 * share) < 1e-14);
    HM_CHECK(fabs(flux[1] + flux[2] - 0.9) < 1e-15);
}

static void a_fork_that_is_mixed_shares_as_blood_does(void)
{
    fork_of(2, 0.3, 20.0, 10.0, 18.0);
    mixed[1] = 1;
    HM_CHECK(parted(4, 3) == 0 && fabs(flux[1] - 0.27) < 1e-15 && fabs(flux[2] - 0.63) < 1e-15);
}

static void no_branch_packs_above_the_most(void)
{
    fork_of(2, 0.8, 6.0, 4.0, 9.0);
    inlet[0] = 0.9;
    HM_CHECK(parted(4, 3) == 1);
    HM_CHECK(fabs(flux[1] - MOST * flow[1]) < 1e-14 && fabs(flux[1] + flux[2] - 1.8) < 1e-14);
    HM_CHECK(flux[2] < 0.9 * flow[2]);
}

static void direction_does_not_matter(void)
{
    fork_of(2, 0.3, 20.0, 10.0, 18.0);
    parted(4, 3);
    const double straight = flux[1];
    first[1] = 2, second[1] = 1, flow[1] = -flow[1];
    parted(4, 3);
    HM_CHECK(flux[1] == straight);
}

static void many_branches_take_all_there_is(void)
{
    for (int branches = 3; branches < 20; branches++) {
        fork_of(branches, 0.1, 6.0, 7.0, 5.0);
        parted(branches + 2, branches + 1);
        double sum = 0.0;
        for (int s = 1; s <= branches; s++) sum += flux[s];
        HM_CHECK(fabs(sum - 0.9) < 1e-14);
    }
}

/* Random networks, blood running from high to low numbers: what comes to a node goes on. */
static void red_cells_are_conserved(void)
{
    for (uint32_t seed = 0; seed < 100; seed++) {
        const hm_key_t key = hm_key(seed, HM_STREAM_VESSELS);
        double net[NODES] = {0.0}, cells[NODES] = {0.0}, blood[NODES] = {0.0};
        clear();
        for (uint32_t s = 0; s < SEGMENTS; s++) {
            const uint32_t *v = hm_draw(key, s, 1u, 0u).v;
            first[s] = (int32_t)(v[0] % NODES), second[s] = (int32_t)(v[1] % NODES);
            flow[s] = hm_unit(v[2]) * (first[s] - second[s]);
            diameter[s] = 3.0 + 20.0 * hm_unit(v[3]);
            net[first[s]] -= flow[s], net[second[s]] += flow[s];
        }
        for (int n = 0; n < NODES; n++) {
            entering[n] = fmax(-net[n], 0.0), leaving[n] = fmax(net[n], 0.0);
            mixed[n] = (uint8_t)(n % 3 == 0), cells[n] = entering[n] * inlet[n], blood[n] = entering[n];
        }
        parted(NODES, SEGMENTS);
        for (int s = 0; s < SEGMENTS; s++) {
            const int32_t up = flow[s] >= 0.0 ? first[s] : second[s], down = flow[s] >= 0.0 ? second[s] : first[s];
            HM_CHECK(flux[s] >= 0.0 && flux[s] <= MOST * fabs(flow[s]) * (1.0 + 1e-12));
            cells[down] += flux[s], cells[up] -= flux[s], blood[down] += fabs(flow[s]);
        }
        for (int n = 0; n < NODES; n++) /* what is left at a node leaves the network there */
            HM_CHECK(leaving[n] > 0.0 ? cells[n] > -1e-12 : fabs(cells[n]) <= 1e-13 * blood[n]);
    }
}

/* A ring along which a hair of blood runs in a circle, as rounding can make it. */
static void a_circle_of_rounding_loses_nothing(void)
{
    clear();
    for (int32_t s = 0; s < 4; s++) first[s] = s, second[s] = (s + 1) % 4, flow[s] = 1.0, diameter[s] = 6.0;
    flow[3] = 1e-13; /* back to the inlet */
    entering[0] = 1.0 - 1e-13, leaving[3] = 1.0 - 1e-13, mixed[0] = mixed[3] = 1;
    parted(4, 4);
    for (int s = 0; s < 3; s++) HM_CHECK(fabs(flux[s] - 0.45) < 1e-15);
    HM_CHECK(fabs(flux[3] - 0.45e-13) < 1e-26);
}

int main(void)
{
    the_published_shares();
    two_branches_share_by_the_law();
    a_fork_that_is_mixed_shares_as_blood_does();
    no_branch_packs_above_the_most();
    direction_does_not_matter();
    many_branches_take_all_there_is();
    red_cells_are_conserved();
    a_circle_of_rounding_loses_nothing();
    return HM_REPORT();
}
