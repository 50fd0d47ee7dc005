/* Kernels that do several passes of a field in one, against the separate passes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hm_core.h"
#include "hm_field.h"
#include "hm_multigrid.h"
#include "hm_test.h"

#define FOR_SITES(lat, z, y, x)                \
    for (int64_t z = 0; z < (lat).nz; z++)     \
        for (int64_t y = 0; y < (lat).ny; y++) \
            for (int64_t x = 0; x < (lat).nx; x++)

/* Repeatable numbers in [0, 1). */
static double scatter(int64_t i)
{
    const uint64_t x = (uint64_t)(i + 1) * 0x9e3779b97f4a7c15u;
    return (double)((x ^ (x >> 29)) >> 40) / 16777216.0;
}

typedef struct {
    hm_lattice_t lat;
    hm_multigrid_t mg;
    int32_t slots;
    double *axes, *sites, *u, *other, *loss, *source;
    uint8_t *kind;
    double uptake[256], secretion[256], maximum[256], half[256];
    hm_field_rates_t rates;
} world_t;

static double *copy_of(const hm_lattice_t *lat, const double *from)
{
    double *array = calloc((size_t)lat->size, sizeof(double));
    if (from) memcpy(array, from, (size_t)lat->size * sizeof(double));
    return array;
}

/* A third of the sites hold cells of bytes 1 to 3; rows of them are empty. */
static void fill(world_t *w)
{
    FOR_SITES(w->lat, z, y, x)
    {
        const int64_t i = hm_site(&w->lat, z, y, x);
        w->u[i] = 1.0 + scatter(i);
        w->other[i] = scatter(i + 7);
        for (int32_t s = 0; s < w->slots && y % 3; s++)
            if (scatter(i * w->slots + s + 99) < 0.33) w->kind[i * w->slots + s] = (uint8_t)(1 + (i + s) % 3);
    }
}

static void make(world_t *w, const int64_t shape[4], int32_t periodic, int32_t slots, const hm_sides_t *sides)
{
    *w = (world_t){.slots = slots};
    HM_CHECK(hm_lattice_make((int32_t)shape[0], shape + 1, periodic, 1.0, &w->lat) == HM_OK);
    w->axes = calloc((size_t)hm_multigrid_axes_size(&w->lat), sizeof(double));
    w->sites = calloc((size_t)hm_multigrid_sites_size(&w->lat), sizeof(double));
    w->u = copy_of(&w->lat, NULL);
    w->other = copy_of(&w->lat, NULL);
    w->loss = copy_of(&w->lat, NULL);
    w->source = copy_of(&w->lat, NULL);
    w->kind = calloc((size_t)(w->lat.size * slots), 1);
    HM_CHECK(hm_multigrid_make(&w->lat, sides, w->axes, w->sites, &w->mg) == HM_OK);
    fill(w);
    for (int k = 0; k < 256; k++) w->half[k] = 1.0;
    w->uptake[1] = 0.2, w->uptake[2] = 0.1;
    w->secretion[2] = 0.3, w->secretion[3] = 0.4;
    w->maximum[1] = 0.5, w->maximum[3] = 0.2, w->half[3] = 0.4;
    w->rates = (hm_field_rates_t){.everywhere = 0.05, .empty = 0.02, .loss = w->uptake, .source = w->secretion, .scale = 1.5};
}

static void release(world_t *w)
{
    free(w->axes);
    free(w->sites);
    free(w->u);
    free(w->other);
    free(w->loss);
    free(w->source);
    free(w->kind);
}

static void assemble(world_t *w)
{
    hm_field_extent_t extent;
    HM_CHECK(hm_field_assemble(&w->lat, &w->rates, w->kind, w->slots, 1, w->loss, w->source, &extent) == HM_OK);
}

static int same_sites(const world_t *w, const double *a, const double *b)
{
    FOR_SITES(w->lat, z, y, x)
    {
        const int64_t i = hm_site(&w->lat, z, y, x);
        if (memcmp(a + i, b + i, sizeof(double)) != 0) return 0;
    }
    return 1;
}

static void assembled_step_is_assembly_and_a_step(world_t *w, int threads)
{
    const hm_grid_t *grid = &w->mg.level[0].grid;
    double *one = copy_of(&w->lat, w->u), *two = copy_of(&w->lat, w->u), *work = copy_of(&w->lat, NULL);
    assemble(w);
    HM_CHECK(hm_field_explicit(&w->lat, grid, &w->mg.sides, 0.1, 1, w->loss, w->source, 1, two, work) == HM_OK);
    HM_CHECK(hm_field_assembled_step(&w->lat, grid, &w->mg.sides, &w->rates, w->kind, w->slots, 0.1, threads, one, work) ==
             HM_OK);
    HM_CHECK(same_sites(w, one, two) && !same_sites(w, one, w->u));
    free(one);
    free(two);
    free(work);
}

