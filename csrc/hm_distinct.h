/* Distinct values of a list, in ascending order, and which of them each entry is. */
#ifndef HM_DISTINCT_H
#define HM_DISTINCT_H

#include <stdint.h>

/* values: (n) 0 to `largest`; distinct: (n) of which the first `count` are filled; number: (n) place of each value
 * in it. room: (4 n). By sorting digit for digit. HM_ERR_RANGE for a value below 0 or above `largest`. */
int hm_distinct(int64_t n, const int64_t *values, int64_t largest, int64_t *room, int64_t *distinct, int64_t *number,
                int64_t *count);

#endif
