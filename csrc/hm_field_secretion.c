#include "hm_field_secretion.h"

#include <math.h>

#include "hm_core.h"
#include "hm_field_rows.h"

int hm_field_secretion_check(const hm_field_secretion_t *by)
{
    if (!isfinite(by->scale) || by->scale < 0.0) return HM_ERR_ARGUMENT;
    if (by->n_responses < 0 || by->n_responses > HM_MAX_SECRETION_RESPONSES) return HM_ERR_RANGE;
    for (int k = 0; k < 256; k++) {
        if (!isfinite(by->rate[k])) return HM_ERR_NOT_FINITE;
        if (by->rate[k] < 0.0) return HM_ERR_ARGUMENT;
        if (by->first[k] > by->end[k] || by->end[k] > by->n_responses) return HM_ERR_RANGE;
    }
    for (int32_t j = 0; j < by->n_responses; j++)
        if (by->responses[j].field < 0 || by->responses[j].field >= by->n_fields) return HM_ERR_RANGE;
    return HM_OK;
}

/* Secretion of the cells of one site. */
static double of_site(const hm_field_secretion_t *by, const uint8_t *cells, int32_t slots, int64_t site)
{
    double sum = 0.0;
    for (int32_t s = 0; s < slots; s++) {
        double rate = by->rate[cells[s]];
        for (int32_t j = by->first[cells[s]]; rate > 0.0 && j < by->end[cells[s]]; j++)
            rate *= hm_response_factor(&by->responses[j], (double)by->u[by->responses[j].field][site]);
        sum += rate;
    }
    return sum;
}

hm_real_bits_t hm_field_secretion_rows(const hm_lattice_t *lat, const hm_field_secretion_t *by, const uint8_t *kind,
                                       int32_t slots, int64_t lo, int64_t hi, hm_real_t *source)
{
    hm_real_bits_t largest = 0;
    for (int64_t i = lo; i < hi; i++) {
        const int64_t at = hm_field_row_at(lat, i);
        for (int64_t x = at; x < at + lat->nx; x++) {
            const uint8_t *cells = kind + x * slots;
            if (slots == 1 && by->rate[cells[0]] == 0.0) continue;
            source[x] += HM_REAL(by->scale * of_site(by, cells, slots, x));
        }
        largest = hm_field_row_maximum(source + at, lat->nx, largest);
    }
    return largest;
}

int hm_field_add_secretion(const hm_lattice_t *lat, const hm_field_secretion_t *by, const uint8_t *kind, int32_t slots,
                           int num_threads, hm_real_t *source, double *largest)
{
    if (slots < 1) return HM_ERR_ARGUMENT;
    const int status = hm_field_secretion_check(by);
    if (status != HM_OK) return status;
    hm_real_bits_t part[HM_TEAM_MAX] = {0};
    HM_PARALLEL(hm_team_size_for(hm_field_sites(lat), num_threads))
    {
        const hm_team_t team = hm_team_here();
        const hm_range_t rows = hm_team_range(team, hm_field_row_count(lat));
        part[team.rank] = hm_field_secretion_rows(lat, by, kind, slots, rows.lo, rows.hi, source);
    }
    double most = 0.0;
    for (int t = 0; t < HM_TEAM_MAX; t++) most = fmax(most, hm_real_from_bits(part[t]));
    *largest = most;
    return HM_OK;
}
