/* The sieve of the cell step; not part of the interface. */
#ifndef HM_SIEVE_H
#define HM_SIEVE_H

#include "hm_row.h"

/* Slots of a row that are looked at, with the first 16 bits of what they draw. */
typedef struct {
    int n;
    int32_t offset[HM_SPAN];
    uint16_t head[HM_SPAN];
    uint8_t room[HM_SPAN];     /* a neighbour may be free */
    uint8_t mild[HM_SPAN];     /* it is surely mild there: see hm_mild.h */
    uint8_t must[HM_SPAN];     /* to be looked at whatever it draws */
} hm_looked_t;

/* Whether the row and all rows that touch it are full: nobody in it has room. */
int hm_row_is_enclosed(const hm_cells_t *cells, const hm_row_t *row);

/* Sift the row from slot `from` on, as far as one span goes; returns where to go on. Adds the
 * cells that can do nothing to *idle. */
int64_t hm_sieve_span(const hm_substep_t *s, const hm_row_t *row, int64_t from, hm_looked_t *out, int64_t *idle);

#endif
