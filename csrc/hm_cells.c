#include "hm_cells.h"

#include <string.h>

#include "hm_cells_internal.h"
#include "hm_core.h"
#include "hm_drift.h"
#include "hm_row.h"

static int threads_for(const hm_cells_t *c, int num_threads)
{
    return hm_threads_for(hm_rows(&c->lat) * c->lat.nx, num_threads);
}

static void halo_row(const hm_cells_t *c, int64_t z, int64_t y)
{
    const hm_lattice_t *lat = &c->lat;
    const int64_t iz = hm_wrapped(z, lat->nz, lat->periodic), iy = hm_wrapped(y, lat->ny, lat->periodic);
    const size_t slots = (size_t)c->slots;
    uint8_t *row = c->kind + hm_site(lat, z, y, -1) * c->slots;
    if (iz < 0 || iy < 0) {
        memset(row, HM_WALL, (size_t)(lat->nx + 2) * slots);
        return;
    }
    const uint8_t *from = c->kind + hm_site(lat, iz, iy, 0) * c->slots;
    if (from != row + slots) memcpy(row + slots, from, (size_t)lat->nx * slots);
    if (lat->periodic) {
        memcpy(row, from + (size_t)(lat->nx - 1) * slots, slots);
        memcpy(row + (size_t)(lat->nx + 1) * slots, from, slots);
    } else {
        memset(row, HM_WALL, slots);
        memset(row + (size_t)(lat->nx + 1) * slots, HM_WALL, slots);
    }
}

void hm_cells_halo(const hm_cells_t *c, int num_threads)
{
    (void)num_threads; /* the ends of rows, and two planes where it is periodic: little beside a sub-step */
    for (int64_t z = -c->lat.hz; z < c->lat.nz + c->lat.hz; z++)
        for (int64_t y = -1; y <= c->lat.ny; y++) halo_row(c, z, y);
}

static void add_flows(hm_flows_t *to, const hm_flows_t *from)
{
    to->born += from->born, to->died_apoptosis += from->died_apoptosis, to->died_necrosis += from->died_necrosis;
    to->died_dormant += from->died_dormant, to->cleared += from->cleared, to->intravasated += from->intravasated;
    to->transitions += from->transitions, to->reactivated += from->reactivated, to->moved += from->moved;
    to->blocked += from->blocked, to->clamped += from->clamped, to->mutated += from->mutated, to->drawn += from->drawn, to->skipped += from->skipped;
}

static void add_tally(hm_tally_t *to, const hm_tally_t *from)
{
    add_flows(&to->flows, &from->flows);
    to->claims += from->claims;
    to->strangers += from->strangers;
    to->mutants += from->mutants;
}

#pragma omp declare reduction(tally : hm_tally_t : add_tally(&omp_out, &omp_in)) \
    initializer(omp_priv = (hm_tally_t){.claims = 0})

#define HM_MOST_ROWS 64

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* Rows that a thread takes in succession: many, so that batches fill, but some blocks a thread. */
static int64_t rows_at_once(int64_t rows, int threads) { return least(1 + rows / (8 * threads), HM_MOST_ROWS); }

static void propose(const hm_substep_t *s, int threads, hm_tally_t *total)
{
    const int64_t rows = hm_rows(&s->cells->lat), block = rows_at_once(rows, threads);
    hm_tally_t tally = {.claims = 0};
#pragma omp parallel for num_threads(threads) schedule(static, 1) reduction(tally : tally)
    for (int64_t r = 0; r < rows; r += block) hm_propose_rows(s, r, least(r + block, rows), &tally);
    add_tally(total, &tally);
}

static void resolve_and_apply(const hm_substep_t *s, int threads, hm_tally_t *total)
{
    const int64_t rows = hm_rows(&s->cells->lat), block = rows_at_once(rows, threads);
    hm_tally_t tally = {.claims = 0};
#pragma omp parallel num_threads(threads)
    {
        if (s->cells->slots > 1) {
#pragma omp for schedule(static, 1)
            for (int64_t r = 0; r < rows; r += block) hm_resolve_rows(s, r, least(r + block, rows));
        }
#pragma omp for schedule(static, 1) reduction(tally : tally)
        for (int64_t r = 0; r < rows; r += block) hm_apply_rows(s, r, least(r + block, rows), &tally);
    }
    add_tally(total, &tally);
}

