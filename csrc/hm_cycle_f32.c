/* hm_cycle.c in single precision: see hm_real.h. */
#define HM_SINGLE
#include "hm_cycle.c"
