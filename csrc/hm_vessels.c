#include "hm_vessels.h"

#include <math.h>

#include "hm_core.h"

typedef struct {
    int64_t capacity, n;
    int32_t *segment;
    int64_t *site;
    double *length;
} hm_pieces_t;

static void add_piece(hm_pieces_t *p, int32_t segment, int64_t site, double length)
{
    if (p->n < p->capacity) {
        p->segment[p->n] = segment;
        p->site[p->n] = site;
        p->length[p->n] = length;
    }
    p->n++;
}

static int inside(const hm_lattice_t *lat, const double *node)
{
    const int64_t n[3] = {lat->nx, lat->ny, lat->nz};
    for (int a = 0; a < 3; a++)
        if (!(node[a] >= 0.0 && node[a] <= (double)n[a] * lat->spacing)) return 0;
    return 1;
}

/* Fraction of the segment at which it next crosses a plane of the lattice along one axis. */
static double next_crossing(double from, double direction, double spacing, double t)
{
    if (direction == 0.0) return 1.0;
    const double here = (from + t * direction) / spacing;
    const double plane = direction > 0.0 ? floor(here + 1e-9) + 1.0 : ceil(here - 1e-9) - 1.0;
    return (plane * spacing - from) / direction;
}

static int64_t site_at(const hm_lattice_t *lat, const double *from, const double *along, double t)
{
    const int64_t n[3] = {lat->nx, lat->ny, lat->nz};
    int64_t i[3];
    for (int a = 0; a < 3; a++) {
        i[a] = (int64_t)floor((from[a] + t * along[a]) / lat->spacing);
        if (i[a] < 0) i[a] = 0;
        if (i[a] >= n[a]) i[a] = n[a] - 1;
    }
    return hm_site(lat, i[2], i[1], i[0]);
}

/* Walk from plane to plane (Amanatides & Woo 1987); the middle of a piece names its site. */
static void trace(const hm_lattice_t *lat, const double *from, const double *to, int32_t segment, hm_pieces_t *out)
{
    const double along[3] = {to[0] - from[0], to[1] - from[1], to[2] - from[2]};
    const double total = sqrt(along[0] * along[0] + along[1] * along[1] + along[2] * along[2]);
    double t = 0.0;
    while (t < 1.0 && total > 0.0) {
        double next = 1.0;
        for (int a = 0; a < 3; a++) next = fmin(next, next_crossing(from[a], along[a], lat->spacing, t));
        if (next <= t) break;
        add_piece(out, segment, site_at(lat, from, along, 0.5 * (t + next)), (next - t) * total);
        t = next;
    }
}

int hm_vessels_trace(const hm_lattice_t *lat, int64_t n_nodes, const double *nodes, int64_t n_segments,
                     const int32_t *segments, int64_t capacity, int64_t *n_pieces, int32_t *segment, int64_t *site,
                     double *length)
{
    hm_pieces_t out = {capacity, 0, segment, site, length};
    for (int64_t i = 0; i < n_nodes; i++)
        if (!inside(lat, nodes + 3 * i)) return HM_ERR_RANGE;
    for (int64_t i = 0; i < n_segments; i++) {
        const int64_t a = segments[2 * i], b = segments[2 * i + 1];
        if (a < 0 || b < 0 || a >= n_nodes || b >= n_nodes) return HM_ERR_RANGE;
        trace(lat, nodes + 3 * a, nodes + 3 * b, (int32_t)i, &out);
    }
    *n_pieces = out.n;
    return HM_OK;
}

/* Ends of a segment, that of the lower sum of coordinates first. */
static void ends_of(const double *nodes, const int32_t *ends, const double *out[2])
{
    const double *a = nodes + 3 * (int64_t)ends[0], *b = nodes + 3 * (int64_t)ends[1];
    const int turned = b[0] + b[1] + b[2] < a[0] + a[1] + a[2];
    out[turned] = a;
    out[!turned] = b;
}

/* Whether a segment lies before another one. */
static int lies_before(const double *nodes, const int32_t *segment, const int32_t *other)
{
    const double *a[2], *b[2];
    ends_of(nodes, segment, a);
    ends_of(nodes, other, b);
    for (int end = 0; end < 2; end++)
        for (int k = 0; k < 3; k++)
            if (a[end][k] != b[end][k]) return a[end][k] < b[end][k];
    return 0;
}

void hm_vessels_longest(const double *nodes, const int32_t *segments, const uint8_t *counts, int64_t n_pieces,
                        const int32_t *segment, const int64_t *place, const double *length, int64_t n_places,
                        int32_t *best)
{
    for (int64_t p = 0; p < n_places; p++) best[p] = -1;
    for (int64_t k = 0; k < n_pieces; k++) {
        if (!counts[segment[k]]) continue;
        const int32_t old = best[place[k]];
        if (old < 0 || length[k] > length[old] ||
            (length[k] == length[old] &&
             lies_before(nodes, segments + 2 * (int64_t)segment[k], segments + 2 * (int64_t)segment[old])))
            best[place[k]] = (int32_t)k;
    }
}
