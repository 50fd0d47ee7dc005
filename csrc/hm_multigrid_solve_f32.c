/* hm_multigrid_solve.c in single precision: see hm_real.h. */
#define HM_SINGLE
#include "hm_multigrid_solve.c"
