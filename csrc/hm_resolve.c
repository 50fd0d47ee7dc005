/* Resolve: who enters the blood together, and who gets a contested site. */
#include "hm_cells_internal.h"

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

/* Members of a claim: itself and the neighbours it holds. Marks them where `out` is given. */
static int64_t settle_claim(const hm_substep_t *s, const hm_place_t *claimer, hm_leaver_t *out)
{
    hm_cells_t *c = s->cells;
    int64_t n = 0;
    if (!goes_with(s, claimer, claimer)) return 0;
    if (out) out[n] = leaver(s, claimer, claimer), c->outcome[hm_index(c, claimer)] = 1;
    n++;
    for (int i = 0; i <= hm_faces(&c->lat); i++) {
        hm_place_t to;
        const int d = i < hm_faces(&c->lat) ? i : HM_SELF;
        if (!hm_step_to(c, claimer, d, &to)) continue;
        for (to.slot = 0; to.slot < c->slots; to.slot++) {
            if (same_place(&to, claimer) || !goes_with(s, &to, claimer)) continue;
            if (out) out[n] = leaver(s, &to, claimer), c->outcome[hm_index(c, &to)] = 1;
            n++;
        }
    }
    return n;
}

typedef int64_t (*hm_visit_t)(const hm_substep_t *s, const hm_place_t *p, hm_leaver_t *out, int64_t n);

static int64_t each_cell(const hm_substep_t *s, hm_visit_t visit, hm_leaver_t *out)
{
    const hm_cells_t *c = s->cells;
    int64_t n = 0;
    for (int64_t z = 0; z < c->lat.nz; z++)
        for (int64_t y = 0; y < c->lat.ny; y++)
            for (int64_t x = 0; x < c->lat.nx; x++)
                for (int32_t k = 0; k < c->slots; k++) {
                    const hm_place_t p = {z, y, x, hm_site(&c->lat, z, y, x), k};
                    if (c->proposal[hm_index(c, &p)] || c->outcome[hm_index(c, &p)]) n += visit(s, &p, out, n);
                }
    return n;
}

static int64_t visit_claim(const hm_substep_t *s, const hm_place_t *p, hm_leaver_t *out, int64_t n)
{
    if (!hm_is_claim(s->cells->proposal[hm_index(s->cells, p)])) return 0;
    return settle_claim(s, p, out ? out + n : 0);
}

/* A cell that leaves gives up its own proposal; a claim that lost is void. */
static int64_t visit_mark(const hm_substep_t *s, const hm_place_t *p, hm_leaver_t *out, int64_t n)
{
    hm_cells_t *c = s->cells;
    const int64_t i = hm_index(c, p);
    (void)out, (void)n;
    if (c->outcome[i]) c->proposal[i] = hm_proposal(HM_LOCAL, HM_LEAVE), c->outcome[i] = 0;
    else if (hm_is_claim(c->proposal[i])) c->proposal[i] = 0;
    return 0;
}

int64_t hm_claims_settle(const hm_substep_t *s, int64_t capacity, hm_leaver_t *leavers)
{
    const int64_t n = each_cell(s, visit_claim, 0);
    if (n > capacity) return n;
    each_cell(s, visit_claim, leavers);
    each_cell(s, visit_mark, 0);
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

void hm_resolve_row(const hm_substep_t *s, int64_t z, int64_t y)
{
    hm_cells_t *c = s->cells;
    const int64_t first = hm_site(&c->lat, z, y, 0);
    for (int64_t x = 0; x < c->lat.nx; x++)
        for (int32_t k = 0; k < c->slots; k++) {
            const hm_place_t p = {z, y, x, first + x, k};
            const uint8_t q = c->proposal[hm_index(c, &p)];
            if (hm_what(q) != HM_DIVIDE && hm_what(q) != HM_MOVE) continue;
            hm_place_t target;
            hm_step_to(c, &p, hm_detail(q), &target);
            /* A site accepts as many as it had free slots, lowest priority first. */
            c->outcome[hm_index(c, &p)] = (uint8_t)(1 + free_slot(c, target.site, rivals_before(s, &p, &target)));
        }
}
