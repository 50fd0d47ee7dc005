#include "hm_cells.h"

#include <stdlib.h>
#include <string.h>

#include "hm_core.h"
#include "hm_test.h"

#define H 20.0
#define CAPACITY 100000

/* A lattice of cells with its rules; the fields are one linear ramp. */
typedef struct {
    hm_cells_t cells;
    hm_rules_t rules;
    double *ramp;
    hm_field_view_t fields[1];
    uint8_t *mask;
    int64_t *sites;
    double *intact, *ruptured;
    hm_leaver_t *leavers;
    int64_t n_leavers;
    hm_flows_t flows;
} hm_world_t;

static void *zeros(int64_t n, size_t size)
{
    void *out = calloc((size_t)n, size);
    if (!out) abort();
    return out;
}

static int64_t hm_rows_of(const hm_cells_t *c) { return c->lat.nz * c->lat.ny; }

static void add_columns(hm_cells_t *c)
{
    const int64_t n = c->lat.size * c->slots;
    c->kind = zeros(n, 1), c->proposal = zeros(n, 1), c->outcome = zeros(n, 1);
    c->clone = zeros(n, sizeof *c->clone), c->founder = zeros(n, sizeof *c->founder);
    c->born = zeros(n, sizeof *c->born);
    c->row_cells = zeros(hm_rows_of(c), sizeof *c->row_cells), c->row_events = zeros(hm_rows_of(c), sizeof *c->row_events);
    c->row_claims = zeros(hm_rows_of(c), sizeof *c->row_claims);
    c->row_range = zeros(2 * hm_rows_of(c), sizeof *c->row_range);
    c->row_clamps = zeros(hm_rows_of(c), sizeof *c->row_clamps), c->row_harsh = zeros(hm_rows_of(c), sizeof *c->row_harsh);
}

static hm_world_t *world_made(int dim, int64_t nz, int64_t ny, int64_t nx, int periodic, int slots)
{
    hm_world_t *w = zeros(1, sizeof *w);
    HM_CHECK(hm_lattice_make(dim, (const int64_t[3]){nz, ny, nx}, periodic, H, &w->cells.lat) == HM_OK);
    w->cells.slots = slots;
    w->cells.division_neighbours = hm_faces(&w->cells.lat);
    w->cells.tissue = 3;
    add_columns(&w->cells);
    const int64_t size = w->cells.lat.size;
    w->ramp = zeros(size, sizeof *w->ramp);
    for (int64_t i = 0; i < size; i++) w->ramp[i] = (double)(i % w->cells.lat.sy) / (double)nx;
    w->fields[0] = (hm_field_view_t){.values = w->ramp};
    w->mask = zeros(size, 1), w->sites = zeros(size, sizeof *w->sites);
    w->intact = zeros(size, sizeof *w->intact), w->ruptured = zeros(size, sizeof *w->ruptured);
    w->leavers = zeros(CAPACITY, sizeof *w->leavers);
    w->rules.n_phenotypes = 2, w->rules.n_fields = 1, w->rules.fields = w->fields;
    w->rules.vessel_mask = w->mask, w->rules.vessel_sites = w->sites;
    w->rules.intact_area = w->intact, w->rules.ruptured_area = w->ruptured;
    w->rules.key_cells = hm_key(1u, HM_STREAM_CELLS), w->rules.key_sieve = hm_key(1u, HM_STREAM_SIEVE);
    w->rules.key_priority = hm_key(1u, HM_STREAM_PRIORITY);
    w->rules.key_cohesion = hm_key(1u, HM_STREAM_COHESION);
    w->rules.substep = 0.25;
    return w;
}

static void world_free(hm_world_t *w)
{
    hm_cells_t *c = &w->cells;
    free(c->kind), free(c->proposal), free(c->outcome), free(c->clone), free(c->founder), free(c->born);
    free(c->row_cells), free(c->row_events), free(c->row_claims), free(c->row_clamps), free(c->row_harsh), free(c->row_range);
    free(w->ramp), free(w->mask), free(w->sites), free(w->intact), free(w->ruptured), free(w->leavers), free(w);
}

