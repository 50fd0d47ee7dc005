/* Rows of a lattice as the phases of a sub-step walk them; not part of the interface. */
#ifndef HM_ROW_H
#define HM_ROW_H

#include "hm_cells_internal.h"

#define HM_SPAN (8 * HM_EIGHTHS) /* slots of a row dealt with in one go */
#define HM_BATCH 64              /* cells gathered over rows, so that memory is asked for in time */

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

static inline hm_row_t hm_row_of(const hm_cells_t *c, int64_t number)
{
    const int64_t z = number / c->lat.ny, y = number % c->lat.ny;
    const hm_place_t start = hm_place_in_row(c, z, y, 0);
    return (hm_row_t){
        .number = number, .z = z, .y = y, .site = start.site, .n = c->lat.nx * c->slots,
        .identity = hm_identity(c, &start), .kinds = c->kind + start.site * c->slots,
    };
}

static inline int64_t hm_row_number(const hm_cells_t *c, const hm_place_t *p) { return p->z * c->lat.ny + p->y; }

/* Slots from j to the end of the row, HM_SPAN at most. */
static inline int hm_part_of(const hm_row_t *row, int64_t j) { return (int)(row->n - j < HM_SPAN ? row->n - j : HM_SPAN); }

/* Bit k: byte k of eight is not zero. */
static inline uint64_t hm_nonzero_bits(const uint8_t *bytes)
{
    const uint64_t low = 0x7F7F7F7F7F7F7F7Fu;
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    word = ((((word & low) + low) | word) & ~low) >> 7;
    return word * 0x0102040810204080u >> 56;
}

/* Indices of those of n bytes that are not zero, ascending; returns how many. n: at most HM_SPAN. */
static inline int hm_gather(const uint8_t *bytes, int n, int32_t indices[HM_SPAN])
{
    int found = 0;
    for (int j = 0; j < n; j += 64) {
        uint8_t rest[64] = {0};
        const uint8_t *part = bytes + j;
        uint64_t mask = 0;
        if (n - j < 64) part = memcpy(rest, part, (size_t)(n - j));
        for (int k = 0; k < 8; k++) mask |= hm_nonzero_bits(part + 8 * k) << (8 * k);
        for (; mask; mask &= mask - 1u) indices[found++] = j + __builtin_ctzll(mask);
    }
    return found;
}

#endif
