#include "hm_red_cells.h"

#include <math.h>
#include <string.h>

#include "hm_core.h"

/* Haematocrit below which blood counts as plasma where shares are bounded: no overflow. */
#define FEWEST 1e-100
/* Relative change of a flux that counts as rounding. */
#define ROUNDING 1e-15

typedef struct {
    double blood, cells, diameter; /* what comes in: nL/min, nL/min of red cells, mean um */
    double away, out;              /* what goes on, with and without what leaves the network */
    double weight, least, most;    /* flow times diameter, and bounds of the diameter, of the branches */
    double pair;                   /* sum of the diameters of the branches */
    int64_t branches;
} hm_fork_t;

double hm_red_cell_share(double blood, double feeding, double branch, double other, double haematocrit,
                         double narrowest)
{
    const double plasma = (1.0 - haematocrit) / fmax(feeding, narrowest);
    const double ratio = (branch / other) * (branch / other);
    const double a = -13.29 * (ratio - 1.0) / (ratio + 1.0) * plasma;
    const double skimmed = 0.964 * plasma;
    const double x = fmin(fmax((blood - skimmed) / (1.0 - 2.0 * skimmed), 0.0), 1.0);
    const double logit = a + (1.0 + 6.98 * plasma) * log(x / (1.0 - x)); /* of 0 and 1: infinite */
    const double small = exp(-fabs(logit));
    return (logit >= 0.0 ? 1.0 : small) / (1.0 + small);
}

/* What meets at a node and goes on from it. */
static hm_fork_t fork_at(const hm_circuit_t *c, const hm_blood_t *b, int64_t node, const double *flux)
{
    hm_fork_t f = {b->entering[node], b->entering[node] * b->inlet[node], 0.0, b->leaving[node], 0.0, 0.0,
                   INFINITY, 0.0, 0.0, 0};
    double fed = 0.0;
    for (int64_t i = c->offset[node]; i < b->middle[node]; i++) {
        const int32_t s = b->sides[i];
        const double q = fabs(b->flow[s]);
        fed += q;
        f.cells += flux[s];
        f.diameter += q * b->diameter[s];
    }
    for (int64_t i = b->middle[node]; i < c->offset[node + 1]; i++) {
        const int32_t s = b->sides[i];
        const double q = fabs(b->flow[s]), d = b->diameter[s];
        if (q == 0.0) continue;
        f.branches++;
        f.out += q;
        f.weight += q * d;
        f.pair += d;
        f.least = fmin(f.least, d);
        f.most = fmax(f.most, d);
    }
    f.diameter = fed > 0.0 ? f.diameter / fed : 0.0;
    f.blood += fed;
    f.away += f.out;
    return f;
}

/* Mean diameter of the other branches, weighted by flow. */
static double other_diameter(const hm_fork_t *f, double flow, double diameter)
{
    if (f->branches == 2) return f->pair - diameter;
    const double rest = f->out - flow;
    const double mean = rest > 0.0 ? (f->weight - flow * diameter) / rest : diameter;
    return fmin(fmax(mean, f->least), f->most);
}

/* By the law, each branch against the others together; the second of two takes what the first leaves. Shares
 * stand in `flux` until the end; returns their sum. */
static double by_law(const hm_circuit_t *c, const hm_blood_t *b, const hm_fork_t *f, int64_t node, double mixture,
                     double *flux)
{
    const int two = f->branches == 2 && f->away == f->out;
    double sum = 0.0;
    int64_t n = 0;
    for (int64_t i = b->middle[node]; i < c->offset[node + 1]; i++) {
        const int32_t s = b->sides[i];
        const double q = fabs(b->flow[s]);
        if (q == 0.0) continue;
        if (two && n++ == 1) {
            flux[s] = 1.0 - sum;
            return 1.0;
        }
        const double d = b->diameter[s], other = other_diameter(f, q, d);
        flux[s] = hm_red_cell_share(q / f->away, f->diameter, d, other, mixture, b->narrowest);
        sum += flux[s];
    }
    return sum;
}