static void dissolving_is_assembly_degradation_and_decay(world_t *w, int threads)
{
    const double rate[2] = {0.7, 0.2};
    const double *by[2] = {w->other, w->u};
    for (int32_t n = 0; n <= 2; n++) {
        double *one = copy_of(&w->lat, w->other), *two = copy_of(&w->lat, w->other);
        if (n > 0) by[0] = w->u;
        assemble(w);
        for (int32_t j = 0; j < n; j++) hm_field_add_degradation(&w->lat, rate[j], by[j], 1, w->loss);
        hm_field_decay(&w->lat, w->loss, w->source, 1, two);
        HM_CHECK(hm_field_dissolve(&w->lat, &w->rates, w->kind, w->slots, n, rate, by, threads, one) == HM_OK);
        HM_CHECK(same_sites(w, one, two) && !same_sites(w, one, w->other));
        free(one);
        free(two);
    }
}

/* Rows without cells that lose much, little, or nothing that shows. */
static void host_tissue_dissolves_alike(world_t *w, int threads)
{
    const double rates[3] = {0.01, 1e-3, 1e-18};
    const double *by[1] = {w->u};
    const hm_field_rates_t before = w->rates;
    w->rates.everywhere = w->rates.empty = 0.0;
    for (int k = 0; k < 3; k++) {
        double *one = copy_of(&w->lat, w->other), *two = copy_of(&w->lat, w->other);
        assemble(w);
        hm_field_add_degradation(&w->lat, rates[k], by[0], 1, w->loss);
        hm_field_decay(&w->lat, w->loss, w->source, 1, two);
        HM_CHECK(hm_field_dissolve(&w->lat, &w->rates, w->kind, w->slots, 1, rates + k, by, threads, one) == HM_OK);
        HM_CHECK(same_sites(w, one, two) && !same_sites(w, one, w->other));
        free(one);
        free(two);
    }
    w->rates = before;
}

/* Cells of byte 2 secrete where the other field is low, those of byte 3 wherever they are. */
static void secretion_responds_site_by_site(world_t *w, int threads, const hm_field_secretion_t *by)
{
    double *expected = copy_of(&w->lat, w->source), most = 0.0, largest = 0.0;
    FOR_SITES(w->lat, z, y, x)
    {
        const int64_t i = hm_site(&w->lat, z, y, x);
        for (int32_t s = 0; s < w->slots; s++) {
            const uint8_t k = w->kind[i * w->slots + s];
            const double low = 1.0 / (1.0 + pow(w->other[i] / 0.5, 2.0));
            expected[i] += by->scale * (k == 2 ? 0.6 * low : k == 3 ? 0.25 : 0.0);
        }
        most = fmax(most, expected[i]);
    }
    HM_CHECK(hm_field_add_secretion(&w->lat, by, w->kind, w->slots, threads, w->source, &largest) == HM_OK);
    HM_CHECK(fabs(largest - most) < 1e-12);
    int wrong = 0;
    FOR_SITES(w->lat, z, y, x)
    {
        const int64_t i = hm_site(&w->lat, z, y, x);
        wrong += !(fabs(w->source[i] - expected[i]) < 1e-12);
    }
    HM_CHECK(wrong == 0);
    free(expected);
}

/* Newton's solution solves the linear equation in which the uptake is maximum / (half + u). */
static void saturable_solution_solves_the_frozen_equation(world_t *w, int threads, const hm_field_secretion_t *by)
{
    const int64_t vessels[2] = {hm_site(&w->lat, 0, 1, 1), hm_site(&w->lat, w->lat.nz - 1, w->lat.ny - 1, 2)};
    const double conductance[2] = {3.0, 5.0};
    hm_field_terms_t terms = {.lat = &w->lat, .kind = w->kind, .slots = w->slots, .rates = w->rates, .m = 2,
                              .vessel_sites = vessels, .conductance = conductance, .blood_value = 4.0, .secretion = by};
    terms.rates.maximum = w->maximum;
    terms.rates.half = w->half;
    hm_multigrid_report_t report;
    hm_field_extent_t extent;
    double largest, *u = copy_of(&w->lat, w->u), *q = w->mg.level[0].q, *s = w->mg.level[0].s;
    HM_CHECK(hm_field_solve(&w->mg, &terms, u, 1e-10, 60, threads, &report) == HM_OK && report.cycles > 0);
    HM_CHECK(!report.negative);
    HM_CHECK(hm_field_assemble(&w->lat, &terms.rates, w->kind, w->slots, 1, q, s, &extent) == HM_OK);
    HM_CHECK(hm_field_add_secretion(&w->lat, by, w->kind, w->slots, 1, s, &largest) == HM_OK);
    HM_CHECK(hm_field_add_vessels(&w->lat, 2, vessels, conductance, 4.0, terms.rates.scale, q, s, &extent) == HM_OK);
    HM_CHECK(hm_field_add_saturable(&w->lat, &terms.rates, w->kind, w->slots, u, threads, q, &extent) == HM_OK);
    HM_CHECK(hm_multigrid_solve(&w->mg, u, 2e-10, 0, 1, &report) == HM_OK && report.cycles == 0);
    free(u);
}

