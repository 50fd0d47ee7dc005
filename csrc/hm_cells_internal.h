/* What the phases of a sub-step share; not part of the interface. */
#ifndef HM_CELLS_INTERNAL_H
#define HM_CELLS_INTERNAL_H

#include <string.h>

#include "hm_cells.h"

/* A proposal is a byte: what << 5 | detail. */
enum { HM_NOTHING = 0, HM_DIVIDE = 1, HM_MOVE = 2, HM_LOCAL = 3, HM_SWITCH = 4 };
enum { /* details of HM_LOCAL */
    HM_DIE, HM_BECOME_NECROTIC, HM_CLEAR, HM_DIE_DORMANT, HM_REACTIVATE, HM_ENTER, HM_SHED, HM_LEAVE
};
#define HM_SELF HM_MAX_NEIGHBOURS /* direction of a division into the own site */

/* Coordinates of a cell and where its columns stand. */
typedef struct {
    int64_t z, y, x;
    int64_t site;  /* padded */
    int32_t slot;
} hm_place_t;

/* Rounding of an upper bound against the exact sums: relative and absolute. */
#define HM_SLACK 1e-9
#define HM_TINY 1e-12

#define HM_KINDS (3 * HM_MAX_PHENOTYPES) /* bytes of cells */

static inline int hm_is_walk(int behaviour) { return behaviour == HM_MOTILITY || behaviour == HM_TAXIS; }

/* Limits of a phenotype's walk, whatever the fields that responses read. */
typedef struct {
    double least_motility, most_taxis; /* um^2/h; a quarter of the factor, as in the weights */
    int responds; /* a field changes it */
} hm_walk_t;

/* Where a field is on one side of a threshold, the largest hazard that fields can put down is put
 * down nearly all the way: most cells that such a hazard would have looked at need not be. */
typedef struct {
    int32_t field; /* < 0: there is none */
    int32_t below; /* mild at or below the threshold, else above */
    double threshold;
} hm_mild_t;

/* What the rules allow at most in a sub-step: spares most cells the exact hazards. */
typedef struct {
    double hazard[2][256]; /* upper bound of dt * (sum of hazards other than moves): anywhere and where it is mild */
    /* Such a cell does something only at draws whose first 16 bits are below this, if no weight is
     * clamped: anywhere and where it is mild, without and with a free neighbour. 0: nothing. */
    uint32_t limit[2][2][256];
    hm_mild_t mild;
    uint32_t limit_enclosed; /* the largest without a free neighbour */
    uint16_t last[2][2];     /* last value of these bits at which anybody does something */
    int n_unable, n_tied;
    uint8_t unable[HM_KINDS], tied[HM_KINDS]; /* who can do nothing; who can do nothing without a free neighbour */
    int64_t stride[HM_MAX_NEIGHBOURS];        /* to the neighbour in each direction [sites] */
    int64_t lead[256], lead_rows[256]; /* where a proposal leads, off periodic sides [sites, rows] */
    int section; /* logarithm of the sites whose mildness is known as one */
    hm_walk_t walk[HM_MAX_PHENOTYPES];
    double entry[HM_MAX_PHENOTYPES]; /* into the blood, at most [1/h] */
    double scale;       /* dt / spacing^2 [h/um^2] */
} hm_plan_t;

typedef struct {
    hm_cells_t *cells;
    const hm_rules_t *rules;
    const hm_plan_t *plan;
    uint32_t step, sub;
    double now; /* end of the sub-step [h] */
    int threads;
} hm_substep_t;

/* What the rows of a phase add up. */
typedef struct {
    hm_flows_t flows;
    int64_t claims;    /* cells that propose to enter the blood */
    int64_t strangers; /* cells of clones that the table does not hold */
    int64_t mutants;   /* divisions that found a clone if they find room */
} hm_tally_t;

static inline uint8_t hm_proposal(int what, int detail) { return (uint8_t)(what << 5 | detail); }
static inline int hm_what(uint8_t proposal) { return proposal >> 5; }
static inline int hm_detail(uint8_t proposal) { return proposal & 31; }

static inline int hm_is_claim(uint8_t proposal)
{
    return proposal == hm_proposal(HM_LOCAL, HM_ENTER) || proposal == hm_proposal(HM_LOCAL, HM_SHED);
}

static inline int64_t hm_index(const hm_cells_t *c, const hm_place_t *p) { return p->site * c->slots + p->slot; }

/* Global site * slots + slot: independent of halo and block. */
static inline int64_t hm_rank(const hm_cells_t *c, const hm_place_t *p)
{
    return hm_global_site(&c->lat, p->z, p->y, p->x) * c->slots + p->slot;
}

