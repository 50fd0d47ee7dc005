/* Vessels as a circuit: which segments meet at a node, and nodes in the order in which blood runs. */
#ifndef HM_CIRCUIT_H
#define HM_CIRCUIT_H

#include <stdint.h>

/* Segment s runs from node first[s] to node second[s]; its flow counts positive that way. */
typedef struct {
    int64_t nodes, segments;
    const int32_t *first, *second; /* (segments) */
    const int64_t *offset;         /* (nodes + 1) where the segments of a node begin in `incident` */
    const int32_t *incident;       /* (2 segments) node by node, ascending */
} hm_circuit_t;

/* Fill `offset` and `incident` for the ends of segments. HM_ERR_RANGE for a node that does not
 * exist, HM_ERR_ARGUMENT where nodes or segments do not fit in int32. */
int hm_circuit_link(int64_t nodes, int64_t segments, const int32_t *first, const int32_t *second, int64_t *offset,
                    int32_t *incident);

/* `order` (nodes): each node after all from which blood runs to it. Where blood seems to run in a
 * circle, as rounding can make it, the circle is cut and counted in `cuts`. waiting: (nodes) scratch. */
int hm_circuit_order(const hm_circuit_t *c, const double *flow, int32_t *waiting, int32_t *order, int64_t *cuts);

/* 1 where an order without cuts still is one for another flow: rank (nodes) is the place of each node in it. */
int hm_circuit_follows(const hm_circuit_t *c, const double *flow, const int32_t *rank);

/* Segments of each node, first those that bring blood to it, then the others: `sides` (2 segments) from offset and
 * middle (nodes) on. By `rank` of an order without cuts, which holds as long as that order, or by flow where
 * rank is NULL. */
void hm_circuit_sides(const hm_circuit_t *c, const double *flow, const int32_t *rank, int64_t *middle,
                      int32_t *sides);

/* What cannot carry blood because it hangs on a single node: dead ends, loops at their tips, and all
 * that grows from them. open: (segments) 1 where blood can pass; bounded: (nodes) 1 where it may enter
 * or leave. stem: (nodes) the node that a node hangs on, itself where nothing bounded can be reached;
 * -1 where blood may run (Tarjan 1972, doi:10.1137/0201010: the blocks of a root linked with all bounded
 * nodes). next: (nodes), scratch: (4 nodes). */
int hm_circuit_hanging(const hm_circuit_t *c, const uint8_t *open, const uint8_t *bounded, int64_t *next,
                       int32_t *scratch, int32_t *stem);

/* Blood that a segment carries to a node; negative where it carries it away. */
static inline double hm_circuit_towards(const hm_circuit_t *c, int32_t segment, int64_t node, const double *flow)
{
    return c->second[segment] == node ? flow[segment] : -flow[segment];
}

#endif
