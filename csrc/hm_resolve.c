/* Resolve: who enters the blood together, and who gets a contested site. */
#include "hm_events.h"

static uint64_t priority(const hm_substep_t *s, const hm_place_t *p)
{
    const hm_block_t b = hm_draw(s->rules->key_priority, hm_identity(s->cells, p), s->step, s->sub);
    return (uint64_t)b.v[0] << 32 | b.v[1];
}

int hm_precedes(const hm_substep_t *s, const hm_place_t *a, const hm_place_t *b)
{
    const uint64_t pa = priority(s, a), pb = priority(s, b);
    return pa != pb ? pa < pb : hm_rank(s->cells, a) < hm_rank(s->cells, b);
}

/* Whether the claim of `claimer` holds the cell at `slot` of its neighbour in `direction`. */
static int holds(const hm_substep_t *s, const hm_place_t *claimer, int direction, int32_t slot)
{
    const hm_cells_t *c = s->cells;
    const uint8_t kind = c->kind[hm_index(c, claimer)];
    const uint32_t which = (uint32_t)(direction * c->slots + slot);
    const hm_block_t b = hm_draw(s->rules->key_cohesion, hm_identity(c, claimer), s->step, s->sub << 8 | which);
    return hm_unit(b.v[0]) < s->rules->phenotypes[hm_phenotype_of(kind)].cohesion;
}

static int can_go_along(const hm_cells_t *c, const hm_place_t *p)
{
    const uint8_t kind = c->kind[hm_index(c, p)];
    return hm_is_cell(kind) && hm_condition_of(kind) == HM_ACTIVE;
}

/* The claim of lowest priority that covers a cell; 0 if none does. */
static int claim_on(const hm_substep_t *s, const hm_place_t *cell, hm_place_t *owner)
{
    const hm_cells_t *c = s->cells;
    int found = 0;
    if (hm_is_claim(c->proposal[hm_index(c, cell)])) *owner = *cell, found = 1;
    for (int i = 0; i <= hm_faces(&c->lat); i++) {
        const int d = i < hm_faces(&c->lat) ? i : HM_SELF;
        hm_place_t from;
        if (!hm_step_to(c, cell, d, &from)) continue;
        for (from.slot = 0; from.slot < c->slots; from.slot++) {
            if (d == HM_SELF && from.slot == cell->slot) continue;
            if (!hm_is_claim(c->proposal[hm_index(c, &from)])) continue;
            if (!holds(s, &from, hm_opposite(d), cell->slot)) continue;
            if (!found || hm_precedes(s, &from, owner)) *owner = from, found = 1;
        }
    }
    return found;
}

static int same_place(const hm_place_t *a, const hm_place_t *b) { return a->site == b->site && a->slot == b->slot; }

/* A cell goes with a claimer if that claim is the lowest on it and the claimer keeps itself. */
static int goes_with(const hm_substep_t *s, const hm_place_t *cell, const hm_place_t *claimer)
{
    hm_place_t owner;
    return can_go_along(s->cells, cell) && claim_on(s, cell, &owner) && same_place(&owner, claimer);
}

static hm_leaver_t leaver(const hm_substep_t *s, const hm_place_t *cell, const hm_place_t *claimer)
{
    const hm_cells_t *c = s->cells;
    const int64_t i = hm_index(c, cell);
    return (hm_leaver_t){
        .time = s->now,
        .site = hm_global_site(&c->lat, cell->z, cell->y, cell->x),
        .claimer = hm_rank(c, claimer),
        .clone = c->clone[i],
        .founder = c->founder[i],
        .slot = (uint8_t)cell->slot,
        .phenotype = (uint8_t)hm_phenotype_of(c->kind[i]),
        .ruptured = c->proposal[hm_index(c, claimer)] == hm_proposal(HM_LOCAL, HM_SHED),
    };
}

/* Whether no earlier direction leads to the same site: on a periodic axis of one or two sites
 * several do, and a member must leave once. The own site comes last, as HM_SELF. */
