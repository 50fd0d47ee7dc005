/* The exact step of local decay on a few sites, shared by hm_field.c and hm_field_fused.c. */
#ifndef HM_FIELD_DECAY_H
#define HM_FIELD_DECAY_H

#include "hm_field_rows.h"
#include "hm_parallel.h"
#include "hm_real.h"

/* e^-x = 2^-k e^r with k = round(x / ln 2): Taylor polynomial of degree 13 in |r| <= ln(2)/2
 * (remainder 4e-18). Written out so that it vectorises and has the same bits everywhere,
 * which a library's exp has not. */
HM_INLINE double hm_exp_minus_inline(double x)
{
    static const double round_shift = 6755399441055744.0; /* 1.5 * 2^52 */
    static const double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
    const double y = -(x < 708.0 ? x : 708.0);
    const double shifted = y * 1.44269504088896340736 + round_shift;
    const double k = shifted - round_shift;
    const double r = (y - k * ln2_high) - k * ln2_low;
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    const uint64_t exponent = (uint64_t)(hm_bits(shifted) - hm_bits(round_shift) + 1023);
    return p * hm_from_bits((int64_t)(exponent << 52));
}

/* (1 - e^-x) / x, by its series where the quotient would cancel. */
HM_INLINE double hm_field_relaxed_share(double x, double decayed)
{
    const double series = 1.0 - x * (0.5 - x * (1.0 / 6.0 - x * (1.0 / 24.0 - x * (1.0 / 120.0))));
    const double safe = x < 1e-3 ? 1.0 : x;
    return x < 1e-3 ? series : (1.0 - decayed) / safe;
}

/* A loss that leaves e^-x = 1: 1 - x rounds to 1 below 2^-54. */
#define HM_UNSEEN_LOSS 5e-17

/* e^-x for x <= 2^-8 by its series; the next term is below 2^-57. */
#define HM_SMALL_LOSS 0.00390625
HM_INLINE double hm_exp_minus_small(double x)
{
    double p = 1.0 / 120.0;
    p = 1.0 / 24.0 - x * p;
    p = 1.0 / 6.0 - x * p;
    p = 0.5 - x * p;
    p = 1.0 - x * p;
    return 1.0 - x * p;
}

/* Decay of n sites without source, `most` being the largest loss among them: small ones take the
 * short series. */
HM_INLINE void hm_field_decay_sites(const hm_real_t *restrict lr, hm_real_t *restrict wr, int64_t n, hm_real_t most)
{
    if ((double)most > HM_SMALL_LOSS) {
        for (int64_t x = 0; x < n; x++) wr[x] = HM_REAL((double)wr[x] * hm_exp_minus_inline((double)lr[x]));
    } else if ((double)most > HM_UNSEEN_LOSS) {
        for (int64_t x = 0; x < n; x++) wr[x] = HM_REAL((double)wr[x] * hm_exp_minus_small((double)lr[x]));
    }
}

/* Decay of up to HM_STRETCH neighbouring sites; without source there is no share to compute. */
HM_INLINE void hm_field_decay_stretch(const hm_real_t *restrict lr, const hm_real_t *restrict sr,
                                      hm_real_t *restrict wr, int64_t n)
{
    if (hm_field_row_maximum(sr, n, 0) == 0) {
        hm_field_decay_sites(lr, wr, n, HM_REAL(hm_real_from_bits(hm_field_row_maximum(lr, n, 0))));
        return;
    }
    for (int64_t x = 0; x < n; x++) {
        const double decayed = hm_exp_minus_inline((double)lr[x]);
        const double share = hm_field_relaxed_share((double)lr[x], decayed);
        wr[x] = HM_REAL((double)wr[x] * decayed + (double)sr[x] * share);
    }
}

#endif
