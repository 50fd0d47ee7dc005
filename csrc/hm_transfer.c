/* Transfers between a grid and its coarser one, of hm_stencil.h. */
#include "hm_stencil.h"
#include "hm_stencil_row.h"

/* Sites of a row that are gathered on the stack before they are paired. Even. */
#define CHUNK 256

static inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* Residual times diagonal / (diagonal + q): the change of a Jacobi sweep times the diagonal. */
HM_INLINE void add_residual(const hm_row_t *r, const hm_real_t *restrict d, const hm_real_t *restrict s,
                            const hm_real_t *restrict u, hm_real_t weight, int64_t from, int64_t n,
                            hm_real_t *restrict sum, int flat, int measured, hm_extremes_t *e)
{
    hm_real_bits_t correction = e->correction, value = e->value, sign = e->sign;
    HM_OMP(simd reduction(max : correction, value) reduction(| : sign))
    for (int64_t i = 0; i < n; i++) {
        const int64_t x = from + i;
        const hm_real_t change = d[x] * (s[x] + hm_row_inflow(r, u, x, flat)) - u[x];
        sum[i] += (weight * (r->xd[x] + r->diagonal)) * change;
        if (!measured) continue;
        const hm_real_bits_t c = hm_magnitude_bits(change), m = hm_magnitude_bits(u[x]);
        correction = c > correction ? c : correction;
        value = m > value ? m : value;
        sign |= hm_real_bits(u[x]);
    }
    *e = (hm_extremes_t){.correction = correction, .value = value, .sign = sign};
}

HM_INLINE void pair(const hm_real_t *restrict sum, const hm_real_t *restrict fraction, int64_t pairs, hm_real_t *restrict out)
{
    for (int64_t i = 0; i < pairs; i++)
        out[i] = fraction[2 * i] * sum[2 * i] + fraction[2 * i + 1] * sum[2 * i + 1];
}

typedef struct {
    int count;
    int64_t row[4];
    hm_real_t weight[4];
} children_t;

/* The fine rows in coarse row i and their shares of its volume. */
static inline children_t child_rows(const hm_grid_t *fine, const hm_grid_t *coarse, int64_t i)
{
    const int64_t z0 = 2 * (i / coarse->ny), y0 = 2 * (i % coarse->ny);
    children_t c = {.count = 0};
    for (int64_t z = z0; z < least(z0 + 2, fine->nz); z++)
        for (int64_t y = y0; y < least(y0 + 2, fine->ny); y++) {
            c.row[c.count] = z * fine->ny + y;
            c.weight[c.count++] = fine->z.fraction[z] * fine->y.fraction[y];
        }
    return c;
}

static inline int64_t row_at(const hm_grid_t *g, int64_t row) { return hm_grid_at(g, row / g->ny, row % g->ny); }

typedef struct {
    const hm_grid_t *fine, *coarse;
    const hm_real_t *inverse, *s, *u, *coarse_q;
    hm_real_t gamma;
    hm_real_t *coarse_s;
} restriction_t;

HM_INLINE void restrict_row(const restriction_t *m, int64_t i, int measured, hm_extremes_t *e)
{
    const hm_grid_t *fine = m->fine, *coarse = m->coarse;
    const children_t children = child_rows(fine, coarse, i);
    const hm_real_t *restrict cq = m->coarse_q + row_at(coarse, i);
    hm_real_t *restrict out = m->coarse_s + row_at(coarse, i);
    for (int64_t from = 0; from < fine->nx; from += CHUNK) {
        const int64_t n = least(CHUNK, fine->nx - from);
        hm_real_t sum[CHUNK] = {0};
        for (int k = 0; k < children.count; k++) {
            const hm_row_t r = hm_row(fine, children.row[k]);
            const hm_real_t w = children.weight[k];
            const hm_real_t *d = m->inverse + r.at, *s = m->s + r.at, *u = m->u + r.at;
            if (fine->hz) add_residual(&r, d, s, u, w, from, n, sum, 0, measured, e);
            else add_residual(&r, d, s, u, w, from, n, sum, 1, measured, e);
        }
        pair(sum, fine->x.fraction + from, (n + 1) / 2, out + from / 2);
    }
    for (int64_t x = 0; x < coarse->nx; x++) out[x] *= HM_REAL(1.0) + m->gamma * cq[x];
}

