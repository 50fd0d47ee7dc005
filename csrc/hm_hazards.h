/* Hazards of a cell, given by its padded slot; not part of the interface. */
#ifndef HM_HAZARDS_H
#define HM_HAZARDS_H

#include "hm_cells_internal.h"

/* Factors of a cell's clone and of the fields on its motility and its taxis. */
void hm_walk_factors(const hm_substep_t *s, int64_t at, int phenotype, double *motility, double *taxis);

/* The event other than a move on which v falls, as a proposal: hazards share what moves leave as
 * (r / R)(1 - exp(-R dt)). `free`: directions that a daughter can take, one of which `word` picks. */
uint8_t hm_hazard_at(const hm_substep_t *s, int64_t at, uint8_t kind, double v, uint32_t free, uint32_t word);

#endif
