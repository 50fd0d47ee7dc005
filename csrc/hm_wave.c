#include "hm_wave.h"

/* Slices of a thread below which passes are run one after another: its ends would be most. */
#define LEAST_SLICES (3 * HM_WAVE_STAGES)

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* Slices [lo, hi) of one stage; a pair of slices is done with its last one. */
static void run_slices(const hm_wave_t *w, int k, int64_t lo, int64_t hi)
{
    const hm_wave_stage_t *s = &w->stage[k];
    const int64_t from = lo / s->every, to = hi == w->slices ? (hi + s->every - 1) / s->every : hi / s->every;
    if (lo < hi && from < to) w->run(w->context, k, least(from * s->unit, s->rows), least(to * s->unit, s->rows));
}

static void run_one_by_one(const hm_wave_t *w, hm_team_t team)
{
    for (int k = 0; k < w->stages; k++) {
        const hm_range_t r = hm_team_range(team, w->stage[k].rows);
        w->run(w->context, k, r.lo, r.hi);
        hm_team_barrier(team);
    }
}

/* The thread's slices, in pairs. */
static hm_range_t own_slices(const hm_wave_t *w, hm_team_t team)
{
    const hm_range_t pairs = hm_team_range(team, (w->slices + 1) / 2);
    return (hm_range_t){.lo = 2 * pairs.lo, .hi = least(2 * pairs.hi, w->slices)};
}

/* The part of them that stage k can do without waiting. */
static hm_range_t inner_slices(const hm_wave_t *w, int k, hm_range_t own)
{
    const int reach = w->stage[k].reach;
    const int64_t lo = own.lo > 0 || w->open ? least(own.lo + reach, own.hi) : own.lo;
    const int64_t hi = own.hi < w->slices || w->open ? own.hi - reach : own.hi;
    return (hm_range_t){.lo = lo, .hi = hi > lo ? hi : lo};
}

void hm_wave_run(const hm_wave_t *w, hm_team_t team)
{
    if (w->slices < LEAST_SLICES * (int64_t)team.size) {
        run_one_by_one(w, team);
        return;
    }
    const hm_range_t own = own_slices(w, team);
    for (int64_t t = own.lo; t < own.hi + w->stages; t++) {
        for (int k = 0; k < w->stages; k++) {
            const hm_range_t inner = inner_slices(w, k, own);
            if (t - k >= inner.lo && t - k < inner.hi) run_slices(w, k, t - k, t - k + 1);
        }
    }
    for (int k = 0; k < w->stages; k++) {
        const hm_range_t inner = inner_slices(w, k, own);
        hm_team_barrier(team);
        run_slices(w, k, own.lo, inner.lo);
        run_slices(w, k, inner.hi, own.hi);
    }
    hm_team_barrier(team);
}
