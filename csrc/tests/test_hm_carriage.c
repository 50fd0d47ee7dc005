#include "hm_carriage.h"

#include <math.h>

#include "hm_core.h"
#include "hm_rng.h"
#include "hm_test.h"

#define INTERVALS 200

static double bound[INTERVALS + 1];

/* Hill's curve, 2.8 and 26, up to 100. */
static hm_content_t curved(void)
{
    for (int k = 0; k <= INTERVALS; k++) {
        const double p = pow(0.5 * k / 26.0, 2.8);
        bound[k] = 17000.0 * p / (1.0 + p);
    }
    return (hm_content_t){INTERVALS, 0.5, bound, 1.2, 1.2};
}

static hm_content_t straight(double red, double plasma)
{
    static const double none[2] = {0.0, 0.0};
    return (hm_content_t){1, 1.0, none, red, plasma};
}

static int near(double a, double b, double relative) { return fabs(a - b) <= relative * fabs(b); }

static double drawn(uint32_t i, uint32_t k) { return hm_unit(hm_draw(hm_key(1u, HM_STREAM_VESSELS), i, 7u, k).v[0]); }

static void without_a_curve_tension_falls_exponentially(void)
{
    const hm_content_t plasma = straight(0.0, 1.0), blood = straight(3.0, 1.0);
    double given;
    HM_CHECK(near(hm_content_pass(&plasma, 0.45, 20.0, 5.0, 0.7, &given), 5.0 + 15.0 * exp(-0.7 / 0.55), 1e-15));
    HM_CHECK(near(given, 0.55 * 15.0 * (1.0 - exp(-0.7 / 0.55)), 1e-14));
    HM_CHECK(near(hm_content_pass(&blood, 0.5, 5.0, 20.0, 1.0, &given), 20.0 - 15.0 * exp(-0.5), 1e-15));
    HM_CHECK(given < 0.0);
}

static void a_tension_is_found_again_from_its_content(void)
{
    const hm_content_t c = curved();
    for (uint32_t i = 0; i < 2000; i++) {
        const double p = 150.0 * drawn(i, 0u), h = 0.9 * drawn(i, 1u);
        HM_CHECK(fabs(hm_content_tension(&c, h, hm_content_of(&c, h, p)) - p) < 1e-10);
    }
    HM_CHECK(hm_content_tension(&c, 0.4, 0.0) == 0.0 && hm_content_of(&c, 0.4, 0.0) == 0.0);
}

/* What is given is what the content lacks, and two halves of a way are the whole of it. */
static void a_way_cut_in_two_is_the_same_way(void)
{
    const hm_content_t c = curved();
    for (uint32_t i = 0; i < 5000; i++) {
        const double p = floor(240.0 * drawn(i, 0u)) * 0.5, u = floor(200.0 * drawn(i, 1u)) * 0.5;
        const double h = 0.9 * drawn(i, 2u), way = exp(16.0 * drawn(i, 3u) - 8.0), part = drawn(i, 4u);
        double whole, first, second;
        const double end = hm_content_pass(&c, h, p, u, way, &whole);
        const double middle = hm_content_pass(&c, h, p, u, part * way, &first);
        const double again = hm_content_pass(&c, h, middle, u, way - part * way, &second);
        const double size = hm_content_of(&c, h, fmax(p, u)) + 1e-9;
        HM_CHECK(fabs(again - end) < 1e-11 * (1.0 + p + u) && fabs(first + second - whole) < 1e-11 * size);
        HM_CHECK(fabs(hm_content_of(&c, h, p) - hm_content_of(&c, h, end) - whole) < 1e-11 * size);
        HM_CHECK((end - u) * (p - u) >= 0.0 && fabs(end - u) <= fabs(p - u));
    }
}

static void a_long_way_ends_at_what_is_around(void)
{
    const hm_content_t c = curved();
    double given;
    HM_CHECK(near(hm_content_pass(&c, 0.45, 95.0, 12.3, 1e9, &given), 12.3, 1e-12));
    HM_CHECK(near(given, hm_content_of(&c, 0.45, 95.0) - hm_content_of(&c, 0.45, 12.3), 1e-12));
    HM_CHECK(hm_content_pass(&c, 0.45, 95.0, 0.0, 0.0, &given) == 95.0 && given == 0.0);
    HM_CHECK(hm_content_pass(&c, 0.45, 40.0, 40.0, 9.0, &given) == 40.0 && given == 0.0);
}

