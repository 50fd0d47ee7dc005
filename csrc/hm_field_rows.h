/* Rows of a lattice, shared by the files hm_field*.c. */
#ifndef HM_FIELD_ROWS_H
#define HM_FIELD_ROWS_H

#include "hm_lattice.h"
#include "hm_parallel.h"
#include "hm_real.h"

static inline int64_t hm_field_sites(const hm_lattice_t *lat) { return lat->nz * lat->ny * lat->nx; }

static inline int64_t hm_field_row_count(const hm_lattice_t *lat) { return lat->nz * lat->ny; }

#define HM_STRETCH 32 /* sites that are looked at in one go to see whether there is work */

/* Index of the first site of a row. */
static inline int64_t hm_field_row_at(const hm_lattice_t *lat, int64_t row)
{
    return hm_site(lat, row / lat->ny, row % lat->ny, 0);
}

/* The largest of `bits` and the magnitudes of a row. */
HM_INLINE hm_real_bits_t hm_field_row_maximum(const hm_real_t *restrict row, int64_t n, hm_real_bits_t bits)
{
    HM_OMP(simd reduction(max : bits))
    for (int64_t x = 0; x < n; x++) {
        const hm_real_bits_t m = hm_magnitude_bits(row[x]);
        bits = m > bits ? m : bits;
    }
    return bits;
}

#endif
