/* Passes over one grid of a hierarchy, noted one after another and then run as a wave
 * (hm_wave.h): relaxation, and the transfers to and from the next coarser grid.
 */
#ifndef HM_PASSES_H
#define HM_PASSES_H

#include "hm_multigrid.h"
#include "hm_parallel.h"
#include "hm_stencil.h"
#include "hm_wave.h"

/* Relaxations before and after a correction of a coarse grid: terms of the Chebyshev polynomial. Odd,
 * so that the iterate is in v after those before, and back in u after those behind. */
#define HM_TERMS 3

/* What the first term of a relaxation starts from. */
typedef enum {
    HM_FROM_ZERO,    /* the guess 0 */
    HM_FROM_ITERATE,
    HM_AFTER_FIRST   /* the first term is done */
} hm_start_t;

typedef struct {
    int kind; /* of the pass; see hm_passes.c */
    hm_real_t *from, *to;
    const hm_real_t *before; /* of a term: the iterate before `from`, where it is not in `to` */
    hm_real_t a, b;
} hm_pass_t;

typedef struct {
    hm_multigrid_level_t *fine, *coarse;
    const hm_multigrid_rates_t *tangent;
    double smallest, largest;  /* eigenvalues that relaxation damps */
    hm_real_t *current, *other; /* where the iterate is, and the array it is not in */
    int depth;                 /* passes since the run began that look at their neighbours */
    hm_pass_t pass[HM_WAVE_STAGES];
    hm_wave_t wave;
    hm_extremes_t extremes;    /* of the calling thread, where a pass measures */
} hm_passes_t;

/* Nothing noted yet, for level l; the iterate is in `current`, u or v of that level. */
hm_passes_t hm_passes_on(hm_multigrid_t *mg, int l, hm_real_t *current);

/* First coefficient of a relaxation. */
hm_real_t hm_passes_first_coefficient(const hm_multigrid_t *mg);

/* So many terms, each from one array to the other. */
void hm_passes_relax(hm_passes_t *p, hm_start_t start, int terms);

/* The first term of a relaxation, which measures the iterate; sets the inverse of the loss, and before
 * it the loss itself where there is a tangent. */
void hm_passes_start(hm_passes_t *p, const hm_multigrid_rates_t *tangent);

/* The terms after the first one of a start, which leave alone what it started from: from now on `spare`
 * takes the place of that array. */
void hm_passes_relax_aside(hm_passes_t *p, hm_real_t *spare);

/* The coarse grid's loss and its inverse, from q. */
void hm_passes_coarsen_loss(hm_passes_t *p);

/* The coarse grid's source, from the residual of the iterate. */
void hm_passes_restrict(hm_passes_t *p);

/* The same, and the extremes of the iterate. */
void hm_passes_restrict_measured(hm_passes_t *p);

/* Add the interpolated u of the coarse grid to the iterate. */
void hm_passes_prolong(hm_passes_t *p);

/* Take the tangent of a nonlinear loss at the iterate. */
void hm_passes_tangent(hm_passes_t *p, const hm_multigrid_rates_t *tangent);

/* Take the tangent of a nonlinear loss at the iterate plus the interpolated u of the coarse grid,
 * which is made in the other array; the iterate stays what it is. */
void hm_passes_tangent_ahead(hm_passes_t *p, const hm_multigrid_rates_t *tangent);

/* Run what was noted. */
void hm_passes_run(hm_passes_t *p, hm_team_t team);

#endif
