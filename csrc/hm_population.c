/* Population: every colony of a tissue through a macro step. */
#include "hm_population.h"

#include <math.h>
#include <string.h>

#include "hm_core.h"
#include "hm_population_internal.h"

#define HM_PI 3.14159265358979323846

/* Radius of a ball of cells [sites]. */
static double ball_radius(const hm_population_t *p, double occupied)
{
    const double sites = occupied / p->slots;
    return p->dim == 2 ? sqrt(sites / HM_PI) : cbrt(sites * (3.0 / (4.0 * HM_PI)));
}

/* Interval of a table by powers of two, and where in it a number of sites lies. */
static int octave_of(double sites, double *within)
{
    int octave;
    const double half = frexp(sites, &octave); /* in [1/2, 1) */
    *within = octave < 1 ? 0.0 : octave >= HM_SIZES ? 1.0 : 2.0 * half - 1.0;
    return octave < 1 ? 0 : octave >= HM_SIZES ? HM_SIZES - 2 : octave - 1;
}

/* Depth of the shell of a ball, linear between powers of two [sites]. */
static double depth_of(const hm_population_t *p, const double shell[HM_SIZES], double occupied)
{
    double x;
    const int k = octave_of(occupied / p->slots, &x);
    return shell[k] + x * (shell[k + 1] - shell[k]);
}

/* Mean over living cells of a table by phenotype; `otherwise` where none live. */
static void mean_of(const double (*table)[HM_SIZES], const double *living, int n, double otherwise, double out[HM_SIZES])
{
    double all = 0.0;
    for (int p = 0; p < n; p++) all += living[p];
    for (int k = 0; k < HM_SIZES; k++) {
        out[k] = all > 0.0 ? 0.0 : otherwise;
        for (int p = 0; p < n && all > 0.0; p++) out[k] += living[p] / all * table[p][k];
    }
}

/* Standard normal, one a colony (Box & Muller 1958, doi:10.1214/aoms/1177706645). */
static double width_of(const hm_population_t *p, uint32_t founder)
{
    const hm_block_t b = hm_draw(p->key_spread, p->tissue << 48 | founder, 0u, 0u);
    return sqrt(-2.0 * log(hm_unit53(b.v[0], b.v[1]))) * cos(2.0 * HM_PI * hm_unit53(b.v[2], b.v[3]));
}

void hm_population_shell(const hm_population_t *p, uint32_t founder, const double *living, double shell[HM_SIZES])
{
    double mean[HM_SIZES], spread[HM_SIZES];
    const int n = p->n_phenotypes;
    if (founder == HM_INITIAL) {
        mean_of(p->initial, living, n, 1.0, shell);
        return;
    }
    mean_of(p->shell, living, n, 1.0, mean);
    mean_of(p->spread, living, n, 0.0, spread);
    const double width = width_of(p, founder);
    for (int k = 0; k < HM_SIZES; k++) {
        const double size = exp(-spread[k] * width), at = ldexp(p->slots * size, k);
        /* the same share of a ball with another radius */
        shell[k] = depth_of(p, mean, at) / (p->dim == 2 ? sqrt(size) : cbrt(size));
    }
}

void hm_rates_add(const hm_population_t *p, int entry, double weight, hm_rates_t *sum)
{
    const int n = p->n_phenotypes;
    const double *from = p->rates + entry * hm_population_width(n);
    for (int a = 0; a < n; a++) {
        for (int b = 0; b < HM_BEHAVIOURS; b++) sum->rate[a][b] += weight * *from++;
        sum->inner[a] += weight * *from++;
        for (int b = 0; b < n; b++) sum->transition[a][b] += weight * *from++;
    }
}