HM_CLONES
void hm_stencil_restrict(const hm_grid_t *fine, const hm_real_t *inverse, const hm_real_t *s, const hm_real_t *u,
                         hm_real_t gamma, const hm_grid_t *coarse, const hm_real_t *coarse_q, hm_real_t *coarse_s, int64_t lo,
                         int64_t hi)
{
    const restriction_t m = {fine, coarse, inverse, s, u, coarse_q, gamma, coarse_s};
    hm_extremes_t none = {0};
    for (int64_t i = lo; i < hi; i++) restrict_row(&m, i, 0, &none);
}

HM_CLONES
void hm_stencil_restrict_measured(const hm_grid_t *fine, const hm_real_t *inverse, const hm_real_t *s, const hm_real_t *u,
                                  hm_real_t gamma, const hm_grid_t *coarse, const hm_real_t *coarse_q,
                                  hm_real_t *coarse_s, int64_t lo, int64_t hi, hm_extremes_t *extremes)
{
    const restriction_t m = {fine, coarse, inverse, s, u, coarse_q, gamma, coarse_s};
    hm_extremes_t own = *extremes;
    for (int64_t i = lo; i < hi; i++) restrict_row(&m, i, 1, &own);
    *extremes = own;
}

HM_INLINE hm_real_bits_t add_source(const hm_real_t *restrict d, const hm_real_t *restrict s, hm_real_t weight, int64_t n,
                                    hm_real_t *restrict sum, hm_real_bits_t largest)
{
    HM_OMP(simd reduction(max : largest))
    for (int64_t i = 0; i < n; i++) {
        const hm_real_bits_t c = hm_magnitude_bits(d[i] * s[i]);
        sum[i] += weight * s[i];
        largest = c > largest ? c : largest;
    }
    return largest;
}

HM_CLONES
hm_real_bits_t hm_stencil_average(const hm_grid_t *fine, const hm_real_t *inverse, const hm_real_t *s, const hm_grid_t *coarse,
                                  hm_real_t *coarse_s, int64_t lo, int64_t hi)
{
    hm_real_bits_t largest = 0;
    for (int64_t i = lo; i < hi; i++) {
        const children_t children = child_rows(fine, coarse, i);
        hm_real_t *restrict out = coarse_s + row_at(coarse, i);
        for (int64_t from = 0; from < fine->nx; from += CHUNK) {
            const int64_t n = least(CHUNK, fine->nx - from);
            hm_real_t sum[CHUNK] = {0};
            for (int k = 0; k < children.count; k++) {
                const int64_t at = row_at(fine, children.row[k]) + from;
                largest = add_source(inverse + at, s + at, children.weight[k], n, sum, largest);
            }
            pair(sum, fine->x.fraction + from, (n + 1) / 2, out + from / 2);
        }
    }
    return largest;
}

/* Weighted sum of the damped losses of `count` rows, a constant where it is inlined. One loop: of four
 * loops gcc 12 merges two and gives up vectors. */
HM_INLINE void sum_damped_loss(const hm_real_t *q, const int64_t *at, const hm_real_t *weight, int count, hm_real_t gamma,
                               int64_t n, hm_real_t *restrict sum)
{
    for (int64_t i = 0; i < n; i++) {
        hm_real_t all = 0;
        for (int k = 0; k < count; k++) {
            const hm_real_t loss = q[at[k] + i];
            all += weight[k] * (loss / (HM_REAL(1.0) + gamma * loss));
        }
        sum[i] = all;
    }
}

