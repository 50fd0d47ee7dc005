/* Solutions by multigrid, of hm_multigrid.h. */
#include <math.h>
#include <stddef.h>

#include "hm_core.h"
#include "hm_cycle.h"
#include "hm_multigrid.h"
#include "hm_parallel.h"
#include "hm_passes.h"
#include "hm_stencil.h"

/* Relaxations behind a correction by the coarse grids. The first one has HM_TERMS before it as well,
 * and behind it HM_TERMS for a linear equation (the least of time to an error, ASSUMED), more where
 * each look at the error costs a new tangent. Later ones have none before them: even, as they begin
 * and end in u. */
#define TERMS_AFTER_TANGENT 5
#define LATER_TERMS 4
/* Cold start of a nonlinear equation: coarse corrections above this share of the largest value
 * are made anew, at most so many times, until one more Jacobi sweep on the coarse grid would
 * change less than the tolerance (1, ASSUMED). */
#define LARGE_CORRECTION 0.1
#define COARSE_STEPS 6
#define COARSE_TOLERANCE 5e-3

/* The estimate over the sum of changes (hm_multigrid.h). ASSUMED: the least that keeps it above the
 * error in all cases looked at (tested on others). */
#define ERROR_3D 0.9
#define ERROR_2D 1.4

/* What the threads of one solve share. */
typedef struct {
    hm_multigrid_t *mg;
    const hm_multigrid_rates_t *rates;   /* sets loss and source at the start; NULL: the caller has */
    const hm_multigrid_rates_t *tangent; /* NULL: the equation is linear */
    double tolerance;
    int32_t max_cycles;
    hm_extremes_t extremes[HM_TEAM_MAX];
    double values[HM_TEAM_MAX];
    hm_multigrid_report_t report;
} solve_t;

/* What is known of an iterate. */
typedef struct {
    double residual, error; /* of hm_multigrid_report_t */
    double scale;           /* largest |u| */
    int negative;
} state_t;

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

static double magnitude(hm_real_bits_t bits) { return hm_real_from_bits(bits); }

/* The error whose Jacobi sweeps change u by so much, added up over the grids. */
static double error_of(const solve_t *solve, double changes, double scale)
{
    const double factor = solve->mg->level[0].grid.hz ? ERROR_3D : ERROR_2D;
    return factor * changes / fmax(scale, HM_MULTIGRID_ZERO);
}

/* Of extremes all threads agree on, and the changes of the coarse grids: without them the error is
 * a lower bound. */
static state_t state_of(const solve_t *solve, const hm_extremes_t *e, double coarse)
{
    if (e->correction >= HM_REAL_INFINITY_BITS || e->value >= HM_REAL_INFINITY_BITS)
        return (state_t){.residual = (double)NAN, .error = (double)NAN};
    const double change = magnitude(e->correction), scale = magnitude(e->value);
    return (state_t){.residual = change / fmax(scale, HM_MULTIGRID_ZERO), .scale = scale,
                     .error = error_of(solve, change + coarse, scale), .negative = e->sign < 0};
}

static int is_good(const solve_t *solve, const state_t *state)
{
    return !(state->error > solve->tolerance) || state->residual <= HM_MULTIGRID_ROUNDING; /* or NaN */
}

/* Whether a solve begins its first correction before it knows that u needs one, while rows are in a cache.
 * As u may have to stay, the iterate takes the place of q, which is of no more use once it is coarsened,
 * unless the caller has filled it. */
static int goes_ahead(const solve_t *solve)
{
    return solve->rates && solve->mg->levels > 1 && !solve->mg->was_idle;
}

/* The first term of a relaxation from u, into v, which also measures u; sets the losses of all grids. */
static state_t measure(solve_t *solve, hm_team_t team)
{
    hm_multigrid_t *mg = solve->mg;
    hm_passes_t at = hm_passes_on(mg, 0, mg->level[0].u);
    hm_passes_start(&at, solve->rates);
    if (mg->levels > 1) hm_passes_coarsen_loss(&at);
    if (goes_ahead(solve)) {
        hm_passes_relax_aside(&at, mg->level[0].q);
        hm_passes_restrict(&at);
    }
    hm_passes_run(&at, team);
    const hm_extremes_t all = agree(solve, team, at.extremes);
    hm_cycle_coarsen(mg, 1, team);
    return state_of(solve, &all, 0.0);
}

