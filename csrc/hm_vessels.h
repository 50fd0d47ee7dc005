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

/* The piece that stands for each place: the longest of those of segments that count, of equal ones that whose
 * segment lies first by (x, y, z) of its ends, the end of the lower sum first; so that their order does not
 * matter. counts: (segments) 1 or 0; place: (pieces); best: (places) filled, -1 where none counts. */
void hm_vessels_longest(const double *nodes, const int32_t *segments, const uint8_t *counts, int64_t n_pieces,
                        const int32_t *segment, const int64_t *place, const double *length, int64_t n_places,
                        int32_t *best);

#endif
