/* Loss and source of each site, of hm_field.h. */
#include <math.h>

#include "hm_core.h"
#include "hm_field.h"
#include "hm_field_rows.h"

/* Tables of one assembly, scaled. loss[0] counts only where all slots are empty. */
typedef struct {
    hm_real_t everywhere, empty;
    hm_real_t loss[256], source[256];
    int has_source;
} tables_t;

static int tables_make(const hm_field_rates_t *rates, tables_t *t)
{
    t->everywhere = HM_REAL(rates->scale * rates->everywhere);
    t->empty = HM_REAL(rates->scale * rates->empty);
    t->has_source = 0;
    for (int k = 0; k < 256; k++) {
        t->loss[k] = HM_REAL(rates->loss ? rates->scale * rates->loss[k] : 0.0);
        t->source[k] = HM_REAL(rates->source ? rates->scale * rates->source[k] : 0.0);
        if (!isfinite(t->loss[k]) || !isfinite(t->source[k])) return HM_ERR_NOT_FINITE;
        if (t->loss[k] < 0) return HM_ERR_ARGUMENT;
        t->has_source |= t->source[k] != 0;
    }
    t->loss[0] = t->source[0] = 0;
    if (!isfinite(t->everywhere) || !isfinite(t->empty)) return HM_ERR_NOT_FINITE;
    return t->everywhere < 0 || t->empty < 0 ? HM_ERR_ARGUMENT : HM_OK;
}

HM_INLINE void assemble_loss(const tables_t *t, const uint8_t *restrict kind, int32_t slots, int64_t n,
                             hm_real_t *restrict loss)
{
    for (int64_t x = 0; x < n; x++) {
        const uint8_t *cells = kind + x * slots;
        hm_real_t sum = t->loss[cells[0]];
        int any = cells[0];
        for (int32_t s = 1; s < slots; s++) {
            sum += t->loss[cells[s]];
            any |= cells[s];
        }
        loss[x] = t->everywhere + (any ? sum : t->empty);
    }
}

HM_INLINE void assemble_source(const tables_t *t, const uint8_t *restrict kind, int32_t slots, int64_t n,
                               hm_real_t *restrict source)
{
    for (int64_t x = 0; x < n; x++) {
        hm_real_t sum = 0;
        for (int32_t s = 0; s < slots; s++) sum += t->source[kind[x * slots + s]];
        source[x] = sum;
    }
}

HM_INLINE void set_row(hm_real_t *restrict row, int64_t n, hm_real_t value)
{
    for (int64_t x = 0; x < n; x++) row[x] = value;
}

typedef struct {
    hm_real_bits_t loss, source;
} extent_bits_t;

HM_CLONES
static void assemble_rows(const hm_lattice_t *lat, const tables_t *t, const uint8_t *kind, int32_t slots, hm_real_t *loss,
                          hm_real_t *source, hm_range_t range, extent_bits_t *extent)
{
    for (int64_t i = range.lo; i < range.hi; i++) {
        const int64_t at = hm_field_row_at(lat, i);
        if (slots == 1) assemble_loss(t, kind + at, 1, lat->nx, loss + at);
        else assemble_loss(t, kind + at * slots, slots, lat->nx, loss + at);
        extent->loss = hm_field_row_maximum(loss + at, lat->nx, extent->loss);
        if (t->has_source) {
            assemble_source(t, kind + at * slots, slots, lat->nx, source + at);
            extent->source = hm_field_row_maximum(source + at, lat->nx, extent->source);
        } else {
            set_row(source + at, lat->nx, 0);
        }
    }
}

int hm_field_assemble(const hm_lattice_t *lat, const hm_field_rates_t *rates, const uint8_t *kind, int32_t slots,
                      int num_threads, hm_real_t *loss, hm_real_t *source, hm_field_extent_t *extent)
{
    tables_t tables;
    if (slots < 1) return HM_ERR_ARGUMENT;
    const int status = tables_make(rates, &tables);
    if (status != HM_OK) return status;
    extent_bits_t part[HM_TEAM_MAX] = {{0}};
    HM_PARALLEL(hm_team_size_for(hm_field_sites(lat), num_threads))
    {
        const hm_team_t team = hm_team_here();
        extent_bits_t own = {0};
        assemble_rows(lat, &tables, kind, slots, loss, source, hm_team_range(team, hm_field_row_count(lat)), &own);
        part[team.rank] = own;
    }
    *extent = (hm_field_extent_t){0};
    for (int t = 0; t < HM_TEAM_MAX; t++) {
        extent->loss = fmax(extent->loss, hm_real_from_bits(part[t].loss));
        extent->source = fmax(extent->source, hm_real_from_bits(part[t].source));
    }
    return HM_OK;
}

static int is_interior(const hm_lattice_t *lat, int64_t site)
{
    if (site < 0 || site >= lat->size) return 0;
    const int64_t z = site / lat->sz - lat->hz, y = site % lat->sz / lat->sy - 1, x = site % lat->sy - 1;
    return z >= 0 && z < lat->nz && y >= 0 && y < lat->ny && x >= 0 && x < lat->nx;
}

int hm_field_add_vessels(const hm_lattice_t *lat, int64_t m, const int64_t *sites, const double *conductance,
                         double blood_value, double scale, hm_real_t *loss, hm_real_t *source, hm_field_extent_t *extent)
{
    for (int64_t i = 0; i < m; i++) {
        if (!is_interior(lat, sites[i])) return HM_ERR_RANGE;
        if (!isfinite(conductance[i]) || conductance[i] < 0.0) return HM_ERR_ARGUMENT;
    }
    for (int64_t i = 0; i < m; i++) {
        const double c = scale * conductance[i];
        loss[sites[i]] += HM_REAL(c);
        source[sites[i]] += HM_REAL(c * blood_value);
        extent->loss = fmax(extent->loss, (double)loss[sites[i]]);
        extent->source = fmax(extent->source, fabs((double)source[sites[i]]));
    }
    return HM_OK;
}
