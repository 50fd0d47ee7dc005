/* Where drift may outweigh the random walk; not part of the interface. */
#ifndef HM_DRIFT_H
#define HM_DRIFT_H

#include "hm_row.h"

/* Find the range of each field that somebody drifts along, in all rows where somebody is able to do
 * something and those that touch them; elsewhere it is left open. Once a call. */
void hm_drift_ranges(const hm_cells_t *cells, const hm_rules_t *rules, const hm_plan_t *plan, int threads);

/* Whether drift could outweigh the random walk at a site, so that a weight may be clamped. */
int hm_may_clamp(const hm_substep_t *s, int phenotype, int64_t site);

/* Phenotypes, one bit each, of which a cell in the row could have a clamped weight: found from the
 * ranges of the fields or, where these are too wide, their largest slopes, once a call and row. */
uint32_t hm_row_clamps(const hm_substep_t *s, const hm_row_t *row);

#endif
