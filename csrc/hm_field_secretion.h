/* Secretion that responds to other fields, such as VEGF of cells that lack oxygen. */
#ifndef HM_FIELD_SECRETION_H
#define HM_FIELD_SECRETION_H

#include <stdint.h>

#include "hm_lattice.h"
#include "hm_real.h"
#include "hm_response.h"

#define HM_MAX_SECRETION_RESPONSES 64

/* A cell of byte k secretes rate[k] times the factors of its responses, first[k] ... end[k] - 1;
 * the `field` of a response is its number in `u`. Bytes that do not respond have rate 0 here. */
typedef struct {
    double scale;              /* multiplies all rates */
    const double *rate;        /* (256) [unit/h] */
    const uint8_t *first, *end; /* (256) */
    int32_t n_responses, n_fields;
    const hm_response_t *responses;
    const hm_real_t *const *u; /* padded */
} hm_field_secretion_t;

/* HM_ERR_NOT_FINITE for a rate that is not finite, HM_ERR_ARGUMENT for a negative one,
 * HM_ERR_RANGE for a response or field outside its table. */
int hm_field_secretion_check(const hm_field_secretion_t *by);

/* Add it to the source in rows lo ... hi - 1. Returns the bits of the largest magnitude there. */
hm_real_bits_t hm_field_secretion_rows(const hm_lattice_t *lat, const hm_field_secretion_t *by, const uint8_t *kind,
                                       int32_t slots, int64_t lo, int64_t hi, hm_real_t *source);

/* Add it to the source of every site; *largest: of the magnitudes there. */
int hm_field_add_secretion(const hm_lattice_t *lat, const hm_field_secretion_t *by, const uint8_t *kind, int32_t slots,
                           int num_threads, hm_real_t *source, double *largest);

#endif