void hm_population_rates(const hm_population_t *p, double occupied, double debris, hm_rates_t *out)
{
    double x;
    const int k = octave_of(occupied / p->slots, &x), n = p->n_phenotypes;
    const double dead = fmin(1.0, debris / fmax(1.0, occupied));
    const double core = (p->dim == 2 ? sqrt(dead) : cbrt(dead)) * (HM_CORES - 1);
    const int j = core < HM_CORES - 2 ? (int)core : HM_CORES - 2;
    const double y = core - j, weight[4] = {(1.0 - x) * (1.0 - y), (1.0 - x) * y, x * (1.0 - y), x * y};
    for (int a = 0; a < n; a++) {
        memset(out->rate[a], 0, sizeof out->rate[a]);
        memset(out->transition[a], 0, sizeof out->transition[a]);
        out->inner[a] = 0.0;
    }
    for (int i = 0; i < 4; i++)
        hm_rates_add(p, (k + i / 2) * HM_CORES + j + i % 2, weight[i], out);
}

double hm_population_room(const hm_population_t *p, const double shell[HM_SIZES], double occupied, double others)
{
    const double buried = 1.0 - depth_of(p, shell, occupied) / ball_radius(p, occupied);
    const double inside = p->dim == 2 ? buried * buried : buried * buried * buried;
    /* A ball that grows in a cube touches its sides at pi/6 of it, a disc at pi/4. */
    const double beyond = p->dim == 2 ? 1.0 - HM_PI / 4.0 : 1.0 - HM_PI / 6.0;
    const double empty = (1.0 - (occupied + others) / p->capacity) / beyond;
    const double share = empty <= 0.0 ? 0.0 : empty < 1.0 ? empty : 1.0;
    return buried > 0.0 ? share * (1.0 - inside) : share;
}

/* Cells of some rows: all, living, active. */
static void add_up(const hm_lines_t *lines, int64_t from, int64_t to, int n_phenotypes, int64_t total[3])
{
    total[0] = total[1] = total[2] = 0;
    for (int64_t i = from * n_phenotypes; i < to * n_phenotypes; i++) {
        const int64_t *c = lines->count + i * HM_CONDITIONS;
        total[0] += c[HM_ACTIVE] + c[HM_DORMANT] + c[HM_NECROTIC];
        total[1] += c[HM_ACTIVE] + c[HM_DORMANT];
        total[2] += c[HM_ACTIVE];
    }
}

static int64_t end_of_colony(const hm_lines_t *lines, int64_t first)
{
    int64_t end = first;
    while (end < lines->n && lines->founder[end] == lines->founder[first]) end++;
    return end;
}

/* Append rows first ... end - 1; 0 if there is no room. */
static int copy_rows(const hm_lines_t *from, int64_t first, int64_t end, int n_phenotypes, hm_lines_t *to)
{
    const int64_t n = end - first, width = (int64_t)n_phenotypes * HM_CONDITIONS;
    if (to->n + n > to->capacity) return 0;
    memcpy(to->founder + to->n, from->founder + first, (size_t)n * sizeof *to->founder);
    memcpy(to->clone + to->n, from->clone + first, (size_t)n * sizeof *to->clone);
    memcpy(to->count + to->n * width, from->count + first * width, (size_t)(n * width) * sizeof *to->count);
    to->n += n;
    return 1;
}

/* Drop rows from `first` on that hold no cell. */
static void drop_empty(hm_lines_t *lines, int64_t first, int n_phenotypes)
{
    const int64_t width = (int64_t)n_phenotypes * HM_CONDITIONS;
    int64_t kept = first;
    for (int64_t i = first; i < lines->n; i++) {
        int64_t total[3];
        add_up(lines, i, i + 1, n_phenotypes, total);
        if (total[0] == 0) continue;
        lines->founder[kept] = lines->founder[i];
        lines->clone[kept] = lines->clone[i];
        memmove(lines->count + kept * width, lines->count + i * width, (size_t)width * sizeof *lines->count);
        kept++;
    }
    lines->n = kept;
}