/* A solve that assembles on the way, and begins its correction before it knows of its guess or not, has the
 * bits of one whose loss and source were there before; a good guess stays untouched. */
static void assembling_on_the_way_changes_no_bit(world_t *w, int threads)
{
    const int64_t vessels[2] = {hm_site(&w->lat, 0, 1, 1), hm_site(&w->lat, w->lat.nz - 1, w->lat.ny - 1, 2)};
    const double conductance[2] = {3.0, 5.0};
    const hm_field_terms_t terms = {.lat = &w->lat, .kind = w->kind, .slots = w->slots, .rates = w->rates, .m = 2,
                                    .vessel_sites = vessels, .conductance = conductance, .blood_value = 4.0};
    double *one = copy_of(&w->lat, w->u), *two = copy_of(&w->lat, w->u), *q = w->mg.level[0].q, *s = w->mg.level[0].s;
    hm_multigrid_report_t first, report;
    hm_field_extent_t extent;
    HM_CHECK(hm_field_assemble(&w->lat, &w->rates, w->kind, w->slots, 1, q, s, &extent) == HM_OK);
    HM_CHECK(hm_field_add_vessels(&w->lat, 2, vessels, conductance, 4.0, w->rates.scale, q, s, &extent) == HM_OK);
    HM_CHECK(hm_multigrid_solve(&w->mg, one, 1e-8, 60, 1, &first) == HM_OK && first.cycles > 0 && !w->mg.was_idle);
    HM_CHECK(hm_field_solve(&w->mg, &terms, two, 1e-8, 60, threads, &report) == HM_OK && same_sites(w, one, two));
    HM_CHECK(report.cycles == first.cycles && report.updates == first.updates && !(fabs(report.error - first.error) > 0.0));
    HM_CHECK(hm_field_solve(&w->mg, &terms, two, 1e-7, 60, threads, &report) == HM_OK && report.cycles == 0);
    HM_CHECK(same_sites(w, one, two) && w->mg.was_idle);
    memcpy(two, w->u, (size_t)w->lat.size * sizeof *two);
    HM_CHECK(hm_field_solve(&w->mg, &terms, two, 1e-8, 60, threads, &report) == HM_OK && same_sites(w, one, two));
    free(one);
    free(two);
}

/* A factor makes what is lost equal to what is given, and nothing else changes. */
static void balance_is_one_factor(world_t *w)
{
    double *u = copy_of(&w->lat, w->u), given = 0.0, taken = 0.0;
    assemble(w);
    hm_field_balance(&w->lat, w->loss, w->source, u);
    const int64_t first = hm_site(&w->lat, 0, 0, 0);
    const double factor = u[first] / w->u[first];
    int wrong = 0;
    FOR_SITES(w->lat, z, y, x)
    {
        const int64_t i = hm_site(&w->lat, z, y, x);
        given += w->source[i];
        taken += w->loss[i] * u[i];
        wrong += !(fabs(u[i] - factor * w->u[i]) < 1e-14);
    }
    HM_CHECK(wrong == 0 && fabs(given - taken) < 1e-11 * given);
    free(u);
}

static void all_of(const int64_t shape[4], int32_t periodic, int32_t slots, const hm_sides_t *sides)
{
    world_t w;
    double rate[256] = {[2] = 0.6, [3] = 0.25};
    uint8_t first[256] = {0}, end[256] = {[2] = 1};
    const hm_response_t falls = {.half_maximum = 0.5, .power = 2.0, .extreme = 0.0}; /* 1 - H */
    hm_field_secretion_t by = {1.5, rate, first, end, 1, 1, &falls, NULL};
    make(&w, shape, periodic, slots, sides);
    const double *signal[1] = {w.other};
    by.u = signal;
    for (int threads = 1; threads <= 3; threads++) {
        assembled_step_is_assembly_and_a_step(&w, threads);
        dissolving_is_assembly_degradation_and_decay(&w, threads);
        host_tissue_dissolves_alike(&w, threads);
        secretion_responds_site_by_site(&w, threads, &by);
        saturable_solution_solves_the_frozen_equation(&w, threads, &by);
        assembling_on_the_way_changes_no_bit(&w, threads);
    }
    balance_is_one_factor(&w);
    release(&w);
}

int main(void)
{
    const hm_sides_t closed = {{0}, {0.0}}, fixed = {{0, 0, 0, 1, 1, 0}, {0, 0, 0, 2.0, 3.0, 0}};
    const int64_t shapes[4][4] = {{2, 1, 33, 20}, {2, 1, 130, 300}, {3, 7, 13, 41}, {3, 33, 34, 35}};
    for (int k = 0; k < 4; k++)
        for (int32_t slots = 1; slots <= 4; slots += 3) {
            all_of(shapes[k], 0, slots, &closed);
            all_of(shapes[k], 1, slots, &closed);
            all_of(shapes[k], 0, slots, &fixed);
        }
    return HM_REPORT();
}
