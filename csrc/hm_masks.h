/* Which slots of a row have room, and which draw low enough: a bit each; not part of the interface. */
#ifndef HM_MASKS_H
#define HM_MASKS_H

#include "hm_row.h"

#define HM_WORDS (HM_SPAN / 64) /* of a span's bits */

/* Beyond the slots in use no bit of the first two is set. */
typedef struct {
    uint64_t cells[HM_WORDS];  /* a cell is there */
    uint64_t room[HM_WORDS];   /* and a neighbour is free */
    uint64_t harsh[HM_WORDS];  /* it may not be mild there */
    uint64_t picked[HM_WORDS]; /* to be looked at */
} hm_masks_t;

/* Fill `cells` for n slots; first of all. */
void hm_masks_cells(const uint8_t *kinds, int n, hm_masks_t *masks);

/* Fill `room` for n slots of one cell a site, from the bytes at `stride` of each. */
void hm_masks_room(const uint8_t *kinds, const int64_t *stride, int neighbours, int n, hm_masks_t *masks);

/* Fill `picked` for n slots. `last`: the last value of the first 16 bits of a draw at which anybody
 * does something, anywhere and where it is mild, without and with room. */
void hm_masks_pick(const uint16_t *head, int n, const uint16_t last[2][2], hm_masks_t *masks);

/* How many of n slots hold a kind: all of them, or those without room. */
int hm_masks_count(const hm_masks_t *masks, const uint8_t *kinds, int n, uint8_t kind, int enclosed);

#endif
