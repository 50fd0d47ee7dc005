#include "hm_pressure.h"

#include <math.h>
#include <string.h>

#include "hm_core.h"
#include "hm_parallel.h"

/* Lanes in which sums run side by side; part of the result. */
#define LANES 4

/* What a node has to known pressures, and to later nodes, once those before it are eliminated: `rest` is
 * positive where any of them has a known pressure, whatever the conductances. */
static int eliminate(const hm_pressure_t *p, int64_t node, const double *g, double *rest, double *later)
{
    double known = 0.0, before = 0.0, after = 0.0, passed = 0.0;
    for (int64_t e = p->first[node]; e < p->before[node]; e++) known += g[p->segment[e]];
    for (int64_t e = p->after[node]; e < p->first[node + 1]; e++)
        if (p->segment[e] >= 0) after += g[p->segment[e]];
    for (int64_t e = p->before[node]; e < p->after[node]; e++) {
        if (p->segment[e] < 0) continue;
        const double own = g[p->segment[e]];
        const int32_t n = p->other[e];
        before += own;
        passed += own * ((rest[n] + (later[n] - own)) / (rest[n] + later[n]));
    }
    rest[node] = known + passed;
    later[node] = after;
    const double pivot = rest[node] + after;
    if (!(pivot > 0.0 && pivot < INFINITY)) return HM_ERR_ARGUMENT;
    p->scale[node] = 1.0 / sqrt(pivot);
    p->excess[node] = (known + before + after) / pivot - 2.0;
    return HM_OK;
}

int hm_pressure_renew(const hm_pressure_t *p, const double *g, double *room)
{
    for (int64_t n = 0; n < p->nodes; n++) {
        const int status = eliminate(p, n, g, room, room + p->nodes);
        if (status != HM_OK) return status;
    }
    for (int64_t n = 0; n < p->nodes; n++)
        for (int64_t e = p->before[n]; e < p->first[n + 1]; e++)
            p->weight[e] = p->segment[e] < 0 ? 0.0 : g[p->segment[e]] * p->scale[n] * p->scale[p->other[e]];
    return HM_OK;
}

/* What comes to a node from others, entries `from` to `to`. */
HM_INLINE double coming(const hm_pressure_t *p, int64_t from, int64_t to, const double *x)
{
    double sum = 0.0;
    for (int64_t e = from; e < to; e += HM_PRESSURE_STRIDE)
        for (int k = 0; k < HM_PRESSURE_STRIDE; k++) sum += p->weight[e + k] * x[p->other[e + k]];
    return sum;
}

/* x = (1 + U)^-1 b, from the last node to the first; x may be b. */
static void backward(const hm_pressure_t *p, const double *b, double *x)
{
    for (int64_t n = p->nodes - 1; n >= 0; n--) x[n] = b[n] + coming(p, p->after[n], p->first[n + 1], x);
}

/* The matrix between its factors times v: t + w, t = (1 + U)^-1 v, w = (1 + L)^-1 (v + excess t). Returns its
 * product with v. */
static double apply(const hm_pressure_t *p, const double *v, double *t, double *w, double *image)
{
    double product = 0.0;
    backward(p, v, t);
    for (int64_t n = 0; n < p->nodes; n++) {
        w[n] = v[n] + p->excess[n] * t[n] + coming(p, p->before[n], p->after[n], w);
        image[n] = t[n] + w[n];
        product += v[n] * image[n];
    }
    return product;
}

static double sum_of(const double *lanes)
{
    double sum = 0.0;
    for (int k = 0; k < LANES; k++) sum += lanes[k];
    return sum;
}

static double square(int64_t n, const double *x)
{
    double lanes[LANES] = {0.0};
    for (int64_t i = 0; i < n; i++) lanes[i % LANES] += x[i] * x[i];
    return sum_of(lanes);
}

/* One step along v, whose image is known; returns the square of the residual that is left. */
HM_CLONES static double advance(int64_t n, double length, const double *restrict v, const double *restrict image,
                                double *restrict x, double *restrict r)
{
    double lanes[LANES] = {0.0};
    const int64_t whole = n - n % LANES;
    for (int64_t i = 0; i < whole; i += LANES)
        for (int k = 0; k < LANES; k++) {
            x[i + k] += length * v[i + k];
            r[i + k] -= length * image[i + k];
            lanes[k] += r[i + k] * r[i + k];
        }
    for (int64_t i = whole; i < n; i++) {
        x[i] += length * v[i];
        r[i] -= length * image[i];
        lanes[i % LANES] += r[i] * r[i];
    }
    return sum_of(lanes);
}

int hm_pressure_solve(const hm_pressure_t *p, const double *right, double reduction, int64_t most, double *room,
                      double *pressure)
{
    const int64_t n = p->nodes;
    double *x = pressure, *r = room, *v = r + n, *t = v + n, *w = t + n, *image = w + n;
    memset(room, 0, (size_t)(5 * n) * sizeof *room); /* what fills up the entries is read, times 0 */
    for (int64_t i = 0; i < n; i++) r[i] = p->scale[i] * right[i] + coming(p, p->before[i], p->after[i], r);
    memcpy(v, r, (size_t)n * sizeof *v);
    memset(x, 0, (size_t)n * sizeof *x);
    double size = square(n, r);
    const double goal = reduction * reduction * size;
    for (int64_t step = 0; size > goal && step < most; step++) {
        const double product = apply(p, v, t, w, image), before = size;
        size = advance(n, before / product, v, image, x, r);
        const double share = size / before;
        for (int64_t i = 0; i < n; i++) v[i] = r[i] + share * v[i];
    }
    backward(p, x, x);
    for (int64_t i = 0; i < n; i++) x[i] *= p->scale[i];
    return size > goal ? HM_ERR_CONVERGENCE : HM_OK;
}
