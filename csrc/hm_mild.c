/* Mild: where a field puts down the largest hazard that fields can put down. */
#include "hm_mild.h"

#include "hm_core.h"
#include "hm_philox_512.h"

#define HM_LOOKED_AT 0x80000000u /* the row's field has been looked at in this call */
#define HM_AHEAD 3               /* rows to the one whose field is asked for */

/* Bit k: the k-th of n values, 64 at most, is not on the mild side of a threshold. */
#define HM_HARSH(name, type)                                                             \
    HM_WIDEST                                                                            \
    static uint64_t name(const type *u, int n, double threshold, int below)              \
    {                                                                                    \
        uint8_t harsh[64] = {0};                                                         \
        if (below)                                                                       \
            for (int i = 0; i < n; i++) harsh[i] = (uint8_t)!((double)u[i] <= threshold); \
        else                                                                             \
            for (int i = 0; i < n; i++) harsh[i] = (uint8_t)!((double)u[i] > threshold); \
        return hm_nonzero_bits(harsh);                                                   \
    }

HM_HARSH(harsh_f64, double)
HM_HARSH(harsh_f32, float)

#if HM_HAS_512
HM_512
static uint64_t harsh_f64_512(const double *u, int n, double threshold, int below)
{
    const __m512d limit = _mm512_set1_pd(threshold);
    uint64_t harsh = 0u;
    for (int i = 0; i < n; i += 8) {
        const __mmask8 some = (__mmask8)(n - i < 8 ? (1u << (n - i)) - 1u : 0xFFu);
        const __m512d here = _mm512_maskz_loadu_pd(some, u + i);
        const __mmask8 over = _mm512_mask_cmp_pd_mask(some, here, limit, _CMP_NLE_UQ); /* or no number */
        const __mmask8 under = _mm512_mask_cmp_pd_mask(some, here, limit, _CMP_NGT_UQ);
        harsh |= (uint64_t)(below ? over : under) << i;
    }
    return harsh;
}
#endif

static uint64_t harsh_bits(const hm_field_view_t *f, int64_t site, int n, const hm_mild_t *mild)
{
#if HM_HAS_512
    if (!f->is_single && __builtin_cpu_supports("avx512f"))
        return harsh_f64_512((const double *)f->values + site, n, mild->threshold, mild->below);
#endif
    if (f->is_single) return harsh_f32((const float *)f->values + site, n, mild->threshold, mild->below);
    return harsh_f64((const double *)f->values + site, n, mild->threshold, mild->below);
}

/* The sections of 64 sites from x on in which a bit is set. */
static uint32_t sections_of(uint64_t mask, int64_t x, int section)
{
    const int sites = section < 6 ? 1 << section : 64;
    const uint64_t ones = ~0ull >> (64 - sites);
    uint32_t out = 0u;
    for (int k = 0; mask && k < 64; k += sites) out |= (uint32_t)((mask >> k & ones) != 0u) << ((x + k) >> section & 31);
    return out;
}

static uint32_t harsh_of(const hm_substep_t *s, const hm_row_t *row)
{
    const hm_mild_t *mild = &s->plan->mild;
    const int64_t sites = s->cells->lat.nx;
    uint32_t out = 0u;
    if (mild->field < 0) return ~0u;
    const hm_field_view_t *f = &s->rules->fields[mild->field];
    for (int64_t x = 0; x < sites; x += 64) {
        const int n = (int)(sites - x < 64 ? sites - x : 64);
        out |= sections_of(harsh_bits(f, row->site + x, n, mild), x, s->plan->section);
    }
    return out;
}

static void fetch_later(const hm_substep_t *s, int64_t site)
{
    const hm_lattice_t *lat = &s->cells->lat;
    const int64_t later = site + HM_AHEAD * lat->sy;
    if (s->plan->mild.field >= 0 && later + lat->nx <= lat->size)
        hm_field_view_fetch_row(&s->rules->fields[s->plan->mild.field], later, lat->nx);
}

uint32_t hm_row_harsh(const hm_substep_t *s, const hm_row_t *row)
{
    uint32_t *known = &s->cells->row_harsh[row->number];
    if (*known == 0u) {
        fetch_later(s, row->site);
        *known = HM_LOOKED_AT | harsh_of(s, row);
    }
    return *known & ~HM_LOOKED_AT;
}