static void everything_happens(hm_world_t *w)
{
    for (int p = 0; p < 2; p++) {
        hm_phenotype_t *ph = &w->rules.phenotypes[p];
        for (int b = 0; b < HM_BEHAVIOURS; b++) ph->rate[b] = 0.1;
        ph->rate[HM_DIVISION] = 0.6, ph->rate[HM_MOTILITY] = 50.0;
        ph->rate[HM_INTRAVASATION] = 1e-3, ph->rate[HM_SHEDDING] = 1e-3;
        ph->cohesion = 0.4, ph->transition[1 - p] = 0.2;
        ph->n_taxis = 1, ph->taxis[0] = 400.0;
        ph->n_responses = 1;
        ph->responses[0] = (hm_response_t){HM_DIVISION, 0, 0, 1, 0.5, 4.0, 0.3};
    }
    const hm_lattice_t *lat = &w->cells.lat;
    for (int64_t z = 0; z < lat->nz; z++)
        for (int64_t x = 0; x < lat->nx; x++) {
            const int64_t site = hm_site(lat, z, lat->ny / 2, x);
            w->mask[site] = 1, w->intact[w->rules.n_vessel_sites] = 100.0;
            w->ruptured[w->rules.n_vessel_sites] = 50.0, w->sites[w->rules.n_vessel_sites++] = site;
        }
}

static int64_t count_cells(const hm_world_t *w)
{
    const hm_cells_t *c = &w->cells;
    int64_t n = 0;
    for (int64_t z = 0; z < c->lat.nz; z++)
        for (int64_t y = 0; y < c->lat.ny; y++)
            for (int64_t i = 0; i < c->lat.nx * c->slots; i++)
                n += c->kind[hm_site(&c->lat, z, y, 0) * c->slots + i] != HM_EMPTY;
    return n;
}

/* A cell in every other slot, of changing phenotype and condition. */
static void scatter(hm_world_t *w)
{
    hm_cells_t *c = &w->cells;
    uint32_t n = 0;
    for (int64_t z = 0; z < c->lat.nz; z++)
        for (int64_t y = 0; y < c->lat.ny; y++)
            for (int64_t i = 0; i < c->lat.nx * c->slots; i++, n++) {
                const int64_t at = hm_site(&c->lat, z, y, 0) * c->slots + i;
                const uint32_t random = hm_draw(hm_key(9u, HM_STREAM_INITIAL), n, 0u, 0u).v[0];
                if (random & 1u) continue;
                c->kind[at] = hm_kind((int)(random >> 1 & 1u), (random >> 2 & 7u) < 6 ? 0 : (int)(random >> 2 & 1u) + 1);
                c->clone[at] = n + 1u;
            }
}

static int step(hm_world_t *w, uint32_t number, int threads, int64_t capacity)
{
    uint32_t done = 0;
    int status = HM_OK;
    while (status == HM_OK && done < 4) {
        status = hm_cells_step(&w->cells, &w->rules, number, done, 4, number, threads, capacity, w->leavers,
                               &w->n_leavers, &w->flows, &done);
        if (done < 4) capacity += 5;
    }
    return status;
}

static int64_t imbalance(const hm_world_t *w, int64_t before)
{
    const hm_flows_t *f = &w->flows;
    const int64_t lost = f->died_apoptosis + f->died_dormant + f->cleared + f->intravasated;
    return before + f->born - lost - count_cells(w);
}

static int same_columns(const hm_world_t *a, const hm_world_t *b)
{
    const hm_cells_t *c = &a->cells, *d = &b->cells;
    const size_t n = (size_t)(c->lat.size * c->slots);
    return !memcmp(c->kind, d->kind, n) && !memcmp(c->clone, d->clone, 4 * n) && !memcmp(c->born, d->born, 4 * n) &&
           !memcmp(c->proposal, d->proposal, n) && !memcmp(c->outcome, d->outcome, n);
}