static int first_to_reach(const hm_cells_t *c, const hm_place_t *from, int direction, const hm_place_t *to)
{
    if (direction == HM_SELF) return 1;
    if (to->site == from->site) return 0;
    for (int d = 0; d < direction; d++) {
        hm_place_t other;
        if (hm_step_to(c, from, d, &other) && other.site == to->site) return 0;
    }
    return 1;
}

static void take_along(const hm_substep_t *s, const hm_place_t *cell, const hm_place_t *claimer, hm_leaver_t *out)
{
    hm_cells_t *c = s->cells;
    *out = leaver(s, cell, claimer);
    c->outcome[hm_index(c, cell)] = 1;
    c->row_events[hm_row_number(c, cell)]++;
    c->row_claims[hm_row_number(c, cell)]++;
}

/* Members of a claim: itself and the neighbours it holds. Marks them where `out` is given. */
static int64_t settle_claim(const hm_substep_t *s, const hm_place_t *claimer, hm_leaver_t *out)
{
    const hm_cells_t *c = s->cells;
    int64_t n = 0;
    if (!goes_with(s, claimer, claimer)) return 0;
    if (out) take_along(s, claimer, claimer, &out[n]);
    n++;
    for (int i = 0; i <= hm_faces(&c->lat); i++) {
        hm_place_t to;
        const int d = i < hm_faces(&c->lat) ? i : HM_SELF;
        if (!hm_step_to(c, claimer, d, &to) || !first_to_reach(c, claimer, d, &to)) continue;
        for (to.slot = 0; to.slot < c->slots; to.slot++) {
            if (same_place(&to, claimer) || !goes_with(s, &to, claimer)) continue;
            if (out) take_along(s, &to, claimer, &out[n]);
            n++;
        }
    }
    return n;
}

/* Members of all claims, in the order of sites; written where `out` is given. */
static int64_t settle_claims(const hm_substep_t *s, hm_leaver_t *out)
{
    const hm_cells_t *c = s->cells;
    const int64_t n = c->lat.nx * c->slots;
    int64_t members = 0;
    for (int64_t r = 0; r < hm_rows(&c->lat); r++) {
        if (!c->row_claims[r]) continue;
        const int64_t z = r / c->lat.ny, y = r % c->lat.ny;
        const uint8_t *proposals = c->proposal + hm_site(&c->lat, z, y, 0) * c->slots;
        for (int64_t j = hm_next_nonzero(proposals, 0, n); j < n; j = hm_next_nonzero(proposals, j + 1, n)) {
            if (!hm_is_claim(proposals[j])) continue;
            const hm_place_t p = hm_place_in_row(c, z, y, j);
            members += settle_claim(s, &p, out ? out + members : 0);
        }
    }
    return members;
}

/* A cell that leaves gives up its own proposal; a claim that lost is void. */
static void mark_leavers(hm_cells_t *c)
{
    const int64_t n = c->lat.nx * c->slots;
    for (int64_t r = 0; r < hm_rows(&c->lat); r++) {
        if (!c->row_claims[r]) continue;
        const int64_t first = hm_site(&c->lat, r / c->lat.ny, r % c->lat.ny, 0) * c->slots;
        uint8_t *proposals = c->proposal + first, *outcomes = c->outcome + first;
        for (int64_t j = hm_next_nonzero(proposals, 0, n); j < n; j = hm_next_nonzero(proposals, j + 1, n))
            if (hm_is_claim(proposals[j])) proposals[j] = 0;
        for (int64_t j = hm_next_nonzero(outcomes, 0, n); j < n; j = hm_next_nonzero(outcomes, j + 1, n))
            proposals[j] = hm_proposal(HM_LOCAL, HM_LEAVE), outcomes[j] = 0;
    }
}

int64_t hm_claims_settle(const hm_substep_t *s, int64_t capacity, hm_leaver_t *leavers)
{
    const int64_t n = settle_claims(s, 0);
    if (n > capacity) return n;
    settle_claims(s, leavers);
    mark_leavers(s->cells);
    return n;
}

