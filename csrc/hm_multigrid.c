#include "hm_multigrid.h"

#include "hm_core.h"

/* Screening of a lone sink, times the operator's diagonal. Its draw 1 / (1/q + G) must be the
 * same on both grids, so that gamma = (G_fine - G_coarse) / (1 - 2^-dim): 0.87 in 3-D
 * (G_fine = 0.2527 = 2 G_coarse, Watson's integral), 0.59 in 2-D (difference ln 2 / 2 pi).
 * The smaller diffusivity of coarse grids (hm_grid.h) raises G_coarse and so lowers gamma, in 2-D
 * the more the farther apart sinks are. The values taken, ASSUMED: the best over densities of sinks
 * of 0.0002 to 0.3. */
#define SCREENING_3D 1.0
#define SCREENING_2D 0.4
/* Arrays start at different offsets within a page, or they would compete for cache lines. */
#define PAGE ((int64_t)(4096 / sizeof(hm_real_t)))
#define STAGGER ((int64_t)(576 / sizeof(hm_real_t)))

static int64_t array_size(int64_t size) { return (size + PAGE - 1) / PAGE * PAGE + STAGGER; }

int64_t hm_multigrid_axes_size(const hm_lattice_t *lat) { return hm_grid_axes_size(lat); }

int64_t hm_multigrid_sites_size(const hm_lattice_t *lat)
{
    int64_t n[3] = {lat->nz, lat->ny, lat->nx};
    int64_t total = 0;
    for (int l = 0; l < HM_MULTIGRID_LEVELS; l++) {
        const int64_t size = (n[0] + 2 * lat->hz) * (n[1] + 2) * (n[2] + 2);
        total += (l == 0 ? 4 : 5) * array_size(size);
        if (n[0] == 1 && n[1] == 1 && n[2] == 1) return total;
        for (int a = 0; a < 3; a++) n[a] = (n[a] + 1) / 2;
    }
    return 0;
}

static hm_real_t *take(hm_real_t **store, int64_t size)
{
    hm_real_t *array = *store;
    *store += array_size(size);
    return array;
}

static void level_make(hm_multigrid_level_t *level, int finest, hm_real_t **store)
{
    const int64_t size = level->grid.size;
    level->q = take(store, size);
    level->s = take(store, size);
    level->inverse = take(store, size);
    level->v = take(store, size);
    level->u = finest ? 0 : take(store, size);
}

/* Sets both constants of a level's coarsening from its diagonal away from the sides. */
static void set_screening(hm_multigrid_level_t *level)
{
    const hm_grid_t *g = &level->grid;
    const hm_axis_t *axes[3] = {&g->z, &g->y, &g->x};
    hm_real_t diagonal = 0;
    int wide = 0;
    for (int a = 0; a < 3; a++) {
        if (axes[a]->n < 2) { /* a fixed side screens too, and stays as the axis does */
            diagonal += axes[a]->diagonal[0];
            continue;
        }
        wide++;
        diagonal += HM_REAL(2.0) / (axes[a]->width[0] * axes[a]->width[0]);
    }
    level->screening = wide ? HM_REAL(1.0) / diagonal : HM_REAL(0.0);
    level->gamma = level->screening * HM_REAL(wide == 3 ? SCREENING_3D : SCREENING_2D);
}

static int sides_are_valid(const hm_lattice_t *lat, const hm_sides_t *sides)
{
    for (int s = 0; s < 6; s++)
        if (sides->is_fixed[s] && (lat->periodic || (s < 2 && lat->dim == 2))) return 0;
    return 1;
}

int hm_multigrid_make(const hm_lattice_t *lat, const hm_sides_t *sides, hm_real_t *axes, hm_real_t *sites,
                      hm_multigrid_t *out)
{
    if (!sides_are_valid(lat, sides) || hm_multigrid_sites_size(lat) == 0) return HM_ERR_ARGUMENT;
    /* High frequencies: at least one axis beyond half the band, eigenvalues of D^-1 A >= 1 / dim. */
    *out = (hm_multigrid_t){.sides = *sides, .smallest = 1.0 / lat->dim, .largest = 2.0};
    hm_grid_make(lat, sides, &axes, &out->level[0].grid);
    for (int l = 0; l < HM_MULTIGRID_LEVELS; l++) {
        hm_multigrid_level_t *level = &out->level[l];
        level_make(level, l == 0, &sites);
        set_screening(level);
        out->levels = l + 1;
        if (hm_grid_sites(&level->grid) == 1) break;
        hm_grid_coarsen(&level->grid, sides, &axes, &out->level[l + 1].grid);
    }
    return HM_OK;
}