/* Two inlets meet at node 2 and part again into a closed pipe and a leaking one. */
static const int32_t UPPER[4] = {0, 1, 2, 2}, LOWER[4] = {2, 2, 3, 4};
static const double FLOW[4] = {3.0, 1.0, 2.0, 2.0}, CELLS[4] = {0.4, 0.2, 0.5, 0.2};
static const double ENTERING[5] = {3.0, 1.0, 0.0, 0.0, 0.0}, INLET[5] = {0.4, 0.2, 0.0, 0.0, 0.0};
static const int64_t FIRST[5] = {0, 1, 2, 3, 5};
static const double CONDUCTANCE[5] = {800.0, 0.0, 0.0, 500.0, 300.0}, AROUND[5] = {10.0, 0.0, 0.0, 5.0, 8.0};

static hm_course_t fork(void)
{
    return (hm_course_t){5, 4, UPPER, LOWER, FLOW, CELLS, FIRST, CONDUCTANCE, ENTERING, INLET};
}

static void what_enters_leaves_or_is_given(void)
{
    const hm_content_t c = curved();
    const hm_course_t course = fork();
    double sums[15], node[5], piece[5], in = 0.0, out = 0.0, given = 0.0;
    HM_CHECK(hm_carriage_run(&course, &c, 60.0, AROUND, sums, node, piece) == HM_OK);
    for (int i = 0; i < 2; i++) in += FLOW[i] * hm_content_of(&c, CELLS[i], 60.0);
    for (int i = 2; i < 4; i++) out += FLOW[i] * hm_content_of(&c, CELLS[i], node[LOWER[i]]);
    for (int k = 0; k < 5; k++) given += CONDUCTANCE[k] * (piece[k] - AROUND[k]);
    HM_CHECK(near(out + given, in, 1e-14) && given > 0.1 * in);
    HM_CHECK(near(node[0], 60.0, 1e-14) && near(node[3], node[2], 1e-12) && node[4] < node[2] && node[2] < 60.0);
}

static void what_does_not_fit_is_refused(void)
{
    const hm_content_t c = curved();
    double sums[15], node[5], piece[5];
    const int32_t backwards[4] = {2, 1, 2, 2}, nowhere[4] = {0, 1, 2, 5};
    const double still[4] = {3.0, 1.0, 0.0, 2.0}, leak[5] = {0.0, 0.0, 0.0, -1.0, 0.0};
    const double nothing[5] = {0.0, 0.0, NAN, 0.0, 0.0};
    hm_course_t course = fork();
    course.upper = backwards;
    HM_CHECK(hm_carriage_run(&course, &c, 60.0, AROUND, sums, node, piece) == HM_ERR_RANGE);
    course = fork(), course.lower = nowhere;
    HM_CHECK(hm_carriage_run(&course, &c, 60.0, AROUND, sums, node, piece) == HM_ERR_RANGE);
    course = fork(), course.flow = still;
    HM_CHECK(hm_carriage_run(&course, &c, 60.0, AROUND, sums, node, piece) == HM_ERR_ARGUMENT);
    course = fork(), course.conductance = leak;
    HM_CHECK(hm_carriage_run(&course, &c, 60.0, AROUND, sums, node, piece) == HM_ERR_ARGUMENT);
    course = fork();
    HM_CHECK(hm_carriage_run(&course, &c, 60.0, nothing, sums, node, piece) == HM_ERR_NOT_FINITE);
}

int main(void)
{
    without_a_curve_tension_falls_exponentially();
    a_tension_is_found_again_from_its_content();
    a_way_cut_in_two_is_the_same_way();
    a_long_way_ends_at_what_is_around();
    what_enters_leaves_or_is_given();
    what_does_not_fit_is_refused();
    return HM_REPORT();
}