/* How many proposals for the same site come before this one. */
static int rivals_before(const hm_substep_t *s, const hm_place_t *p, const hm_place_t *target)
{
    const hm_cells_t *c = s->cells;
    int before = 0;
    for (int i = 0; i <= c->division_neighbours; i++) {
        const int d = i < c->division_neighbours ? i : HM_SELF;
        if (d == HM_SELF && c->slots == 1) continue;
        hm_place_t rival;
        if (!hm_step_to(c, target, d, &rival)) continue;
        for (rival.slot = 0; rival.slot < c->slots; rival.slot++) {
            const uint8_t q = c->proposal[hm_index(c, &rival)];
            if (hm_what(q) != HM_DIVIDE && hm_what(q) != HM_MOVE) continue;
            if (hm_detail(q) != hm_opposite(d) || same_place(&rival, p)) continue;
            before += hm_precedes(s, &rival, p);
        }
    }
    return before;
}

/* The rank-th free slot of a site. */
static int free_slot(const hm_cells_t *c, int64_t site, int rank)
{
    for (int32_t k = 0; k < c->slots; k++)
        if (c->kind[site * c->slots + k] == HM_EMPTY && rank-- == 0) return k;
    return -1;
}

/* Whether strides lead from a site to all that touches it: not across a periodic side. */
static int is_inner(const hm_lattice_t *lat, const hm_place_t *p)
{
    return p->x > 0 && p->x < lat->nx - 1 && p->y > 0 && p->y < lat->ny - 1 &&
           (lat->dim == 2 || (p->z > 0 && p->z < lat->nz - 1));
}

/* Proposals that lead to a padded site, for any of its slots. In a closed halo nobody proposes. */
static int count_proposals(const hm_substep_t *s, int64_t target)
{
    const hm_cells_t *c = s->cells;
    int n = 0;
    for (int d = 0; d < c->division_neighbours; d++) {
        const uint8_t *q = c->proposal + (target + s->plan->stride[d]) * c->slots;
        const int back = hm_opposite(d);
        for (int32_t k = 0; k < c->slots; k++) n += (q[k] == hm_proposal(HM_MOVE, back)) | (q[k] == hm_proposal(HM_DIVIDE, back));
    }
    if (c->slots > 1)
        for (int32_t k = 0; k < c->slots; k++) n += c->proposal[target * c->slots + k] == hm_proposal(HM_DIVIDE, HM_SELF);
    return n;
}

/* The slot that an arrival gets, counted from 1, or 0. A site accepts as many as it had free slots,
 * lowest priority first. */
static uint8_t settle(const hm_substep_t *s, const hm_event_t *e)
{
    const hm_cells_t *c = s->cells;
    hm_place_t target = {0};
    if (c->lat.periodic) target = hm_place_at(c, e->to_row, e->target * c->slots);
    const int is_alone = (!c->lat.periodic || is_inner(&c->lat, &target)) && count_proposals(s, e->target) == 1;
    if (is_alone) return (uint8_t)(1 + (c->slots == 1 ? 0 : free_slot(c, e->target, 0)));
    const hm_place_t from = hm_place_at(c, e->row, e->at);
    target = hm_place_at(c, e->to_row, e->target * c->slots);
    const int before = rivals_before(s, &from, &target);
    return (uint8_t)(c->slots == 1 ? before == 0 : 1 + free_slot(c, e->target, before));
}

void hm_events_settle(const hm_substep_t *s, hm_events_t *events)
{
    for (int k = 0; k < events->n; k++) {
        hm_event_t *e = &events->list[k];
        e->won = hm_is_arrival(e->proposal) ? settle(s, e) : 0;
    }
}

static void resolve_events(const hm_substep_t *s, hm_events_t *events, hm_tally_t *tally)
{
    (void)tally;
    hm_events_settle(s, events);
    for (int k = 0; k < events->n; k++) s->cells->outcome[events->list[k].at] = events->list[k].won;
}

void hm_resolve_rows(const hm_substep_t *s, int64_t first, int64_t end)
{
    hm_events_each(s, first, end, resolve_events, 0);
}
