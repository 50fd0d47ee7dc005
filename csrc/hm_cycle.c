#include "hm_cycle.h"

#include "hm_stencil.h"

void hm_cycle_one_site(hm_multigrid_level_t *level)
{
    const int64_t at = hm_grid_at(&level->grid, 0, 0);
    hm_stencil_first(&level->grid, level->inverse, level->s, level->u, level->v, HM_REAL(1.0), 0, 1);
    level->u[at] = level->v[at];
    if (level->grid.periodic) hm_grid_wrap_row(&level->grid, level->u, 0, 0);
}

/* Improve level l's u, from the guess 0 or as it is. */
static void cycle(hm_multigrid_t *mg, int l, hm_team_t team, hm_start_t start)
{
    hm_multigrid_level_t *level = &mg->level[l];
    if (l + 1 == mg->levels) {
        if (team.rank == 0) hm_cycle_one_site(level);
        hm_team_barrier(team);
        return;
    }
    hm_passes_t down = hm_passes_on(mg, l, start == HM_AFTER_FIRST ? level->v : level->u);
    hm_passes_relax(&down, start, HM_TERMS);
    hm_passes_restrict(&down);
    hm_passes_run(&down, team);
    hm_cycle_below(mg, l, team, HM_FROM_ZERO);
    hm_passes_t up = hm_passes_on(mg, l, level->v);
    hm_passes_prolong(&up);
    hm_passes_relax(&up, HM_FROM_ITERATE, HM_TERMS);
    hm_passes_run(&up, team);
}

void hm_cycle_below(hm_multigrid_t *mg, int l, hm_team_t team, hm_start_t start)
{
    if (!hm_cycle_is_small(&mg->level[l + 1])) cycle(mg, l + 1, team, start);
    else if (team.rank == 0) cycle(mg, l + 1, hm_team_alone(), start);
    hm_team_barrier(team);
}

void hm_cycle_coarsen(hm_multigrid_t *mg, int l, hm_team_t team)
{
    for (; l + 1 < mg->levels; l++) {
        hm_multigrid_level_t *fine = &mg->level[l], *coarse = &mg->level[l + 1];
        if (hm_cycle_is_small(coarse) && team.size > 1) {
            if (team.rank == 0) hm_cycle_coarsen(mg, l, hm_team_alone());
            break;
        }
        const hm_range_t r = hm_cycle_rows(coarse, team);
        hm_stencil_coarsen_loss(&fine->grid, fine->q, fine->gamma, &coarse->grid, coarse->q, r.lo, r.hi);
        hm_stencil_invert(&coarse->grid, coarse->q, coarse->inverse, r.lo, r.hi);
        hm_team_barrier(team);
    }
    hm_team_barrier(team);
}

/* Largest change of the calling thread's rows of level l, whose s it restricts to the level below. */
static double change_of(hm_multigrid_t *mg, int l, hm_team_t team)
{
    const hm_multigrid_level_t *level = &mg->level[l], *coarse = level + 1;
    hm_real_bits_t bits;
    if (l + 1 == mg->levels) {
        const int64_t at = hm_grid_at(&level->grid, 0, 0);
        bits = hm_magnitude_bits(level->inverse[at] * level->s[at]);
    } else {
        const hm_range_t r = hm_cycle_rows(coarse, team);
        bits = hm_stencil_average(&level->grid, level->inverse, level->s, &coarse->grid, coarse->s, r.lo, r.hi);
    }
    return hm_real_from_bits(bits);
}

/* The largest of all threads' values. */
static double largest(hm_team_t team, double *shared, double own)
{
    double all = 0;
    shared[team.rank] = own;
    hm_team_barrier(team);
    for (int t = 0; t < team.size; t++) all = shared[t] > all ? shared[t] : all;
    hm_team_barrier(team); /* everyone has read them */
    return all;
}

double hm_cycle_estimate(hm_multigrid_t *mg, hm_team_t team, double *shared)
{
    double sum = 0, rest = 0;
    int l = 1;
    for (; l < mg->levels && !hm_cycle_is_small(&mg->level[l]); l++) sum += largest(team, shared, change_of(mg, l, team));
    for (; l < mg->levels && team.rank == 0; l++) rest += change_of(mg, l, hm_team_alone());
    return sum + largest(team, shared, rest);
}