static int same_flows(const hm_world_t *a, const hm_world_t *b)
{
    return a->n_leavers == b->n_leavers && !memcmp(&a->flows, &b->flows, sizeof a->flows);
}

static hm_world_t *ran(int dim, int64_t n, int periodic, int slots, int threads, int64_t capacity)
{
    hm_world_t *w = world_made(dim, dim == 3 ? 33 : 1, n, n, periodic, slots);
    everything_happens(w);
    scatter(w);
    const int64_t before = count_cells(w);
    for (uint32_t i = 0; i < 3; i++) HM_CHECK(step(w, i, threads, capacity) == HM_OK);
    HM_CHECK(imbalance(w, before) == 0);
    HM_CHECK(w->flows.intravasated == w->n_leavers && w->n_leavers > 0);
    return w;
}

static void threads_do_not_change_the_result(int dim, int64_t n, int periodic, int slots)
{
    hm_world_t *one = ran(dim, n, periodic, slots, 1, CAPACITY), *two = ran(dim, n, periodic, slots, 2, CAPACITY);
    HM_CHECK(same_columns(one, two) && same_flows(one, two));
    HM_CHECK(!memcmp(one->leavers, two->leavers, (size_t)one->n_leavers * sizeof *one->leavers));
    world_free(one), world_free(two);
}

static void a_full_table_of_leavers_does_not_change_the_result(void)
{
    hm_world_t *a = ran(2, 40, 0, 2, 1, CAPACITY), *b = ran(2, 40, 0, 2, 1, 1);
    HM_CHECK(same_columns(a, b) && same_flows(a, b));
    for (int64_t i = 0; i < a->n_leavers; i++) HM_CHECK(a->leavers[i].site == b->leavers[i].site);
    world_free(a), world_free(b);
}

static void halo_is_wall_or_image(void)
{
    for (int periodic = 0; periodic < 2; periodic++) {
        hm_world_t *w = world_made(2, 1, 3, 4, periodic, 2);
        hm_cells_t *c = &w->cells;
        scatter(w);
        hm_cells_halo(c, 1);
        for (int64_t x = -1; x <= 4; x++)
            for (int k = 0; k < 2; k++) {
                const uint8_t image = c->kind[hm_site(&c->lat, 0, 2, (x + 4) % 4) * 2 + k];
                HM_CHECK(c->kind[hm_site(&c->lat, 0, -1, x) * 2 + k] == (periodic ? image : HM_WALL));
            }
        world_free(w);
    }
}

/* Bytes of phenotypes or conditions that do not exist, and walls inside. */
static void unknown_bytes_are_refused(void)
{
    const uint8_t wrong[4] = {hm_kind(2, 0), hm_kind(0, 3), hm_kind(40, 1), HM_WALL};
    for (int i = 0; i < 4; i++) {
        hm_world_t *w = world_made(2, 1, 5, 5, 0, 1);
        everything_happens(w);
        scatter(w);
        w->cells.kind[hm_site(&w->cells.lat, 0, 2, 2)] = wrong[i];
        HM_CHECK(step(w, 0, 1, CAPACITY) == HM_ERR_RANGE);
        for (int64_t j = 0; j < w->cells.lat.size; j++) HM_CHECK(w->cells.proposal[j] == 0);
        world_free(w);
    }
}

static void wrong_parameters_are_refused(void)
{
    hm_world_t *w = world_made(2, 1, 5, 5, 0, 1);
    w->cells.division_neighbours = 6;
    HM_CHECK(step(w, 0, 1, CAPACITY) == HM_ERR_ARGUMENT);
    w->cells.division_neighbours = 8, w->rules.substep = 0.0;
    HM_CHECK(step(w, 0, 1, CAPACITY) == HM_ERR_ARGUMENT);
    w->rules.substep = 0.1, w->rules.n_phenotypes = HM_MAX_PHENOTYPES + 1;
    HM_CHECK(step(w, 0, 1, CAPACITY) == HM_ERR_ARGUMENT);
    world_free(w);
}

