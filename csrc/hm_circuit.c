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

int hm_circuit_follows(const hm_circuit_t *c, const double *flow, const int32_t *rank)
{
    for (int64_t s = 0; s < c->segments; s++) {
        const int32_t onward = rank[c->second[s]] - rank[c->first[s]];
        if ((flow[s] > 0.0 && onward <= 0) || (flow[s] < 0.0 && onward >= 0)) return 0;
    }
    return 1;
}

void hm_circuit_sides(const hm_circuit_t *c, const double *flow, const int32_t *rank, int64_t *middle,
                      int32_t *sides)
{
    for (int64_t n = 0; n < c->nodes; n++) {
        int64_t to = c->offset[n];
        for (int brings = 1; brings >= 0; brings--) {
            for (int64_t i = c->offset[n]; i < c->offset[n + 1]; i++) {
                const int32_t s = c->incident[i];
                const int towards = rank ? rank[other_end(c, s, n)] < rank[n] : hm_circuit_towards(c, s, n, flow) > 0.0;
                if (towards == brings) sides[to++] = s;
            }
            if (brings) middle[n] = to;
        }
    }
}

typedef struct {
    const hm_circuit_t *c;
    const uint8_t *open, *bounded;
    int64_t *next;                     /* (nodes) where the search goes on in `incident` */
    int32_t *found, *low, *via, *turn; /* (nodes) when found, from 1; earliest reached; through which segment;
                                          nodes by `found` */
    int32_t count;
} hm_search_t;

static void find(hm_search_t *d, int64_t node, int32_t via)
{
    d->turn[d->count++] = (int32_t)node;
    d->found[node] = d->low[node] = d->count;
    d->via[node] = via;
    d->next[node] = d->c->offset[node];
}

/* Depth first from a node with a boundary condition, as from a common root (found at 0) that is linked
 * with all such nodes. */
static void search(hm_search_t *d, int64_t root)
{
    find(d, root, -1);
    for (int64_t node = root;;) {
        if (d->next[node] < d->c->offset[node + 1]) {
            const int32_t s = d->c->incident[d->next[node]++];
            const int64_t there = other_end(d->c, s, node);
            if (!d->open[s] || s == d->via[node]) continue;
            if (d->found[there]) {
                if (d->found[there] < d->low[node]) d->low[node] = d->found[there];
                continue;
            }
            find(d, there, s);
            if (d->bounded[there]) d->low[there] = 0;
            node = there;
        } else {
            if (d->via[node] < 0) return;
            const int64_t above = other_end(d->c, d->via[node], node);
            if (d->low[node] < d->low[above]) d->low[above] = d->low[node];
            node = above;
        }
    }
}

int hm_circuit_hanging(const hm_circuit_t *c, const uint8_t *open, const uint8_t *bounded, int64_t *next,
                       int32_t *scratch, int32_t *stem)
{
    const int64_t n = c->nodes;
    hm_search_t d = {c, open, bounded, next, scratch, scratch + n, scratch + 2 * n, scratch + 3 * n, 0};
    memset(d.found, 0, (size_t)n * sizeof *d.found);
    for (int64_t v = 0; v < n; v++) {
        stem[v] = (int32_t)v;
        if (bounded[v] && !d.found[v]) search(&d, v);
    }
    for (int32_t i = 0; i < d.count; i++) { /* what a node hangs on comes before it */
        const int32_t v = d.turn[i];
        stem[v] = -1;
        if (d.via[v] < 0) continue;
        const int64_t above = other_end(c, d.via[v], v);
        if (stem[above] >= 0)
            stem[v] = stem[above];
        else if (d.low[v] >= d.found[above])
            stem[v] = (int32_t)above;
    }
    return HM_OK;
}
