/* Philox4x32-10, eight blocks at once; not part of the interface.
 *
 * A word of each block in the lower half of a lane. Upper halves hold rubbish that the product does
 * not read: compilers do not find that, and take three times as long.
 */
#ifndef HM_PHILOX_512_H
#define HM_PHILOX_512_H

#include "hm_rng.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define HM_HAS_512 1
#define HM_512 __attribute__((target("avx512f")))
#define HM_LANES 8 /* blocks computed at once */

/* a ^ b ^ c */
HM_512
static inline __m512i hm_xor3_512(__m512i a, __m512i b, __m512i c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }

/* The blocks of eight identities, their words in c[0] to c[3]. */
HM_512
static inline void hm_philox_512(hm_key_t key, __m512i identity, uint32_t step, uint32_t draw, __m512i c[4])
{
    const __m512i m0 = _mm512_set1_epi64(0xD2511F53u), m1 = _mm512_set1_epi64(0xCD9E8D57u);
    c[0] = identity, c[1] = _mm512_srli_epi64(identity, 32);
    c[2] = _mm512_set1_epi64(step), c[3] = _mm512_set1_epi64(draw);
    for (int round = 0; round < 10; round++) {
        const __m512i p0 = _mm512_mul_epu32(m0, c[0]), p1 = _mm512_mul_epu32(m1, c[2]);
        c[0] = hm_xor3_512(_mm512_srli_epi64(p1, 32), c[1], _mm512_set1_epi64(key.k0));
        c[2] = hm_xor3_512(_mm512_srli_epi64(p0, 32), c[3], _mm512_set1_epi64(key.k1));
        c[1] = p1, c[3] = p0;
        key.k0 += 0x9E3779B9u, key.k1 += 0xBB67AE85u;
    }
}

#else
#define HM_HAS_512 0
#define HM_LANES 8
#endif

#endif
