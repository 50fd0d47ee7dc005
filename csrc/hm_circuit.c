#include "hm_circuit.h"

#include <string.h>

#include "hm_core.h"

int hm_circuit_link(int64_t nodes, int64_t segments, const int32_t *first, const int32_t *second, int64_t *offset,
                    int32_t *incident)
{
    if (nodes < 0 || segments < 0 || nodes > INT32_MAX || segments > INT32_MAX) return HM_ERR_ARGUMENT;
    for (int64_t s = 0; s < segments; s++)
        if (first[s] < 0 || second[s] < 0 || first[s] >= nodes || second[s] >= nodes) return HM_ERR_RANGE;
    memset(offset, 0, (size_t)(nodes + 1) * sizeof *offset);
    for (int64_t s = 0; s < segments; s++) {
        offset[first[s]]++;
        offset[second[s]]++;
    }
    for (int64_t n = 1; n <= nodes; n++) offset[n] += offset[n - 1];
    for (int64_t s = segments - 1; s >= 0; s--) { /* from behind: each node's segments ascend */
        incident[--offset[second[s]]] = (int32_t)s;
        incident[--offset[first[s]]] = (int32_t)s;
    }
    return HM_OK;
}

/* Segments that bring blood to a node. */
static int32_t feeding(const hm_circuit_t *c, const double *flow, int64_t node)
{
    int32_t n = 0;
    for (int64_t i = c->offset[node]; i < c->offset[node + 1]; i++)
        n += hm_circuit_towards(c, c->incident[i], node, flow) > 0.0;
    return n;
}

static int64_t other_end(const hm_circuit_t *c, int32_t segment, int64_t node)
{
    return c->first[segment] == node ? c->second[segment] : c->first[segment];
}

/* A node on a circle: upstream from one that waits, for as many steps as there are nodes. */
static int64_t on_circle(const hm_circuit_t *c, const double *flow, const int32_t *waiting, int64_t node)
{
    for (int64_t step = 0; step < c->nodes; step++) {
        for (int64_t i = c->offset[node]; i < c->offset[node + 1]; i++) {
            const int32_t s = c->incident[i];
            const int64_t above = other_end(c, s, node);
            if (hm_circuit_towards(c, s, node, flow) <= 0.0 || waiting[above] <= 0) continue;
            node = above;
            break;
        }
    }
    return node;
}

/* Nodes that wait for nothing more are done in turn; -1 in `waiting` marks what stands in `order`. */
int hm_circuit_order(const hm_circuit_t *c, const double *flow, int32_t *waiting, int32_t *order, int64_t *cuts)
{
    int64_t n = 0, done = 0, next = 0, circles = 0;
    for (int64_t v = 0; v < c->nodes; v++) {
        waiting[v] = feeding(c, flow, v);
        if (waiting[v] == 0) order[n++] = (int32_t)v, waiting[v] = -1;
    }
    while (done < c->nodes) {
        if (done == n) {
            while (waiting[next] <= 0) next++;
            const int64_t v = on_circle(c, flow, waiting, next);
            order[n++] = (int32_t)v, waiting[v] = -1, circles++;
        }
        const int64_t v = order[done++];
        for (int64_t i = c->offset[v]; i < c->offset[v + 1]; i++) {
            const int64_t below = other_end(c, c->incident[i], v);
            if (hm_circuit_towards(c, c->incident[i], v, flow) >= 0.0 || waiting[below] <= 0) continue;
            if (--waiting[below] == 0) order[n++] = (int32_t)below, waiting[below] = -1;
        }
    }
    *cuts = circles;
    return HM_OK;
}
