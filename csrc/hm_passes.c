#include "hm_passes.h"

#include <string.h>

enum { START, FIRST_OF_ZERO, FIRST, NEXT, NEXT_ASIDE, COARSEN_LOSS, RESTRICT, RESTRICT_MEASURED, PROLONG, AHEAD, TANGENT };

static void run(void *context, int stage, int64_t lo, int64_t hi);

hm_passes_t hm_passes_on(hm_multigrid_t *mg, int l, hm_real_t *current)
{
    hm_multigrid_level_t *fine = &mg->level[l];
    const hm_grid_t *g = &fine->grid;
    return (hm_passes_t){
        .fine = fine, .coarse = l + 1 < mg->levels ? fine + 1 : 0,
        .smallest = mg->smallest, .largest = mg->largest,
        .current = current, .other = current == fine->u ? fine->v : fine->u,
        .wave = {.slices = g->hz ? g->nz : (g->ny + HM_WAVE_SLICE - 1) / HM_WAVE_SLICE, .open = g->periodic, .run = run},
    };
}

static void note(hm_passes_t *p, hm_pass_t pass, int reach)
{
    const hm_grid_t *g = &p->fine->grid;
    p->pass[p->wave.stages] = pass;
    p->wave.stage[p->wave.stages++] = (hm_wave_stage_t){
        .rows = hm_grid_rows(g), .unit = g->hz ? g->ny : HM_WAVE_SLICE, .every = 1, .reach = reach,
    };
}

static void note_on_coarse(hm_passes_t *p, hm_pass_t pass, int reach)
{
    const hm_grid_t *g = &p->coarse->grid;
    p->pass[p->wave.stages] = pass;
    p->wave.stage[p->wave.stages++] = (hm_wave_stage_t){
        .rows = hm_grid_rows(g), .unit = g->hz ? g->ny : HM_WAVE_SLICE, .every = 2, .reach = reach,
    };
}

/* Chebyshev coefficients of one term after another (Saad, Iterative Methods, algorithm 12.1). */
typedef struct {
    double sigma, half_width, rho, a, b;
} chebyshev_t;

static chebyshev_t chebyshev_first(double smallest, double largest)
{
    const double centre = 0.5 * (largest + smallest), half = 0.5 * (largest - smallest);
    return (chebyshev_t){.sigma = centre / half, .half_width = half, .rho = half / centre, .a = 1.0 / centre};
}

static void chebyshev_next(chebyshev_t *c)
{
    const double rho = 1.0 / (2.0 * c->sigma - c->rho);
    c->a = 2.0 * rho / c->half_width;
    c->b = rho * c->rho;
    c->rho = rho;
}

hm_real_t hm_passes_first_coefficient(const hm_multigrid_t *mg)
{
    return HM_REAL(chebyshev_first(mg->smallest, mg->largest).a);
}

/* A pass from the iterate to the other array, which then holds the iterate. */
static void note_relaxation(hm_passes_t *p, int kind, double a, double b, int reach)
{
    hm_real_t *from = p->current, *to = p->other;
    note(p, (hm_pass_t){.kind = kind, .from = from, .to = to, .a = HM_REAL(a), .b = HM_REAL(b)}, reach);
    p->current = to;
    p->other = from;
}

void hm_passes_start(hm_passes_t *p, const hm_multigrid_rates_t *tangent)
{
    p->tangent = tangent;
    note_relaxation(p, START, chebyshev_first(p->smallest, p->largest).a, 0.0, 0);
    p->depth++;
}

void hm_passes_relax(hm_passes_t *p, hm_start_t start, int terms)
{
    chebyshev_t c = chebyshev_first(p->smallest, p->largest);
    if (start == HM_FROM_ZERO) note_relaxation(p, FIRST_OF_ZERO, c.a, 0.0, 0);
    else if (start == HM_FROM_ITERATE) note_relaxation(p, FIRST, c.a, 0.0, p->depth);
    p->depth += start != HM_AFTER_FIRST;
    for (int k = 1; k < terms; k++, p->depth++) {
        chebyshev_next(&c);
        note_relaxation(p, NEXT, c.a, c.b, p->depth);
    }
}

void hm_passes_relax_aside(hm_passes_t *p, hm_real_t *spare)
{
    const hm_real_t *before = p->other;
    p->other = spare;
    hm_passes_relax(p, HM_AFTER_FIRST, HM_TERMS);
    p->pass[p->wave.stages - HM_TERMS + 1].kind = NEXT_ASIDE;
    p->pass[p->wave.stages - HM_TERMS + 1].before = before;
}

