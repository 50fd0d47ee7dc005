#include "hm_grid.h"

#include <string.h>

/* Arrays of an axis: width, lower, upper, diagonal, fraction, parent, neighbour. */
#define AXIS_ARRAYS 7

static int64_t rounded_even(int64_t n) { return n + (n & 1); }

static int64_t halved(int64_t n) { return (n + 1) / 2; }

static int64_t axis_size(int64_t n)
{
    int64_t size = AXIS_ARRAYS * rounded_even(n);
    while (n > 1) {
        n = halved(n);
        size += AXIS_ARRAYS * rounded_even(n);
    }
    return size;
}

/* Every axis takes part in every coarsening, at one cell too. */
static int levels_of(int64_t n)
{
    int levels = 1;
    for (; n > 1; n = halved(n)) levels++;
    return levels;
}

int64_t hm_grid_axes_size(const hm_lattice_t *lat)
{
    const int64_t n[3] = {lat->nz, lat->ny, lat->nx};
    int deepest = 1;
    for (int a = 0; a < 3; a++) deepest = levels_of(n[a]) > deepest ? levels_of(n[a]) : deepest;
    int64_t size = 0;
    for (int a = 0; a < 3; a++)
        size += axis_size(n[a]) + (deepest - levels_of(n[a])) * AXIS_ARRAYS * rounded_even(1);
    return size;
}

static hm_real_t *carve(hm_real_t **store, int64_t n)
{
    hm_real_t *array = *store;
    for (int64_t i = 0; i < n; i++) array[i] = 0;
    *store += n;
    return array;
}

static hm_axis_t axis_carve(int64_t n, hm_real_t **store)
{
    const int64_t m = rounded_even(n);
    hm_axis_t axis = {.n = n};
    axis.width = carve(store, m);
    axis.lower = carve(store, m);
    axis.upper = carve(store, m);
    axis.diagonal = carve(store, m);
    axis.fraction = carve(store, m);
    axis.parent = carve(store, m);
    axis.neighbour = carve(store, m);
    return axis;
}

/* Distance from the centre of cell i to that of its neighbour, or to the face of a fixed
 * side; 0 where nothing crosses. */
static hm_real_t distance(const hm_axis_t *axis, int64_t i, int64_t step, int periodic, int is_fixed)
{
    const hm_real_t *w = axis->width;
    const int64_t n = axis->n, j = i + step;
    if (j >= 0 && j < n) return HM_REAL(0.5) * (w[i] + w[j]);
    if (periodic) return n > 1 ? HM_REAL(0.5) * (w[i] + w[j < 0 ? n - 1 : 0]) : HM_REAL(0.0);
    return is_fixed ? HM_REAL(0.5) * w[i] : HM_REAL(0.0);
}

static void axis_couple(hm_axis_t *axis, int periodic, const int32_t is_fixed[2], hm_real_t diffusivity)
{
    for (int64_t i = 0; i < axis->n; i++) {
        const hm_real_t below = distance(axis, i, -1, periodic, is_fixed[0]);
        const hm_real_t above = distance(axis, i, 1, periodic, is_fixed[1]);
        axis->lower[i] = below > 0 ? diffusivity / (axis->width[i] * below) : HM_REAL(0.0);
        axis->upper[i] = above > 0 ? diffusivity / (axis->width[i] * above) : HM_REAL(0.0);
        axis->diagonal[i] = axis->lower[i] + axis->upper[i];
    }
}

/* Weights of linear interpolation from coarse centres to the centre of fine cell i. The
 * correction is 0 at a fixed face and flat towards a closed one. */
static void axis_interpolate(hm_axis_t *fine, const hm_axis_t *coarse, int64_t i, int periodic,
                             const int32_t is_fixed[2])
{
    const int64_t up = i & 1, sibling = i ^ 1, c = i / 2, next = c + (up ? 1 : -1);
    const hm_real_t offset = sibling < fine->n ? HM_REAL(0.5) * fine->width[sibling] : HM_REAL(0.0);
    const hm_real_t reach = distance(coarse, c, up ? 1 : -1, periodic, is_fixed[up]);
    const hm_real_t weight = reach > 0 ? offset / reach : HM_REAL(0.0);
    const int inside = periodic || (next >= 0 && next < coarse->n);
    fine->parent[i] = HM_REAL(1.0) - weight;
    fine->neighbour[i] = inside ? weight : HM_REAL(0.0);
}