/* The same extremes for the first coarse grid. */
static hm_extremes_t measure_coarse(solve_t *solve, hm_team_t team)
{
    hm_multigrid_level_t *level = &solve->mg->level[1];
    const hm_team_t workers = hm_cycle_is_small(level) ? hm_team_alone() : team;
    const hm_range_t r = hm_cycle_rows(level, workers);
    hm_extremes_t own = {0};
    if (team.rank == 0 || workers.size > 1)
        hm_stencil_first_measured(&level->grid, level->inverse, level->s, level->u, level->v,
                                  hm_passes_first_coefficient(solve->mg), r.lo, r.hi, &own);
    return agree(solve, team, own);
}

/* A cold start: as long as the coarse correction is large, the tangent at the iterate misleads.
 * Newton's method on the coarse grid then, with tangents of the fine one at the corrected iterate:
 * a fraction of the work of a cycle. `scale` is the largest |u|. */
static void settle_coarse(solve_t *solve, hm_team_t team, hm_real_t *iterate, double scale)
{
    hm_multigrid_t *mg = solve->mg;
    if (!(magnitude(measure_coarse(solve, team).value) > LARGE_CORRECTION * scale)) return;
    for (int k = 0; k < COARSE_STEPS; k++) {
        hm_passes_t ahead = hm_passes_on(mg, 0, iterate);
        hm_passes_tangent_ahead(&ahead, solve->tangent);
        hm_passes_coarsen_loss(&ahead);
        hm_passes_restrict(&ahead);
        hm_passes_run(&ahead, team);
        hm_cycle_coarsen(mg, 1, team);
        if (!(magnitude(measure_coarse(solve, team).correction) > COARSE_TOLERANCE * scale)) return;
        hm_cycle_below(mg, 0, team, HM_AFTER_FIRST);
    }
}

/* The error of u, whose extremes the threads hold and whose residual the first coarse grid has. */
static state_t estimate(solve_t *solve, hm_team_t team, hm_extremes_t own)
{
    const hm_extremes_t all = agree(solve, team, own);
    const double coarse = hm_cycle_estimate(solve->mg, team, solve->values);
    return state_of(solve, &all, coarse);
}

/* A look at u, with a new tangent or without: its residual on the first coarse grid, and what it says of
 * the error. */
static state_t look(solve_t *solve, hm_team_t team, const hm_multigrid_rates_t *tangent)
{
    hm_multigrid_t *mg = solve->mg;
    hm_passes_t at = hm_passes_on(mg, 0, mg->level[0].u);
    if (tangent) {
        hm_passes_tangent(&at, tangent);
        hm_passes_coarsen_loss(&at);
    }
    hm_passes_restrict_measured(&at);
    hm_passes_run(&at, team);
    if (tangent) hm_cycle_coarsen(mg, 1, team);
    return estimate(solve, team, at.extremes);
}

/* Before the first correction: two more terms, into v, and their residual on the coarse grid. */
static void begin(solve_t *solve, hm_team_t team)
{
    hm_multigrid_t *mg = solve->mg;
    hm_passes_t down = hm_passes_on(mg, 0, mg->level[0].v);
    hm_passes_relax(&down, HM_AFTER_FIRST, HM_TERMS);
    hm_passes_restrict(&down);
    hm_passes_run(&down, team);
}

/* Correct an iterate, in u or v, by the coarse grids; leaves the better one in u. `state` is that
 * of the iterate before. */
static state_t correct(solve_t *solve, hm_team_t team, hm_real_t *iterate, int terms, const state_t *state)
{
    hm_multigrid_t *mg = solve->mg;
    hm_cycle_below(mg, 0, team, HM_FROM_ZERO);
    if (solve->tangent) settle_coarse(solve, team, iterate, state->scale);
    hm_passes_t up = hm_passes_on(mg, 0, iterate);
    hm_passes_prolong(&up);
    hm_passes_relax(&up, HM_FROM_ITERATE, terms);
    if (!solve->tangent) hm_passes_restrict_measured(&up);
    hm_passes_run(&up, team);
    return solve->tangent ? look(solve, team, solve->tangent) : estimate(solve, team, up.extremes);
}

