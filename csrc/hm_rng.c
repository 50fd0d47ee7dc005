#include "hm_rng.h"

void hm_uniform_fill(uint64_t seed, uint32_t stream, uint64_t first_identity, uint32_t step, uint32_t draw,
                     int64_t n, double *out)
{
    const hm_key_t key = hm_key(seed, stream);
    for (int64_t i = 0; i < n; i++) {
        const hm_block_t b = hm_draw(key, first_identity + (uint64_t)i, step, draw);
        out[i] = hm_unit53(b.v[0], b.v[1]);
    }
}
