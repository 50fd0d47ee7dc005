#include "hm_carriage.h"

#include <math.h>

#include "hm_core.h"

/* Content per tension in interval k of the curve. */
static double slope(const hm_content_t *c, double haematocrit, int64_t k)
{
    const double dissolved = haematocrit * c->red + (1.0 - haematocrit) * c->plasma;
    if (k >= c->intervals) return dissolved;
    return dissolved + haematocrit * (c->bound[k + 1] - c->bound[k]) / c->width;
}

/* Interval in which a tension lies, no further than the one beyond the last knot. */
static int64_t interval_of(const hm_content_t *c, double tension)
{
    const double k = floor(tension / c->width);
    return k < (double)c->intervals ? (int64_t)k : c->intervals;
}

static double at_knot(const hm_content_t *c, double haematocrit, int64_t k)
{
    const double dissolved = haematocrit * c->red + (1.0 - haematocrit) * c->plasma;
    return haematocrit * c->bound[k] + dissolved * (double)k * c->width;
}

double hm_content_of(const hm_content_t *content, double haematocrit, double tension)
{
    const int64_t k = interval_of(content, tension);
    return at_knot(content, haematocrit, k) +
           slope(content, haematocrit, k) * (tension - (double)k * content->width);
}

double hm_content_tension(const hm_content_t *content, double haematocrit, double amount)
{
    int64_t low = 0, high = content->intervals;
    if (amount >= at_knot(content, haematocrit, high)) low = high;
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (at_knot(content, haematocrit, middle) <= amount)
            low = middle;
        else
            high = middle;
    }
    const double above = amount - at_knot(content, haematocrit, low);
    return (double)low * content->width + above / slope(content, haematocrit, low);
}

/* The interval that a tension leaves towards `around`, and its far end. */
static int64_t interval_ahead(const hm_content_t *c, double tension, int falls, double *end)
{
    int64_t k = interval_of(c, tension);
    if (falls && (double)k * c->width >= tension && k > 0) k--;
    if (!falls && k < c->intervals && (double)(k + 1) * c->width <= tension) k++;
    *end = falls ? (double)k * c->width : k < c->intervals ? (double)(k + 1) * c->width : INFINITY;
    return k;
}

double hm_content_pass(const hm_content_t *content, double haematocrit, double tension, double around, double passage,
                       double *given)
{
    const int falls = tension > around;
    double left = passage;
    *given = 0.0;
    while (left > 0.0 && tension != around) {
        double end;
        const double rate = slope(content, haematocrit, interval_ahead(content, tension, falls, &end));
        double change = (tension - around) * -expm1(-left / rate);
        const int within = falls ? tension - change > end : tension - change < end;
        if (within || (falls ? end <= around : end >= around)) {
            *given += rate * change;
            return tension - change;
        }
        left -= rate * log((tension - around) / (end - around));
        *given += rate * (tension - end);
        tension = end;
    }
    return tension;
}

static int check(const hm_course_t *c, const double *around)
{
    for (int64_t i = 0; i < c->n_segments; i++) {
        if (c->upper[i] < 0 || c->upper[i] >= c->n_nodes || c->lower[i] < 0 || c->lower[i] >= c->n_nodes)
            return HM_ERR_RANGE;
        if (!(c->flow[i] > 0.0 && isfinite(c->flow[i]) && c->haematocrit[i] >= 0.0 && c->haematocrit[i] < 1.0))
            return HM_ERR_ARGUMENT;
        if (c->first[i] > c->first[i + 1]) return HM_ERR_RANGE;
    }
    const int64_t n = c->n_segments ? c->first[c->n_segments] : 0;
    for (int64_t k = 0; k < n; k++) {
        if (!(c->conductance[k] >= 0.0 && isfinite(c->conductance[k]))) return HM_ERR_ARGUMENT;
        if (!(around[k] >= 0.0 && isfinite(around[k]))) return HM_ERR_NOT_FINITE;
    }
    return HM_OK;
}

/* What has come to each node: blood, red cells and solute. */
typedef struct {
    double *blood, *cells, *solute;
} arrivals_t;

static double mixed(const hm_content_t *content, const arrivals_t *a, int32_t node, double inlet)
{
    const double blood = a->blood[node];
    if (!(blood > 0.0)) return inlet;
    return hm_content_tension(content, a->cells[node] / blood, a->solute[node] / blood);
}

/* Blood runs along segment i; returns its tension at the end. */
static double run_along(const hm_course_t *c, const hm_content_t *content, int64_t i, double tension,
                        const double *around, double *piece)
{
    for (int64_t k = c->first[i]; k < c->first[i + 1]; k++) {
        double given;
        const double passage = c->conductance[k] / c->flow[i];
        const double after = hm_content_pass(content, c->haematocrit[i], tension, around[k], passage, &given);
        piece[k] = passage > 0.0 ? around[k] + given / passage : tension;
        tension = after;
    }
    return tension;
}

int hm_carriage_run(const hm_course_t *course, const hm_content_t *content, double inlet, const double *around,
                    double *sums, double *node, double *piece)
{
    const int64_t n = course->n_nodes;
    const arrivals_t come = {sums, sums + n, sums + 2 * n};
    const int status = check(course, around);
    if (status != HM_OK) return status;
    for (int64_t i = 0; i < n; i++) {
        const double blood = course->entering[i], h = course->entering_haematocrit[i];
        come.blood[i] = blood;
        come.cells[i] = blood * h;
        come.solute[i] = blood * hm_content_of(content, h, inlet);
        node[i] = -1.0; /* not yet known */
    }
    for (int64_t i = 0; i < course->n_segments; i++) {
        const int32_t from = course->upper[i], to = course->lower[i];
        if (node[from] < 0.0) node[from] = mixed(content, &come, from, inlet);
        if (node[to] >= 0.0) return HM_ERR_RANGE;
        const double flow = course->flow[i], h = course->haematocrit[i];
        const double tension = run_along(course, content, i, node[from], around, piece);
        come.blood[to] += flow;
        come.cells[to] += flow * h;
        come.solute[to] += flow * hm_content_of(content, h, tension);
    }
    for (int32_t i = 0; i < n; i++)
        if (node[i] < 0.0) node[i] = mixed(content, &come, i, inlet);
    return HM_OK;
}
