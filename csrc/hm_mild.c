/* Mild: where a field puts down the largest hazard that fields can put down. */
#include "hm_mild.h"

#include "hm_core.h"

#define HM_LOOKED_AT 0x80000000u /* the row's field has been looked at in this call */
#define HM_AHEAD 3               /* rows to the one whose field is asked for */

/* 1 where it is not mild, over n values. */
#define HM_HARSH(name, type)                                                                           \
    HM_WIDEST                                                                                          \
    static void name(const type *u, int n, double threshold, int below, uint8_t *restrict harsh)       \
    {                                                                                                  \
        if (below)                                                                                     \
            for (int i = 0; i < n; i++) harsh[i] = (uint8_t)!((double)u[i] <= threshold);                      \
        else                                                                                           \
            for (int i = 0; i < n; i++) harsh[i] = (uint8_t)!((double)u[i] > threshold);                       \
    }

HM_HARSH(harsh_f64, double)
HM_HARSH(harsh_f32, float)

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
    for (int64_t x = 0; x < sites; x += HM_SPAN) {
        const int n = (int)(sites - x < HM_SPAN ? sites - x : HM_SPAN);
        uint8_t harsh[HM_SPAN] = {0};
        if (f->is_single) harsh_f32((const float *)f->values + row->site + x, n, mild->threshold, mild->below, harsh);
        else harsh_f64((const double *)f->values + row->site + x, n, mild->threshold, mild->below, harsh);
        for (int k = 0; k < n; k += 64) out |= sections_of(hm_nonzero_bits(harsh + k), x + k, s->plan->section);
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
