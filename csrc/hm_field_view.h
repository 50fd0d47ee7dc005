/* A field as the cells read it, of either precision. */
#ifndef HM_FIELD_VIEW_H
#define HM_FIELD_VIEW_H

#include <stdint.h>

#include "hm_lattice.h"
#include "hm_parallel.h"

typedef struct {
    const void *values; /* padded */
    int32_t is_single;  /* float, else double */
} hm_field_view_t;

static inline double hm_field_view_at(const hm_field_view_t *field, int64_t site)
{
    if (field->is_single) return (double)((const float *)field->values)[site];
    return ((const double *)field->values)[site];
}

/* Ask for a value that will be read soon. Inlined, as gcc drops calls of functions that only ask. */
HM_INLINE void hm_field_view_fetch(const hm_field_view_t *field, int64_t site)
{
    HM_FETCH((const char *)field->values + site * (field->is_single ? 4 : 8));
}

/* The same for n values from a site on. */
HM_INLINE void hm_field_view_fetch_row(const hm_field_view_t *field, int64_t site, int64_t n)
{
    const int64_t size = field->is_single ? 4 : 8;
    const char *at = (const char *)field->values + site * size;
    for (int64_t i = 0; i < n * size; i += 64) HM_FETCH(at + i);
}

/* The same for a value and those beside it. */
HM_INLINE void hm_field_view_fetch_around(const hm_field_view_t *field, const hm_lattice_t *lat, int64_t site)
{
    const int64_t size = field->is_single ? 4 : 8, y = lat->sy * size, z = lat->sz * size;
    const char *at = (const char *)field->values + site * size;
    HM_FETCH(at);
    HM_FETCH(at - y);
    HM_FETCH(at + y);
    if (lat->dim == 2) return;
    HM_FETCH(at - z);
    HM_FETCH(at + z);
}

/* Difference of the neighbours on both sides along an axis. */
static inline double hm_field_view_slope(const hm_field_view_t *field, int64_t site, int64_t stride)
{
    return hm_field_view_at(field, site + stride) - hm_field_view_at(field, site - stride);
}

#endif
