#include <math.h>
#include <stdlib.h>

#include "hm_core.h"
#include "hm_field.h"
#include "hm_multigrid.h"
#include "hm_test.h"

static const double PI = 3.14159265358979323846;

static hm_lattice_t lattice(int32_t dim, int64_t nz, int64_t ny, int64_t nx, int32_t periodic)
{
    const int64_t shape[3] = {nz, ny, nx};
    hm_lattice_t lat;
    HM_CHECK(hm_lattice_make(dim, shape, periodic, 1.0, &lat) == HM_OK);
    return lat;
}

static double *zeros(const hm_lattice_t *lat) { return calloc((size_t)lat->size, sizeof(double)); }

static void rates_add_over_slots(void)
{
    const hm_lattice_t lat = lattice(2, 1, 2, 3, 0);
    double *loss = zeros(&lat), *source = zeros(&lat);
    uint8_t *kind = calloc((size_t)lat.size * 2, 1);
    double uptake[256] = {0.0}, secretion[256] = {0.0};
    uptake[5] = 2.0;
    uptake[9] = 3.0;
    secretion[9] = 0.5;
    const int64_t full = hm_site(&lat, 0, 1, 2), dead = hm_site(&lat, 0, 0, 1), empty = hm_site(&lat, 0, 0, 0);
    kind[2 * full] = 5;
    kind[2 * full + 1] = 9;
    kind[2 * dead + 1] = 7;
    const hm_field_rates_t rates = {.everywhere = 0.1, .empty = 1.0, .loss = uptake, .source = secretion, .scale = 10.0};
    hm_field_extent_t extent;
    HM_CHECK(hm_field_assemble(&lat, &rates, kind, 2, 1, loss, source, &extent) == HM_OK);
    HM_CHECK(fabs(loss[full] - 51.0) < 1e-12 && fabs(source[full] - 5.0) < 1e-12);
    HM_CHECK(fabs(loss[dead] - 1.0) < 1e-12 && source[dead] == 0.0);
    HM_CHECK(fabs(loss[empty] - 11.0) < 1e-12);
    HM_CHECK(extent.loss == loss[full] && extent.source == source[full]);
    uptake[200] = -1.0;
    HM_CHECK(hm_field_assemble(&lat, &rates, kind, 2, 1, loss, source, &extent) == HM_ERR_ARGUMENT);
    uptake[200] = (double)NAN;
    HM_CHECK(hm_field_assemble(&lat, &rates, kind, 2, 1, loss, source, &extent) == HM_ERR_NOT_FINITE);
    free(loss);
    free(source);
    free(kind);
}

static void vessels_are_checked_before_they_are_added(void)
{
    const hm_lattice_t lat = lattice(3, 3, 3, 3, 0);
    double *loss = zeros(&lat), *source = zeros(&lat);
    hm_field_extent_t extent = {0};
    const int64_t inside = hm_site(&lat, 1, 2, 0), sites[2] = {inside, hm_site(&lat, 1, 2, 0) - 1};
    const double conductance[2] = {4.0, 4.0};
    HM_CHECK(hm_field_add_vessels(&lat, 2, sites, conductance, 20.0, 0.5, loss, source, &extent) == HM_ERR_RANGE);
    HM_CHECK(loss[inside] == 0.0);
    HM_CHECK(hm_field_add_vessels(&lat, 1, sites, conductance, 20.0, 0.5, loss, source, &extent) == HM_OK);
    HM_CHECK(loss[inside] == 2.0 && source[inside] == 40.0);
    HM_CHECK(extent.loss == 2.0 && extent.source == 40.0);
    const double wrong[1] = {-1.0};
    HM_CHECK(hm_field_add_vessels(&lat, 1, sites, wrong, 20.0, 0.5, loss, source, &extent) == HM_ERR_ARGUMENT);
    const double supply[2] = {6.0, 6.0}, nothing[1] = {NAN};
    HM_CHECK(hm_field_add_supply(&lat, 2, sites, supply, 0.5, source, &extent) == HM_ERR_RANGE);
    HM_CHECK(hm_field_add_supply(&lat, 1, sites, nothing, 0.5, source, &extent) == HM_ERR_NOT_FINITE);
    HM_CHECK(source[inside] == 40.0);
    HM_CHECK(hm_field_add_supply(&lat, 1, sites, supply, 0.5, source, &extent) == HM_OK);
    HM_CHECK(source[inside] == 43.0 && extent.source == 43.0);
    free(loss);
    free(source);
}

