/* Moves of a cell; not part of the interface. */
#ifndef HM_WALK_H
#define HM_WALK_H

#include "hm_cells_internal.h"

#define HM_MAX_FACES 6

/* Chances of a cell's moves in a sub-step, in the order of directions; 0 where it cannot go. */
typedef struct {
    uint32_t free; /* bit d: direction d leads to a site with a free slot */
    double probability[HM_MAX_FACES], total;
} hm_moves_t;

/* Bit d: direction d leads to a site with a free slot. */
uint32_t hm_free_directions(const hm_substep_t *s, int64_t site);

/* Where a cell can go, with the factors on its motility and its taxis; clamped weights are counted. */
void hm_moves_of(const hm_substep_t *s, const hm_phenotype_t *ph, int64_t site, double motility, double taxis,
                 hm_moves_t *out, int64_t *clamped);

/* The move on which a draw below the total falls, as a proposal. */
uint8_t hm_move_at(const hm_substep_t *s, const hm_moves_t *moves, double u);

#endif
