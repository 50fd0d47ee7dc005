#include "hm_population.h"

#include <math.h>
#include <string.h>

#include "hm_core.h"
#include "hm_test.h"

#define ROWS 4096
#define WIDTH (2 * HM_CONDITIONS)

static uint32_t founder[2][ROWS], clone[2][ROWS];
static int64_t count[2][ROWS * WIDTH];
static double weight[2 * ROWS];
static hm_leaver_t leavers[ROWS];
static hm_change_t changes[ROWS];

static hm_rates_t cell; /* of a cell wherever it is: tests set it after rules() */
static double rates[HM_SIZES * HM_CORES * 2 * (HM_BEHAVIOURS + 3)];

/* The table of rates, the same for all sizes; then their bound. */
static void bound(hm_population_t *p)
{
    double *to = rates;
    for (int i = 0; i < HM_SIZES * HM_CORES; i++)
        for (int a = 0; a < 2; a++) {
            for (int b = 0; b < HM_BEHAVIOURS; b++) *to++ = cell.rate[a][b];
            *to++ = cell.rate[a][HM_DIVISION];
            for (int b = 0; b < 2; b++) *to++ = cell.transition[a][b];
        }
    hm_population_bound(p);
}

static hm_population_t rules(void)
{
    hm_population_t p;
    memset(&p, 0, sizeof p);
    memset(&cell, 0, sizeof cell);
    p.rates = rates;
    p.n_phenotypes = 2, p.dim = 3, p.slots = 1;
    for (int k = 0; k < HM_SIZES; k++) p.shell[0][k] = p.shell[1][k] = p.initial[0][k] = p.initial[1][k] = 1e6;
    p.capacity = 1e12;
    p.most = 1000000;
    p.key = hm_key(1u, HM_STREAM_POPULATION);
    return p;
}

static hm_lines_t table(int which, int64_t n, int64_t capacity)
{
    return (hm_lines_t){n, capacity, founder[which], clone[which], count[which]};
}

/* One colony a row, of one cell of phenotype 0 each; founders from 1. */
static hm_lines_t founded(int64_t n, int condition)
{
    memset(count[0], 0, sizeof count[0]);
    for (int64_t i = 0; i < n; i++) {
        founder[0][i] = (uint32_t)(i + 1), clone[0][i] = 1u;
        count[0][i * WIDTH + condition] = 1;
    }
    return table(0, n, ROWS);
}

static int step(hm_population_t *p, const hm_lines_t *before, hm_lines_t *after, hm_departures_t *out,
                hm_flows_t *flows, double dt)
{
    memset(flows, 0, sizeof *flows);
    bound(p);
    *out = (hm_departures_t){.leavers_capacity = ROWS, .leavers = leavers, .changes_capacity = ROWS, .changes = changes};
    return hm_population_step(p, 0u, 0.0, dt, before, after, weight, out, flows);
}

static int64_t cells(const hm_lines_t *lines)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < lines->n * WIDTH; i++) sum += lines->count[i];
    return sum;
}

static void every_cell_is_accounted_for(void)
{
    hm_population_t p = rules();
    cell.rate[0][HM_DIVISION] = 0.5, cell.rate[0][HM_DEATH] = 0.1, cell.rate[0][HM_NECROSIS] = 0.1;
    cell.rate[0][HM_CLEARANCE] = cell.rate[1][HM_CLEARANCE] = 0.05;
    cell.rate[1][HM_SHEDDING] = 0.2, cell.transition[0][1] = 0.3, p.cohesion[1] = 0.2;
    const hm_lines_t before = founded(1000, HM_ACTIVE);
    hm_lines_t after = table(1, 0, ROWS);
    hm_departures_t out;
    hm_flows_t f;
    HM_CHECK(step(&p, &before, &after, &out, &f, 6.0) == HM_OK);
    HM_CHECK(f.born > 0 && f.transitions > 0 && f.intravasated == out.n_leavers && out.n_leavers > 0);
    HM_CHECK(1000 + f.born == cells(&after) + f.died_apoptosis + f.cleared + f.intravasated);
    for (int64_t i = 0; i < after.n; i++)
        HM_CHECK(cells(&(hm_lines_t){1, 1, 0, 0, after.count + i * WIDTH}) > 0);
    for (int64_t i = 1; i < out.n_leavers; i++)
        HM_CHECK(leavers[i].time > 0.0 && leavers[i].time < 6.0 && leavers[i].phenotype < 2);
}

static void a_colony_does_not_depend_on_the_others(void)
{
    hm_population_t p = rules();
    cell.rate[0][HM_DIVISION] = 0.2, cell.rate[0][HM_DEATH] = 0.1;
    const hm_lines_t all = founded(100, HM_ACTIVE);
    hm_lines_t after = table(1, 0, ROWS);
    hm_departures_t out;
    hm_flows_t f;
    HM_CHECK(step(&p, &all, &after, &out, &f, 10.0) == HM_OK);
    int64_t of_50 = 0;
    for (int64_t i = 0; i < after.n; i++)
        if (after.founder[i] == 50u) of_50 = after.count[i * WIDTH];
    const hm_lines_t one = {1, 1, founder[0] + 49, clone[0] + 49, count[0] + 49 * WIDTH};
    after = table(1, 0, ROWS);
    HM_CHECK(step(&p, &one, &after, &out, &f, 10.0) == HM_OK);
    HM_CHECK((after.n ? after.count[0] : 0) == of_50);
}

