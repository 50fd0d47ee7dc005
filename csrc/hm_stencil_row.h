/* One row of the stencil, inlined into the kernels of hm_relax.c and hm_transfer.c. */
#ifndef HM_STENCIL_ROW_H
#define HM_STENCIL_ROW_H

#include "hm_grid.h"
#include "hm_parallel.h"

typedef struct {
    int64_t z, y, at;   /* coordinates and index of (z, y, 0) */
    int64_t n, sy, sz;  /* sites, strides to the neighbouring rows */
    hm_real_t zl, zu, yl, yu, diagonal; /* coefficients in z and y, and their sum */
    const hm_real_t *xl, *xu, *xd;
} hm_row_t;

HM_INLINE hm_row_t hm_row(const hm_grid_t *g, int64_t row)
{
    const int64_t z = row / g->ny, y = row % g->ny;
    return (hm_row_t){
        .z = z, .y = y, .at = hm_grid_at(g, z, y),
        .n = g->nx, .sy = g->sy, .sz = g->hz ? g->sz : 0,
        .zl = g->z.lower[z], .zu = g->z.upper[z], .yl = g->y.lower[y], .yu = g->y.upper[y],
        .diagonal = g->z.diagonal[z] + g->y.diagonal[y],
        .xl = g->x.lower, .xu = g->x.upper, .xd = g->x.diagonal,
    };
}

/* Bytes of a grid above which the rows of a pass that comes to them first are asked for ahead, and how far:
 * the hardware stops at each page (measured: a tenth of a solve at 128^3). */
#define HM_FAR_GRID (1 << 20)
#define HM_FAR_AHEAD ((int64_t)(8192 / sizeof(hm_real_t)))

HM_INLINE int hm_row_is_far(const hm_grid_t *g) { return g->size * (int64_t)sizeof(hm_real_t) > HM_FAR_GRID; }

HM_INLINE void hm_row_fetch(const hm_real_t *row, int64_t n)
{
    for (int64_t x = 0; x < n; x += 64 / (int64_t)sizeof *row) HM_FETCH(row + HM_FAR_AHEAD + x);
}

HM_INLINE void hm_row_fetch_to_write(const hm_real_t *row, int64_t n)
{
    for (int64_t x = 0; x < n; x += 64 / (int64_t)sizeof *row) HM_FETCH_TO_WRITE(row + HM_FAR_AHEAD + x);
}

/* Sum of coefficient times neighbour at site x of the row that u points to; the order of the
 * sum is fixed. `flat` is a constant where it is inlined. */
HM_INLINE hm_real_t hm_row_inflow(const hm_row_t *r, const hm_real_t *u, int64_t x, int flat)
{
    const hm_real_t in_x = r->xl[x] * u[x - 1] + r->xu[x] * u[x + 1];
    const hm_real_t in_y = r->yl * u[x - r->sy] + r->yu * u[x + r->sy];
    if (flat) return in_x + in_y;
    return (in_x + in_y) + (r->zl * u[x - r->sz] + r->zu * u[x + r->sz]);
}

#endif
