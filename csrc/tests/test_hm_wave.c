#include <stdlib.h>
#include <string.h>

#include "hm_parallel.h"
#include "hm_test.h"
#include "hm_wave.h"

#define MOST_ROWS 4000

/* Times that each row was visited, by stage, and visits that came too early. */
typedef struct {
    const hm_wave_t *wave;
    int visits[HM_WAVE_STAGES][MOST_ROWS];
    int early;
} record_t;

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* Whether a slice of a fine stage is done; slices beyond the ends count as done unless they wrap. */
static int is_done(const record_t *r, int stage, int64_t slice)
{
    const hm_wave_t *w = r->wave;
    if (w->open) slice = (slice + w->slices) % w->slices;
    if (slice < 0 || slice >= w->slices) return 1;
    const hm_wave_stage_t *s = &w->stage[stage];
    for (int64_t i = slice * s->unit; i < least((slice + 1) * s->unit, s->rows); i++)
        if (r->visits[stage][i] != 1) return 0;
    return 1;
}

/* Row i of a stage needs the stage before in its own and the neighbouring slices. */
static void visit(void *context, int stage, int64_t lo, int64_t hi)
{
    record_t *r = context;
    const hm_wave_stage_t *s = &r->wave->stage[stage];
    for (int64_t i = lo; i < hi; i++) {
        const int64_t first = i / s->unit * s->every;
        for (int64_t p = first - 1; stage > 0 && p <= first + s->every; p++)
            if (!is_done(r, stage - 1, p)) {
                HM_OMP(atomic)
                r->early++;
            }
        r->visits[stage][i]++;
    }
}

static void check(int64_t slices, int64_t unit, int open, int threads)
{
    static record_t record;
    hm_wave_t wave = {.slices = slices, .open = open, .stages = HM_WAVE_STAGES, .run = visit, .context = &record};
    for (int k = 0; k < wave.stages; k++)
        wave.stage[k] = (hm_wave_stage_t){.rows = slices * unit, .unit = unit, .every = 1, .reach = k};
    wave.stage[HM_WAVE_STAGES - 1] =
        (hm_wave_stage_t){.rows = (slices + 1) / 2, .unit = 1, .every = 2, .reach = HM_WAVE_STAGES};
    memset(&record, 0, sizeof record);
    record.wave = &wave;
    HM_PARALLEL(threads)
    {
        hm_wave_run(&wave, hm_team_here());
    }
    HM_CHECK(record.early == 0);
    for (int k = 0; k < wave.stages; k++)
        for (int64_t i = 0; i < wave.stage[k].rows; i++) HM_CHECK(record.visits[k][i] == 1);
}

int main(void)
{
    const int64_t slices[] = {1, 2, 7, 15, 16, 31, 46, 64, 101};
    for (size_t k = 0; k < sizeof slices / sizeof slices[0]; k++)
        for (int threads = 1; threads <= 3; threads++)
            for (int open = 0; open < 2; open++) check(slices[k], 3, open, threads);
    return HM_REPORT();
}