/* Forget what was proposed in the last sub-step. */
static void wipe(const hm_cells_t *c)
{
    hm_row_t row = hm_row_of(c, 0);
    for (; row.number < hm_rows(&c->lat); hm_row_advance(c, &row)) hm_row_wipe(c, &row);
}

/* Forget what was proposed: the sub-step is done again when there is room. */
static void withdraw(hm_cells_t *c)
{
    memset(c->proposal, 0, (size_t)(c->lat.size * c->slots));
}

static int check(const hm_cells_t *c, const hm_rules_t *rules)
{
    const int n = c->division_neighbours;
    if (c->slots < 1 || c->slots > HM_MAX_SLOTS) return HM_ERR_ARGUMENT;
    if (n != hm_faces(&c->lat) && n != hm_all_neighbours(&c->lat)) return HM_ERR_ARGUMENT;
    if (rules->n_phenotypes < 1 || rules->n_phenotypes > HM_MAX_PHENOTYPES) return HM_ERR_ARGUMENT;
    if (!(rules->substep > 0.0)) return HM_ERR_ARGUMENT;
    if (rules->clones && (rules->clones->n < 1 || rules->clones->n > rules->clones->capacity)) return HM_ERR_ARGUMENT;
    return HM_OK;
}

#define HM_COUNTED 128 /* cells whose counts fit in a byte */

/* Whether the rules do not know a cell's byte; 0 for no cell. */
static inline uint8_t is_stranger(uint8_t kind, uint8_t most)
{
    const uint8_t number = (uint8_t)(kind - 1u);
    return (kind != HM_EMPTY) & ((number >= most) | ((number & 3u) > HM_NECROTIC));
}

HM_WIDEST
static int has_stranger(const uint8_t *kinds, int64_t n, int n_phenotypes)
{
    const uint8_t most = (uint8_t)(4 * n_phenotypes);
    uint8_t found = 0;
    for (int64_t j = 0; j < n; j++) found |= is_stranger(kinds[j], most);
    return found;
}

HM_WIDEST
static int32_t count_cells(const uint8_t *kinds, int64_t n)
{
    int32_t total = 0;
    for (int64_t j = 0; j < n; j += HM_COUNTED) {
        const int64_t end = least(j + HM_COUNTED, n);
        uint8_t some = 0;
        if (hm_next_nonzero(kinds, j, end) == end) continue;
        for (int64_t i = j; i < end; i++) some = (uint8_t)(some + (kinds[i] != HM_EMPTY));
        total += some;
    }
    return total;
}

/* Cells per row, counted anew at the beginning of a call: the caller may have placed cells. Rows
 * with bytes that the rules do not know are added to *strange. */
static int64_t count_rows(hm_cells_t *c, int n_phenotypes, int threads, int64_t *strange)
{
    const hm_lattice_t *lat = &c->lat;
    int64_t total = 0, strangers = 0;
#pragma omp parallel for num_threads(threads) schedule(static, 8) reduction(+ : total, strangers)
    for (int64_t r = 0; r < hm_rows(lat); r++) {
        const uint8_t *kinds = c->kind + hm_site(lat, r / lat->ny, r % lat->ny, 0) * c->slots;
        c->row_cells[r] = count_cells(kinds, lat->nx * c->slots);
        total += c->row_cells[r];
        if (c->row_cells[r]) strangers += has_stranger(kinds, lat->nx * c->slots, n_phenotypes);
    }
    *strange = strangers;
    return total;
}

/* Whether the clones that a sub-step may found fit into their table. */
static int clones_fit(const hm_rules_t *rules, const hm_tally_t *tally)
{
    if (!rules->clones) return 1;
    rules->clones->wanted = rules->clones->n + tally->mutants;
    return rules->clones->wanted <= rules->clones->capacity;
}

