/* Rows of a lattice as the phases of a sub-step walk them; not part of the interface. */
#ifndef HM_ROW_H
#define HM_ROW_H

#include "hm_cells_internal.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define HM_SPAN (8 * HM_EIGHTHS) /* slots of a row dealt with in one go */
#define HM_GATHERED (HM_SPAN + 4) /* indices that hm_gather may write over */
#define HM_BATCH 256              /* cells gathered over rows, so that memory is asked for in time */

/* A row as it stands in a sub-step. */
typedef struct {
    int64_t number, z, y;
    int64_t site;       /* padded, its first */
    int64_t n;          /* slots */
    uint64_t identity;  /* of its first slot */
    const uint8_t *kinds;
    uint32_t clamps;    /* bit p: a weight of phenotype p may be clamped */
    uint32_t harsh;     /* see hm_mild.h */
    int is_enclosed;    /* nobody has room */
} hm_row_t;

static inline hm_row_t hm_row_of(const hm_cells_t *c, int64_t number)
{
    const int64_t z = number / c->lat.ny, y = number % c->lat.ny;
    const hm_place_t start = hm_place_in_row(c, z, y, 0);
    return (hm_row_t){
        .number = number, .z = z, .y = y, .site = start.site, .n = c->lat.nx * c->slots,
        .identity = hm_identity(c, &start), .kinds = c->kind + start.site * c->slots,
    };
}

/* Go on to the next row: without the divisions. */
static inline void hm_row_advance(const hm_cells_t *c, hm_row_t *row)
{
    int64_t rows = 1;
    row->number++, row->y++;
    if (row->y == c->lat.ny) row->y = 0, row->z++, rows = 3;
    row->site += rows * c->lat.sy;
    row->kinds += rows * c->lat.sy * c->slots;
    row->identity += (uint64_t)row->n;
}

static inline int64_t hm_row_number(const hm_cells_t *c, const hm_place_t *p) { return p->z * c->lat.ny + p->y; }

/* Forget what the row's cells proposed in the last sub-step. */
static inline void hm_row_wipe(const hm_cells_t *c, const hm_row_t *row)
{
    if (c->row_events[row->number]) memset(c->proposal + row->site * c->slots, 0, (size_t)row->n);
}

/* Slots from j to the end of the row, HM_SPAN at most. */
static inline int hm_part_of(const hm_row_t *row, int64_t j) { return (int)(row->n - j < HM_SPAN ? row->n - j : HM_SPAN); }

/* Bit k: byte k of 64 is not zero. */
static inline uint64_t hm_nonzero_bits(const uint8_t *bytes)
{
    uint64_t mask = 0;
#if defined(__SSE2__)
    for (int k = 0; k < 64; k += 16) {
        const __m128i part = _mm_loadu_si128((const __m128i *)(const void *)(bytes + k));
        const int zeros = _mm_movemask_epi8(_mm_cmpeq_epi8(part, _mm_setzero_si128()));
        mask |= (uint64_t)(uint16_t)~zeros << k;
    }
#else
    for (int k = 0; k < 64; k++) mask |= (uint64_t)(bytes[k] != 0) << k;
#endif
    return mask;
}

/* Indices of the bits of n words that are set, ascending; returns how many. */
int hm_gather_bits(const uint64_t *words, int n, int32_t indices[HM_GATHERED]);

/* Indices of those of n bytes that are not zero, ascending; returns how many. n: at most HM_SPAN. */
int hm_gather(const uint8_t *bytes, int n, int32_t indices[HM_GATHERED]);

#endif
