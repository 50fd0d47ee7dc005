/* Relaxation and explicit steps of hm_stencil.h. */
#include "hm_stencil.h"
#include "hm_stencil_row.h"

HM_INLINE void invert_row(const hm_row_t *r, const hm_real_t *restrict q, hm_real_t *restrict out)
{
    for (int64_t x = 0; x < r->n; x++) out[x] = HM_REAL(1.0) / ((r->xd[x] + r->diagonal) + q[x]);
}

HM_CLONES
void hm_stencil_invert(const hm_grid_t *g, const hm_real_t *q, hm_real_t *inverse, int64_t lo, int64_t hi)
{
    for (int64_t i = lo; i < hi; i++) {
        const hm_row_t r = hm_row(g, i);
        invert_row(&r, q + r.at, inverse + r.at);
    }
}

HM_INLINE void first_row(const hm_row_t *r, const hm_real_t *restrict d, const hm_real_t *restrict s,
                         const hm_real_t *restrict u, hm_real_t *restrict v, hm_real_t a, int flat)
{
    for (int64_t x = 0; x < r->n; x++) {
        const hm_real_t change = d[x] * (s[x] + hm_row_inflow(r, u, x, flat)) - u[x];
        v[x] = u[x] + a * change;
    }
}

HM_CLONES
void hm_stencil_first(const hm_grid_t *g, const hm_real_t *inverse, const hm_real_t *s, const hm_real_t *u, hm_real_t *v,
                      hm_real_t a, int64_t lo, int64_t hi)
{
    for (int64_t i = lo; i < hi; i++) {
        const hm_row_t r = hm_row(g, i);
        if (hm_row_is_far(g)) {
            hm_row_fetch(inverse + r.at, r.n);
            hm_row_fetch(s + r.at, r.n);
            hm_row_fetch_to_write(v + r.at, r.n);
        }
        if (g->hz) first_row(&r, inverse + r.at, s + r.at, u + r.at, v + r.at, a, 0);
        else first_row(&r, inverse + r.at, s + r.at, u + r.at, v + r.at, a, 1);
        if (g->periodic) hm_grid_wrap_row(g, v, r.z, r.y);
    }
}

HM_INLINE void measured_row(const hm_row_t *r, const hm_real_t *restrict d, const hm_real_t *restrict s,
                            const hm_real_t *restrict u, hm_real_t *restrict v, hm_real_t a, hm_extremes_t *e, int flat)
{
    hm_real_bits_t correction = e->correction, value = e->value, sign = e->sign;
    HM_OMP(simd reduction(max : correction, value) reduction(| : sign))
    for (int64_t x = 0; x < r->n; x++) {
        const hm_real_t change = d[x] * (s[x] + hm_row_inflow(r, u, x, flat)) - u[x];
        v[x] = u[x] + a * change;
        const hm_real_bits_t c = hm_magnitude_bits(change), m = hm_magnitude_bits(u[x]);
        correction = c > correction ? c : correction;
        value = m > value ? m : value;
        sign |= hm_real_bits(u[x]);
    }
    *e = (hm_extremes_t){.correction = correction, .value = value, .sign = sign};
}

HM_CLONES
void hm_stencil_first_measured(const hm_grid_t *g, const hm_real_t *inverse, const hm_real_t *s, const hm_real_t *u,
                               hm_real_t *v, hm_real_t a, int64_t lo, int64_t hi, hm_extremes_t *extremes)
{
    for (int64_t i = lo; i < hi; i++) {
        const hm_row_t r = hm_row(g, i);
        if (g->hz) measured_row(&r, inverse + r.at, s + r.at, u + r.at, v + r.at, a, extremes, 0);
        else measured_row(&r, inverse + r.at, s + r.at, u + r.at, v + r.at, a, extremes, 1);
        if (g->periodic) hm_grid_wrap_row(g, v, r.z, r.y);
    }
}

/* Loss and source may be written a few rows ahead of the start. */
HM_INLINE void fetch_for_start(const hm_row_t *r, const hm_real_t *q, const hm_real_t *inverse, const hm_real_t *s,
                               const hm_real_t *u, const hm_real_t *v)
{
    hm_row_fetch(u + r->at + r->sz, r->n);
    hm_row_fetch_to_write(q + r->at, r->n);
    hm_row_fetch_to_write(s + r->at, r->n);
    hm_row_fetch_to_write(inverse + r->at, r->n);
    hm_row_fetch_to_write(v + r->at, r->n);
}

HM_CLONES
void hm_stencil_start(const hm_grid_t *g, const hm_real_t *q, hm_real_t *inverse, const hm_real_t *s,
                      const hm_real_t *u, hm_real_t *v, hm_real_t a, int64_t lo, int64_t hi, hm_extremes_t *extremes)
{
    for (int64_t i = lo; i < hi; i++) {
        const hm_row_t r = hm_row(g, i);
        if (hm_row_is_far(g)) fetch_for_start(&r, q, inverse, s, u, v);
        invert_row(&r, q + r.at, inverse + r.at);
        if (g->hz) measured_row(&r, inverse + r.at, s + r.at, u + r.at, v + r.at, a, extremes, 0);
        else measured_row(&r, inverse + r.at, s + r.at, u + r.at, v + r.at, a, extremes, 1);
        if (g->periodic) hm_grid_wrap_row(g, v, r.z, r.y);
    }
}