/* One sub-step. *full: the leavers or clones did not fit, nothing happened. */
static int substep(const hm_substep_t *s, int threads, int64_t capacity, hm_leaver_t *leavers, int64_t *n_leavers,
                   hm_flows_t *flows, int *full)
{
    hm_tally_t tally = {.claims = 0};
    if (s->cells->lat.periodic) hm_cells_halo(s->cells, threads);
    propose(s, threads, &tally);
    if (tally.strangers) {
        withdraw(s->cells);
        return HM_ERR_RANGE;
    }
    if (!clones_fit(s->rules, &tally)) {
        withdraw(s->cells);
        *full = 1;
        return HM_OK;
    }
    if (tally.claims) {
        const int64_t room = capacity - *n_leavers;
        const int64_t n = hm_claims_settle(s, room, room > 0 ? leavers + *n_leavers : 0);
        *full = n > room;
        if (*full) {
            withdraw(s->cells);
            return HM_OK;
        }
        *n_leavers += n;
    }
    resolve_and_apply(s, threads, &tally);
    add_flows(flows, &tally.flows);
    return HM_OK;
}

int hm_cells_step(hm_cells_t *cells, const hm_rules_t *rules, uint32_t step, uint32_t first, uint32_t n_sub,
                  double start, int num_threads, int64_t capacity, hm_leaver_t *leavers, int64_t *n_leavers,
                  hm_flows_t *flows, uint32_t *done)
{
    int status = check(cells, rules), full = 0;
    int64_t founded = flows->mutated, strangers;
    if (status != HM_OK) return status;
    hm_plan_t plan;
    const int threads = threads_for(cells, num_threads);
    *done = n_sub;
    if (count_rows(cells, rules->n_phenotypes, threads, &strangers) == 0) return HM_OK;
    *done = first;
    if (strangers) return HM_ERR_RANGE;
    hm_plan_make(cells, rules, &plan);
    hm_drift_ranges(cells, rules, &plan, threads);
    hm_cells_halo(cells, threads);
    for (; *done < n_sub; ++*done) {
        const hm_substep_t s = {cells, rules, &plan, step, *done, start + (*done + 1) * rules->substep, threads};
        status = substep(&s, threads, capacity, leavers, n_leavers, flows, &full);
        if (status != HM_OK || full) return status;
        if (flows->mutated > founded && hm_mutants_settle(&s)) hm_plan_make(cells, rules, &plan);
        founded = flows->mutated;
    }
    wipe(cells);
    if (cells->lat.periodic) hm_cells_halo(cells, threads);
    return HM_OK;
}

static uint8_t state_of(const hm_cells_t *c, const hm_field_view_t *oxygen, double hypoxia, int64_t site, uint8_t kind)
{
    const int condition = hm_condition_of(kind);
    if (condition == HM_NECROTIC) return HM_STATE_NECROTIC;
    if (condition == HM_DORMANT) return HM_STATE_DORMANT;
    if (oxygen && hm_field_view_at(oxygen, site) < hypoxia) return HM_HYPOXIC;
    return hm_has_room(c, site) ? HM_PROLIFERATING : HM_QUIESCENT;
}

#define HM_COUNTS (HM_MAX_PHENOTYPES * HM_STATES)

int hm_cells_count(const hm_cells_t *c, const hm_field_view_t *oxygen, double hypoxia, int num_threads, int64_t *counts)
{
    const hm_lattice_t *lat = &c->lat;
    int64_t total[HM_COUNTS] = {0};
    int64_t strangers = 0;
#pragma omp parallel for num_threads(threads_for(c, num_threads)) schedule(static, 8) \
    reduction(+ : total[ : HM_COUNTS]) reduction(+ : strangers)
    for (int64_t r = 0; r < hm_rows(lat); r++) {
        const int64_t n = lat->nx * c->slots, first = hm_site(lat, r / lat->ny, r % lat->ny, 0) * c->slots;
        const uint8_t *kinds = c->kind + first;
        for (int64_t j = hm_next_nonzero(kinds, 0, n); j < n; j = hm_next_nonzero(kinds, j + 1, n)) {
            const uint8_t kind = kinds[j];
            if (hm_phenotype_of(kind) >= HM_MAX_PHENOTYPES || hm_condition_of(kind) > HM_NECROTIC) strangers++;
            else total[hm_phenotype_of(kind) * HM_STATES + state_of(c, oxygen, hypoxia, (first + j) / c->slots, kind)]++;
        }
    }
    if (strangers) return HM_ERR_RANGE;
    memcpy(counts, total, sizeof total);
    return HM_OK;
}

