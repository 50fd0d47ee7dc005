/* Cells as numbers: colonies that grow, sleep, die and shed, event by event in continuous time.
 *
 * A line is the cells of one founder and one clone; lines of a founder are a colony. Each colony is
 * a Markov jump process of its own, drawn exactly by the direct method (Gillespie 1977,
 * doi:10.1021/j100540a008) with random numbers keyed by (seed, stream, step, founder): the result
 * does not depend on the other colonies of the table nor on their order. What a lattice decides by
 * its sites (who has room, who touches whom) follows from a ball of as many cells, ASSUMED.
 */
#ifndef HM_POPULATION_H
#define HM_POPULATION_H

#include <stdint.h>

#include "hm_cells.h"

#define HM_CONDITIONS 3 /* of enum hm_condition */
#define HM_SIZES 18     /* of colonies: 1, 2, 4 ... 2^17 sites */
#define HM_CORES 9      /* of debris in them: radius 0, 1/8 ... 1 of theirs */

/* Columns, one row a line, ascending by (founder, clone). */
typedef struct {
    int64_t n, capacity;
    uint32_t *founder, *clone;
    int64_t *count; /* per row: cells by phenotype and condition */
} hm_lines_t;

/* A colony in which cells were born or lost. */
typedef struct {
    double grown; /* when it became two living cells [h], the first time in the step; else NaN */
    int64_t living;
    uint32_t founder;
    uint32_t unused;
} hm_change_t;

/* Of a cell [1/h], fields and wall areas included. */
typedef struct {
    double rate[HM_MAX_PHENOTYPES][HM_BEHAVIOURS];
    double inner[HM_MAX_PHENOTYPES]; /* division below the shell with room, where a place came free */
    double transition[HM_MAX_PHENOTYPES][HM_MAX_PHENOTYPES];
} hm_rates_t;

typedef struct {
    int32_t n_phenotypes;
    const double *rates; /* by size, core, phenotype: rate, inner, transitions to each; means over living cells */
    double cohesion[HM_MAX_PHENOTYPES];
    double most_rate[HM_MAX_PHENOTYPES][HM_CONDITIONS]; /* of all a cell can do: hm_population_bound */
    int32_t dim, slots;
    double shell[HM_MAX_PHENOTYPES][HM_SIZES]; /* cells that near to a ball's surface have room to divide [sites] */
    double initial[HM_MAX_PHENOTYPES][HM_SIZES]; /* the same of the initial cells of a primary, in this step */
    double spread[HM_MAX_PHENOTYPES][HM_SIZES]; /* between colonies that grew from one cell: see hm_population_shell */
    double capacity; /* cells the tissue holds */
    int64_t most;    /* a colony of more living cells is left as it is */
    uint64_t tissue; /* index: part of each identity */
    hm_key_t key, key_spread;
    hm_mutation_t mutation;
    hm_clones_t *clones; /* NULL: all traits are 1 and nobody mutates */
} hm_population_t;

/* What a step gives: tables with room for so many rows. */
typedef struct {
    int64_t n_leavers, leavers_capacity;
    hm_leaver_t *leavers; /* by colony, then in order of time; site -1, claimers numbered from 0 */
    int64_t n_changes, changes_capacity;
    hm_change_t *changes; /* by colony */
    int64_t n_left; /* colonies left as they are */
} hm_departures_t;

/* Fill most_rate once rates are set. */
void hm_population_bound(hm_population_t *p);

/* Share of a colony's active cells that have room to divide [1]: a ball of `occupied` cells with a
 * `shell` [sites] of them (by size; beyond the largest it stays), among `others` in the same tissue.
 * The others divide as often as cells of their kind go, into the places left. */
double hm_population_room(const hm_population_t *p, const double shell[HM_SIZES], double occupied, double others);

/* Depth of the shell of a founder's colony by size [sites], the mean over `living` cells by phenotype.
 * Where the first cells went by chance makes a colony wide or narrow for long: its share with room is
 * that of a mean colony of exp(-spread * z) times the size, z standard normal, one a colony. The
 * initial cells of a primary are as they were put. */
void hm_population_shell(const hm_population_t *p, uint32_t founder, const double *living, double shell[HM_SIZES]);

/* Rates of the cells of a ball of `occupied` cells, `debris` of them its dead core: linear between
 * the sizes and cores of the table. */
void hm_population_rates(const hm_population_t *p, double occupied, double debris, hm_rates_t *out);

/* Numbers of the table for one size and core. */
static inline int hm_population_width(int n_phenotypes) { return n_phenotypes * (HM_BEHAVIOURS + 1 + n_phenotypes); }

/* Neighbours that a cell of a ball of `occupied` cells touches on average, and at `most`: of all
 * faces those of the ball's own surface are free (its projected area along each axis, twice). */
double hm_population_contacts(const hm_population_t *p, double occupied, double *most);

/* Macro step `step` from `start` [h] for `dt` [h]; lines without cells are dropped. `weight`: scratch
 * of 2 * after->capacity. Flows are added to. HM_ERR_FULL where a table is too small (for clones,
 * with `wanted` above `capacity`): nothing has happened then, call again with larger ones. */
int hm_population_step(const hm_population_t *population, uint32_t step, double start, double dt,
                       const hm_lines_t *before, hm_lines_t *after, double *weight, hm_departures_t *out,
                       hm_flows_t *flows);

#endif
