#include "hm_multigrid.h"

#include <math.h>

#include "hm_core.h"
#include "hm_parallel.h"
#include "hm_stencil.h"

/* Relaxations before and after a coarse correction: terms of the Chebyshev polynomial. */
#define SWEEPS 3
/* Screening of a lone sink, times the operator's diagonal. Its draw 1 / (1/q + G) must be the
 * same on both grids, so that gamma = (G_fine - G_coarse) / (1 - 2^-dim): 0.87 in 3-D
 * (G_fine = 0.2527 = 2 G_coarse, Watson's integral), 0.59 in 2-D (difference ln 2 / 2 pi).
 * The values taken, ASSUMED, lie near by: the best over densities of sinks of 0.0002 to 0.3. */
#define SCREENING_3D 1.0
#define SCREENING_2D 0.6
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
        if (axes[a]->n < 2) continue;
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

/* Coarse grids below this size are one thread's: a barrier costs more than it gains there, much
 * more where another program holds a core (measured). */
#define COARSE_SERIAL_BELOW 100000

static int is_small(const hm_multigrid_level_t *level) { return hm_grid_sites(&level->grid) < COARSE_SERIAL_BELOW; }

static hm_range_t rows_of(const hm_multigrid_level_t *level, hm_team_t team)
{
    return hm_team_range(team, hm_grid_rows(&level->grid));
}

/* Chebyshev coefficients of one term after another (Saad, Iterative Methods, algorithm 12.1). */
typedef struct {
    double sigma, half_width, rho, a, b;
} chebyshev_t;

static chebyshev_t chebyshev_first(const hm_multigrid_t *mg)
{
    const double centre = 0.5 * (mg->largest + mg->smallest), half = 0.5 * (mg->largest - mg->smallest);
    return (chebyshev_t){.sigma = centre / half, .half_width = half, .rho = half / centre, .a = 1.0 / centre};
}

static void chebyshev_next(chebyshev_t *c)
{
    const double rho = 1.0 / (2.0 * c->sigma - c->rho);
    c->a = 2.0 * rho / c->half_width;
    c->b = rho * c->rho;
    c->rho = rho;
}

/* Terms 2 ... SWEEPS, from `current` to `previous` and back in turn. */
static void relax_on(const hm_multigrid_t *mg, hm_multigrid_level_t *level, hm_team_t team, hm_real_t *current,
                     hm_real_t *previous)
{
    const hm_range_t r = rows_of(level, team);
    chebyshev_t c = chebyshev_first(mg);
    for (int k = 1; k < SWEEPS; k++) {
        chebyshev_next(&c);
        hm_team_barrier(team);
        hm_stencil_next(&level->grid, level->inverse, level->s, current, previous, HM_REAL(c.a),
                        HM_REAL(c.b), r.lo, r.hi);
        hm_real_t *swap = current;
        current = previous;
        previous = swap;
    }
    hm_team_barrier(team);
}

/* After an odd number of sweeps the iterate is in the other array. */
static hm_real_t *after_sweeps(hm_multigrid_level_t *level) { return SWEEPS % 2 ? level->v : level->u; }

static void relax_again(const hm_multigrid_t *mg, hm_multigrid_level_t *level, hm_team_t team)
{
    const hm_range_t r = rows_of(level, team);
    hm_real_t *from = after_sweeps(level), *to = from == level->u ? level->v : level->u;
    hm_stencil_first(&level->grid, level->inverse, level->s, from, to, HM_REAL(chebyshev_first(mg).a), r.lo, r.hi);
    relax_on(mg, level, team, to, from);
}

static void solve_one_site(hm_multigrid_level_t *level)
{
    const int64_t at = hm_grid_at(&level->grid, 0, 0);
    hm_stencil_first(&level->grid, level->inverse, level->s, level->u, level->v, HM_REAL(1.0), 0, 1);
    level->u[at] = level->v[at];
    if (level->grid.periodic) hm_grid_wrap_row(&level->grid, level->u, 0, 0);
}

static void correct(hm_multigrid_t *mg, int l, hm_team_t team);

/* Improve the coarse levels' correction from the guess 0, then leave it in level l's u. */
static void cycle_below(hm_multigrid_t *mg, int l, hm_team_t team)
{
    hm_multigrid_level_t *level = &mg->level[l];
    const hm_range_t r = rows_of(level, team);
    if (l + 1 == mg->levels) {
        if (team.rank == 0) solve_one_site(level);
        hm_team_barrier(team);
        return;
    }
    hm_stencil_first_of_zero(&level->grid, level->inverse, level->s, level->u, level->v,
                             HM_REAL(chebyshev_first(mg).a), r.lo, r.hi);
    relax_on(mg, level, team, level->v, level->u);
    correct(mg, l, team);
    relax_again(mg, level, team);
}

/* Correct the relaxed iterate of level l by the grids below. */
static void correct(hm_multigrid_t *mg, int l, hm_team_t team)
{
    hm_multigrid_level_t *fine = &mg->level[l], *coarse = &mg->level[l + 1];
    hm_real_t *u = after_sweeps(fine);
    const hm_range_t down = rows_of(coarse, team), up = rows_of(fine, team);
    hm_stencil_restrict(&fine->grid, fine->inverse, fine->s, u, fine->screening, &coarse->grid, coarse->q, coarse->s,
                        down.lo, down.hi);
    hm_team_barrier(team);
    if (!is_small(coarse)) cycle_below(mg, l + 1, team);
    else if (team.rank == 0) cycle_below(mg, l + 1, hm_team_alone());
    hm_team_barrier(team);
    hm_stencil_prolong(&coarse->grid, coarse->u, &fine->grid, u, up.lo, up.hi);
    hm_team_barrier(team);
}