#define HM_MOST_KIND (4 * HM_MAX_PHENOTYPES) /* above the byte of any cell */

typedef struct {
    int64_t cells, necrotic, strangers;
} stock_t;

HM_WIDEST
static void add_stock(const uint8_t *kinds, int64_t n, stock_t *stock)
{
    for (int64_t j = 0; j < n; j += HM_COUNTED) {
        const int64_t end = least(j + HM_COUNTED, n);
        uint8_t some = 0, gone = 0, strange = 0; /* at most HM_COUNTED each: no overflow */
        if (hm_next_nonzero(kinds, j, end) == end) continue;
        for (int64_t i = j; i < end; i++) {
            const uint8_t condition = (uint8_t)(kinds[i] - 1u) & 3u;
            const uint8_t here = kinds[i] != HM_EMPTY;
            some = (uint8_t)(some + here);
            gone = (uint8_t)(gone + (here & (condition == HM_NECROTIC)));
            strange = (uint8_t)(strange + (here & ((condition > HM_NECROTIC) | (kinds[i] > HM_MOST_KIND))));
        }
        stock->cells += some, stock->necrotic += gone, stock->strangers += strange;
    }
}

int hm_cells_stock(const hm_cells_t *c, int64_t *living, int64_t *necrotic)
{
    const hm_lattice_t *lat = &c->lat;
    stock_t stock = {0};
    for (int64_t r = 0; r < hm_rows(lat); r++)
        add_stock(c->kind + hm_site(lat, r / lat->ny, r % lat->ny, 0) * c->slots, lat->nx * c->slots, &stock);
    if (stock.strangers) return HM_ERR_RANGE;
    *living = stock.cells - stock.necrotic;
    *necrotic = stock.necrotic;
    return HM_OK;
}

/* Whether a padded site lies inside: its neighbours exist. */
static int is_interior(const hm_lattice_t *lat, int64_t site)
{
    const int64_t z = site / lat->sz - lat->hz, y = site % lat->sz / lat->sy - 1, x = site % lat->sy - 1;
    return site >= 0 && z >= 0 && z < lat->nz && y >= 0 && y < lat->ny && x >= 0 && x < lat->nx;
}

int hm_cells_states(const hm_cells_t *c, const hm_field_view_t *oxygen, double hypoxia, int64_t n, const int64_t *index,
                    uint8_t *states)
{
    for (int64_t j = 0; j < n; j++) {
        if (index[j] < 0 || !is_interior(&c->lat, index[j] / c->slots)) return HM_ERR_RANGE;
        if (!hm_is_cell(c->kind[index[j]])) return HM_ERR_RANGE;
        states[j] = state_of(c, oxygen, hypoxia, index[j] / c->slots, c->kind[index[j]]);
    }
    return HM_OK;
}

static void count_founder(int64_t n, const uint32_t *founders, uint32_t founder, int64_t *counts)
{
    int64_t low = 0, high = n;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (founders[middle] < founder) low = middle + 1;
        else high = middle;
    }
    if (low < n && founders[low] == founder) counts[low]++;
}

void hm_cells_count_founders(const hm_cells_t *c, int64_t n, const uint32_t *founders, int64_t *counts)
{
    const hm_lattice_t *lat = &c->lat;
    for (int64_t j = 0; j < n; j++) counts[j] = 0;
    for (int64_t r = 0; r < hm_rows(lat); r++) {
        const int64_t row = hm_site(lat, r / lat->ny, r % lat->ny, 0);
        for (int64_t i = row * c->slots; i < (row + lat->nx) * c->slots; i++)
            if (c->founder[i] && hm_is_living(c->kind[i])) count_founder(n, founders, c->founder[i], counts);
    }
}
