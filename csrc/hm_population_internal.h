/* What the files of the population kernel share; not part of the interface. */
#ifndef HM_POPULATION_INTERNAL_H
#define HM_POPULATION_INTERNAL_H

#include "hm_population.h"

#define HM_INITIAL 0u /* founder of the initial cells of a primary: they begin packed */

/* One colony in a step. */
typedef struct {
    const hm_population_t *rules;
    hm_clones_t *clones; /* NULL where traits are 1 */
    hm_lines_t *lines;
    int64_t first;       /* its rows: first ... lines->n - 1, the last of the table */
    double *weight;      /* per row of the table: rate of divisions that need room, of all else [1/h] */
    int64_t occupied, living, active;
    hm_rates_t rates;    /* of its cells, as it is when a step begins */
    double shell[HM_SIZES]; /* its cells that near to the surface have room, by size [sites] */
    double grown;        /* when it became two living cells; NaN: not in this step */
    double others;       /* cells of other colonies when the step began */
    uint64_t identity;
    uint32_t step, draws, births;
    int64_t claims;      /* entries into the blood of all colonies so far */
    hm_departures_t *out;
    hm_flows_t flows;
} hm_colony_t;

/* Whether a colony's first draw lies beyond all that could happen in `dt` [h]; spares most of those
 * that sleep the exact rates. Colonies whose clones have traits are not looked at. */
int hm_colony_rests(const hm_colony_t *colony, double dt);

/* Run a colony from `start` for `dt` [h]; HM_ERR_FULL where a table is too small. */
int hm_colony_run(hm_colony_t *colony, double start, double dt);

/* A cell of row `row` and phenotype `p` enters the blood at `time`, others may go along. */
int hm_colony_depart(hm_colony_t *colony, int64_t row, int p, int ruptured, double time);

static inline int64_t *hm_counts(const hm_colony_t *c, int64_t row)
{
    return c->lines->count + row * c->rules->n_phenotypes * HM_CONDITIONS;
}

static inline hm_block_t hm_colony_draw(hm_colony_t *c)
{
    return hm_draw(c->rules->key, c->identity, c->step, c->draws++);
}

/* Add an entry of the table of rates, `weight` times. */
void hm_rates_add(const hm_population_t *p, int entry, double weight, hm_rates_t *sum);

/* Rates of a line from its counts. */
void hm_colony_weigh(hm_colony_t *colony, int64_t row);

#endif
