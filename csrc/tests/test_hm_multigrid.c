#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hm_core.h"
#include "hm_multigrid.h"
#include "hm_test.h"

typedef struct {
    hm_lattice_t lat;
    hm_multigrid_t mg;
    double *axes, *sites, *u;
} problem_t;

static const hm_sides_t CLOSED = {{0}, {0.0}};

static problem_t problem(int32_t dim, int64_t nz, int64_t ny, int64_t nx, int32_t periodic, hm_sides_t sides)
{
    problem_t p;
    const int64_t shape[3] = {nz, ny, nx};
    HM_CHECK(hm_lattice_make(dim, shape, periodic, 1.0, &p.lat) == HM_OK);
    p.axes = calloc((size_t)hm_multigrid_axes_size(&p.lat), sizeof(double));
    p.sites = calloc((size_t)hm_multigrid_sites_size(&p.lat), sizeof(double));
    p.u = calloc((size_t)p.lat.size, sizeof(double));
    HM_CHECK(hm_multigrid_make(&p.lat, &sides, p.axes, p.sites, &p.mg) == HM_OK);
    return p;
}

static void release(problem_t *p)
{
    free(p->axes);
    free(p->sites);
    free(p->u);
}

/* Repeatable numbers in [0, 1). */
static double scatter(int64_t i)
{
    const uint64_t x = (uint64_t)(i + 1) * 0x9e3779b97f4a7c15u;
    return (double)((x ^ (x >> 29)) >> 40) / 16777216.0;
}

#define FOR_SITES(lat, z, y, x)                  \
    for (int64_t z = 0; z < (lat).nz; z++)       \
        for (int64_t y = 0; y < (lat).ny; y++)   \
            for (int64_t x = 0; x < (lat).nx; x++)

/* One site in fifty is a vessel of strong exchange, the rest takes up. */
static void set_vessels(problem_t *p)
{
    FOR_SITES(p->lat, z, y, x)
    {
        const int64_t i = hm_site(&p->lat, z, y, x);
        const int vessel = scatter(i) < 0.02;
        p->mg.level[0].q[i] = 0.03 + (vessel ? 8.0 : 0.0);
        p->mg.level[0].s[i] = vessel ? 160.0 : 0.0;
    }
}

/* Largest residual, written with neighbours one by one. */
static double residual(const problem_t *p)
{
    double worst = 0.0;
    FOR_SITES(p->lat, z, y, x)
    {
        const int64_t i = hm_site(&p->lat, z, y, x);
        double r = p->mg.level[0].s[i] - p->mg.level[0].q[i] * p->u[i];
        for (int d = 0; d < hm_faces(&p->lat); d++) {
            int64_t nz, ny, nx;
            if (hm_neighbour(&p->lat, z, y, x, d, &nz, &ny, &nx)) r += p->u[hm_site(&p->lat, nz, ny, nx)] - p->u[i];
        }
        worst = fmax(worst, fabs(r));
    }
    return worst;
}

static void solves_any_shape(void)
{
    const int64_t shapes[][4] = {{3, 16, 16, 16}, {3, 7, 13, 21}, {3, 1, 5, 2}, {2, 1, 33, 20}, {2, 1, 1, 300}, {3, 40, 1, 1}};
    for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++)
        for (int32_t periodic = 0; periodic < 2; periodic++) {
            problem_t p = problem((int32_t)shapes[k][0], shapes[k][1], shapes[k][2], shapes[k][3], periodic, CLOSED);
            hm_multigrid_report_t report;
            set_vessels(&p);
            p.mg.level[0].s[hm_site(&p.lat, 0, 0, 0)] += 1.0;
            HM_CHECK(hm_multigrid_solve(&p.mg, p.u, 1e-12, 40, 1, &report) == HM_OK);
            HM_CHECK(residual(&p) < 1e-8);
            HM_CHECK(report.cycles <= 25 && report.error <= 1e-12 && !report.negative);
            release(&p);
        }
}

static void uniform_loss_gives_uniform_field(void)
{
    problem_t p = problem(3, 9, 8, 11, 0, CLOSED);
    hm_multigrid_report_t report;
    FOR_SITES(p.lat, z, y, x)
    {
        p.mg.level[0].q[hm_site(&p.lat, z, y, x)] = 0.25;
        p.mg.level[0].s[hm_site(&p.lat, z, y, x)] = 1.0;
    }
    HM_CHECK(hm_multigrid_solve(&p.mg, p.u, 1e-12, 40, 1, &report) == HM_OK);
    FOR_SITES(p.lat, z, y, x) HM_CHECK(fabs(p.u[hm_site(&p.lat, z, y, x)] - 4.0) < 1e-9);
    release(&p);
}

/* Between two fixed faces and without loss the profile is linear, exactly so on the lattice. */
static void fixed_faces_give_a_line(void)
{
    const hm_sides_t sides = {{0, 0, 0, 0, 1, 1}, {0, 0, 0, 0, 2.0, 5.0}};
    problem_t p = problem(3, 4, 6, 15, 0, sides);
    hm_multigrid_report_t report;
    HM_CHECK(hm_multigrid_solve(&p.mg, p.u, 1e-12, 60, 1, &report) == HM_OK);
    FOR_SITES(p.lat, z, y, x)
    HM_CHECK(fabs(p.u[hm_site(&p.lat, z, y, x)] - (2.0 + 3.0 * ((double)x + 0.5) / 15.0)) < 1e-9);
    release(&p);
}