void hm_passes_coarsen_loss(hm_passes_t *p) { note_on_coarse(p, (hm_pass_t){.kind = COARSEN_LOSS}, 0); }

/* A pair reaches one slice below its own and one above, seen from its last slice two and one. */
static void note_restriction(hm_passes_t *p, int kind)
{
    note_on_coarse(p, (hm_pass_t){.kind = kind, .from = p->current}, p->depth ? p->depth + 1 : 0);
}

void hm_passes_restrict(hm_passes_t *p) { note_restriction(p, RESTRICT); }

void hm_passes_restrict_measured(hm_passes_t *p) { note_restriction(p, RESTRICT_MEASURED); }

void hm_passes_prolong(hm_passes_t *p)
{
    note(p, (hm_pass_t){.kind = PROLONG, .to = p->current}, 0);
    p->depth = 1;
}

void hm_passes_tangent(hm_passes_t *p, const hm_multigrid_rates_t *tangent)
{
    p->tangent = tangent;
    note(p, (hm_pass_t){.kind = TANGENT, .from = p->current}, 0);
}

void hm_passes_tangent_ahead(hm_passes_t *p, const hm_multigrid_rates_t *tangent)
{
    p->tangent = tangent;
    note(p, (hm_pass_t){.kind = AHEAD, .from = p->current, .to = p->other}, 0);
    note(p, (hm_pass_t){.kind = TANGENT, .from = p->other}, 0);
}

static void copy_rows(const hm_grid_t *g, const hm_real_t *from, hm_real_t *to, int64_t lo, int64_t hi)
{
    for (int64_t i = lo; i < hi; i++) {
        const int64_t at = hm_grid_at(g, i / g->ny, i % g->ny);
        memcpy(to + at, from + at, (size_t)g->nx * sizeof *to);
    }
}

/* Rows that are given their loss and relaxed in one go. */
#define START_ROWS 8

static void start_rows(hm_passes_t *p, const hm_pass_t *s, int64_t lo, int64_t hi)
{
    const hm_multigrid_level_t *f = p->fine;
    const hm_multigrid_rates_t *t = p->tangent;
    for (; lo < hi; lo += START_ROWS) {
        const int64_t end = lo + START_ROWS < hi ? lo + START_ROWS : hi;
        if (t) t->set(t->context, s->from, f->q, f->s, lo, end);
        hm_stencil_start(&f->grid, f->q, f->inverse, f->s, s->from, s->to, s->a, lo, end, &p->extremes);
    }
}

static void run(void *context, int stage, int64_t lo, int64_t hi)
{
    hm_passes_t *p = context;
    const hm_pass_t *s = &p->pass[stage];
    const hm_multigrid_level_t *f = p->fine, *c = p->coarse;
    const hm_grid_t *g = &f->grid;
    switch (s->kind) {
    case START: start_rows(p, s, lo, hi); break;
    case FIRST_OF_ZERO: hm_stencil_first_of_zero(g, f->inverse, f->s, s->from, s->to, s->a, lo, hi); break;
    case FIRST: hm_stencil_first(g, f->inverse, f->s, s->from, s->to, s->a, lo, hi); break;
    case NEXT: hm_stencil_next(g, f->inverse, f->s, s->from, s->to, s->a, s->b, lo, hi); break;
    case NEXT_ASIDE: hm_stencil_next_aside(g, f->inverse, f->s, s->from, s->before, s->to, s->a, s->b, lo, hi); break;
    case COARSEN_LOSS:
        hm_stencil_coarsen_loss(g, f->q, f->gamma, &c->grid, c->q, lo, hi);
        hm_stencil_invert(&c->grid, c->q, c->inverse, lo, hi);
        break;
    case RESTRICT: hm_stencil_restrict(g, f->inverse, f->s, s->from, f->screening, &c->grid, c->q, c->s, lo, hi); break;
    case RESTRICT_MEASURED:
        hm_stencil_restrict_measured(g, f->inverse, f->s, s->from, f->screening, &c->grid, c->q, c->s, lo, hi, &p->extremes);
        break;
    case PROLONG: hm_stencil_prolong(&c->grid, c->u, g, s->to, lo, hi); break;
    case AHEAD:
        copy_rows(g, s->from, s->to, lo, hi);
        hm_stencil_prolong(&c->grid, c->u, g, s->to, lo, hi);
        break;
    case TANGENT:
        p->tangent->set(p->tangent->context, s->from, f->q, f->s, lo, hi);
        hm_stencil_invert(g, f->q, f->inverse, lo, hi);
        break;
    }
}

void hm_passes_run(hm_passes_t *p, hm_team_t team)
{
    p->wave.context = p;
    hm_wave_run(&p->wave, team);
}