HM_INLINE void next_row(const hm_row_t *r, const hm_real_t *restrict d, const hm_real_t *restrict s,
                        const hm_real_t *restrict u, hm_real_t *restrict v, hm_real_t a, hm_real_t b, int flat)
{
    for (int64_t x = 0; x < r->n; x++) {
        const hm_real_t change = d[x] * (s[x] + hm_row_inflow(r, u, x, flat)) - u[x];
        v[x] = (u[x] + a * change) + b * (u[x] - v[x]);
    }
}

HM_CLONES
void hm_stencil_next(const hm_grid_t *g, const hm_real_t *inverse, const hm_real_t *s, const hm_real_t *u, hm_real_t *v,
                     hm_real_t a, hm_real_t b, int64_t lo, int64_t hi)
{
    for (int64_t i = lo; i < hi; i++) {
        const hm_row_t r = hm_row(g, i);
        if (g->hz) next_row(&r, inverse + r.at, s + r.at, u + r.at, v + r.at, a, b, 0);
        else next_row(&r, inverse + r.at, s + r.at, u + r.at, v + r.at, a, b, 1);
        if (g->periodic) hm_grid_wrap_row(g, v, r.z, r.y);
    }
}

HM_INLINE void aside_row(const hm_row_t *r, const hm_real_t *restrict d, const hm_real_t *restrict s,
                         const hm_real_t *restrict u, const hm_real_t *restrict before, hm_real_t *restrict v,
                         hm_real_t a, hm_real_t b, int flat)
{
    for (int64_t x = 0; x < r->n; x++) {
        const hm_real_t change = d[x] * (s[x] + hm_row_inflow(r, u, x, flat)) - u[x];
        v[x] = (u[x] + a * change) + b * (u[x] - before[x]);
    }
}

HM_CLONES
void hm_stencil_next_aside(const hm_grid_t *g, const hm_real_t *inverse, const hm_real_t *s, const hm_real_t *u,
                           const hm_real_t *before, hm_real_t *v, hm_real_t a, hm_real_t b, int64_t lo, int64_t hi)
{
    for (int64_t i = lo; i < hi; i++) {
        const hm_row_t r = hm_row(g, i);
        const hm_real_t *d = inverse + r.at, *sr = s + r.at;
        if (g->hz) aside_row(&r, d, sr, u + r.at, before + r.at, v + r.at, a, b, 0);
        else aside_row(&r, d, sr, u + r.at, before + r.at, v + r.at, a, b, 1);
        if (g->periodic) hm_grid_wrap_row(g, v, r.z, r.y);
    }
}

HM_CLONES
void hm_stencil_first_of_zero(const hm_grid_t *g, const hm_real_t *inverse, const hm_real_t *s, hm_real_t *u, hm_real_t *v,
                              hm_real_t a, int64_t lo, int64_t hi)
{
    for (int64_t i = lo; i < hi; i++) {
        const hm_row_t r = hm_row(g, i);
        const hm_real_t *restrict d = inverse + r.at, *restrict sr = s + r.at;
        hm_real_t *restrict ur = u + r.at, *restrict vr = v + r.at;
        for (int64_t x = 0; x < r.n; x++) {
            ur[x] = 0;
            vr[x] = a * (d[x] * sr[x]);
        }
        if (!g->periodic) continue;
        hm_grid_wrap_row(g, u, r.z, r.y);
        hm_grid_wrap_row(g, v, r.z, r.y);
    }
}

HM_INLINE void explicit_row(const hm_row_t *r, const hm_real_t *restrict q, const hm_real_t *restrict s,
                            const hm_real_t *restrict u, hm_real_t *restrict v, hm_real_t a, int flat)
{
    for (int64_t x = 0; x < r->n; x++) {
        const hm_real_t loss = (r->xd[x] + r->diagonal) + q[x];
        v[x] = u[x] + a * ((s[x] + hm_row_inflow(r, u, x, flat)) - loss * u[x]);
    }
}

HM_CLONES
void hm_stencil_explicit(const hm_grid_t *g, const hm_real_t *q, const hm_real_t *s, const hm_real_t *u, hm_real_t *v,
                         hm_real_t a, int64_t lo, int64_t hi)
{
    for (int64_t i = lo; i < hi; i++) {
        const hm_row_t r = hm_row(g, i);
        if (g->hz) explicit_row(&r, q + r.at, s + r.at, u + r.at, v + r.at, a, 0);
        else explicit_row(&r, q + r.at, s + r.at, u + r.at, v + r.at, a, 1);
        if (g->periodic) hm_grid_wrap_row(g, v, r.z, r.y);
    }
}
