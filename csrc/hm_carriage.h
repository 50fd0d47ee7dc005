/* What blood carries through a network and loses to what surrounds it.
 *
 * A solute has a tension in the blood, in the unit of its field: that of tissue in equilibrium
 * with it. Along a segment of flow Q, Q dE = -k (P - u) dx: E is the content of the blood at P,
 * k the conductance of the wall per length, u the tension around. */
#ifndef HM_CARRIAGE_H
#define HM_CARRIAGE_H

#include <stdint.h>

/* Content of blood: H bound(P) + (H red + (1 - H) plasma) P, over that of tissue at tension 1.
 * bound is straight between its knots k * width and stays as it is beyond the last. */
typedef struct {
    int64_t intervals;
    double width;        /* > 0 */
    const double *bound; /* intervals + 1 values that do not fall, per volume of red cells */
    double red, plasma;  /* dissolved per volume of either and tension; not negative, plasma > 0 */
} hm_content_t;

/* Content at a tension, and the tension at a content; haematocrit below 1. */
double hm_content_of(const hm_content_t *content, double haematocrit, double tension);
double hm_content_tension(const hm_content_t *content, double haematocrit, double amount);

/* The tension of blood after it has passed a wall, and `given`, what it has lost, over its flow.
 * passage: conductance of the wall over flow; around: the tension there. Exact for the curve. */
double hm_content_pass(const hm_content_t *content, double haematocrit, double tension, double around, double passage,
                       double *given);

/* Segments sorted so that all that run into a node come before all that run out of it, and those
 * that run out of one node stand together. */
typedef struct {
    int64_t n_nodes, n_segments;
    const int32_t *upper, *lower;      /* nodes where a segment's blood comes from and goes to */
    const double *flow, *haematocrit;  /* flow > 0 [um^3/h] */
    const int64_t *first;              /* (n_segments + 1): pieces of segment i are first[i].. */
    const double *conductance;         /* of each piece, in the direction of flow [um^3/h] */
    const double *entering;            /* flow that enters at each node [um^3/h] */
    const double *entering_haematocrit;
} hm_course_t;

/* Let blood of tension `inlet` run through. `around`: tension outside each piece. Out: tension at
 * each node (`inlet` where no blood comes by), and for each piece the tension P that gives its
 * exchange as conductance (P - around). `sums`: room for 3 n_nodes.
 * HM_ERR_RANGE for a node out of range or a segment out of order, HM_ERR_ARGUMENT for a flow that
 * is not positive or a conductance that is negative, HM_ERR_NOT_FINITE for a tension around. */
int hm_carriage_run(const hm_course_t *course, const hm_content_t *content, double inlet, const double *around,
                    double *sums, double *node, double *piece);

#endif
