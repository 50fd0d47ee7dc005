/* How crowded the surroundings of single sites are. */
#ifndef HM_CROWDING_H
#define HM_CROWDING_H

#include <stdint.h>

#include "hm_lattice.h"

/* Share of the places taken, by cells or debris, in and around each of n padded sites: of the site and its 8 or 26
 * neighbours, those there are. kind: padded cell bytes of `slots` places a site. HM_ERR_RANGE for a site in the
 * halo or outside. */
int hm_crowding(const hm_lattice_t *lat, const uint8_t *kind, int64_t slots, int64_t n, const int64_t *site,
                double *share);

#endif