/* What shares lack to 1 goes into all branches as blood does, what is too much is taken off in proportion; no
 * branch above the most: what is above goes into the others by the room they have. */
static int64_t even_out(const hm_circuit_t *c, const hm_blood_t *b, const hm_fork_t *f, int64_t node, double mixture,
                        double sum, double *flux)
{
    const double room = b->most / fmax(mixture, FEWEST) / f->away;
    double taken = 0.0, free = 0.0;
    int64_t held = 0;
    for (int64_t i = b->middle[node]; i < c->offset[node + 1]; i++) {
        const int32_t s = b->sides[i];
        const double q = fabs(b->flow[s]);
        if (q == 0.0) continue;
        const double wanted = sum > 1.0 ? flux[s] / sum : flux[s] + (1.0 - sum) * (q / f->away);
        held += wanted > room * q;
        flux[s] = fmin(wanted, room * q);
        taken += flux[s];
        free += room * q - flux[s];
    }
    if (held == 0 || free <= 0.0) return held;
    const double share = fmin((1.0 - taken) / free, 1.0); /* above 1 by rounding only */
    for (int64_t i = b->middle[node]; i < c->offset[node + 1]; i++) {
        const int32_t s = b->sides[i];
        const double q = fabs(b->flow[s]);
        if (q > 0.0) flux[s] += share * (room * q - flux[s]);
    }
    return held;
}

/* Each branch takes red cells as it takes blood. */
static void as_blood(const hm_circuit_t *c, const hm_blood_t *b, const hm_fork_t *f, int64_t node, double *flux)
{
    for (int64_t i = b->middle[node]; i < c->offset[node + 1]; i++) {
        const double q = fabs(b->flow[b->sides[i]]);
        if (q > 0.0) flux[b->sides[i]] = q / f->away;
    }
}

/* Let the red cells that reached a node go on; returns the branches that were held. */
static int64_t part(const hm_circuit_t *c, const hm_blood_t *b, int64_t node, double *flux)
{
    const hm_fork_t f = fork_at(c, b, node, flux);
    int64_t held = 0;
    if (f.branches < 2 || b->mixed[node] || f.diameter == 0.0) {
        as_blood(c, b, &f, node, flux);
    } else {
        const double mixture = fmin(f.cells / f.blood, b->most);
        const double sum = by_law(c, b, &f, node, mixture, flux);
        held = even_out(c, b, &f, node, mixture, sum, flux);
    }
    for (int64_t i = b->middle[node]; i < c->offset[node + 1]; i++) flux[b->sides[i]] *= f.cells;
    return held;
}

/* Flux of red cells away from a node. */
static double carried(const hm_circuit_t *c, const hm_blood_t *b, int64_t node, const double *flux)
{
    double sum = 0.0;
    for (int64_t i = b->middle[node]; i < c->offset[node + 1]; i++) sum += flux[b->sides[i]];
    return sum;
}

/* All nodes in turn; largest relative change of what a node carries on. */
static double again(const hm_circuit_t *c, const hm_blood_t *b, const int32_t *order, double *flux, int64_t *held)
{
    double change = 0.0;
    *held = 0;
    for (int64_t n = 0; n < c->nodes; n++) {
        const double before = carried(c, b, order[n], flux);
        *held += part(c, b, order[n], flux);
        const double after = carried(c, b, order[n], flux);
        if (after > 0.0) change = fmax(change, fabs(after - before) / after);
    }
    return change;
}

int hm_red_cells_part(const hm_circuit_t *c, const hm_blood_t *b, const int32_t *order, int64_t cuts, double *flux,
                      int64_t *held)
{
    memset(flux, 0, (size_t)c->segments * sizeof *flux);
    *held = 0;
    for (int64_t n = 0; n < c->nodes; n++) *held += part(c, b, order[n], flux);
    if (cuts == 0) return HM_OK;
    for (int n = 1; n < HM_MOST_SWEEPS; n++)
        if (again(c, b, order, flux, held) <= ROUNDING) return HM_OK;
    return HM_ERR_CONVERGENCE;
}
