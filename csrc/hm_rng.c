#include "hm_rng.h"

#include "hm_core.h"
#include "hm_philox_512.h"

HM_WIDEST
static void draw_some(hm_key_t key, int n, const uint64_t *identity, uint32_t step, uint32_t draw, uint32_t *word0,
                      uint32_t *word1, uint32_t *word2)
{
    for (int i = 0; i < n; i++) {
        const hm_block_t b = hm_draw(key, identity[i], step, draw);
        word0[i] = b.v[0];
        word1[i] = b.v[1];
        word2[i] = b.v[2];
    }
}

#if HM_HAS_512
/* Write the first three words of those of eight blocks that are wanted. */
HM_512
static inline void store_512(const __m512i c[4], __mmask8 some, uint32_t *word0, uint32_t *word1, uint32_t *word2)
{
    _mm512_mask_cvtepi64_storeu_epi32(word0, some, c[0]);
    _mm512_mask_cvtepi64_storeu_epi32(word1, some, c[1]);
    _mm512_mask_cvtepi64_storeu_epi32(word2, some, c[2]);
}

HM_512
static void draw_some_512(hm_key_t key, int n, const uint64_t *identity, uint32_t step, uint32_t draw, uint32_t *word0,
                          uint32_t *word1, uint32_t *word2)
{
    for (int i = 0; i < n; i += 16) {
        const uint32_t some = n - i < 16 ? (1u << (n - i)) - 1u : 0xFFFFu;
        const __mmask8 one = (__mmask8)some, other = (__mmask8)(some >> 8);
        __m512i a[4], b[4];
        hm_philox_twice_512(key, _mm512_maskz_loadu_epi64(one, identity + i),
                            _mm512_maskz_loadu_epi64(other, identity + i + 8), step, draw, a, b);
        store_512(a, one, word0 + i, word1 + i, word2 + i);
        store_512(b, other, word0 + i + 8, word1 + i + 8, word2 + i + 8);
    }
}
#endif

void hm_draw_many(hm_key_t key, int n, const uint64_t *identity, uint32_t step, uint32_t draw, uint32_t *word0,
                  uint32_t *word1, uint32_t *word2)
{
#if HM_HAS_512
    if (__builtin_cpu_supports("avx512f")) {
        draw_some_512(key, n, identity, step, draw, word0, word1, word2);
        return;
    }
#endif
    draw_some(key, n, identity, step, draw, word0, word1, word2);
}

void hm_uniform_fill(uint64_t seed, uint32_t stream, uint64_t first_identity, uint32_t step, uint32_t draw,
                     int64_t n, double *out)
{
    const hm_key_t key = hm_key(seed, stream);
    for (int64_t i = 0; i < n; i++) {
        const hm_block_t b = hm_draw(key, first_identity + (uint64_t)i, step, draw);
        out[i] = hm_unit53(b.v[0], b.v[1]);
    }
}

void hm_uniform_of(uint64_t seed, uint32_t stream, int64_t n, const uint64_t *identity, const uint32_t *step,
                   uint32_t draw, double *out)
{
    const hm_key_t key = hm_key(seed, stream);
    for (int64_t i = 0; i < n; i++) {
        const hm_block_t b = hm_draw(key, identity[i], step[i], draw);
        out[i] = hm_unit53(b.v[0], b.v[1]);
    }
}
