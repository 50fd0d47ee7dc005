#include "hm_rng.h"

#include "hm_core.h"

HM_WIDEST
void hm_draw_many(hm_key_t key, int n, const uint64_t *identity, uint32_t step, uint32_t draw, uint32_t *word0,
                  uint32_t *word1, uint32_t *word2)
{
    for (int i = 0; i < n; i++) {
        const hm_block_t b = hm_draw(key, identity[i], step, draw);
        word0[i] = b.v[0];
        word1[i] = b.v[1];
        word2[i] = b.v[2];
    }
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