/* A cosine mode shrinks by 1 - 4 a sum sin^2(k h / 2) in each explicit step. */
static void heat_mode_decays_as_it_should(void)
{
    const hm_lattice_t lat = lattice(3, 8, 12, 10, 0);
    const hm_sides_t sides = {{0}, {0.0}};
    double *axes = calloc((size_t)hm_multigrid_axes_size(&lat), sizeof(double)), *store = axes;
    double *u = zeros(&lat), *first = zeros(&lat), *work = zeros(&lat), *none = zeros(&lat);
    hm_grid_t grid;
    hm_grid_make(&lat, &sides, &store, &grid);
    const double kz = PI / 8.0, ky = 3.0 * PI / 12.0, kx = 2.0 * PI / 10.0, a = 0.15;
    for (int64_t z = 0; z < 8; z++)
        for (int64_t y = 0; y < 12; y++)
            for (int64_t x = 0; x < 10; x++)
                u[hm_site(&lat, z, y, x)] = first[hm_site(&lat, z, y, x)] =
                    cos(kz * ((double)z + 0.5)) * cos(ky * ((double)y + 0.5)) * cos(kx * ((double)x + 0.5));
    HM_CHECK(hm_field_explicit(&lat, &grid, &sides, a, 7, none, none, 1, u, work) == HM_OK);
    const double sum = pow(sin(kz / 2), 2) + pow(sin(ky / 2), 2) + pow(sin(kx / 2), 2);
    const double factor = pow(1.0 - 4.0 * a * sum, 7);
    for (int64_t x = 0; x < 10; x++) {
        const int64_t i = hm_site(&lat, 5, 7, x);
        HM_CHECK(fabs(u[i] - factor * first[i]) < 1e-14);
    }
    free(axes);
    free(u);
    free(first);
    free(work);
    free(none);
}

static void exponential_is_exact(void)
{
    HM_CHECK(hm_exp_minus(0.0) == 1.0);
    HM_CHECK(hm_exp_minus(1e9) < 1e-300);
    for (int i = 1; i < 4000; i++) {
        const double x = 0.17 * i, expected = exp(-x);
        HM_CHECK(fabs(hm_exp_minus(x) - expected) <= 4e-16 * expected);
    }
}

static void decay_with_a_source_is_exact(void)
{
    const hm_lattice_t lat = lattice(2, 1, 1, 5, 0);
    const double losses[5] = {0.0, 1e-9, 9.9e-4, 1.01e-3, 30.0};
    double *w = zeros(&lat), *loss = zeros(&lat), *source = zeros(&lat);
    for (int64_t x = 0; x < 5; x++) {
        const int64_t i = hm_site(&lat, 0, 0, x);
        w[i] = 2.0;
        loss[i] = losses[x];
        source[i] = 0.5;
    }
    hm_field_decay(&lat, loss, source, 1, w);
    for (int64_t x = 0; x < 5; x++) {
        const double l = losses[x], share = l > 0.0 ? -expm1(-l) / l : 1.0;
        HM_CHECK(fabs(w[hm_site(&lat, 0, 0, x)] - (2.0 * exp(-l) + 0.5 * share)) < 1e-12);
    }
    free(w);
    free(loss);
    free(source);
}

static void zero_and_negative_sites_are_found(void)
{
    const hm_lattice_t lat = lattice(3, 4, 4, 4, 0);
    double *u = zeros(&lat);
    u[0] = 1.0; /* halo */
    HM_CHECK(hm_field_is_zero(&lat, u));
    u[hm_site(&lat, 3, 3, 3)] = -1e-300;
    HM_CHECK(!hm_field_is_zero(&lat, u));
    HM_CHECK(hm_field_clamp(&lat, u) == 1 && hm_field_is_zero(&lat, u));
    free(u);
}

static void implicit_adds_the_time_derivative(void)
{
    const hm_lattice_t lat = lattice(2, 1, 3, 3, 0);
    double *u = zeros(&lat), *loss = zeros(&lat), *source = zeros(&lat);
    const int64_t i = hm_site(&lat, 0, 1, 1);
    u[i] = 3.0;
    loss[i] = 1.0;
    source[i] = 2.0;
    hm_field_implicit(&lat, 0.5, u, 1, loss, source);
    HM_CHECK(loss[i] == 1.5 && source[i] == 3.5);
    hm_field_add_degradation(&lat, 2.0, u, 1, loss);
    HM_CHECK(loss[i] == 7.5);
    free(u);
    free(loss);
    free(source);
}

int main(void)
{
    rates_add_over_slots();
    vessels_are_checked_before_they_are_added();
    heat_mode_decays_as_it_should();
    exponential_is_exact();
    decay_with_a_source_is_exact();
    zero_and_negative_sites_are_found();
    implicit_adds_the_time_derivative();
    return HM_REPORT();
}
