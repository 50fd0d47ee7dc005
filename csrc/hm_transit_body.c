/* The tables of a body: what may stand in them, and what follows from them for a CTC. */
#include "hm_transit_internal.h"

static int node_check(const hm_body_t *body, int32_t i)
{
    if (body->first_edge[i] < 0 || body->first_edge[i + 1] <= body->first_edge[i]) return HM_ERR_RANGE;
    if (!(body->exit_rate[i] > 0.0) || !isfinite(body->exit_rate[i])) return HM_ERR_ARGUMENT;
    if (!hm_is_probability(body->arrest_probability[i])) return HM_ERR_ARGUMENT;
    if (!hm_is_probability(body->reversible_fraction[i])) return HM_ERR_ARGUMENT;
    if (!hm_is_rate(body->release_rate[i]) || !hm_is_rate(body->extravasation_rate[i])) return HM_ERR_ARGUMENT;
    if (!hm_is_rate(body->death_rate[i]) || !hm_is_rate(body->filter_rate[i])) return HM_ERR_ARGUMENT;
    for (int32_t c = 0; c < HM_DEATH_CAUSES; c++)
        if (!hm_is_probability(body->cause_cumulative[i * HM_DEATH_CAUSES + c])) return HM_ERR_ARGUMENT;
    return hm_is_rate(body->arrested_death_rate[i]) ? HM_OK : HM_ERR_ARGUMENT;
}

int hm_body_check(const hm_body_t *body)
{
    if (body->num_nodes < 1 || body->num_nodes > UINT16_MAX) return HM_ERR_ARGUMENT;
    if (body->num_stages < 1 || body->num_stages > UINT8_MAX) return HM_ERR_ARGUMENT;
    if (!isfinite(body->arrest_per_diameter) || !isfinite(body->arrest_per_log_size)) return HM_ERR_ARGUMENT;
    if (!isfinite(body->reference_diameter)) return HM_ERR_ARGUMENT;
    if (body->first_edge[0] != 0 || body->first_edge[body->num_nodes] != body->num_edges) return HM_ERR_RANGE;
    for (int32_t i = 0; i < body->num_nodes; i++) {
        const int status = node_check(body, i);
        if (status < 0) return status;
    }
    for (int32_t e = 0; e < body->num_edges; e++) {
        if (body->edge_target[e] < 0 || body->edge_target[e] >= body->num_nodes) return HM_ERR_RANGE;
        if (!hm_is_probability(body->edge_cumulative[e])) return HM_ERR_ARGUMENT;
    }
    return HM_OK;
}

double hm_arrest_probability(const hm_body_t *body, int32_t bed, double diameter, uint32_t cells)
{
    return hm_shifted_probability(body->arrest_probability[bed], hm_odds_ratio(body, diameter, cells));
}

int hm_transit_start(uint64_t seed, int64_t n, const uint64_t *serial, int32_t num_drains,
                     const uint16_t *drain, const double *cumulative, uint16_t *node)
{
    if (n < 0 || num_drains < 1) return HM_ERR_ARGUMENT;
    const hm_key_t key = hm_key(seed, HM_STREAM_TRANSIT);
    for (int64_t i = 0; i < n; i++) {
        const hm_block_t b = hm_draw(key, serial[i], 0u, 0u);
        node[i] = drain[hm_drawn_index(cumulative, num_drains, hm_unit53(b.v[0], b.v[1]))];
    }
    return HM_OK;
}