static void good_guess_is_left_untouched(void)
{
    problem_t p = problem(3, 12, 12, 12, 0, CLOSED);
    hm_multigrid_report_t first, second;
    set_vessels(&p);
    HM_CHECK(hm_multigrid_solve(&p.mg, p.u, 1e-8, 40, 1, &first) == HM_OK && first.cycles > 0);
    double *before = malloc((size_t)p.lat.size * sizeof(double));
    memcpy(before, p.u, (size_t)p.lat.size * sizeof(double));
    HM_CHECK(hm_multigrid_solve(&p.mg, p.u, 1e-8, 40, 1, &second) == HM_OK);
    HM_CHECK(second.cycles == 0 && second.residual == first.residual && second.error == first.error);
    HM_CHECK(memcmp(before, p.u, (size_t)p.lat.size * sizeof(double)) == 0);
    free(before);
    release(&p);
}

/* After each cycle the error that is claimed against the error there is. */
static void the_error_is_as_claimed(void)
{
    const int64_t shapes[][4] = {{3, 20, 21, 22}, {3, 9, 40, 3}, {2, 1, 90, 70}};
    for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++) {
        problem_t p = problem((int32_t)shapes[k][0], shapes[k][1], shapes[k][2], shapes[k][3], 0, CLOSED);
        double *exact = calloc((size_t)p.lat.size, sizeof(double)), largest = 0.0, worst = 1.0;
        hm_multigrid_report_t report;
        set_vessels(&p);
        HM_CHECK(hm_multigrid_solve(&p.mg, exact, 1e-13, 40, 1, &report) == HM_OK);
        FOR_SITES(p.lat, z, y, x) largest = fmax(largest, exact[hm_site(&p.lat, z, y, x)]);
        while (worst > 1e-9) {
            hm_multigrid_solve(&p.mg, p.u, 1e-13, 1, 1, &report);
            worst = 0.0;
            FOR_SITES(p.lat, z, y, x)
            {
                const int64_t i = hm_site(&p.lat, z, y, x);
                worst = fmax(worst, fabs(p.u[i] - exact[i]) / largest);
            }
            HM_CHECK(1.5 * report.error >= worst && report.error <= 10.0 * worst + 1e-12);
        }
        free(exact);
        release(&p);
    }
}

/* Far below HM_MULTIGRID_ZERO nothing is relative, not even from a guess that is far off. */
static void what_vanishes_counts_as_zero(void)
{
    const double sources[] = {1e-130, 4e-320};
    for (int k = 0; k < 2; k++) {
        problem_t p = problem(3, 10, 11, 12, 0, CLOSED);
        hm_multigrid_report_t report;
        FOR_SITES(p.lat, z, y, x)
        {
            const int64_t i = hm_site(&p.lat, z, y, x);
            p.mg.level[0].q[i] = 0.1;
            p.mg.level[0].s[i] = x == 3 ? sources[k] : 0.0;
            p.u[i] = 20.0;
        }
        HM_CHECK(hm_multigrid_solve(&p.mg, p.u, 1e-6, 60, 1, &report) == HM_OK && report.cycles > 0);
        FOR_SITES(p.lat, z, y, x) HM_CHECK(fabs(p.u[hm_site(&p.lat, z, y, x)]) < 2.0 * 1e-6 * HM_MULTIGRID_ZERO);
        release(&p);
    }
}

static void threads_do_not_change_a_bit(void)
{
    problem_t one = problem(3, 37, 40, 41, 0, CLOSED), two = problem(3, 37, 40, 41, 0, CLOSED);
    hm_multigrid_report_t report;
    set_vessels(&one);
    set_vessels(&two);
    HM_CHECK(hm_multigrid_solve(&one.mg, one.u, 1e-8, 40, 1, &report) == HM_OK);
    HM_CHECK(hm_multigrid_solve(&two.mg, two.u, 1e-8, 40, 3, &report) == HM_OK);
    HM_CHECK(memcmp(one.u, two.u, (size_t)one.lat.size * sizeof(double)) == 0);
    release(&one);
    release(&two);
}

static void failures_are_reported(void)
{
    problem_t p = problem(2, 1, 20, 20, 0, CLOSED);
    hm_multigrid_report_t report;
    hm_multigrid_t other;
    set_vessels(&p);
    HM_CHECK(hm_multigrid_solve(&p.mg, p.u, 1e-10, 1, 1, &report) == HM_ERR_CONVERGENCE);
    HM_CHECK(report.cycles == 1 && report.error > 1e-10 && report.error > report.residual);
    HM_CHECK(hm_multigrid_solve(&p.mg, p.u, 0.0, 1, 1, &report) == HM_ERR_ARGUMENT);
    p.u[hm_site(&p.lat, 0, 3, 7)] = (double)NAN;
    HM_CHECK(hm_multigrid_solve(&p.mg, p.u, 1e-10, 40, 1, &report) == HM_ERR_NOT_FINITE);
    const hm_sides_t upwards = {{1, 0, 0, 0, 0, 0}, {0.0}};
    HM_CHECK(hm_multigrid_make(&p.lat, &upwards, p.axes, p.sites, &other) == HM_ERR_ARGUMENT);
    release(&p);
}

int main(void)
{
    solves_any_shape();
    uniform_loss_gives_uniform_field();
    fixed_faces_give_a_line();
    good_guess_is_left_untouched();
    the_error_is_as_claimed();
    what_vanishes_counts_as_zero();
    threads_do_not_change_a_bit();
    failures_are_reported();
    return HM_REPORT();
}
