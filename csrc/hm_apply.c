/* Apply: winners and local events are written; a target slot has one writer. */
#include "hm_cells_internal.h"

static void place(hm_cells_t *c, int64_t to, int64_t from, uint8_t kind, float born)
{
    c->kind[to] = kind;
    c->clone[to] = c->clone[from];
    c->founder[to] = c->founder[from];
    c->born[to] = born;
}

static void vacate(hm_cells_t *c, int64_t i)
{
    c->kind[i] = HM_EMPTY;
    c->clone[i] = 0u;
    c->founder[i] = 0u;
    c->born[i] = 0.0f;
}

/* A cell came to a row; rows are shared between threads. */
static void count_into_row(hm_cells_t *c, const hm_place_t *p, int32_t change)
{
    int32_t *row = &c->row_cells[p->z * c->lat.ny + p->y];
#pragma omp atomic
    *row += change;
}

/* Returns 1 for a division that founds a clone: its proposal stands until the clone has a number. */
static int apply_arrival(const hm_substep_t *s, const hm_place_t *p, uint8_t q, hm_flows_t *flows)
{
    hm_cells_t *c = s->cells;
    const int64_t i = hm_index(c, p);
    if (c->outcome[i] == 0) {
        flows->blocked++;
        return 0;
    }
    hm_place_t target;
    hm_step_to(c, p, hm_detail(q), &target);
    target.slot = c->outcome[i] - 1;
    const int64_t t = hm_index(c, &target);
    count_into_row(c, &target, 1);
    if (hm_what(q) == HM_MOVE) {
        place(c, t, i, c->kind[i], c->born[i]);
        vacate(c, i);
        count_into_row(c, p, -1);
        flows->moved++;
        return 0;
    }
    place(c, t, i, c->kind[i], (float)s->now);
    c->born[i] = (float)s->now;
    flows->born++;
    return hm_mutates(s, p);
}

static void apply_local(const hm_substep_t *s, const hm_place_t *p, int64_t i, int event, hm_flows_t *flows)
{
    hm_cells_t *c = s->cells;
    const int phenotype = hm_phenotype_of(c->kind[i]);
    switch (event) {
    case HM_DIE: vacate(c, i), flows->died_apoptosis++; break;
    case HM_BECOME_NECROTIC: c->kind[i] = hm_kind(phenotype, HM_NECROTIC), flows->died_necrosis++; break;
    case HM_CLEAR: vacate(c, i), flows->cleared++; break;
    case HM_DIE_DORMANT: vacate(c, i), flows->died_dormant++; break;
    case HM_REACTIVATE: c->kind[i] = hm_kind(phenotype, HM_ACTIVE), flows->reactivated++; break;
    case HM_LEAVE: vacate(c, i), flows->intravasated++; break;
    default: break;
    }
    if (c->kind[i] == HM_EMPTY) count_into_row(c, p, -1);
}

void hm_apply_row(const hm_substep_t *s, int64_t z, int64_t y, hm_tally_t *tally)
{
    hm_cells_t *c = s->cells;
    const int64_t n = c->lat.nx * c->slots;
    const uint8_t *proposals = c->proposal + hm_site(&c->lat, z, y, 0) * c->slots;
    for (int64_t j = hm_next_nonzero(proposals, 0, n); j < n; j = hm_next_nonzero(proposals, j + 1, n)) {
        const hm_place_t p = hm_place_in_row(c, z, y, j);
        const int64_t i = hm_index(c, &p);
        const uint8_t q = c->proposal[i];
        if (hm_what(q) == HM_LOCAL) {
            apply_local(s, &p, i, hm_detail(q), &tally->flows);
        } else if (hm_what(q) == HM_SWITCH) {
            c->kind[i] = hm_kind(hm_detail(q), hm_condition_of(c->kind[i]));
            tally->flows.transitions++;
        } else if (apply_arrival(s, &p, q, &tally->flows)) {
            tally->flows.mutated++;
            continue;
        }
        c->proposal[i] = 0;
        c->outcome[i] = 0;
    }
}