static hm_axis_t axis_coarsen(hm_axis_t *fine, int periodic, const int32_t is_fixed[2], hm_real_t diffusivity,
                              hm_real_t **store)
{
    hm_axis_t coarse = axis_carve(halved(fine->n), store);
    for (int64_t i = 0; i < fine->n; i++) coarse.width[i / 2] += fine->width[i];
    axis_couple(&coarse, periodic, is_fixed, diffusivity);
    for (int64_t i = 0; i < fine->n; i++) {
        fine->fraction[i] = fine->width[i] / coarse.width[i / 2];
        axis_interpolate(fine, &coarse, i, periodic, is_fixed);
    }
    return coarse;
}

static hm_axis_t axis_finest(int64_t n, int periodic, const int32_t is_fixed[2], hm_real_t **store)
{
    hm_axis_t axis = axis_carve(n, store);
    for (int64_t i = 0; i < n; i++) axis.width[i] = 1;
    axis_couple(&axis, periodic, is_fixed, HM_REAL(1.0));
    return axis;
}

static void set_strides(hm_grid_t *g)
{
    g->nz = g->z.n;
    g->ny = g->y.n;
    g->nx = g->x.n;
    g->sy = g->nx + 2;
    g->sz = g->sy * (g->ny + 2);
    g->size = g->sz * (g->nz + 2 * g->hz);
}

void hm_grid_make(const hm_lattice_t *lat, const hm_sides_t *sides, hm_real_t **store, hm_grid_t *out)
{
    const int p = lat->periodic;
    *out = (hm_grid_t){.hz = lat->hz, .periodic = lat->periodic};
    out->z = axis_finest(lat->nz, p && lat->dim == 3, sides->is_fixed, store);
    out->y = axis_finest(lat->ny, p, sides->is_fixed + 2, store);
    out->x = axis_finest(lat->nx, p, sides->is_fixed + 4, store);
    set_strides(out);
}

void hm_grid_coarsen(hm_grid_t *fine, const hm_sides_t *sides, hm_real_t **store, hm_grid_t *coarse)
{
    const int p = fine->periodic;
    const hm_real_t d = HM_REAL(fine->hz ? HM_COARSE_DIFFUSIVITY_3D : HM_COARSE_DIFFUSIVITY_2D);
    *coarse = (hm_grid_t){.hz = fine->hz, .periodic = fine->periodic};
    coarse->z = axis_coarsen(&fine->z, p && fine->hz, sides->is_fixed, d, store);
    coarse->y = axis_coarsen(&fine->y, p, sides->is_fixed + 2, d, store);
    coarse->x = axis_coarsen(&fine->x, p, sides->is_fixed + 4, d, store);
    set_strides(coarse);
}

static void fill_plane(const hm_grid_t *g, hm_real_t *u, const int64_t lo[3], const int64_t hi[3], hm_real_t value)
{
    for (int64_t z = lo[0]; z < hi[0]; z++)
        for (int64_t y = lo[1]; y < hi[1]; y++)
            for (int64_t x = lo[2]; x < hi[2]; x++) u[hm_grid_at(g, z, y) + x] = value;
}

void hm_grid_fill_fixed(const hm_grid_t *g, const hm_sides_t *sides, hm_real_t *u)
{
    const int64_t n[3] = {g->nz, g->ny, g->nx};
    for (int s = 0; s < 6; s++) {
        const int a = s / 2, high = s & 1;
        if (!sides->is_fixed[s] || (a == 0 && !g->hz)) continue;
        int64_t lo[3] = {0, 0, 0}, hi[3] = {n[0], n[1], n[2]};
        lo[a] = high ? n[a] : -1;
        hi[a] = lo[a] + 1;
        fill_plane(g, u, lo, hi, HM_REAL(sides->value[s]));
    }
}

/* Coordinates of the images of i along an axis, itself first. */
static int images(int64_t i, int64_t n, int64_t out[3])
{
    int count = 0;
    out[count++] = i;
    if (i == 0) out[count++] = n;
    if (i == n - 1) out[count++] = -1;
    return count;
}

void hm_grid_wrap_row(const hm_grid_t *g, hm_real_t *u, int64_t z, int64_t y)
{
    hm_real_t *row = u + hm_grid_at(g, z, y);
    row[-1] = row[g->nx - 1];
    row[g->nx] = row[0];
    int64_t iz[3] = {z, 0, 0}, iy[3];
    const int nz = g->hz ? images(z, g->nz, iz) : 1, ny = images(y, g->ny, iy);
    for (int a = 0; a < nz; a++)
        for (int b = 0; b < ny; b++)
            if (a || b) memcpy(u + hm_grid_at(g, iz[a], iy[b]) - 1, row - 1, (size_t)g->sy * sizeof *u);
}
