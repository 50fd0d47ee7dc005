#include "hm_multigrid.h"

#include <math.h>
#include <stddef.h>

#include "hm_core.h"
#include "hm_parallel.h"
#include "hm_passes.h"
#include "hm_stencil.h"

/* Screening of a lone sink, times the operator's diagonal. Its draw 1 / (1/q + G) must be the
 * same on both grids, so that gamma = (G_fine - G_coarse) / (1 - 2^-dim): 0.87 in 3-D
 * (G_fine = 0.2527 = 2 G_coarse, Watson's integral), 0.59 in 2-D (difference ln 2 / 2 pi).
 * The smaller diffusivity of coarse grids (hm_grid.h) raises G_coarse and so lowers gamma, in 2-D
 * the more the farther apart sinks are. The values taken, ASSUMED: the best over densities of sinks
 * of 0.0002 to 0.3. */
#define SCREENING_3D 1.0
#define SCREENING_2D 0.4
/* Cold start of a nonlinear equation: coarse corrections above this share of the largest value
 * are made anew, at most so many times, until one more Jacobi sweep on the coarse grid would
 * change less than the tolerance (1, ASSUMED). */
#define LARGE_CORRECTION 0.1
#define COARSE_STEPS 6
#define COARSE_TOLERANCE 5e-3
/* The last term of a cycle may reduce the residual by as much (ASSUMED). */
#define LAST_TERM 3.0
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

static void solve_one_site(hm_multigrid_level_t *level)
{
    const int64_t at = hm_grid_at(&level->grid, 0, 0);
    hm_stencil_first(&level->grid, level->inverse, level->s, level->u, level->v, HM_REAL(1.0), 0, 1);
    level->u[at] = level->v[at];
    if (level->grid.periodic) hm_grid_wrap_row(&level->grid, level->u, 0, 0);
}

static void correct_below(hm_multigrid_t *mg, int l, hm_team_t team, hm_start_t start);

/* Improve level l's u, from the guess 0 or as it is. */
static void cycle(hm_multigrid_t *mg, int l, hm_team_t team, hm_start_t start)
{
    hm_multigrid_level_t *level = &mg->level[l];
    if (l + 1 == mg->levels) {
        if (team.rank == 0) solve_one_site(level);
        hm_team_barrier(team);
        return;
    }
    hm_passes_t down = hm_passes_on(mg, l, start == HM_AFTER_FIRST ? level->v : level->u);
    hm_passes_relax(&down, start, 0);
    hm_passes_restrict(&down);
    hm_passes_run(&down, team);
    correct_below(mg, l, team, HM_FROM_ZERO);
    hm_passes_t up = hm_passes_on(mg, l, level->v);
    hm_passes_prolong(&up);
    hm_passes_relax(&up, HM_FROM_ITERATE, 0);
    hm_passes_run(&up, team);
}

/* A cycle of the level below l, by one thread where that is small. */
static void correct_below(hm_multigrid_t *mg, int l, hm_team_t team, hm_start_t start)
{
    if (!is_small(&mg->level[l + 1])) cycle(mg, l + 1, team, start);
    else if (team.rank == 0) cycle(mg, l + 1, hm_team_alone(), start);
    hm_team_barrier(team);
}

/* Losses of the grids below level l. */
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
    const hm_multigrid_tangent_t *tangent; /* NULL: the equation is linear */
    double tolerance;
    int32_t max_cycles;
    hm_extremes_t extremes[HM_TEAM_MAX];
    hm_multigrid_report_t report;
} solve_t;

/* The extremes of all threads; `own` are the calling one's. Every thread reduces the same
 * maxima, so all of them decide alike. */
