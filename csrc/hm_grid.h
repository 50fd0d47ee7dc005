/* One level of a hierarchy of cell-centred grids and its diffusion operator.
 *
 * In units of the finest spacing the operator is, along each axis,
 *   (L u)_i = lower_i (u_{i-1} - u_i) + upper_i (u_{i+1} - u_i),
 *   lower_i = 1 / (w_i d_{i-1/2}),  d_{i-1/2} = (w_{i-1} + w_i) / 2,
 * the finite-volume form on cells of width w. A closed side has coefficient 0, a fixed side
 * lies half a cell away (coefficient 2 / w^2, its value is in the halo), a periodic axis has
 * its wrapped image in the halo. So no kernel tests for a boundary.
 * Coarse cells are pairs of cells, the last one single where the count is odd.
 *
 * On coarse grids L is multiplied by HM_COARSE_DIFFUSIVITY_*. A correction comes back weaker than it
 * should: the mean over pairs and the linear interpolation each take some of it, by about
 * 1 - k^2 / 8 an axis for a wave number k, more than the coarse operator's own error gives. What is
 * lost at the wave lengths that a grid has to correct, a smaller diffusivity gives back. In 3-D a
 * cycle then leaves less than half of the error it left with 1 where cells changed at random, a
 * tenth on an empty lattice.
 */
#ifndef HM_GRID_H
#define HM_GRID_H

#include <stdint.h>

#include "hm_lattice.h"
#include "hm_real.h"

/* ASSUMED: in 3-D the best of 0.75 to 1 with cells and vessels at random; in 2-D the least that does
 * not slow down the few strong vessels of a lattice that loses nothing elsewhere. */
#define HM_COARSE_DIFFUSIVITY_3D 0.85
#define HM_COARSE_DIFFUSIVITY_2D 0.9

/* Sides in the order z-, z+, y-, y+, x-, x+. */
typedef struct {
    int32_t is_fixed[6];
    double value[6]; /* concentration at the face, where fixed */
} hm_sides_t;

typedef struct {
    int64_t n;
    hm_real_t *width;     /* in units of the finest spacing */
    hm_real_t *lower;     /* coefficient to cell i - 1 */
    hm_real_t *upper;     /* coefficient to cell i + 1 */
    hm_real_t *diagonal;  /* lower + upper */
    hm_real_t *fraction;  /* share of the coarse cell's volume; n rounded up to even, padded by 0 */
    hm_real_t *parent;    /* interpolation weight of the coarse cell it lies in */
    hm_real_t *neighbour; /* ... of the next coarse cell on its side of the centre */
} hm_axis_t;

typedef struct {
    int64_t nz, ny, nx;
    int64_t hz, sz, sy, size; /* halo in z, strides, padded size: as hm_lattice_t */
    int32_t periodic;
    hm_axis_t z, y, x;
} hm_grid_t;

/* Numbers that the axes of all levels of a lattice take. */
int64_t hm_grid_axes_size(const hm_lattice_t *lat);

/* The finest grid and its axes, carved from *store, which advances. */
void hm_grid_make(const hm_lattice_t *lat, const hm_sides_t *sides, hm_real_t **store, hm_grid_t *out);

/* The next coarser grid; also fills the fine axes' fraction, parent and neighbour. */
void hm_grid_coarsen(hm_grid_t *fine, const hm_sides_t *sides, hm_real_t **store, hm_grid_t *coarse);

/* Write the values of fixed sides into the halo of u. */
void hm_grid_fill_fixed(const hm_grid_t *grid, const hm_sides_t *sides, hm_real_t *u);

static inline int64_t hm_grid_sites(const hm_grid_t *g) { return g->nz * g->ny * g->nx; }

static inline int64_t hm_grid_rows(const hm_grid_t *g) { return g->nz * g->ny; }

/* Index of site (z, y, 0). */
static inline int64_t hm_grid_at(const hm_grid_t *g, int64_t z, int64_t y)
{
    return (z + g->hz) * g->sz + (y + 1) * g->sy + 1;
}

/* Copy row (z, y) and its ends into the halo, where the axes wrap. */
void hm_grid_wrap_row(const hm_grid_t *grid, hm_real_t *u, int64_t z, int64_t y);

#endif