HM_CLONES
void hm_stencil_coarsen_loss(const hm_grid_t *fine, const hm_real_t *q, hm_real_t gamma, const hm_grid_t *coarse,
                             hm_real_t *coarse_q, int64_t lo, int64_t hi)
{
    for (int64_t i = lo; i < hi; i++) {
        const children_t c = child_rows(fine, coarse, i);
        hm_real_t *restrict out = coarse_q + row_at(coarse, i);
        int64_t at[4];
        for (int k = 0; k < c.count; k++) at[k] = row_at(fine, c.row[k]);
        for (int64_t from = 0; from < fine->nx; from += CHUNK) {
            const int64_t n = least(CHUNK, fine->nx - from);
            hm_real_t sum[CHUNK];
            if (n & 1) sum[n] = 0;
            if (c.count == 4) sum_damped_loss(q + from, at, c.weight, 4, gamma, n, sum);
            else if (c.count == 2) sum_damped_loss(q + from, at, c.weight, 2, gamma, n, sum);
            else sum_damped_loss(q + from, at, c.weight, 1, gamma, n, sum);
            pair(sum, fine->x.fraction + from, (n + 1) / 2, out + from / 2);
        }
        for (int64_t x = 0; x < coarse->nx; x++) {
            const hm_real_t left = HM_REAL(1.0) - gamma * out[x]; /* rounding leaves none of large losses */
            out[x] = out[x] / (left > HM_REAL(HM_REAL_ROUNDING) ? left : HM_REAL(HM_REAL_ROUNDING));
        }
    }
}

/* Coarse row next to the one above i; the row itself where its weight is 0. */
static inline int64_t beside(int64_t i, hm_real_t weight) { return weight > 0 ? i / 2 + ((i & 1) ? 1 : -1) : i / 2; }

HM_INLINE void blend(const hm_real_t *restrict c, const int64_t at[4], const hm_real_t w[4], int64_t n, hm_real_t *restrict line)
{
    const hm_real_t *a = c + at[0], *b = c + at[1], *d = c + at[2], *e = c + at[3];
    for (int64_t i = 0; i < n; i++) line[i] = (w[0] * a[i] + w[1] * b[i]) + (w[2] * d[i] + w[3] * e[i]);
}

/* line[0] is the coarse site left of that of u[0]; an odd last site stands alone. */
HM_INLINE void spread(const hm_real_t *restrict line, const hm_real_t *restrict parent, const hm_real_t *restrict next,
                      int64_t n, hm_real_t *restrict u)
{
    for (int64_t i = 0; i < n / 2; i++) {
        u[2 * i] += parent[2 * i] * line[i + 1] + next[2 * i] * line[i];
        u[2 * i + 1] += parent[2 * i + 1] * line[i + 1] + next[2 * i + 1] * line[i + 2];
    }
    if (n & 1) u[n - 1] += parent[n - 1] * line[n / 2 + 1] + next[n - 1] * line[n / 2];
}

HM_CLONES
void hm_stencil_prolong(const hm_grid_t *coarse, const hm_real_t *correction, const hm_grid_t *fine, hm_real_t *u,
                        int64_t lo, int64_t hi)
{
    for (int64_t i = lo; i < hi; i++) {
        const int64_t z = i / fine->ny, y = i % fine->ny;
        const hm_real_t zp = fine->z.parent[z], zn = fine->z.neighbour[z];
        const hm_real_t yp = fine->y.parent[y], yn = fine->y.neighbour[y];
        const int64_t cz = beside(z, zn), cy = beside(y, yn);
        const int64_t at[4] = {hm_grid_at(coarse, z / 2, y / 2), hm_grid_at(coarse, z / 2, cy),
                               hm_grid_at(coarse, cz, y / 2), hm_grid_at(coarse, cz, cy)};
        const hm_real_t w[4] = {zp * yp, zp * yn, zn * yp, zn * yn};
        hm_real_t *out = u + hm_grid_at(fine, z, y);
        if (hm_row_is_far(fine)) hm_row_fetch_to_write(out, fine->nx);
        for (int64_t from = 0; from < fine->nx; from += CHUNK) {
            const int64_t n = least(CHUNK, fine->nx - from);
            hm_real_t line[CHUNK / 2 + 2];
            blend(correction + from / 2 - 1, at, w, (n + 1) / 2 + 2, line);
            spread(line, fine->x.parent + from, fine->x.neighbour + from, n, out + from);
        }
        if (fine->periodic) hm_grid_wrap_row(fine, u, z, y);
    }
}
