/* Masks: what the sieve asks of every slot, 64 slots at a time. */
#include "hm_masks.h"

#include "hm_core.h"
#include "hm_philox_512.h"

HM_WIDEST
static void find_cells(const uint8_t *kinds, int n, uint8_t *restrict cell)
{
    for (int i = 0; i < n; i++) cell[i] = kinds[i] != HM_EMPTY;
}

/* The first six neighbours, and two more. */
HM_WIDEST
static void find_room_of_six(const uint8_t *kinds, const int64_t *stride, int n, uint8_t *restrict room)
{
    const uint8_t *a = kinds + stride[0], *b = kinds + stride[1], *c = kinds + stride[2];
    const uint8_t *d = kinds + stride[3], *e = kinds + stride[4], *f = kinds + stride[5];
    for (int i = 0; i < n; i++) {
        const uint8_t ab = a[i] < b[i] ? a[i] : b[i], cd = c[i] < d[i] ? c[i] : d[i], ef = e[i] < f[i] ? e[i] : f[i];
        const uint8_t abcd = ab < cd ? ab : cd;
        room[i] = (abcd < ef ? abcd : ef) == HM_EMPTY;
    }
}

HM_WIDEST
static void find_room_of_two(const uint8_t *a, const uint8_t *b, int n, uint8_t *restrict room)
{
    for (int i = 0; i < n; i++) room[i] |= (uint8_t)((a[i] == HM_EMPTY) | (b[i] == HM_EMPTY));
}

HM_WIDEST
static void find_low(const uint16_t *restrict head, int n, uint16_t last, uint8_t *restrict low)
{
    for (int i = 0; i < n; i++) low[i] = head[i] <= last;
}

HM_WIDEST
static void find_kind(const uint8_t *kinds, int n, uint8_t kind, uint8_t *restrict found)
{
    for (int i = 0; i < n; i++) found[i] = kinds[i] == kind;
}

/* Room for n bytes, those zero that fill up the last word. */
static inline void clear_end(uint8_t *bytes, int n) { memset(bytes + (n & ~63), 0, 64); }

#define HM_FILLED (HM_SPAN + 64)

static void room_of(const uint8_t *kinds, const int64_t *stride, int neighbours, int n, hm_masks_t *masks)
{
    uint8_t room[HM_FILLED];
    const int together = neighbours >= 6 ? 6 : 0;
    if (together) clear_end(room, n), find_room_of_six(kinds, stride, n, room);
    else memset(room, 0, sizeof room);
    for (int d = together; d < neighbours; d += 2) find_room_of_two(kinds + stride[d], kinds + stride[d + 1], n, room);
    for (int w = 0; 64 * w < n; w++) masks->room[w] = hm_nonzero_bits(room + 64 * w) & masks->cells[w];
}

static void cells_of(const uint8_t *kinds, int n, hm_masks_t *masks)
{
    uint8_t cell[HM_FILLED];
    clear_end(cell, n);
    find_cells(kinds, n, cell);
    for (int w = 0; 64 * w < n; w++) masks->cells[w] = hm_nonzero_bits(cell + 64 * w);
}

/* Those of a word who have room or not, where it may not be mild or is: four parts. */
static inline uint64_t part_of(const hm_masks_t *masks, int w, int part)
{
    return masks->cells[w] & (part & 1 ? masks->room[w] : ~masks->room[w]) & (part & 2 ? ~masks->harsh[w] : masks->harsh[w]);
}

static void pick_of(const uint16_t *head, int n, const uint16_t last[2][2], hm_masks_t *masks)
{
    memset(masks->picked, 0, sizeof masks->picked);
    for (int part = 0; part < 4; part++) {
        uint8_t low[HM_FILLED];
        uint64_t any = 0u;
        for (int w = 0; 64 * w < n; w++) any |= part_of(masks, w, part);
        if (!any) continue;
        clear_end(low, n);
        find_low(head, n, last[part >> 1][part & 1], low);
        for (int w = 0; 64 * w < n; w++) masks->picked[w] |= hm_nonzero_bits(low + 64 * w) & part_of(masks, w, part);
    }
}

