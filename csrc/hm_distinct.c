#include "hm_distinct.h"

#include "hm_core.h"

#define DIGIT 11
#define DIGITS (1 << DIGIT)

/* A value and the number of its entry, in one word each half. */
#define LOW UINT64_C(0xffffffff)

/* Order by the digit that begins at bit `shift`; equal digits keep their order. */
static void by_digit(int64_t n, const uint64_t *from, uint64_t *to, int shift)
{
    int64_t begin[DIGITS] = {0}, sum = 0;
    for (int64_t i = 0; i < n; i++) begin[from[i] >> shift & (DIGITS - 1)]++;
    for (int d = 0; d < DIGITS; d++) {
        const int64_t many = begin[d];
        begin[d] = sum;
        sum += many;
    }
    for (int64_t i = 0; i < n; i++) to[begin[from[i] >> shift & (DIGITS - 1)]++] = from[i];
}

int hm_distinct(int64_t n, const int64_t *values, int64_t largest, uint64_t *room, int64_t *distinct, int64_t *number,
                int64_t *count)
{
    uint64_t *list = room, *other = room + n;
    if (n > (int64_t)LOW || largest > (int64_t)LOW) return HM_ERR_RANGE;
    for (int64_t i = 0; i < n; i++) {
        if (values[i] < 0 || values[i] > largest) return HM_ERR_RANGE;
        list[i] = (uint64_t)values[i] << 32 | (uint64_t)i;
    }
    for (int shift = 0; largest >> shift > 0; shift += DIGIT) {
        by_digit(n, list, other, 32 + shift);
        uint64_t *swap = list;
        list = other, other = swap;
    }
    *count = 0;
    for (int64_t i = 0; i < n; i++) {
        const int64_t value = (int64_t)(list[i] >> 32);
        if (*count == 0 || distinct[*count - 1] != value) distinct[(*count)++] = value;
        number[list[i] & LOW] = *count - 1;
    }
    return HM_OK;
}