static void stocks_are_counted_by_phenotype_and_state(void)
{
    hm_world_t *w = world_made(2, 1, 3, 3, 0, 1);
    uint8_t *kind = w->cells.kind;
    int64_t counts[HM_MAX_PHENOTYPES * HM_STATES];
    const hm_lattice_t *lat = &w->cells.lat;
    for (int64_t i = 0; i < 9; i++) kind[hm_site(lat, 0, i / 3, i % 3)] = hm_kind(1, HM_ACTIVE);
    kind[hm_site(lat, 0, 0, 0)] = HM_EMPTY;
    kind[hm_site(lat, 0, 2, 2)] = hm_kind(0, HM_NECROTIC);
    kind[hm_site(lat, 0, 2, 1)] = hm_kind(0, HM_DORMANT);
    hm_cells_halo(&w->cells, 1);
    HM_CHECK(hm_cells_count(&w->cells, 0, 0.0, 1, counts) == HM_OK);
    HM_CHECK(counts[HM_STATES + HM_PROLIFERATING] == 2 && counts[HM_STATES + HM_QUIESCENT] == 4);
    HM_CHECK(counts[HM_STATE_NECROTIC] == 1 && counts[HM_STATE_DORMANT] == 1);
    HM_CHECK(hm_cells_count(&w->cells, w->fields, 0.5, 1, counts) == HM_OK);
    HM_CHECK(counts[HM_STATES + HM_HYPOXIC] == 2); /* the left column, without its empty site */
    world_free(w);
}

static void states_are_told_of_cells_only(void)
{
    hm_world_t *w = world_made(2, 1, 3, 3, 1, 1);
    uint8_t state = 99;
    const hm_lattice_t *lat = &w->cells.lat;
    const int64_t cell = hm_site(lat, 0, 0, 0), empty = hm_site(lat, 0, 1, 1), image = hm_site(lat, 0, 3, 3);
    w->cells.kind[cell] = hm_kind(0, HM_ACTIVE);
    hm_cells_halo(&w->cells, 1);
    HM_CHECK(hm_cells_states(&w->cells, 0, 0.0, 1, &cell, &state) == HM_OK && state == HM_PROLIFERATING);
    HM_CHECK(hm_cells_states(&w->cells, 0, 0.0, 1, &empty, &state) == HM_ERR_RANGE);
    HM_CHECK(w->cells.kind[image] != HM_EMPTY && hm_cells_states(&w->cells, 0, 0.0, 1, &image, &state) == HM_ERR_RANGE);
    HM_CHECK(hm_cells_states(&w->cells, 0, 0.0, 1, &(int64_t){-1}, &state) == HM_ERR_RANGE);
    world_free(w);
}

static void founders_are_counted_among_the_living(void)
{
    hm_world_t *w = world_made(2, 1, 3, 3, 0, 1);
    const hm_lattice_t *lat = &w->cells.lat;
    const uint32_t founders[3] = {2, 5, 9}, of[6] = {5, 5, 2, 0, 7, 5};
    int64_t counts[3] = {-1, -1, -1};
    for (int64_t i = 0; i < 6; i++) {
        const int64_t at = hm_site(lat, 0, i / 3, i % 3);
        w->cells.kind[at] = hm_kind(0, i == 5 ? HM_NECROTIC : HM_ACTIVE), w->cells.founder[at] = of[i];
    }
    hm_cells_count_founders(&w->cells, 3, founders, counts);
    HM_CHECK(counts[0] == 1 && counts[1] == 2 && counts[2] == 0);
    world_free(w);
}

int main(void)
{
    for (int periodic = 0; periodic < 2; periodic++) {
        threads_do_not_change_the_result(3, 34, periodic, 1); /* 38148 sites: two threads */
        threads_do_not_change_the_result(2, 185, periodic, 4);
    }
    a_full_table_of_leavers_does_not_change_the_result();
    halo_is_wall_or_image();
    unknown_bytes_are_refused();
    wrong_parameters_are_refused();
    stocks_are_counted_by_phenotype_and_state();
    states_are_told_of_cells_only();
    founders_are_counted_among_the_living();
    return HM_REPORT();
}
