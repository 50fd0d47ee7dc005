/* Masks: what the sieve asks of every slot, 64 slots at a time. */
#include "hm_masks.h"

#include "hm_core.h"
#include "hm_philox_512.h"

HM_WIDEST
static void find_room(const uint8_t *kinds, const int64_t *stride, int neighbours, int n, uint8_t *restrict room)
{
    for (int d = 0; d < neighbours; d += 2) {
        const uint8_t *a = kinds + stride[d], *b = kinds + stride[d + 1];
        for (int i = 0; i < n; i++)
            room[i] = (uint8_t)(room[i] | ((kinds[i] != HM_EMPTY) & ((a[i] == HM_EMPTY) | (b[i] == HM_EMPTY))));
    }
}

HM_WIDEST
static void find_low(const uint8_t *kinds, const uint16_t *restrict head, int n, uint16_t last, uint8_t *restrict low)
{
    for (int i = 0; i < n; i++) low[i] = (uint8_t)((kinds[i] != HM_EMPTY) & (head[i] <= last));
}

HM_WIDEST
static void find_kind(const uint8_t *kinds, int n, uint8_t kind, uint8_t *restrict found)
{
    for (int i = 0; i < n; i++) found[i] = kinds[i] == kind;
}

/* The same as bits of n slots, 64 at most. */

static inline uint64_t room_bits(const uint8_t *kinds, const int64_t *stride, int neighbours, int n)
{
    uint8_t room[64] = {0};
    find_room(kinds, stride, neighbours, n, room);
    return hm_nonzero_bits(room);
}

static inline uint64_t low_bits(const uint8_t *kinds, const uint16_t *head, int n, uint16_t last)
{
    uint8_t low[64] = {0};
    find_low(kinds, head, n, last, low);
    return hm_nonzero_bits(low);
}

static inline uint64_t kind_bits(const uint8_t *kinds, int n, uint8_t kind)
{
    uint8_t found[64] = {0};
    find_kind(kinds, n, kind, found);
    return hm_nonzero_bits(found);
}

#if HM_HAS_512
#define HM_512_BYTES __attribute__((target("avx512f,avx512bw")))

HM_512_BYTES
static inline __m512i bytes_512(const uint8_t *bytes, __mmask64 some) { return _mm512_maskz_loadu_epi8(some, bytes); }

HM_512_BYTES
static inline uint64_t room_bits_512(const uint8_t *kinds, const int64_t *stride, int neighbours, int n)
{
    const __mmask64 some = ~0ull >> (64 - n);
    const __m512i here = bytes_512(kinds, some);
    __m512i least = _mm512_set1_epi8(-1);
    for (int d = 0; d < neighbours; d += 2)
        least = _mm512_min_epu8(least, _mm512_min_epu8(bytes_512(kinds + stride[d], some), bytes_512(kinds + stride[d + 1], some)));
    return _mm512_test_epi8_mask(here, here) & _mm512_testn_epi8_mask(least, least);
}

HM_512_BYTES
static inline uint64_t low_bits_512(const uint8_t *kinds, const uint16_t *head, int n, uint16_t last)
{
    const __mmask64 some = ~0ull >> (64 - n);
    const __m512i here = bytes_512(kinds, some), most = _mm512_set1_epi16((short)last);
    const __m512i first = _mm512_maskz_loadu_epi16((__mmask32)some, head);
    const __m512i second = _mm512_maskz_loadu_epi16((__mmask32)(some >> 32), head + 32);
    const uint64_t low = (uint64_t)_mm512_cmple_epu16_mask(first, most) | (uint64_t)_mm512_cmple_epu16_mask(second, most) << 32;
    return _mm512_test_epi8_mask(here, here) & low;
}

HM_512_BYTES
static inline uint64_t kind_bits_512(const uint8_t *kinds, int n, uint8_t kind)
{
    const __mmask64 some = ~0ull >> (64 - n);
    return _mm512_mask_cmpeq_epi8_mask(some, bytes_512(kinds, some), _mm512_set1_epi8((char)kind));
}
#endif

static inline int slots_from(int j, int n) { return n - j < 64 ? n - j : 64; }

/* The loops over the words of a span, for two sets of instructions. */
#define HM_MASKS(suffix, attribute)                                                                                  \
    attribute static void room_of##suffix(const uint8_t *kinds, const int64_t *stride, int neighbours, int n,        \
                                          hm_masks_t *masks)                                                         \
    {                                                                                                                \
        for (int j = 0; j < n; j += 64)                                                                              \
            masks->room[j / 64] = room_bits##suffix(kinds + j, stride, neighbours, slots_from(j, n));                \
    }                                                                                                                \
    attribute static void pick_of##suffix(const uint8_t *kinds, const uint16_t *head, int n, const uint16_t last[2][2],    \
                                          hm_masks_t *masks)                                                         \
    {                                                                                                                \
        for (int j = 0; j < n; j += 64) {                                                                            \
            const uint64_t room = masks->room[j / 64], harsh = masks->harsh[j / 64];                                 \
            uint64_t picked = 0u;                                                                                    \
            for (int k = 0; k < 4; k++) {                                                                            \
                const uint64_t where = (k & 1 ? room : ~room) & (k & 2 ? ~harsh : harsh);                            \
                if (where) picked |= where & low_bits##suffix(kinds + j, head + j, slots_from(j, n), last[k >> 1][k & 1]); \
            }                                                                                                        \
            masks->picked[j / 64] = picked;                                                                          \
        }                                                                                                            \
    }                                                                                                                \
    attribute static int count_of##suffix(const hm_masks_t *masks, const uint8_t *kinds, int n, uint8_t kind,        \
                                          int enclosed)                                                              \
    {                                                                                                                \
        int count = 0;                                                                                               \
        for (int j = 0; j < n; j += 64)                                                                              \
            count += __builtin_popcountll(kind_bits##suffix(kinds + j, slots_from(j, n), kind) &                     \
                                          ~(enclosed ? masks->room[j / 64] : 0u));                                   \
        return count;                                                                                                \
    }

HM_MASKS(, )

#if HM_HAS_512
HM_MASKS(_512, HM_512_BYTES)
#define HM_DISPATCH(name, ...) __builtin_cpu_supports("avx512bw") ? name##_512(__VA_ARGS__) : name(__VA_ARGS__)
#else
#define HM_DISPATCH(name, ...) name(__VA_ARGS__)
#endif

void hm_masks_room(const uint8_t *kinds, const int64_t *stride, int neighbours, int n, hm_masks_t *masks)
{
    HM_DISPATCH(room_of, kinds, stride, neighbours, n, masks);
}

void hm_masks_pick(const uint8_t *kinds, const uint16_t *head, int n, const uint16_t last[2][2], hm_masks_t *masks)
{
    HM_DISPATCH(pick_of, kinds, head, n, last, masks);
}

int hm_masks_count(const hm_masks_t *masks, const uint8_t *kinds, int n, uint8_t kind, int enclosed)
{
    return HM_DISPATCH(count_of, masks, kinds, n, kind, enclosed);
}
