/* Red cells through a network whose flow is known: where blood parts, by Pries et al. 1989. */
#ifndef HM_RED_CELLS_H
#define HM_RED_CELLS_H

#include <stdint.h>

#include "hm_circuit.h"

typedef struct {
    const double *flow;                /* (segments) nL/min */
    const double *diameter;            /* (segments) um */
    const double *entering, *leaving;  /* (nodes) from and to outside the network, nL/min */
    const double *inlet;               /* (nodes) haematocrit of blood that enters */
    const uint8_t *mixed;              /* (nodes) 1 where red cells part as blood does */
    const int64_t *middle;             /* (nodes) and */
    const int32_t *sides;              /* (2 segments) of hm_circuit_sides */
    double narrowest;                  /* diameter below which vessels count as of this one, um */
    double most;                       /* haematocrit that no branch exceeds */
} hm_blood_t;

/* Share of a fork's red cells that go into a branch with the share `blood` of its blood; diameters of
 * feeding vessel, branch and other branch, haematocrit of what is fed (rheology.py has the formula). */
double hm_red_cell_share(double blood, double feeding, double branch, double other, double haematocrit,
                         double narrowest);

/* Flux of red cells in each segment, not negative, nL/min of red cells: node by node in the `order` of
 * hm_circuit_order, each with the mixture that has reached it. Where the order has cuts, swept again
 * until nothing changes but for rounding; HM_ERR_CONVERGENCE where that takes more than HM_MOST_SWEEPS
 * sweeps. held: branches in which red cells would have packed above `most`. */
#define HM_MOST_SWEEPS 1000
int hm_red_cells_part(const hm_circuit_t *c, const hm_blood_t *b, const int32_t *order, int64_t cuts, double *flux,
                      int64_t *held);

#endif