static hm_extremes_t agree(solve_t *solve, hm_team_t team, hm_extremes_t own)
{
    hm_extremes_t all = {0};
    hm_team_barrier(team); /* everyone has read those of the time before */
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

/* Rows that are given their tangent and relaxed in one go. */
#define TANGENT_ROWS 8

/* First term of a cycle, which also measures the iterate it starts from; `is_new`: the loss is
 * new, its inverse has to be computed. */
static hm_extremes_t measure(solve_t *solve, hm_team_t team, int is_new)
{
    hm_multigrid_level_t *level = &solve->mg->level[0];
    const hm_range_t r = rows_of(level, team);
    const hm_real_t a = hm_passes_first_coefficient(solve->mg);
    const hm_multigrid_tangent_t *tangent = solve->tangent;
    hm_extremes_t own = {0};
    for (int64_t lo = r.lo; lo < r.hi; lo += TANGENT_ROWS) {
        const int64_t hi = lo + TANGENT_ROWS < r.hi ? lo + TANGENT_ROWS : r.hi;
        if (tangent) tangent->set(tangent->context, level->u, level->q, level->s, lo, hi);
        if (is_new)
            hm_stencil_start(&level->grid, level->q, level->inverse, level->s, level->u, level->v, a, lo, hi, &own);
        else hm_stencil_first_measured(&level->grid, level->inverse, level->s, level->u, level->v, a, lo, hi, &own);
    }
    return agree(solve, team, own);
}

/* The same for the first coarse grid. */
static hm_extremes_t measure_coarse(solve_t *solve, hm_team_t team)
{
    hm_multigrid_level_t *level = &solve->mg->level[1];
    const hm_team_t workers = is_small(level) ? hm_team_alone() : team;
    const hm_range_t r = rows_of(level, workers);
    hm_extremes_t own = {0};
    if (team.rank == 0 || workers.size > 1)
        hm_stencil_first_measured(&level->grid, level->inverse, level->s, level->u, level->v,
                                  hm_passes_first_coefficient(solve->mg), r.lo, r.hi, &own);
    return agree(solve, team, own);
}

static double magnitude(hm_real_bits_t bits) { return hm_real_from_bits(bits); }

/* A cold start: as long as the coarse correction is large, the tangent at the iterate misleads.
 * Newton's method on the coarse grid then, with tangents of the fine one at the corrected iterate:
 * a fraction of the work of a cycle. `scale` is the largest |u|. */
static void settle_coarse(solve_t *solve, hm_team_t team, double scale)
{
    hm_multigrid_t *mg = solve->mg;
    if (!(magnitude(measure_coarse(solve, team).value) > LARGE_CORRECTION * scale)) return;
    for (int k = 0; k < COARSE_STEPS; k++) {
        hm_passes_t ahead = hm_passes_on(mg, 0, mg->level[0].v);
        hm_passes_tangent_ahead(&ahead, solve->tangent);
        hm_passes_coarsen_loss(&ahead);
        hm_passes_restrict(&ahead);
        hm_passes_run(&ahead, team);
        coarsen(mg, 1, team);
        if (!(magnitude(measure_coarse(solve, team).correction) > COARSE_TOLERANCE * scale)) return;
        correct_below(mg, 0, team, HM_AFTER_FIRST);
    }
}

/* Sweeps of one cycle, in site updates: twice HM_TERMS and a residual on each grid. */
static int64_t cycle_updates(const hm_multigrid_t *mg)
{
    int64_t sites = 0;
    for (int l = 0; l < mg->levels; l++) sites += hm_grid_sites(&mg->level[l].grid);
    return (2 * HM_TERMS + 1) * sites;
}

/* One V-cycle; `e` are the extremes of its start, measured in its first term, or NULL where that
 * is still to be done. Returns those before its last term, of a linear equation. */
static hm_extremes_t improve(solve_t *solve, hm_team_t team, const hm_extremes_t *e, int is_new)
{
    hm_multigrid_t *mg = solve->mg;
    hm_multigrid_level_t *finest = &mg->level[0];
    hm_passes_t down = hm_passes_on(mg, 0, e ? finest->v : finest->u);
    if (is_new) hm_passes_coarsen_loss(&down);
    hm_passes_relax(&down, e ? HM_AFTER_FIRST : HM_FROM_ITERATE, 0);
    hm_passes_restrict(&down);
    hm_passes_run(&down, team);
    if (is_new) coarsen(mg, 1, team);
    correct_below(mg, 0, team, HM_FROM_ZERO);
    if (solve->tangent) settle_coarse(solve, team, magnitude(e->value));
    hm_passes_t up = hm_passes_on(mg, 0, finest->v);
    hm_passes_prolong(&up);
    hm_passes_relax(&up, HM_FROM_ITERATE, !solve->tangent);
    hm_passes_run(&up, team);
    return solve->tangent ? *e : agree(solve, team, up.extremes);
}

static void solve_in_team(solve_t *solve, hm_team_t team)
{
    hm_multigrid_t *mg = solve->mg;
    hm_multigrid_level_t *finest = &mg->level[0];
    hm_extremes_t e = {0};
    int32_t cycles = 0;
    int is_new = 1, known = 0; /* known: not yet good enough, so the start need not be measured */
    for (;; cycles++) {
        if (!known) e = measure(solve, team, is_new);
        if (!(relative(&e) > solve->tolerance) || cycles == solve->max_cycles) break;
        if (mg->levels == 1) {
            solve_one_site(finest);
            continue;
        }
        e = improve(solve, team, known ? NULL : &e, is_new);
        if (solve->tangent) continue;
        is_new = 0;
        if (relative(&e) <= solve->tolerance) { /* so is the iterate after it: no sweep to measure it */
            cycles++;
            break;
        }
        known = relative(&e) > LAST_TERM * solve->tolerance && cycles + 1 < solve->max_cycles;
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
    return hm_multigrid_solve_tangent(mg, NULL, u, tolerance, max_cycles, num_threads, report);
}

int hm_multigrid_solve_tangent(hm_multigrid_t *mg, const hm_multigrid_tangent_t *tangent, hm_real_t *u,
                               double tolerance, int32_t max_cycles, int num_threads, hm_multigrid_report_t *report)
{
    if (!(tolerance > 0.0) || max_cycles < 0) return HM_ERR_ARGUMENT;
    mg->level[0].u = u;
    fill_halo(mg, u);
    fill_halo(mg, mg->level[0].v);
    solve_t solve = {.mg = mg, .tangent = tangent, .tolerance = tolerance, .max_cycles = max_cycles};
    HM_PARALLEL(hm_team_size_for(hm_grid_sites(&mg->level[0].grid), num_threads))
    {
        solve_in_team(&solve, hm_team_here());
    }
    mg->level[0].u = 0;
    *report = solve.report;
    if (!isfinite(report->residual)) return HM_ERR_NOT_FINITE;
    return report->residual <= tolerance ? HM_OK : HM_ERR_CONVERGENCE;
}
