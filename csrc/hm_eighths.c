/* Eighths of random blocks: what every cell of a lattice draws in every sub-step. */
#include "hm_core.h"
#include "hm_philox_512.h"

#define HM_LANES 8 /* blocks computed at once */

HM_WIDEST
static void draw_blocks(hm_key_t key, uint64_t first, int n, uint32_t step, uint32_t draw, uint32_t *words)
{
    for (int i = 0; i < n; i += HM_LANES) {
        for (int j = i; j < i + HM_LANES; j++) {
            const hm_block_t b = hm_draw(key, first + (uint64_t)j, step, draw);
            for (int k = 0; k < 4; k++) words[4 * j + k] = b.v[k];
        }
    }
}

#if HM_HAS_512
/* Write the words of eight blocks one block after another. */
HM_512
static inline void store_512(const __m512i c[4], uint32_t *words)
{
    const __m512i low = _mm512_set1_epi64(0xFFFFFFFFu);
    const __m512i near = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0), far = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
    const __m512i w01 = _mm512_or_si512(_mm512_and_si512(c[0], low), _mm512_slli_epi64(c[1], 32));
    const __m512i w23 = _mm512_or_si512(_mm512_and_si512(c[2], low), _mm512_slli_epi64(c[3], 32));
    const __m512i even = _mm512_unpacklo_epi64(w01, w23), odd = _mm512_unpackhi_epi64(w01, w23);
    _mm512_storeu_si512(words, _mm512_permutex2var_epi64(even, near, odd));
    _mm512_storeu_si512(words + 16, _mm512_permutex2var_epi64(even, far, odd));
}

HM_512
static void draw_blocks_512(hm_key_t key, uint64_t first, int n, uint32_t step, uint32_t draw, uint32_t *words)
{
    const __m512i each = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
    __m512i one = _mm512_add_epi64(_mm512_set1_epi64((long long)first), each), a[4], b[4];
    int i = 0;
    for (; i + HM_LANES < n; i += 2 * HM_LANES) {
        const __m512i other = _mm512_add_epi64(one, _mm512_set1_epi64(HM_LANES));
        hm_philox_twice_512(key, one, other, step, draw, a, b);
        store_512(a, words + 4 * i);
        store_512(b, words + 4 * (i + HM_LANES));
        one = _mm512_add_epi64(other, _mm512_set1_epi64(HM_LANES));
    }
    if (i >= n) return;
    hm_philox_512(key, one, step, draw, a);
    store_512(a, words + 4 * i);
}
#endif

void hm_draw_eighths(hm_key_t key, uint64_t first, int n, uint32_t step, uint32_t draw, hm_eighths_t *out)
{
#if HM_HAS_512
    if (__builtin_cpu_supports("avx512f")) {
        draw_blocks_512(key, first, n, step, draw, out->word);
        return;
    }
#endif
    draw_blocks(key, first, n, step, draw, out->word);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    for (int k = 0; k < 4 * n; k++) out->word[k] = out->word[k] << 16 | out->word[k] >> 16;
#endif
}
