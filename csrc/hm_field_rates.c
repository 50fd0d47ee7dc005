/* Loss and source of each site, of hm_field.h. */
#include <math.h>

#include "hm_core.h"
#include "hm_field.h"
#include "hm_field_rows.h"
#include "hm_field_tables.h"

int hm_field_tables_make(const hm_field_rates_t *rates, hm_field_tables_t *t)
{
    t->everywhere = HM_REAL(rates->scale * rates->everywhere);
    t->empty = HM_REAL(rates->scale * rates->empty);
    t->has_source = 0;
    t->has_loss = t->empty != 0;
    for (int k = 0; k < 256; k++) {
        t->loss[k] = HM_REAL(rates->loss ? rates->scale * rates->loss[k] : 0.0);
        t->source[k] = HM_REAL(rates->source ? rates->scale * rates->source[k] : 0.0);
        if (!isfinite(t->loss[k]) || !isfinite(t->source[k])) return HM_ERR_NOT_FINITE;
        if (t->loss[k] < 0) return HM_ERR_ARGUMENT;
        t->has_source |= t->source[k] != 0;
        t->maximum[k] = HM_REAL(rates->maximum ? rates->scale * rates->maximum[k] : 0.0);
        t->half[k] = HM_REAL(rates->maximum ? rates->half[k] : 1.0);
        if (!isfinite(t->maximum[k]) || !isfinite(t->half[k])) return HM_ERR_NOT_FINITE;
        if (t->maximum[k] < 0 || !(t->half[k] > 0)) return HM_ERR_ARGUMENT;
    }
    t->loss[0] = t->source[0] = 0;
    for (int k = 0; k < 256; k++) t->has_loss |= t->loss[k] != 0;
    t->maximum[0] = 0;
    for (int k = 0; k < 256; k++) t->total[k] = t->everywhere + (k ? t->loss[k] : t->empty);
    if (!isfinite(t->everywhere) || !isfinite(t->empty)) return HM_ERR_NOT_FINITE;
    return t->everywhere < 0 || t->empty < 0 ? HM_ERR_ARGUMENT : HM_OK;
}

int hm_field_rates_check(const hm_field_rates_t *rates)
{
    hm_field_tables_t tables;
    return hm_field_tables_make(rates, &tables);
}

HM_CLONES
static void assemble_rows(const hm_lattice_t *lat, const hm_field_tables_t *t, const uint8_t *kind, int32_t slots,
                          hm_real_t *loss, hm_real_t *source, hm_range_t range, hm_field_extent_bits_t *extent)
{
    for (int64_t i = range.lo; i < range.hi; i++) {
        const int64_t at = hm_field_row_at(lat, i);
        hm_field_assemble_row(t, kind + at * slots, slots, lat->nx, loss + at, source + at);
        extent->loss = hm_field_row_maximum(loss + at, lat->nx, extent->loss);
        if (t->has_source) extent->source = hm_field_row_maximum(source + at, lat->nx, extent->source);
    }
}

int hm_field_assemble(const hm_lattice_t *lat, const hm_field_rates_t *rates, const uint8_t *kind, int32_t slots,
                      int num_threads, hm_real_t *loss, hm_real_t *source, hm_field_extent_t *extent)
{
    hm_field_tables_t tables;
    if (slots < 1) return HM_ERR_ARGUMENT;
    const int status = hm_field_tables_make(rates, &tables);
    if (status != HM_OK) return status;
    hm_field_extent_bits_t part[HM_TEAM_MAX] = {{0}};
    HM_PARALLEL(hm_team_size_for(hm_field_sites(lat), num_threads))
    {
        const hm_team_t team = hm_team_here();
        hm_field_extent_bits_t own = {0};
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
    const int64_t plane = site / lat->sz, in_plane = site - plane * lat->sz, row = in_plane / lat->sy;
    const int64_t z = plane - lat->hz, y = row - 1, x = in_plane - row * lat->sy - 1;
    return z >= 0 && z < lat->nz && y >= 0 && y < lat->ny && x >= 0 && x < lat->nx;
}

int hm_field_vessels_check(const hm_lattice_t *lat, int64_t m, const int64_t *sites, const double *conductance)
{
    for (int64_t i = 0; i < m; i++) {
        if (!is_interior(lat, sites[i])) return HM_ERR_RANGE;
        if (!isfinite(conductance[i]) || conductance[i] < 0.0) return HM_ERR_ARGUMENT;
    }
    return HM_OK;
}

int hm_field_add_vessels(const hm_lattice_t *lat, int64_t m, const int64_t *sites, const double *conductance,
                         double blood_value, double scale, hm_real_t *loss, hm_real_t *source, hm_field_extent_t *extent)
{
    const int status = hm_field_vessels_check(lat, m, sites, conductance);
    if (status != HM_OK) return status;
    for (int64_t i = 0; i < m; i++) {
        const double c = scale * conductance[i];
        loss[sites[i]] += HM_REAL(c);
        source[sites[i]] += HM_REAL(c * blood_value);
        extent->loss = fmax(extent->loss, (double)loss[sites[i]]);
        extent->source = fmax(extent->source, fabs((double)source[sites[i]]));
    }
    return HM_OK;
}

int hm_field_add_supply(const hm_lattice_t *lat, int64_t m, const int64_t *sites, const double *supply, double scale,
                        hm_real_t *source, hm_field_extent_t *extent)
{
    for (int64_t i = 0; i < m; i++) {
        if (!is_interior(lat, sites[i])) return HM_ERR_RANGE;
        if (!isfinite(supply[i])) return HM_ERR_NOT_FINITE;
    }
    for (int64_t i = 0; i < m; i++) {
        source[sites[i]] += HM_REAL(scale * supply[i]);
        extent->source = fmax(extent->source, fabs((double)source[sites[i]]));
    }
    return HM_OK;
}
