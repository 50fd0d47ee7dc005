/* Eighths of random blocks: what every cell of a lattice draws in every sub-step. */
#include "hm_core.h"
#include "hm_rng.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define HM_HAS_512 1
#else
#define HM_HAS_512 0
#endif

#define HM_LANES 8 /* blocks computed at once; HM_EIGHTHS is a multiple */

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
#define HM_512 __attribute__((target("avx512f")))

/* The eight blocks after `first`, a word of each in the lower half of a lane. Upper halves hold
 * rubbish that the product does not read: compilers do not find that, and take three times as long. */
HM_512
static void philox_512(hm_key_t key, uint64_t first, uint32_t step, uint32_t draw, __m512i c[4])
{
    const __m512i m0 = _mm512_set1_epi64(0xD2511F53u), m1 = _mm512_set1_epi64(0xCD9E8D57u);
    c[0] = _mm512_add_epi64(_mm512_set1_epi64((long long)first), _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0));
    c[1] = _mm512_srli_epi64(c[0], 32);
    c[2] = _mm512_set1_epi64(step), c[3] = _mm512_set1_epi64(draw);
    for (int round = 0; round < 10; round++) {
        const __m512i p0 = _mm512_mul_epu32(m0, c[0]), p1 = _mm512_mul_epu32(m1, c[2]);
        const __m512i k0 = _mm512_set1_epi64(key.k0), k1 = _mm512_set1_epi64(key.k1);
        c[0] = _mm512_xor_si512(_mm512_xor_si512(_mm512_srli_epi64(p1, 32), c[1]), k0);
        c[2] = _mm512_xor_si512(_mm512_xor_si512(_mm512_srli_epi64(p0, 32), c[3]), k1);
        c[1] = p1, c[3] = p0;
        key.k0 += 0x9E3779B9u, key.k1 += 0xBB67AE85u;
    }
}

HM_512
static void draw_blocks_512(hm_key_t key, uint64_t first, int n, uint32_t step, uint32_t draw, uint32_t *words)
{
    const __m512i low = _mm512_set1_epi64(0xFFFFFFFFu);
    const __m512i near = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0), far = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
    for (int i = 0; i < n; i += HM_LANES) {
        __m512i c[4];
        philox_512(key, first + (uint64_t)i, step, draw, c);
        const __m512i w01 = _mm512_or_si512(_mm512_and_si512(c[0], low), _mm512_slli_epi64(c[1], 32));
        const __m512i w23 = _mm512_or_si512(_mm512_and_si512(c[2], low), _mm512_slli_epi64(c[3], 32));
        const __m512i even = _mm512_unpacklo_epi64(w01, w23), odd = _mm512_unpackhi_epi64(w01, w23);
        _mm512_storeu_si512(words + 4 * i, _mm512_permutex2var_epi64(even, near, odd));
        _mm512_storeu_si512(words + 4 * i + 16, _mm512_permutex2var_epi64(even, far, odd));
    }
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