static void the_moment_of_the_second_cell_is_told(void)
{
    hm_population_t p = rules();
    cell.rate[0][HM_DIVISION] = 1.0;
    const hm_lines_t before = founded(1000, HM_ACTIVE);
    hm_lines_t after = table(1, 0, ROWS);
    hm_departures_t out;
    hm_flows_t f;
    double sum = 0.0;
    HM_CHECK(step(&p, &before, &after, &out, &f, 7.0) == HM_OK);
    for (int64_t i = 0; i < out.n_changes; i++) sum += changes[i].grown;
    HM_CHECK(out.n_changes >= 998 && fabs(sum / (double)out.n_changes - 1.0) < 0.1);
}

static void tables_that_are_too_small_change_nothing(void)
{
    hm_population_t p = rules();
    cell.rate[0][HM_SHEDDING] = 1.0;
    const hm_lines_t before = founded(100, HM_ACTIVE);
    hm_lines_t after = table(1, 0, ROWS);
    hm_flows_t f;
    memset(&f, 0, sizeof f);
    bound(&p);
    hm_departures_t out = {.leavers_capacity = 3, .leavers = leavers, .changes_capacity = ROWS, .changes = changes};
    HM_CHECK(hm_population_step(&p, 0u, 0.0, 5.0, &before, &after, weight, &out, &f) == HM_ERR_FULL);
    HM_CHECK(f.intravasated == 0 && cells(&before) == 100);
    after = table(1, 0, 10);
    cell.rate[0][HM_SHEDDING] = 0.0;
    HM_CHECK(step(&p, &before, &after, &out, &f, 5.0) == HM_ERR_FULL);
}

static void large_colonies_are_left(void)
{
    hm_population_t p = rules();
    cell.rate[0][HM_DEATH] = 1.0;
    p.most = 10;
    hm_lines_t before = founded(2, HM_ACTIVE);
    count[0][0] = 11;
    hm_lines_t after = table(1, 0, ROWS);
    hm_departures_t out;
    hm_flows_t f;
    HM_CHECK(step(&p, &before, &after, &out, &f, 50.0) == HM_OK);
    HM_CHECK(out.n_left == 1 && after.n == 1 && after.count[0] == 11 && f.died_apoptosis == 1);
}

static void room_follows_a_ball(void)
{
    hm_population_t p = rules();
    p.capacity = 1e12;
    double one[HM_SIZES];
    for (int k = 0; k < HM_SIZES; k++) one[k] = 1.0;
    HM_CHECK(hm_population_room(&p, one, 1.0, 0.0) == 1.0);
    const double r = 10.0, n = 4.0 / 3.0 * 3.14159265358979323846 * r * r * r;
    HM_CHECK(fabs(hm_population_room(&p, one, n, 0.0) - (1.0 - 0.729)) < 1e-6);
    p.capacity = 2.0 * n;
    HM_CHECK(hm_population_room(&p, one, n, n) == 0.0);
    p.dim = 2;
    HM_CHECK(fabs(hm_population_room(&p, one, 3.14159265358979323846 * 100.0, 0.0) - 0.19) < 1e-6);
    double most;
    p.dim = 3;
    HM_CHECK(fabs(hm_population_contacts(&p, n, &most) - 6.0 * (1.0 - 0.075)) < 1e-9 && most == 6.0);
}

static void a_wide_colony_has_the_room_of_a_smaller_one(void)
{
    hm_population_t p = rules();
    p.key_spread = hm_key(1u, HM_STREAM_SPREAD);
    const double living[2] = {3.0, 1.0};
    double mean[HM_SIZES], shell[HM_SIZES], sum = 0.0, squares = 0.0;
    for (int k = 0; k < HM_SIZES; k++) p.shell[0][k] = 0.9, p.shell[1][k] = 1.3, p.initial[0][k] = p.initial[1][k] = 0.7;
    hm_population_shell(&p, 1u, living, mean);
    HM_CHECK(fabs(mean[0] - 1.0) < 1e-12 && fabs(mean[17] - 1.0) < 1e-12);
    for (int k = 0; k < HM_SIZES; k++) p.spread[0][k] = p.spread[1][k] = 0.25;
    const int64_t n = 4000;
    for (uint32_t f = 1u; f <= n; f++) {
        hm_population_shell(&p, f, living, shell);
        const double size = 1.0 / (shell[12] * shell[12] * shell[12]); /* the depth is 1 at all sizes */
        const double width = -log(size) / 0.25, other = hm_population_room(&p, mean, 4096.0 * size, 0.0);
        if (f <= 100u) HM_CHECK(fabs(hm_population_room(&p, shell, 4096.0, 0.0) - other) < 1e-12);
        sum += width, squares += width * width;
    }
    HM_CHECK(fabs(sum / (double)n) < 3.0 / sqrt((double)n));
    HM_CHECK(fabs(squares / (double)n - 1.0) < 3.0 * sqrt(2.0 / (double)n));
    hm_population_shell(&p, 0u, living, shell);
    HM_CHECK(fabs(shell[12] - 0.7) < 1e-12); /* initial cells are as they were put */
}

int main(void)
{
    every_cell_is_accounted_for();
    a_colony_does_not_depend_on_the_others();
    the_moment_of_the_second_cell_is_told();
    tables_that_are_too_small_change_nothing();
    large_colonies_are_left();
    room_follows_a_ball();
    a_wide_colony_has_the_room_of_a_smaller_one();
    return HM_REPORT();
}
