/* Geometric multigrid for the steady reaction-diffusion equation on a lattice:
 *
 *   0 = s + sum over faces c_f (u_f - u) - q u,   q >= 0 in each site,
 *
 * dimensionless (q = loss h^2 / D, s = source h^2 / D). V-cycles; Chebyshev-Jacobi relaxation,
 * which is a fixed polynomial, so that the result does not depend on threads; mean residual
 * down, linear interpolation up; the operator is discretised anew on each grid.
 *
 * A strong point sink (a vessel) of loss q draws only q / (1 + G q) from its surroundings, G
 * being the lattice Green's function at the origin: the dip around it screens it. So coarse
 * losses are the mean of f(q) = q / (1 + gamma q), taken back by the inverse of f (a uniform
 * loss stays what it is), and a residual in the sink's own site counts by what escapes it.
 */
#ifndef HM_MULTIGRID_H
#define HM_MULTIGRID_H

#include <stdint.h>

#include "hm_grid.h"

#define HM_MULTIGRID_LEVELS 32

typedef struct {
    hm_grid_t grid;
    hm_real_t screening;   /* 1 / diagonal, for the coarsening of its residual */
    hm_real_t gamma;       /* for the coarsening of its loss */
    hm_real_t *q, *s;      /* loss and source, dimensionless */
    hm_real_t *u, *v;      /* iterate, and the one before or after it */
    hm_real_t *inverse;    /* 1 / (diagonal + q) */
} hm_multigrid_level_t;

typedef struct {
    hm_sides_t sides;
    int32_t levels;
    double smallest, largest; /* eigenvalues that relaxation has to damp */
    int32_t was_idle;         /* 1: the last solve had nothing to correct; changes time alone */
    hm_multigrid_level_t level[HM_MULTIGRID_LEVELS]; /* finest first, down to one site */
} hm_multigrid_t;

typedef struct {
    int32_t cycles;   /* V-cycles done */
    double error;     /* estimate of max |u - solution| / max |u| */
    double residual;  /* max |u_Jacobi - u| / max |u| */
    int64_t updates;  /* site updates, sweeps on all grids */
    int32_t negative; /* 1: some site of the result is below 0 */
} hm_multigrid_report_t;

/* Numbers of the two stores: axes are kept for each hierarchy, the sites' arrays may be shared
 * by hierarchies that are not used at the same time. 0 if the lattice is too large. */
int64_t hm_multigrid_axes_size(const hm_lattice_t *lat);
int64_t hm_multigrid_sites_size(const hm_lattice_t *lat);

/* Lay out a hierarchy in the two stores, `sites` zeroed by the caller. The finest u is set by
 * hm_multigrid_solve. HM_ERR_ARGUMENT for a fixed side of an axis that wraps. */
int hm_multigrid_make(const hm_lattice_t *lat, const hm_sides_t *sides, hm_real_t *axes, hm_real_t *sites,
                      hm_multigrid_t *out);

/* Largest |u| that counts as zero, in the unit of u: errors are relative to the largest |u|, or to
 * this where all of u is smaller. ASSUMED; a solution that vanishes has no relative error. */
#define HM_MULTIGRID_ZERO 1e-30
/* Residual that rounding always lets a solve reach (measured: 64^3 to 256^3, vessels in 0.02 to 10 %
 * of the sites): no more is asked for. */
#define HM_MULTIGRID_ROUNDING HM_REAL_ROUNDING

/* Solve from the initial guess u (padded), which is left untouched where it is good enough.
 *
 * Loss and source are the finest level's q and s, filled by the caller; q must be positive
 * somewhere or a side fixed. The halo of u is set. Stops when the error, as estimated, is at most
 * `tolerance` times the largest |u|, or the residual is a matter of rounding.
 *
 * The estimate: the residual is averaged from grid to grid, and the largest change that one Jacobi
 * sweep would make is added up over all grids, the finest included. A sweep moves an error of the
 * wave length of its grid by about what it is, shorter ones are seen by the grids above (the
 * additive preconditioner of Bramble, Pasciak and Xu 1990, doi:10.1090/S0025-5718-1990-1023042-6,
 * in the maximum norm). It costs a tenth of a sweep, as the restriction is needed anyway. In tissue
 * it is 1 to 5 times the error (tested, from cold and warm starts). It is no bound: without cells and
 * vessels, far from a fixed side, errors were up to 2.5 times the estimate (43,400 random cases of any
 * shape, of which one in a thousand was beyond 1.5 times).
 *
 * Returns HM_OK, HM_ERR_CONVERGENCE after max_cycles, or HM_ERR_NOT_FINITE. */
int hm_multigrid_solve(hm_multigrid_t *mg, hm_real_t *u, double tolerance, int32_t max_cycles, int num_threads,
                       hm_multigrid_report_t *report);

/* Loss and source, of which a solve asks while it has their rows in a cache: sets q and s of rows
 * [lo, hi) of the finest grid. A loss that depends on u is given as its tangent, s - q u and its slope
 * being those of the nonlinear source at u. */
typedef struct {
    void (*set)(const void *context, const hm_real_t *u, hm_real_t *q, hm_real_t *s, int64_t lo, int64_t hi);
    const void *context;
    int32_t is_linear; /* 1: they do not depend on u, and are asked for once */
} hm_multigrid_rates_t;

/* The same with rates that are asked for; the finest q holds other things afterwards. A nonlinear
 * equation takes Newton's method, a V-cycle an iteration. The tangent is taken at each look at the
 * error, so the residual reported is that of the nonlinear equation. While a guess is far off, Newton's
 * method goes on for the correction of the first coarse grid, with tangents of the fine sites at what it
 * corrects (a nested start that keeps the guess). */
int hm_multigrid_solve_rates(hm_multigrid_t *mg, const hm_multigrid_rates_t *rates, hm_real_t *u, double tolerance,
                             int32_t max_cycles, int num_threads, hm_multigrid_report_t *report);

#endif
