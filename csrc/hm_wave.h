/* Several passes over the rows of a grid as one: while the rows of a slice are still in a cache,
 * the next pass works on the slice behind it.
 *
 * A slice is a plane of a 3-D grid or some rows of a 2-D one; a stage needs the results of the
 * stage before it in the slices next to its own. Each thread runs the stages over its slices and
 * leaves out those near the border to another thread's (or to the wrapped image), which follow
 * stage by stage between barriers. The order of a stage's rows never matters, so that the results
 * are those of one pass after another, for any number of threads.
 */
#ifndef HM_WAVE_H
#define HM_WAVE_H

#include <stdint.h>

#include "hm_parallel.h"

#define HM_WAVE_STAGES 6
#define HM_WAVE_SLICE 8 /* rows of a slice in 2-D: even */

typedef struct {
    int64_t rows; /* of the grid it works on */
    int64_t unit; /* rows that belong to `every` slices */
    int every;    /* 1, or 2 for a stage on the next coarser grid */
    int reach;    /* slices near an open end in which it has to wait for the neighbour */
} hm_wave_stage_t;

typedef struct {
    int64_t slices;
    int open; /* 1: the axis of the slices wraps */
    int stages;
    hm_wave_stage_t stage[HM_WAVE_STAGES];
    void (*run)(void *context, int stage, int64_t lo, int64_t hi); /* on rows [lo, hi) */
    void *context;
} hm_wave_t;

/* Run all stages with the threads of a team; all of them call it, and leave it together. */
void hm_wave_run(const hm_wave_t *wave, hm_team_t team);

#endif
