/* Kernels over rows of one grid: relaxation, explicit steps, residuals and the transfers
 * between grids. Each works on the rows [lo, hi) numbered z * ny + y and is vectorised in x.
 *
 * All solve or step the dimensionless equation of one site
 *   0 = s + sum over faces c_f (u_f - u) - q u,
 * with q = loss h^2 / D, s = source h^2 / D and the coefficients c_f of hm_grid.h.
 */
#ifndef HM_STENCIL_H
#define HM_STENCIL_H

#include <stdint.h>

#include "hm_grid.h"

/* Bits of maxima (hm_magnitude_bits) over the rows visited. */
typedef struct {
    hm_real_bits_t correction; /* |change of one Jacobi sweep| */
    hm_real_bits_t value;      /* |u| */
    hm_real_bits_t sign;       /* negative if any u is */
} hm_extremes_t;

/* inverse = 1 / (diagonal + q). */
void hm_stencil_invert(const hm_grid_t *grid, const hm_real_t *q, hm_real_t *inverse, int64_t lo, int64_t hi);

/* First term of a Chebyshev sweep: v = u + a J(u), J the change of one Jacobi sweep. */
void hm_stencil_first(const hm_grid_t *grid, const hm_real_t *inverse, const hm_real_t *s, const hm_real_t *u,
                      hm_real_t *v, hm_real_t a, int64_t lo, int64_t hi);

/* The same, and the largest |J| and |u|. */
void hm_stencil_first_measured(const hm_grid_t *grid, const hm_real_t *inverse, const hm_real_t *s, const hm_real_t *u,
                               hm_real_t *v, hm_real_t a, int64_t lo, int64_t hi, hm_extremes_t *extremes);

/* The same, computing `inverse` first: both in one pass. */
void hm_stencil_start(const hm_grid_t *grid, const hm_real_t *q, hm_real_t *inverse, const hm_real_t *s,
                      const hm_real_t *u, hm_real_t *v, hm_real_t a, int64_t lo, int64_t hi, hm_extremes_t *extremes);

/* Later terms: v = u + a J(u) + b (u - v), v holding the iterate before u. */
void hm_stencil_next(const hm_grid_t *grid, const hm_real_t *inverse, const hm_real_t *s, const hm_real_t *u,
                     hm_real_t *v, hm_real_t a, hm_real_t b, int64_t lo, int64_t hi);

/* The same, v taking the place of `before`, the iterate before u. */
void hm_stencil_next_aside(const hm_grid_t *grid, const hm_real_t *inverse, const hm_real_t *s, const hm_real_t *u,
                           const hm_real_t *before, hm_real_t *v, hm_real_t a, hm_real_t b, int64_t lo, int64_t hi);

/* First term from the initial guess 0: u = 0, v = a s inverse. */
void hm_stencil_first_of_zero(const hm_grid_t *grid, const hm_real_t *inverse, const hm_real_t *s, hm_real_t *u,
                              hm_real_t *v, hm_real_t a, int64_t lo, int64_t hi);

/* One explicit step of a = D dt / h^2: v = u + a (s + sum c_f (u_f - u) - q u). */
void hm_stencil_explicit(const hm_grid_t *grid, const hm_real_t *q, const hm_real_t *s, const hm_real_t *u, hm_real_t *v,
                         hm_real_t a, int64_t lo, int64_t hi);

/* The coarse grid's source, rows [lo, hi): the mean of the residual, in which a site counts as
 * (1 + gamma coarse_q) diagonal / (diagonal + q), what a sink leaves of a source in its own
 * site (1 where the loss is uniform; gamma is near 1 / diagonal). */
void hm_stencil_restrict(const hm_grid_t *fine, const hm_real_t *inverse, const hm_real_t *s, const hm_real_t *u,
                         hm_real_t gamma, const hm_grid_t *coarse, const hm_real_t *coarse_q, hm_real_t *coarse_s, int64_t lo,
                         int64_t hi);

/* The same, and the largest |change of one Jacobi sweep|, |u| and the sign of u on the fine grid. */
void hm_stencil_restrict_measured(const hm_grid_t *fine, const hm_real_t *inverse, const hm_real_t *s, const hm_real_t *u,
                                  hm_real_t gamma, const hm_grid_t *coarse, const hm_real_t *coarse_q,
                                  hm_real_t *coarse_s, int64_t lo, int64_t hi, hm_extremes_t *extremes);

/* The coarse grid's source, rows [lo, hi), as the plain mean of the fine one's; returns the largest
 * |change| that one Jacobi sweep from u = 0 would make on these rows of the fine grid, as bits. */
hm_real_bits_t hm_stencil_average(const hm_grid_t *fine, const hm_real_t *inverse, const hm_real_t *s, const hm_grid_t *coarse,
                                  hm_real_t *coarse_s, int64_t lo, int64_t hi);

/* Add the linear interpolant of the coarse correction to rows [lo, hi) of u. */
void hm_stencil_prolong(const hm_grid_t *coarse, const hm_real_t *correction, const hm_grid_t *fine, hm_real_t *u,
                        int64_t lo, int64_t hi);

/* The coarse grid's loss, rows [lo, hi): the mean of f(q) = q / (1 + gamma q), taken back by
 * the inverse of f. */
void hm_stencil_coarsen_loss(const hm_grid_t *fine, const hm_real_t *q, hm_real_t gamma, const hm_grid_t *coarse,
                             hm_real_t *coarse_q, int64_t lo, int64_t hi);

#endif
