/* Cells on a lattice: propose, resolve, apply.
 *
 * The state is a set of columns over (padded site, slot); there is no list of cells, so storage
 * order cannot matter. In a sub-step each cell draws one event from its competing hazards
 * (propose), contested sites go to the lowest keyed priority (resolve), winners are written
 * (apply). No phase reads what the same phase writes, so the result is bitwise the same for any
 * number of threads.
 */
#ifndef HM_CELLS_H
#define HM_CELLS_H

#include <stdint.h>

#include "hm_field_view.h"
#include "hm_lattice.h"
#include "hm_response.h"
#include "hm_rng.h"

#define HM_EMPTY 0u
#define HM_WALL 255u
#define HM_MAX_PHENOTYPES 16
#define HM_MAX_RESPONSES 16
#define HM_MAX_TAXIS 4
#define HM_MAX_SLOTS 8
#define HM_STATES 5

enum hm_condition { HM_ACTIVE = 0, HM_DORMANT = 1, HM_NECROTIC = 2 };
enum hm_state { HM_PROLIFERATING, HM_QUIESCENT, HM_HYPOXIC, HM_STATE_NECROTIC, HM_STATE_DORMANT };

/* What a response can act on. */
enum hm_behaviour {
    HM_DIVISION, HM_DEATH, HM_NECROSIS, HM_CLEARANCE, HM_DORMANT_DEATH, HM_REACTIVATION,
    HM_INTRAVASATION, HM_SHEDDING, HM_TRANSITION, HM_MOTILITY, HM_TAXIS, HM_BEHAVIOURS
};

typedef struct {
    double rate[HM_BEHAVIOURS]; /* 1/h; per um^2 of wall for the two ways into blood; motility um^2/h */
    double cohesion;            /* chance that a neighbour goes along into the blood */
    double transition[HM_MAX_PHENOTYPES]; /* 1/h to each phenotype */
    int32_t n_taxis, n_responses;
    int32_t taxis_field[HM_MAX_TAXIS];
    double taxis[HM_MAX_TAXIS]; /* um^2/h per unit of the field */
    hm_response_t responses[HM_MAX_RESPONSES];
} hm_phenotype_t;

/* All clones of a patient, in columns; a cell's `clone` is its row. Row 0 is nobody's. */
typedef struct {
    int64_t n, capacity; /* rows in use, row 0 included; rows there are */
    int64_t wanted;      /* rows that the next sub-step may need: a smaller table stops the call */
    uint32_t *parent;    /* clone it came from; 0: there from the beginning */
    uint16_t *tissue;    /* lattice where it came into being */
    double *time;        /* of the division that founded it [h] */
    float *trait;        /* n * HM_BEHAVIOURS factors on the rates of its cells */
    double least[HM_BEHAVIOURS], most[HM_BEHAVIOURS]; /* of each trait over all clones */
} hm_clones_t;

/* At a division the daughter founds a clone with a chance; each trait is its parent's times
 * exp(drift + spread z), z standard normal, kept within 1 / limit and limit. */
typedef struct {
    double probability, limit;
    double drift[HM_BEHAVIOURS], spread[HM_BEHAVIOURS];
    hm_key_t key;
} hm_mutation_t;

typedef struct {
    hm_lattice_t lat;
    int32_t slots;
    int32_t division_neighbours; /* 4 or 8, 6 or 26 */
    uint64_t tissue;             /* index of the lattice: part of each identity */
    uint8_t *kind;               /* 0 empty, 255 wall, else 1 + 4 * phenotype + condition */
    uint32_t *clone, *founder;
    float *born;                 /* time of last division or placement [h] */
    uint8_t *proposal, *outcome; /* scratch; both are zero between steps */
    int32_t *row_cells, *row_events, *row_claims; /* scratch, (nz * ny): rows without are passed over */
    uint32_t *row_clamps, *row_harsh; /* scratch, (nz * ny): see hm_drift.h, hm_mild.h */
    double *row_range;           /* scratch, (n_fields, nz * ny, 2): see hm_drift.h */
} hm_cells_t;