/* Losses of all coarse grids. */
static void coarsen(hm_multigrid_t *mg, int l, hm_team_t team)
{
    for (; l + 1 < mg->levels; l++) {
        hm_multigrid_level_t *fine = &mg->level[l], *coarse = &mg->level[l + 1];
        if (is_small(coarse) && team.size > 1) {
            if (team.rank == 0) coarsen(mg, l, hm_team_alone());
            break;
        }
        const hm_range_t r = rows_of(coarse, team);
        hm_stencil_coarsen_loss(&fine->grid, fine->q, fine->gamma, &coarse->grid, coarse->q, r.lo, r.hi);
        hm_stencil_invert(&coarse->grid, coarse->q, coarse->inverse, r.lo, r.hi);
        hm_team_barrier(team);
    }
    hm_team_barrier(team);
}

/* What the threads of one solve share. */
typedef struct {
    hm_multigrid_t *mg;
    double tolerance;
    int32_t max_cycles;
    hm_extremes_t extremes[HM_TEAM_MAX];
    hm_multigrid_report_t report;
} solve_t;

/* First sweep of a cycle, which also measures the iterate it starts from. Every thread
 * reduces the same maxima, so all of them decide alike. */
static hm_extremes_t measure(solve_t *solve, hm_team_t team)
{
    hm_multigrid_level_t *level = &solve->mg->level[0];
    const hm_range_t r = rows_of(level, team);
    hm_extremes_t own = {0}, all = {0};
    hm_stencil_first_measured(&level->grid, level->inverse, level->s, level->u, level->v,
                              HM_REAL(chebyshev_first(solve->mg).a), r.lo, r.hi, &own);
    solve->extremes[team.rank] = own;
    hm_team_barrier(team);
    for (int t = 0; t < team.size; t++) {
        const hm_extremes_t *e = &solve->extremes[t];
        all.correction = e->correction > all.correction ? e->correction : all.correction;
        all.value = e->value > all.value ? e->value : all.value;
        all.sign |= e->sign;
    }
    return all;
}

static double relative(const hm_extremes_t *e)
{
    if (e->correction == 0) return 0.0;
    if (e->correction >= HM_REAL_INFINITY_BITS || e->value >= HM_REAL_INFINITY_BITS) return (double)NAN;
    return e->value == 0 ? (double)INFINITY : hm_real_from_bits(e->correction) / hm_real_from_bits(e->value);
}

/* Sweeps of one cycle, in site updates: twice SWEEPS and a residual on each grid. */
static int64_t cycle_updates(const hm_multigrid_t *mg)
{
    int64_t sites = 0;
    for (int l = 0; l < mg->levels; l++) sites += hm_grid_sites(&mg->level[l].grid);
    return (2 * SWEEPS + 1) * sites;
}

static void solve_in_team(solve_t *solve, hm_team_t team)
{
    hm_multigrid_t *mg = solve->mg;
    hm_multigrid_level_t *finest = &mg->level[0];
    const hm_range_t r = rows_of(finest, team);
    hm_stencil_invert(&finest->grid, finest->q, finest->inverse, r.lo, r.hi);
    hm_team_barrier(team);
    hm_extremes_t e;
    int32_t cycles = 0;
    for (;; cycles++) {
        e = measure(solve, team);
        if (!(relative(&e) > solve->tolerance) || cycles == solve->max_cycles) break;
        if (cycles == 0) coarsen(mg, 0, team);
        if (mg->levels == 1) {
            solve_one_site(finest);
            continue;
        }
        relax_on(mg, finest, team, finest->v, finest->u);
        correct(mg, 0, team);
        relax_again(mg, finest, team);
    }
    if (team.rank != 0) return;
    solve->report = (hm_multigrid_report_t){
        .cycles = cycles, .residual = relative(&e), .negative = e.sign < 0,
        .updates = cycles * cycle_updates(mg) + hm_grid_sites(&finest->grid),
    };
}

static void fill_halo(hm_multigrid_t *mg, hm_real_t *u)
{
    const hm_grid_t *g = &mg->level[0].grid;
    hm_grid_fill_fixed(g, &mg->sides, u);
    if (!g->periodic) return;
    for (int64_t z = 0; z < g->nz; z++)
        for (int64_t y = 0; y < g->ny; y++) hm_grid_wrap_row(g, u, z, y);
}

int hm_multigrid_solve(hm_multigrid_t *mg, hm_real_t *u, double tolerance, int32_t max_cycles, int num_threads,
                       hm_multigrid_report_t *report)
{
    if (!(tolerance > 0.0) || max_cycles < 0) return HM_ERR_ARGUMENT;
    mg->level[0].u = u;
    fill_halo(mg, u);
    fill_halo(mg, mg->level[0].v);
    solve_t solve = {.mg = mg, .tolerance = tolerance, .max_cycles = max_cycles};
    HM_PARALLEL(hm_team_size_for(hm_grid_sites(&mg->level[0].grid), num_threads))
    {
        solve_in_team(&solve, hm_team_here());
    }
    mg->level[0].u = 0;
    *report = solve.report;
    if (!isfinite(report->residual)) return HM_ERR_NOT_FINITE;
    return report->residual <= tolerance ? HM_OK : HM_ERR_CONVERGENCE;
}