/* Sweeps of one correction, in site updates. */
static int64_t correction_updates(const hm_multigrid_t *mg, int terms)
{
    int64_t coarse = 0;
    for (int l = 1; l < mg->levels; l++) coarse += hm_grid_sites(&mg->level[l].grid);
    return (terms + 1) * hm_grid_sites(&mg->level[0].grid) + (2 * HM_TERMS + 1) * coarse;
}

static void publish(solve_t *solve, hm_team_t team, const state_t *state, int32_t cycles, int64_t updates)
{
    if (team.rank != 0) return;
    solve->report = (hm_multigrid_report_t){
        .cycles = cycles, .residual = state->residual, .error = state->error, .updates = updates,
        .negative = state->negative,
    };
}

static void solve_in_team(solve_t *solve, hm_team_t team)
{
    hm_multigrid_t *mg = solve->mg;
    hm_multigrid_level_t *finest = &mg->level[0];
    const int64_t sites = hm_grid_sites(&finest->grid);
    const int first_terms = solve->tangent ? TERMS_AFTER_TANGENT : HM_TERMS;
    state_t state = measure(solve, team);
    int64_t updates = sites;
    int32_t cycles = 0;
    int begun = 0; /* 1: the coarse grid holds the residual of u, else the first term is in v */
    if (is_good(solve, &state)) { /* the error may still be larger */
        state = look(solve, team, NULL);
        begun = 1;
    }
    while (!is_good(solve, &state) && cycles < solve->max_cycles) {
        const int terms = begun ? LATER_TERMS : first_terms;
        if (!begun && !goes_ahead(solve)) begin(solve, team);
        state = correct(solve, team, begun ? finest->u : finest->v, terms, &state);
        updates += correction_updates(mg, terms) + (begun ? 0 : HM_TERMS * sites);
        begun = 1;
        cycles++;
    }
    publish(solve, team, &state, cycles, updates);
}

/* A lattice of one site, which has no coarse grid. */
static void solve_alone(solve_t *solve)
{
    hm_team_t team = hm_team_alone();
    state_t state = measure(solve, team);
    int32_t cycles = 0;
    for (; !is_good(solve, &state) && cycles < solve->max_cycles; cycles++) {
        hm_cycle_one_site(&solve->mg->level[0]);
        state = measure(solve, team);
    }
    publish(solve, team, &state, cycles, cycles + 1);
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
    return hm_multigrid_solve_rates(mg, NULL, u, tolerance, max_cycles, num_threads, report);
}

int hm_multigrid_solve_rates(hm_multigrid_t *mg, const hm_multigrid_rates_t *rates, hm_real_t *u, double tolerance,
                             int32_t max_cycles, int num_threads, hm_multigrid_report_t *report)
{
    if (!(tolerance > 0.0) || max_cycles < 0) return HM_ERR_ARGUMENT;
    mg->level[0].u = u;
    fill_halo(mg, u);
    fill_halo(mg, mg->level[0].v);
    if (rates) fill_halo(mg, mg->level[0].q); /* where the iterate may be (goes_ahead) */
    solve_t solve = {.mg = mg, .rates = rates, .tangent = rates && rates->is_linear ? NULL : rates,
                     .tolerance = tolerance, .max_cycles = max_cycles};
    if (mg->levels == 1) {
        solve_alone(&solve);
    } else {
        HM_PARALLEL(hm_team_size_for(hm_grid_sites(&mg->level[0].grid), num_threads))
        {
            solve_in_team(&solve, hm_team_here());
        }
    }
    mg->level[0].u = 0;
    mg->was_idle = solve.report.cycles == 0;
    *report = solve.report;
    if (!isfinite(report->error)) return HM_ERR_NOT_FINITE;
    return report->error <= tolerance || report->residual <= HM_MULTIGRID_ROUNDING ? HM_OK : HM_ERR_CONVERGENCE;
}
