/* Rows: which of their bytes are not zero. */
#include "hm_row.h"

#include "hm_parallel.h"

/* The same as hm_nonzero_bits from byte j of n bytes on, which end within the 64. */
static inline uint64_t last_bits(const uint8_t *bytes, int j, int n)
{
    if (n >= 64) return hm_nonzero_bits(bytes + n - 64) >> (64 - (n - j));
    uint8_t padded[64] = {0};
    memcpy(padded, bytes + j, (size_t)(n - j));
    return hm_nonzero_bits(padded);
}

/* Append the bits of a word, four at a time, some of them too many: how many there are is what nobody
 * can foretell. */
HM_INLINE int append_bits(uint64_t mask, int first, int32_t *indices, int found)
{
    const int count = __builtin_popcountll(mask);
    for (int k = 0; k < count; k += 4)
        for (int i = 0; i < 4; i++, mask &= mask - 1u) indices[found + k + i] = first + __builtin_ctzll(mask | 1ull << 63);
    return found + count;
}

HM_WIDEST
int hm_gather_bits(const uint64_t *words, int n, int32_t indices[HM_GATHERED])
{
    int found = 0;
    for (int w = 0; w < n; w++) found = append_bits(words[w], 64 * w, indices, found);
    return found;
}

HM_WIDEST
int hm_gather(const uint8_t *bytes, int n, int32_t indices[HM_GATHERED])
{
    int found = 0;
    for (int j = 0; j < n; j += 64)
        found = append_bits(n - j < 64 ? last_bits(bytes, j, n) : hm_nonzero_bits(bytes + j), j, indices, found);
    return found;
}
