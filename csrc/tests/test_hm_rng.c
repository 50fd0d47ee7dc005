#include "hm_rng.h"

#include "hm_test.h"

/* Known-answer vectors published with the generator (Random123, Salmon et al. 2011). */
static void philox_known_answers(void)
{
    const hm_block_t zero = hm_philox((hm_key_t){0u, 0u}, 0u, 0u, 0u, 0u);
    HM_CHECK(zero.v[0] == 0x6627e8d5u && zero.v[1] == 0xe169c58du);
    HM_CHECK(zero.v[2] == 0xbc57ac4cu && zero.v[3] == 0x9b00dbd8u);
    const uint32_t f = 0xffffffffu;
    const hm_block_t ones = hm_philox((hm_key_t){f, f}, f, f, f, f);
    HM_CHECK(ones.v[0] == 0x408f276du && ones.v[1] == 0x41c83b0eu);
    HM_CHECK(ones.v[2] == 0xa20bc7c6u && ones.v[3] == 0x6d5451fdu);
    const hm_block_t pi = hm_philox((hm_key_t){0xa4093822u, 0x299f31d0u}, 0x243f6a88u, 0x85a308d3u,
                                    0x13198a2eu, 0x03707344u);
    HM_CHECK(pi.v[0] == 0xd16cfe09u && pi.v[1] == 0x94fdccebu);
    HM_CHECK(pi.v[2] == 0x5001e420u && pi.v[3] == 0x24126ea1u);
}

static void uniforms_are_open(void)
{
    HM_CHECK(hm_unit(0u) > 0.0 && hm_unit(0xffffffffu) < 1.0);
    HM_CHECK(hm_unit53(0u, 0u) > 0.0 && hm_unit53(0xffffffffu, 0xffffffffu) < 1.0);
}

/* Any number of them, whatever the width of the machine's vectors. */
static void many_draws_are_the_single_draws(void)
{
    const hm_key_t key = hm_key(7u, HM_STREAM_CELLS);
    uint64_t identity[70];
    uint32_t w0[70], w1[70], w2[70];
    for (uint64_t i = 0; i < 70; i++) identity[i] = 0xfffffffff000u + 0x123456789u * i;
    for (int n = 0; n <= 70; n++) {
        hm_draw_many(key, n, identity, 5u, 6u, w0, w1, w2);
        for (int i = 0; i < n; i++) {
            const hm_block_t b = hm_draw(key, identity[i], 5u, 6u);
            HM_CHECK(w0[i] == b.v[0] && w1[i] == b.v[1] && w2[i] == b.v[2]);
        }
    }
}

/* Eight identities share a block: each of its bits goes to one of them. */
static void eighths_make_up_a_block(void)
{
    const hm_block_t shared = hm_draw(hm_key(7u, HM_STREAM_SIEVE), 5u, 6u, 7u);
    hm_block_t again = {{0}};
    for (uint64_t i = 0; i < 8; i++) again.v[i / 2] |= hm_eighth(&shared, 40u + i) << 16 * (i % 2);
    for (int i = 0; i < 4; i++) HM_CHECK(again.v[i] == shared.v[i]);
    HM_CHECK(hm_headed(0xabcdu, 0x12345678u) == 0xabcd5678u);
}

/* Any number of blocks, in the order of identities. */
static void many_eighths_are_the_single_ones(void)
{
    const hm_key_t key = hm_key(7u, HM_STREAM_SIEVE);
    const uint64_t first = 0xfffffffcu; /* the number outgrows its lower word */
    hm_eighths_t many;
    for (int n = 0; n <= HM_EIGHTHS; n++) {
        hm_draw_eighths(key, first, n, 5u, 6u, &many);
        for (uint64_t i = 0; i < 8u * (uint64_t)n; i++) {
            const hm_block_t shared = hm_draw(key, first + i / 8, 5u, 6u);
            HM_CHECK(many.half[i] == hm_eighth(&shared, 8 * first + i));
        }
    }
}

static void streams_differ(void)
{
    const hm_key_t a = hm_key(1u, HM_STREAM_CELLS), b = hm_key(1u, HM_STREAM_TRANSIT), c = hm_key(2u, HM_STREAM_CELLS);
    HM_CHECK(a.k0 != b.k0 || a.k1 != b.k1);
    HM_CHECK(a.k0 != c.k0 || a.k1 != c.k1);
}

int main(void)
{
    philox_known_answers();
    uniforms_are_open();
    many_draws_are_the_single_draws();
    eighths_make_up_a_block();
    many_eighths_are_the_single_ones();
    streams_differ();
    return HM_REPORT();
}
