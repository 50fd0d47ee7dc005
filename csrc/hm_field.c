/* Steps of a field, of hm_field.h. */
#include "hm_core.h"
#include "hm_field.h"
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

/* e^-x = 2^-k e^r with k = round(x / ln 2): Taylor polynomial of degree 13 in |r| <= ln(2)/2
 * (remainder 4e-18). Written out so that it vectorises and has the same bits everywhere,
 * which a library's exp has not. */
HM_INLINE double exp_minus(double x)
{
    static const double round_shift = 6755399441055744.0; /* 1.5 * 2^52 */
    static const double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
    const double y = -(x < 708.0 ? x : 708.0);
    const double shifted = y * 1.44269504088896340736 + round_shift;
    const double k = shifted - round_shift;
    const double r = (y - k * ln2_high) - k * ln2_low;
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    const uint64_t exponent = (uint64_t)(hm_bits(shifted) - hm_bits(round_shift) + 1023);
    return p * hm_from_bits((int64_t)(exponent << 52));
}

#ifndef HM_SINGLE
double hm_exp_minus(double x) { return exp_minus(x); }
#endif

/* (1 - e^-x) / x, by its series where the quotient would cancel. */
HM_INLINE double relaxed_share(double x, double decayed)
{
    const double series = 1.0 - x * (0.5 - x * (1.0 / 6.0 - x * (1.0 / 24.0 - x * (1.0 / 120.0))));
    const double safe = x < 1e-3 ? 1.0 : x;
    return x < 1e-3 ? series : (1.0 - decayed) / safe;
}

/* A stretch without source needs no share; one whose loss does not show in e^-x = 1 nothing at
 * all: 1 - x rounds to 1 below 2^-54. The bits are those of the full sum. */
HM_INLINE void decay_stretch(const hm_real_t *restrict lr, const hm_real_t *restrict sr, hm_real_t *restrict wr,
                             int64_t n)
{
    hm_real_bits_t source = 0, loss = 0;
    for (int64_t x = 0; x < n; x++) {
        source |= hm_magnitude_bits(sr[x]);
        loss |= lr[x] > HM_REAL(5e-17);
    }
    if (source) {
        for (int64_t x = 0; x < n; x++) {
            const double decayed = exp_minus((double)lr[x]);
            const double share = relaxed_share((double)lr[x], decayed);
            wr[x] = HM_REAL((double)wr[x] * decayed + (double)sr[x] * share);
        }
    } else if (loss) {
        for (int64_t x = 0; x < n; x++) wr[x] = HM_REAL((double)wr[x] * exp_minus((double)lr[x]));
    }
}

HM_CLONES
void hm_field_decay_stretch(const hm_real_t *loss, const hm_real_t *source, hm_real_t *w, int64_t n)
{
    decay_stretch(loss, source, w, n);
}

HM_CLONES
static void decay_rows(const hm_lattice_t *lat, const hm_real_t *loss, const hm_real_t *source, hm_real_t *w, hm_range_t range)
{
    for (int64_t i = range.lo; i < range.hi; i++) {
        const int64_t at = hm_field_row_at(lat, i);
        for (int64_t x = at; x < at + lat->nx; x += HM_STRETCH) {
            const int64_t n = at + lat->nx - x < HM_STRETCH ? at + lat->nx - x : HM_STRETCH;
            decay_stretch(loss + x, source + x, w + x, n);
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