typedef struct {
    int32_t n_phenotypes, n_fields;
    hm_phenotype_t phenotypes[HM_MAX_PHENOTYPES];
    const hm_field_view_t *fields; /* padded, halo filled */
    int64_t n_vessel_sites;
    const uint8_t *vessel_mask;  /* per padded site: 1 where a vessel passes */
    const int64_t *vessel_sites; /* padded, ascending */
    const double *intact_area, *ruptured_area; /* wall area per vessel site [um^2] */
    hm_key_t key_cells, key_sieve, key_priority, key_cohesion;
    double substep;              /* h */
    hm_mutation_t mutation;
    hm_clones_t *clones;         /* NULL: all traits are 1 and nobody mutates */
} hm_rules_t;

/* Flows of one call, counted at the events. */
typedef struct {
    int64_t born, died_apoptosis, died_necrosis, died_dormant, cleared, intravasated;
    int64_t transitions, reactivated, moved, blocked, clamped, mutated;
    int64_t drawn, skipped; /* cells that drew; cells that could do nothing: by their kind, or for want of room */
} hm_flows_t;

/* A cell that left for the blood. */
typedef struct {
    double time;
    int64_t site;     /* global */
    int64_t claimer;  /* identity (global site * slots + slot) of the cell that led the cluster */
    uint32_t clone, founder;
    uint8_t slot, phenotype, ruptured;
    uint8_t unused[5]; /* zero: rows can be compared byte by byte */
} hm_leaver_t;

static inline int hm_phenotype_of(uint8_t kind) { return (kind - 1) >> 2; }
static inline int hm_condition_of(uint8_t kind) { return (kind - 1) & 3; }
static inline uint8_t hm_kind(int phenotype, int condition) { return (uint8_t)(1 + 4 * phenotype + condition); }
static inline int hm_is_cell(uint8_t kind) { return kind != HM_EMPTY && kind != HM_WALL; }
static inline int hm_is_living(uint8_t kind) { return hm_is_cell(kind) && hm_condition_of(kind) != HM_NECROTIC; }

/* Write the halo of `kind`: walls where closed, the wrapped image where periodic. */
void hm_cells_halo(const hm_cells_t *cells, int num_threads);

/* Sub-steps first ... n_sub - 1 of macro step `step` that begins at `start` [h].
 * Leavers and clones are appended; when a table could overflow the call stops before that sub-step
 * (for clones, with `wanted` above `capacity`).
 * *done: first sub-step not done; flows are added to. HM_ERR_RANGE for a byte the rules do not
 * know; the sub-step in which it shows is not begun. */
int hm_cells_step(hm_cells_t *cells, const hm_rules_t *rules, uint32_t step, uint32_t first, uint32_t n_sub,
                  double start, int num_threads, int64_t capacity, hm_leaver_t *leavers, int64_t *n_leavers,
                  hm_flows_t *flows, uint32_t *done);

/* Stocks: counts[phenotype * HM_STATES + state], recounted from the columns. The halo must be
 * up to date. HM_ERR_RANGE for a byte that is no cell. */
int hm_cells_count(const hm_cells_t *cells, const hm_field_view_t *oxygen, double hypoxia, int num_threads, int64_t *counts);

/* Cells that live and necrotic ones, recounted from `kind`; cheaper than hm_cells_count, which
 * looks at neighbours. HM_ERR_RANGE for a byte that is no cell. */
int hm_cells_stock(const hm_cells_t *cells, int64_t *living, int64_t *necrotic);

/* States of n cells given by padded index (site * slots + slot); HM_ERR_RANGE where no cell is. */
int hm_cells_states(const hm_cells_t *cells, const hm_field_view_t *oxygen, double hypoxia, int64_t n, const int64_t *index,
                    uint8_t *states);

/* Living cells of each founder; founders ascending. */
void hm_cells_count_founders(const hm_cells_t *cells, int64_t n, const uint32_t *founders, int64_t *counts);

#endif