/* Depth of the shell of a colony, as it is when a step begins. */
static void take_shell(hm_colony_t *c)
{
    const hm_population_t *r = c->rules;
    double living[HM_MAX_PHENOTYPES] = {0.0};
    for (int64_t row = c->first; row < c->lines->n; row++) {
        const int64_t *count = hm_counts(c, row);
        for (int p = 0; p < r->n_phenotypes; p++, count += HM_CONDITIONS)
            living[p] += (double)(count[HM_ACTIVE] + count[HM_DORMANT]);
    }
    hm_population_shell(r, c->lines->founder[c->first], living, c->shell);
}

static int note_change(hm_colony_t *c)
{
    hm_departures_t *out = c->out;
    if (out->n_changes == out->changes_capacity) return HM_ERR_FULL;
    const uint32_t founder = c->lines->founder[c->first];
    out->changes[out->n_changes++] = (hm_change_t){.grown = c->grown, .living = c->living, .founder = founder};
    return HM_OK;
}

/* The colony whose rows stand at `first` of the new table, through the step. */
static int step_colony(hm_colony_t *c, int64_t first, const int64_t total[3], int64_t all, double start, double dt)
{
    c->first = first;
    c->occupied = total[0], c->living = total[1], c->active = total[2];
    c->others = (double)(all - total[0]);
    c->identity = c->rules->tissue << 48 | c->lines->founder[first];
    c->draws = c->births = 0;
    if (hm_colony_rests(c, dt)) return HM_OK;
    take_shell(c);
    hm_population_rates(c->rules, (double)total[0], (double)(total[0] - total[1]), &c->rates);
    c->grown = NAN;
    int status = hm_colony_run(c, start, dt);
    if (status == HM_OK && (c->living != total[1] || !isnan(c->grown))) status = note_change(c);
    if (status == HM_OK) drop_empty(c->lines, first, c->rules->n_phenotypes);
    return status;
}

static int step_all(hm_colony_t *c, const hm_lines_t *before, int64_t all, double start, double dt)
{
    const int n_phenotypes = c->rules->n_phenotypes;
    for (int64_t from = 0; from < before->n;) {
        const int64_t end = end_of_colony(before, from), first = c->lines->n;
        int64_t total[3];
        add_up(before, from, end, n_phenotypes, total);
        if (!copy_rows(before, from, end, n_phenotypes, c->lines)) return HM_ERR_FULL;
        from = end;
        if (total[1] > c->rules->most) {
            c->out->n_left++;
            continue;
        }
        const int status = step_colony(c, first, total, all, start, dt);
        if (status != HM_OK) return status;
    }
    return HM_OK;
}

static int all_known(const hm_population_t *p, const hm_lines_t *lines)
{
    for (int64_t i = 0; p->clones && i < lines->n; i++)
        if (lines->clone[i] >= p->clones->n) return 0;
    return 1;
}

int hm_population_step(const hm_population_t *population, uint32_t step, double start, double dt,
                       const hm_lines_t *before, hm_lines_t *after, double *weight, hm_departures_t *out,
                       hm_flows_t *flows)
{
    hm_clones_t clones;
    int64_t all[3];
    if (population->n_phenotypes < 1 || population->n_phenotypes > HM_MAX_PHENOTYPES) return HM_ERR_ARGUMENT;
    if (!all_known(population, before)) return HM_ERR_RANGE;
    add_up(before, 0, before->n, population->n_phenotypes, all);
    hm_colony_t c = {.rules = population, .lines = after, .weight = weight, .step = step, .out = out, .flows = *flows};
    if (population->clones) {
        clones = *population->clones;
        c.clones = &clones;
    }
    after->n = out->n_leavers = out->n_changes = out->n_left = 0;
    const int status = step_all(&c, before, all[0], start, dt);
    if (population->clones && status == HM_ERR_FULL) population->clones->wanted = clones.wanted;
    if (status != HM_OK) return status;
    if (population->clones) *population->clones = clones;
    *flows = c.flows;
    return HM_OK;
}