static inline uint64_t hm_identity(const hm_cells_t *c, const hm_place_t *p)
{
    return c->tissue << 48 | (uint64_t)hm_rank(c, p);
}

/* The site of a padded slot. */
static inline int64_t hm_site_of(const hm_cells_t *c, int64_t at) { return c->slots == 1 ? at : at / c->slots; }

/* The place of the j-th slot of a row. */
static inline hm_place_t hm_place_in_row(const hm_cells_t *c, int64_t z, int64_t y, int64_t j)
{
    const int64_t x = c->slots == 1 ? j : j / c->slots;
    return (hm_place_t){z, y, x, hm_site(&c->lat, z, y, x), (int32_t)(j - x * c->slots)};
}

/* The first of n bytes from `from` on that is not zero; n if none is. */
static inline int64_t hm_next_nonzero(const uint8_t *bytes, int64_t from, int64_t n)
{
    for (uint64_t word[8]; from + 64 <= n; from += 64) {
        memcpy(word, bytes + from, sizeof word);
        if ((word[0] | word[1] | word[2] | word[3]) | (word[4] | word[5] | word[6] | word[7])) break;
    }
    for (uint64_t word; from + 8 <= n; from += 8) {
        memcpy(&word, bytes + from, sizeof word);
        if (word) break;
    }
    while (from < n && bytes[from] == 0) from++;
    return from;
}

/* Neighbouring place in a direction (slot 0); 0 if outside. HM_SELF is the place itself. */
static inline int hm_step_to(const hm_cells_t *c, const hm_place_t *p, int direction, hm_place_t *to)
{
    *to = *p;
    to->slot = 0;
    if (direction == HM_SELF) return 1;
    if (!hm_neighbour(&c->lat, p->z, p->y, p->x, direction, &to->z, &to->y, &to->x)) return 0;
    to->site = hm_site(&c->lat, to->z, to->y, to->x);
    return 1;
}

static inline int hm_free_slots(const hm_cells_t *c, int64_t site)
{
    int n = 0;
    for (int32_t k = 0; k < c->slots; k++) n += c->kind[site * c->slots + k] == HM_EMPTY;
    return n;
}

static inline int64_t hm_rows(const hm_lattice_t *lat) { return lat->nz * lat->ny; }

/* The place of the j-th slot of a row, given as padded slot. */
static inline hm_place_t hm_place_at(const hm_cells_t *c, int64_t row, int64_t at)
{
    const int64_t z = row / c->lat.ny, y = row % c->lat.ny;
    return hm_place_in_row(c, z, y, at - hm_site(&c->lat, z, y, 0) * c->slots);
}

/* Whether a daughter of a cell in this site would find a free slot. */
static inline int hm_has_room(const hm_cells_t *c, int64_t site)
{
    const hm_offset_t *o = hm_offsets(&c->lat);
    if (c->slots > 1 && hm_free_slots(c, site) > 0) return 1;
    for (int d = 0; d < c->division_neighbours; d++) {
        const int64_t t = site + o[d].z * c->lat.sz + o[d].y * c->lat.sy + o[d].x;
        if (c->slots == 1 ? c->kind[t] == HM_EMPTY : hm_free_slots(c, t) > 0) return 1;
    }
    return 0;
}

/* The direction that leads back. */
static inline int hm_opposite(int direction) { return direction == HM_SELF ? HM_SELF : direction ^ 1; }

/* Bounds for `rules`; to be made again when rules, vessels or the sub-step change. */
void hm_plan_make(const hm_cells_t *cells, const hm_rules_t *rules, hm_plan_t *plan);

/* Phases; each runs over blocks of rows in parallel and adds to its own tally. */
void hm_propose_rows(const hm_substep_t *s, int64_t first, int64_t end, hm_tally_t *tally);
void hm_resolve_rows(const hm_substep_t *s, int64_t first, int64_t end); /* where sites hold several */
void hm_apply_rows(const hm_substep_t *s, int64_t first, int64_t end, hm_tally_t *tally);

/* Claims of clusters, resolved before targets. Counts members first; writes when they fit. */
int64_t hm_claims_settle(const hm_substep_t *s, int64_t capacity, hm_leaver_t *leavers);

/* Whether the daughter of a division by this cell founds a clone. */
int hm_mutates(const hm_substep_t *s, uint64_t mother);

/* Number the clones founded in a sub-step in the order of their mothers, (site, slot), and draw
 * their traits; `outcome` still says which daughters do. Returns 1 if a trait is now beyond all
 * others: the plan is to be made again. */
int hm_mutants_settle(const hm_substep_t *s);

/* Priority of a proposal: the lower wins, ties by identity. */
int hm_precedes(const hm_substep_t *s, const hm_place_t *a, const hm_place_t *b);

#endif
