/* The sieve of the cell step; not part of the interface. */
#ifndef HM_SIEVE_H
#define HM_SIEVE_H

#include "hm_cells_internal.h"

#define HM_SPAN (8 * HM_EIGHTHS) /* slots of a row sifted in one go */

/* A row as it stands in a sub-step. */
typedef struct {
    int64_t number, z, y;
    int64_t site;       /* padded, its first */
    int64_t n;          /* slots */
    uint64_t identity;  /* of its first slot */
    const uint8_t *kinds;
    uint32_t clamps;    /* bit p: a weight of phenotype p may be clamped */
    int is_enclosed;    /* nobody has room */
} hm_row_t;

/* Slots of a row that are looked at, with the first 16 bits of what they draw. */
typedef struct {
    int n;
    int32_t offset[HM_SPAN];
    uint16_t head[HM_SPAN];
} hm_looked_t;

hm_row_t hm_row_of(const hm_cells_t *cells, int64_t number);

/* Sift the row from slot `from` on, as far as one span goes; returns where to go on. Adds the
 * cells that can do nothing to *idle. */
int64_t hm_sieve_span(const hm_substep_t *s, const hm_row_t *row, int64_t from, hm_looked_t *out, int64_t *idle);

#endif
