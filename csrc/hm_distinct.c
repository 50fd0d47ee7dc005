#include "hm_distinct.h"

#include <string.h>

#include "hm_core.h"

#define DIGIT 11
#define DIGITS (1 << DIGIT)

typedef struct {
    int64_t value, entry;
} hm_listed_t;

/* Order by the digit that begins at bit `shift`; equal digits keep their order. */
static void by_digit(int64_t n, const hm_listed_t *from, hm_listed_t *to, int shift)
{
    int64_t begin[DIGITS] = {0}, sum = 0;
    for (int64_t i = 0; i < n; i++) begin[from[i].value >> shift & (DIGITS - 1)]++;
    for (int d = 0; d < DIGITS; d++) {
        const int64_t many = begin[d];
        begin[d] = sum;
        sum += many;
    }
    for (int64_t i = 0; i < n; i++) to[begin[from[i].value >> shift & (DIGITS - 1)]++] = from[i];
}

int hm_distinct(int64_t n, const int64_t *values, int64_t largest, int64_t *room, int64_t *distinct, int64_t *number,
                int64_t *count)
{
    hm_listed_t *list = (hm_listed_t *)(void *)room, *other = list + n;
    for (int64_t i = 0; i < n; i++) {
        if (values[i] < 0 || values[i] > largest) return HM_ERR_RANGE;
        list[i] = (hm_listed_t){values[i], i};
    }
    for (int shift = 0; shift < 63 && largest >> shift > 0; shift += DIGIT) {
        by_digit(n, list, other, shift);
        hm_listed_t *swap = list;
        list = other, other = swap;
    }
    *count = 0;
    for (int64_t i = 0; i < n; i++) {
        if (*count == 0 || distinct[*count - 1] != list[i].value) distinct[(*count)++] = list[i].value;
        number[list[i].entry] = *count - 1;
    }
    return HM_OK;
}
