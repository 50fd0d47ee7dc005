/* Pressures of a circuit: conjugate gradients on the balance of flow at its nodes.
 *
 *     sum over the segments of node i of g (p_i - p_other) = right_i
 *
 * Preconditioned by an incomplete factorization without fill that keeps the off-diagonal entries (Meijerink &
 * van der Vorst 1977, doi:10.1090/S0025-5718-1977-0438681-4): it is exact on trees whose nodes come before
 * those that they hang on. Pivots are sums of what is not negative, so that none is lost to rounding. Such a
 * step costs no more than one without a preconditioner (Eisenstat 1981, doi:10.1137/0902001). One thread,
 * sums in the order of the nodes. */
#ifndef HM_PRESSURE_H
#define HM_PRESSURE_H

#include <stdint.h>

/* Nodes of unknown pressure and their entries, one for each end of a segment: first those to known pressures,
 * then those to nodes that come before, then those to nodes that come after; each of the latter two filled up to
 * a multiple of HM_PRESSURE_STRIDE with entries of segment -1 to any node, so that loops have few lengths. */
#define HM_PRESSURE_STRIDE 3
typedef struct {
    int64_t nodes;
    const int64_t *first, *before, *after; /* (nodes + 1), (nodes), (nodes): where entries of a node begin */
    const int32_t *other;                  /* (entries) node at the other end, -1 of known pressure */
    const int32_t *segment;                /* (entries) */
    double *weight;                        /* (entries) what the factors make of the conductance */
    double *scale, *excess;                /* (nodes) 1 / sqrt(pivot), diagonal / pivot - 2 */
} hm_pressure_t;

/* Factors for conductances g (segments). room: (2 nodes). HM_ERR_ARGUMENT where a node is linked, over
 * whatever ways, with no known pressure, or where a conductance is not finite. */
int hm_pressure_renew(const hm_pressure_t *p, const double *g, double *room);

/* Pressures for what flows into each node (nodes), to a residual of `reduction` times the first, in the norm of
 * the factors. room: (5 nodes). HM_ERR_CONVERGENCE after `most` steps; pressures are as near as these came. */
int hm_pressure_solve(const hm_pressure_t *p, const double *right, double reduction, int64_t most, double *room,
                      double *pressure);

#endif
