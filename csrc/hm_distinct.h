/* Distinct values of a list, in ascending order, and which of them each entry is. */
#ifndef HM_DISTINCT_H
#define HM_DISTINCT_H

#include <stdint.h>

/* values: (n) 0 to `largest`; distinct: (n) of which the first `count` are filled; number: (n) place of each value
 * in it. room: (2 n). By sorting digit for digit. HM_ERR_RANGE for a value below 0 or above `largest`, and where n
 * or `largest` do not fit in 32 bits. */
int hm_distinct(int64_t n, const int64_t *values, int64_t largest, uint64_t *room, int64_t *distinct, int64_t *number,
                int64_t *count);

#endif
