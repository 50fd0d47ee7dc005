/* A field as the cells read it, of either precision. */
#ifndef HM_FIELD_VIEW_H
#define HM_FIELD_VIEW_H

#include <stdint.h>

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

/* Ask for a value that will be read soon. */
HM_INLINE void hm_field_view_fetch(const hm_field_view_t *field, int64_t site)
{
    HM_FETCH((const char *)field->values + site * (field->is_single ? 4 : 8));
}

/* Difference of the neighbours on both sides along an axis. */
static inline double hm_field_view_slope(const hm_field_view_t *field, int64_t site, int64_t stride)
{
    return hm_field_view_at(field, site + stride) - hm_field_view_at(field, site - stride);
}

#endif
