/* The coarse grids of a hierarchy: V-cycles, losses, and the error estimate. All threads of a team
 * call these together; small grids are one thread's.
 */
#ifndef HM_CYCLE_H
#define HM_CYCLE_H

#include "hm_multigrid.h"
#include "hm_parallel.h"
#include "hm_passes.h"

/* Coarse grids below this size are one thread's: a barrier costs more than it gains there, much
 * more where another program holds a core (measured). */
#define HM_COARSE_SERIAL_BELOW 100000

static inline int hm_cycle_is_small(const hm_multigrid_level_t *level)
{
    return hm_grid_sites(&level->grid) < HM_COARSE_SERIAL_BELOW;
}

/* Rows of a level that are the calling thread's. */
static inline hm_range_t hm_cycle_rows(const hm_multigrid_level_t *level, hm_team_t team)
{
    return hm_team_range(team, hm_grid_rows(&level->grid));
}

/* Solve a lattice of one site: u = s / (diagonal + q). */
void hm_cycle_one_site(hm_multigrid_level_t *level);

/* A V-cycle of the level below l, whose s is set. */
void hm_cycle_below(hm_multigrid_t *mg, int l, hm_team_t team, hm_start_t start);

/* Losses of the grids below level l, from that of l. */
void hm_cycle_coarsen(hm_multigrid_t *mg, int l, hm_team_t team);

/* What the residual in the s of the first coarse grid says of the error, all threads told the
 * same: the sum over the coarse grids of the largest change that one Jacobi sweep from 0 would make.
 * `shared` (HM_TEAM_MAX) is scratch that the threads share. Leaves that s as it is. */
double hm_cycle_estimate(hm_multigrid_t *mg, hm_team_t team, double *shared);

#endif
