#include "hm_core.h"

const char *hm_status_text(int status)
{
    switch (status) {
    case HM_OK: return "no error";
    case HM_ERR_ARGUMENT: return "a size or parameter is out of range";
    case HM_ERR_NOT_FINITE: return "a result is not finite";
    case HM_ERR_CONVERGENCE: return "the iteration stopped above its tolerance";
    case HM_ERR_FULL: return "the output table is too small";
    case HM_ERR_RANGE: return "an index lies outside its table";
    default: return "unknown status";
    }
}

int hm_has_openmp(void)
{
#ifdef _OPENMP
    return 1;
#else
    return 0;
#endif
}

int hm_threads_for(int64_t n, int num_threads)
{
    return n < HM_SERIAL_BELOW || num_threads < 1 ? 1 : num_threads;
}
