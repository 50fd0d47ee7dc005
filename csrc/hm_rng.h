/* Counter-based random numbers: Philox4x32-10 (Salmon et al. 2011, doi:10.1145/2063384.2063405).
 *
 * A draw is a pure function of (seed, stream) -> key and (identity, step, draw) -> counter,
 * so it does not depend on storage order, threads or ranks.
 */
#ifndef HM_RNG_H
#define HM_RNG_H

#include <stdint.h>

/* Named streams; a new process takes the next number and never reuses one. */
enum hm_stream {
    HM_STREAM_CELLS = 1,      /* competing hazards of a cell in a sub-step */
    HM_STREAM_PRIORITY = 2,   /* who wins a contested site */
    HM_STREAM_COHESION = 3,   /* which neighbours go along as a cluster */
    HM_STREAM_TRANSIT = 4,    /* the walk of a CTC through the body */
    HM_STREAM_VESSELS = 5,    /* construction of a vessel network */
    HM_STREAM_INITIAL = 6,    /* initial cells */
    HM_STREAM_SEEDING = 7,    /* where a DTC enters an organ */
    HM_STREAM_ROUTING = 8,    /* which lattice of its bed a DTC falls into */
    HM_STREAM_CTC_TRAITS = 9, /* diameters of CTCs and survival of clones */
    HM_STREAM_CTC_CHANGES = 10, /* which cell parts or changes in the blood */
    HM_STREAM_SOURCES = 11,   /* CTCs that come from no tissue */
    HM_STREAM_DRAWS = 12,     /* who is in a blood draw */
    HM_STREAM_COUNTS = 13,    /* CTCs without identity */
    HM_STREAM_MUTATION = 14,  /* which divisions found a clone, and its traits */
    HM_STREAM_DIVISION = 16,  /* who divides first by the clock where room is short */
    HM_STREAM_SIEVE = 17,     /* the first 16 bits of the draws of HM_STREAM_CELLS */
    HM_STREAM_TIPS = 24,      /* where tip cells of sprouts go, when they branch, who goes first */
    HM_STREAM_SPROUTING = 25, /* where vessels send out sprouts, which one goes first */
    HM_STREAM_COMPRESSION = 26, /* which vessels collapse or open again */
    HM_STREAM_RUPTURE = 27,   /* which vessels tear */
    HM_STREAM_POPULATION = 30, /* events of a colony that is counted, not placed */
    HM_STREAM_LEAPS = 31,     /* leaps of a large colony */
    HM_STREAM_SPREAD = 32,    /* how far a colony's first cells went */
    HM_STREAM_MEMBER_SEEDS = 35, /* seeds of the members of an ensemble */
    HM_STREAM_SAMPLING = 36   /* points of a random sweep */
};

typedef struct {
    uint32_t k0, k1;
} hm_key_t;

typedef struct {
    uint32_t v[4];
} hm_block_t;

static inline hm_block_t hm_philox(hm_key_t key, uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3)
{
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = (uint64_t)0xD2511F53u * c0;
        const uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        const uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ key.k0;
        const uint32_t n2 = (uint32_t)(p0 >> 32) ^ c3 ^ key.k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = n0;
        c2 = n2;
        key.k0 += 0x9E3779B9u;
        key.k1 += 0xBB67AE85u;
    }
    return (hm_block_t){{c0, c1, c2, c3}};
}

/* The key of a stream: one Philox block over (seed, stream). */
static inline hm_key_t hm_key(uint64_t seed, uint32_t stream)
{
    const hm_key_t key = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    const hm_block_t b = hm_philox(key, stream, 0u, 0u, 0u);
    return (hm_key_t){b.v[0], b.v[1]};
}

/* The block for an identity (64 bit), a step and a draw number. */
static inline hm_block_t hm_draw(hm_key_t key, uint64_t identity, uint32_t step, uint32_t draw)
{
    return hm_philox(key, (uint32_t)identity, (uint32_t)(identity >> 32), step, draw);
}

/* The 16 bits of an identity in the block that it shares with seven others, those of equal
 * identity >> 3: an eighth of a block each. */
static inline uint32_t hm_eighth(const hm_block_t *shared, uint64_t identity)
{
    return shared->v[identity >> 1 & 3u] >> (identity & 1u) * 16u & 0xFFFFu;
}

/* A word whose upper half is given. */
static inline uint32_t hm_headed(uint32_t head, uint32_t word) { return head << 16 | (word & 0xFFFFu); }

/* Uniform in the open interval (0, 1) from one 32-bit word. */
static inline double hm_unit(uint32_t word)
{
    return ((double)word + 0.5) * (1.0 / 4294967296.0);
}

/* Uniform in (0, 1) from two words: an odd multiple of 2^-53, so that no rounding reaches 1. */
static inline double hm_unit53(uint32_t high, uint32_t low)
{
    const uint64_t bits = (((uint64_t)high << 32) | low) >> 12;
    return ((double)bits + 0.5) * (1.0 / 4503599627370496.0);
}

/* The first three words of the blocks of n identities, as hm_draw gives them: in columns, so that
 * the compiler can compute several at once. */
void hm_draw_many(hm_key_t key, int n, const uint64_t *identity, uint32_t step, uint32_t draw, uint32_t *word0,
                  uint32_t *word1, uint32_t *word2);

#define HM_EIGHTHS 32 /* blocks at most */

/* Shared blocks, and the 16 bits of each of their identities in order. */
typedef union {
    uint32_t word[4 * HM_EIGHTHS];
    uint16_t half[8 * HM_EIGHTHS];
} hm_eighths_t;

/* The n blocks that identities 8 * first ... share, as hm_eighth gives their bits. */
void hm_draw_eighths(hm_key_t key, uint64_t first, int n, uint32_t step, uint32_t draw, hm_eighths_t *out);

/* n uniforms for identities first_identity ... first_identity + n - 1 (words 0 and 1 of each block). */
void hm_uniform_fill(uint64_t seed, uint32_t stream, uint64_t first_identity, uint32_t step, uint32_t draw,
                     int64_t n, double *out);

/* One uniform for each of n identities and steps. */
void hm_uniform_of(uint64_t seed, uint32_t stream, int64_t n, const uint64_t *identity, const uint32_t *step,
                   uint32_t draw, double *out);

#endif