static int count_of(const uint8_t *kinds, int n, uint8_t kind, const uint64_t *without)
{
    uint8_t found[HM_FILLED];
    int count = 0;
    clear_end(found, n);
    find_kind(kinds, n, kind, found);
    for (int w = 0; 64 * w < n; w++) count += __builtin_popcountll(hm_nonzero_bits(found + 64 * w) & ~(without ? without[w] : 0u));
    return count;
}

#if HM_HAS_512
#define HM_512_BYTES __attribute__((target("avx512f,avx512bw")))

static inline uint64_t in_use(int j, int n) { return n - j < 64 ? ~0ull >> (64 - (n - j)) : ~0ull; }

HM_512_BYTES
static void room_of_512(const uint8_t *kinds, const int64_t *stride, int neighbours, int n, hm_masks_t *masks)
{
    for (int j = 0; j < n; j += 64) {
        const __mmask64 some = in_use(j, n);
        __m512i least = _mm512_set1_epi8(-1);
        for (int d = 0; d < neighbours; d += 2)
            least = _mm512_min_epu8(least, _mm512_min_epu8(_mm512_maskz_loadu_epi8(some, kinds + j + stride[d]),
                                                           _mm512_maskz_loadu_epi8(some, kinds + j + stride[d + 1])));
        masks->room[j / 64] = masks->cells[j / 64] & _mm512_testn_epi8_mask(least, least);
    }
}

HM_512_BYTES
static void cells_of_512(const uint8_t *kinds, int n, hm_masks_t *masks)
{
    for (int j = 0; j < n; j += 64) {
        const __m512i here = _mm512_maskz_loadu_epi8(in_use(j, n), kinds + j);
        masks->cells[j / 64] = _mm512_test_epi8_mask(here, here);
    }
}

HM_512_BYTES
static void pick_of_512(const uint16_t *head, int n, const uint16_t last[2][2], hm_masks_t *masks)
{
    for (int j = 0; j < n; j += 64) {
        const uint64_t some = masks->cells[j / 64];
        const __m512i first = _mm512_maskz_loadu_epi16((__mmask32)some, head + j);
        const __m512i second = _mm512_maskz_loadu_epi16((__mmask32)(some >> 32), head + j + 32);
        uint64_t picked = 0u;
        for (int part = 0; part < 4; part++) {
            const __m512i most = _mm512_set1_epi16((short)last[part >> 1][part & 1]);
            const uint64_t low = (uint64_t)_mm512_cmple_epu16_mask(first, most) |
                                 (uint64_t)_mm512_cmple_epu16_mask(second, most) << 32;
            picked |= low & part_of(masks, j / 64, part);
        }
        masks->picked[j / 64] = picked;
    }
}

HM_512_BYTES
static int count_of_512(const uint8_t *kinds, int n, uint8_t kind, const uint64_t *without)
{
    int count = 0;
    for (int j = 0; j < n; j += 64) {
        const __mmask64 some = in_use(j, n) & ~(without ? without[j / 64] : 0u);
        const __m512i here = _mm512_maskz_loadu_epi8(some, kinds + j);
        count += __builtin_popcountll(_mm512_mask_cmpeq_epi8_mask(some, here, _mm512_set1_epi8((char)kind)));
    }
    return count;
}

#define HM_WIDE(name, ...) (__builtin_cpu_supports("avx512bw") ? name##_512(__VA_ARGS__) : name(__VA_ARGS__))
#else
#define HM_WIDE(name, ...) name(__VA_ARGS__)
#endif

void hm_masks_cells(const uint8_t *kinds, int n, hm_masks_t *masks) { HM_WIDE(cells_of, kinds, n, masks); }

void hm_masks_room(const uint8_t *kinds, const int64_t *stride, int neighbours, int n, hm_masks_t *masks)
{
    HM_WIDE(room_of, kinds, stride, neighbours, n, masks);
}

void hm_masks_pick(const uint16_t *head, int n, const uint16_t last[2][2], hm_masks_t *masks)
{
    HM_WIDE(pick_of, head, n, last, masks);
}

int hm_masks_count(const hm_masks_t *masks, const uint8_t *kinds, int n, uint8_t kind, int enclosed)
{
    return HM_WIDE(count_of, kinds, n, kind, enclosed ? masks->room : 0);
}
