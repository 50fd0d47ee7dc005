/* Philox4x32-10, sixteen blocks at once; not part of the interface.
 *
 * A word of each block in the lower half of a lane. Upper halves hold rubbish that the product does
 * not read: compilers do not find that, and take three times as long.
 */
#ifndef HM_PHILOX_512_H
#define HM_PHILOX_512_H

#include "hm_rng.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(HM_NO_512) /* tests define it */
#include <immintrin.h>
#define HM_HAS_512 1
#define HM_512 __attribute__((target("avx512f")))

/* a ^ b ^ c */
HM_512
static inline __m512i hm_xor3_512(__m512i a, __m512i b, __m512i c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }

/* A round of eight blocks, their words in c[0] to c[3]. */
HM_512
static inline void hm_round_512(hm_key_t key, __m512i c[4])
{
    const __m512i p0 = _mm512_mul_epu32(_mm512_set1_epi64(0xD2511F53u), c[0]);
    const __m512i p1 = _mm512_mul_epu32(_mm512_set1_epi64(0xCD9E8D57u), c[2]);
    c[0] = hm_xor3_512(_mm512_srli_epi64(p1, 32), c[1], _mm512_set1_epi64(key.k0));
    c[2] = hm_xor3_512(_mm512_srli_epi64(p0, 32), c[3], _mm512_set1_epi64(key.k1));
    c[1] = p1, c[3] = p0;
}

HM_512
static inline void hm_count_512(__m512i identity, uint32_t step, uint32_t draw, __m512i c[4])
{
    c[0] = identity, c[1] = _mm512_srli_epi64(identity, 32);
    c[2] = _mm512_set1_epi64(step), c[3] = _mm512_set1_epi64(draw);
}

/* The blocks of eight identities, their words in c[0] to c[3]. */
HM_512
static inline void hm_philox_512(hm_key_t key, __m512i identity, uint32_t step, uint32_t draw, __m512i c[4])
{
    hm_count_512(identity, step, draw, c);
    for (int round = 0; round < 10; round++) {
        hm_round_512(key, c);
        key.k0 += 0x9E3779B9u, key.k1 += 0xBB67AE85u;
    }
}

/* The blocks of twice eight identities: one product waits less when there is another. */
HM_512
static inline void hm_philox_twice_512(hm_key_t key, __m512i one, __m512i other, uint32_t step, uint32_t draw,
                                       __m512i a[4], __m512i b[4])
{
    hm_count_512(one, step, draw, a);
    hm_count_512(other, step, draw, b);
    for (int round = 0; round < 10; round++) {
        hm_round_512(key, a);
        hm_round_512(key, b);
        key.k0 += 0x9E3779B9u, key.k1 += 0xBB67AE85u;
    }
}

#else
#define HM_HAS_512 0
#endif

#endif
