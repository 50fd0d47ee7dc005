/* hm_field_saturable.c in single precision: see hm_real.h. */
#define HM_SINGLE
#include "hm_field_saturable.c"
