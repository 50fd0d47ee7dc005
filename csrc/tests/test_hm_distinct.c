#include "hm_distinct.h"

#include "hm_core.h"
#include "hm_rng.h"
#include "hm_test.h"

#define MANY 500

static uint64_t room[2 * MANY];
static int64_t values[MANY], distinct[MANY], number[MANY], count;

static void a_few_by_hand(void)
{
    const int64_t given[6] = {7, 3, 7, 0, 4096, 3}, expected[4] = {0, 3, 7, 4096}, places[6] = {2, 1, 2, 0, 3, 1};
    HM_CHECK(hm_distinct(6, given, 4096, room, distinct, number, &count) == HM_OK && count == 4);
    for (int i = 0; i < 4; i++) HM_CHECK(distinct[i] == expected[i]);
    for (int i = 0; i < 6; i++) HM_CHECK(number[i] == places[i]);
}

/* Of any size of values, each entry is its distinct value, and these ascend. */
static void whatever_the_values(void)
{
    for (int bits = 1; bits <= 32; bits++) {
        const hm_key_t key = hm_key((uint32_t)bits, HM_STREAM_VESSELS);
        const int64_t largest = (INT64_C(1) << bits) - 1;
        for (uint32_t i = 0; i < MANY; i++) {
            const uint32_t *v = hm_draw(key, i, 0u, 0u).v;
            values[i] = (int64_t)(((uint64_t)v[0] << 32 | v[1]) & (uint64_t)largest);
            if (i % 3u == 0u && i > 0u) values[i] = values[i / 3u];
        }
        HM_CHECK(hm_distinct(MANY, values, largest, room, distinct, number, &count) == HM_OK);
        for (int64_t i = 1; i < count; i++) HM_CHECK(distinct[i - 1] < distinct[i]);
        for (int i = 0; i < MANY; i++)
            HM_CHECK(number[i] >= 0 && number[i] < count && distinct[number[i]] == values[i]);
    }
}

static void nothing_and_what_is_out_of_range(void)
{
    HM_CHECK(hm_distinct(0, values, 0, room, distinct, number, &count) == HM_OK && count == 0);
    values[0] = 5, values[1] = -1;
    HM_CHECK(hm_distinct(2, values, 9, room, distinct, number, &count) == HM_ERR_RANGE);
    HM_CHECK(hm_distinct(1, values, 4, room, distinct, number, &count) == HM_ERR_RANGE);
    HM_CHECK(hm_distinct(1, values, INT64_C(1) << 32, room, distinct, number, &count) == HM_ERR_RANGE);
}

int main(void)
{
    a_few_by_hand();
    whatever_the_values();
    nothing_and_what_is_out_of_range();
    return HM_REPORT();
}
