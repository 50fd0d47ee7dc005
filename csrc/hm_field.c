/* Steps of a field, of hm_field.h. */
#include "hm_core.h"
#include "hm_field.h"
#include "hm_field_decay.h"
#include "hm_field_rows.h"
#include "hm_stencil.h"

HM_CLONES
static void implicit_rows(const hm_lattice_t *lat, hm_real_t k, const hm_real_t *u, hm_real_t *loss, hm_real_t *source,
                          hm_range_t range)
{
    for (int64_t i = range.lo; i < range.hi; i++) {
        const int64_t at = hm_field_row_at(lat, i);
        const hm_real_t *restrict ur = u + at;
        hm_real_t *restrict lr = loss + at, *restrict sr = source + at;
        for (int64_t x = 0; x < lat->nx; x++) {
            lr[x] += k;
            sr[x] += k * ur[x];
        }
    }
}

void hm_field_implicit(const hm_lattice_t *lat, double k, const hm_real_t *u, int num_threads, hm_real_t *loss,
                       hm_real_t *source)
{
    HM_PARALLEL(hm_team_size_for(hm_field_sites(lat), num_threads))
    {
        implicit_rows(lat, HM_REAL(k), u, loss, source, hm_team_range(hm_team_here(), hm_field_row_count(lat)));
    }
}

/* One thread, row by row: the sums do not depend on threads. */
void hm_field_balance(const hm_lattice_t *lat, const hm_real_t *loss, const hm_real_t *source, hm_real_t *u)
{
    double given = 0.0, taken = 0.0;
    for (int64_t i = 0; i < hm_field_row_count(lat); i++) {
        const int64_t at = hm_field_row_at(lat, i);
        for (int64_t x = at; x < at + lat->nx; x++) {
            given += (double)source[x];
            taken += (double)loss[x] * (double)u[x];
        }
    }
    if (!(given > 0.0 && taken > 0.0)) return;
    const double factor = given / taken;
    for (int64_t i = 0; i < hm_field_row_count(lat); i++) {
        const int64_t at = hm_field_row_at(lat, i);
        for (int64_t x = at; x < at + lat->nx; x++) u[x] = HM_REAL(factor * (double)u[x]);
    }
}

static void fill_halo(const hm_lattice_t *lat, const hm_grid_t *grid, const hm_sides_t *sides, hm_real_t *u)
{
    if (lat->periodic) hm_halo_fill(lat, u);
    else hm_grid_fill_fixed(grid, sides, u);
}

static void explicit_in_team(const hm_grid_t *grid, hm_real_t a, int32_t n, const hm_real_t *loss, const hm_real_t *source,
                             hm_real_t *u, hm_real_t *work, hm_team_t team)
{
    const hm_range_t r = hm_team_range(team, hm_grid_rows(grid));
    for (int32_t k = 0; k < n; k++) {
        const hm_real_t *from = k % 2 ? work : u;
        hm_real_t *to = k % 2 ? u : work;
        hm_stencil_explicit(grid, loss, source, from, to, a, r.lo, r.hi);
        hm_team_barrier(team);
    }
    if (n % 2 == 0) return;
    for (int64_t i = r.lo; i < r.hi; i++) {
        const int64_t at = hm_grid_at(grid, i / grid->ny, i % grid->ny);
        for (int64_t x = at; x < at + grid->nx; x++) u[x] = work[x];
    }
}

int hm_field_explicit(const hm_lattice_t *lat, const hm_grid_t *grid, const hm_sides_t *sides, double a, int32_t n,
                      const hm_real_t *loss, const hm_real_t *source, int num_threads, hm_real_t *u, hm_real_t *work)
{
    if (!(a >= 0.0) || n < 0) return HM_ERR_ARGUMENT;
    fill_halo(lat, grid, sides, u);
    fill_halo(lat, grid, sides, work);
    HM_PARALLEL(hm_team_size_for(hm_field_sites(lat), num_threads))
    {
        explicit_in_team(grid, HM_REAL(a), n, loss, source, u, work, hm_team_here());
    }
    return HM_OK;
}

HM_CLONES
static void degradation_rows(const hm_lattice_t *lat, hm_real_t rate, const hm_real_t *u, hm_real_t *loss, hm_range_t range)
{
    for (int64_t i = range.lo; i < range.hi; i++) {
        const int64_t at = hm_field_row_at(lat, i);
        const hm_real_t *restrict ur = u + at;
        hm_real_t *restrict lr = loss + at;
        for (int64_t x = 0; x < lat->nx; x++) lr[x] += rate * ur[x];
    }
}

void hm_field_add_degradation(const hm_lattice_t *lat, double rate, const hm_real_t *u, int num_threads, hm_real_t *loss)
{
    HM_PARALLEL(hm_team_size_for(hm_field_sites(lat), num_threads))
    {
        degradation_rows(lat, HM_REAL(rate), u, loss, hm_team_range(hm_team_here(), hm_field_row_count(lat)));
    }
}

#ifndef HM_SINGLE
double hm_exp_minus(double x) { return hm_exp_minus_inline(x); }
#endif

HM_CLONES
static void decay_rows(const hm_lattice_t *lat, const hm_real_t *loss, const hm_real_t *source, hm_real_t *w, hm_range_t range)
{
    for (int64_t i = range.lo; i < range.hi; i++) {
        const int64_t at = hm_field_row_at(lat, i);
        for (int64_t x = at; x < at + lat->nx; x += HM_STRETCH) {
            const int64_t n = at + lat->nx - x < HM_STRETCH ? at + lat->nx - x : HM_STRETCH;
            hm_field_decay_stretch(loss + x, source + x, w + x, n);
        }
    }
}

void hm_field_decay(const hm_lattice_t *lat, const hm_real_t *loss, const hm_real_t *source, int num_threads, hm_real_t *w)
{
    HM_PARALLEL(hm_team_size_for(hm_field_sites(lat), num_threads))
    {
        decay_rows(lat, loss, source, w, hm_team_range(hm_team_here(), hm_field_row_count(lat)));
    }
}

int hm_field_is_zero(const hm_lattice_t *lat, const hm_real_t *u)
{
    for (int64_t i = 0; i < hm_field_row_count(lat); i++)
        if (hm_field_row_maximum(u + hm_field_row_at(lat, i), lat->nx, 0) != 0) return 0;
    return 1;
}

int64_t hm_field_clamp(const hm_lattice_t *lat, hm_real_t *u)
{
    int64_t clamped = 0;
    for (int64_t i = 0; i < hm_field_row_count(lat); i++) {
        hm_real_t *row = u + hm_field_row_at(lat, i);
        for (int64_t x = 0; x < lat->nx; x++) {
            clamped += row[x] < 0;
            row[x] = row[x] < 0 ? 0 : row[x];
        }
    }
    return clamped;
}
