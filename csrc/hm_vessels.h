/* Vessel segments as lines through the sites of a lattice. */
#ifndef HM_VESSELS_H
#define HM_VESSELS_H

#include <stdint.h>

#include "hm_lattice.h"

/* Pieces of n segments in the sites they cross, in the order of the segments and along each.
 * nodes: (x, y, z) um; segments: pairs of node numbers. Pieces beyond `capacity` are counted,
 * not written: call with 0 first. HM_ERR_RANGE for a node number out of range or a node
 * outside the lattice. A segment along a side of the lattice belongs to the sites inside. */
int hm_vessels_trace(const hm_lattice_t *lat, int64_t n_nodes, const double *nodes, int64_t n_segments,
                     const int32_t *segments, int64_t capacity, int64_t *n_pieces, int32_t *segment, int64_t *site,
                     double *length);

#endif
