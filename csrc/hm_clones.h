/* Clones: the table of all clones of a patient, and how one comes into being. */
#ifndef HM_CLONES_H
#define HM_CLONES_H

#include <stdint.h>

#include "hm_cells.h"

/* Add the clone that a daughter of `parent` founds: its traits are drawn by `identity`, `step` and
 * `sub` (draw 1 + b of `sub` for behaviour b; draw 0 is the caller's). There must be room for it.
 * Returns 1 if a trait is now beyond all others. */
int hm_clone_found(hm_clones_t *clones, const hm_mutation_t *mutation, uint32_t parent, uint64_t tissue, double time,
                   uint64_t identity, uint32_t step, uint32_t sub);

#endif
