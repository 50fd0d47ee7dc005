/* Steps that assemble a row and use it at once, of hm_field.h: on small lattices every pass counts. */
#include <string.h>

#include "hm_core.h"
#include "hm_field.h"
#include "hm_field_decay.h"
#include "hm_field_rows.h"
#include "hm_field_tables.h"
#include "hm_stencil_row.h"

/* Sites of a row that are assembled on the stack. */
#define CHUNK 256

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* What dissolves a field: tables of the cells, and other fields. */
typedef struct {
    hm_field_tables_t cells;
    int32_t n;
    const double *rate;
    const hm_real_t *const *u;
} solvents_t;

HM_INLINE void dissolve_stretch(const solvents_t *by, const uint8_t *kind, int32_t slots, int64_t at, int64_t n,
                                hm_real_t *w)
{
    hm_real_t loss[HM_STRETCH], source[HM_STRETCH];
    hm_field_assemble_row(&by->cells, kind + at * slots, slots, n, loss, source);
    for (int32_t j = 0; j < by->n; j++) {
        const hm_real_t rate = HM_REAL(by->rate[j]);
        const hm_real_t *restrict u = by->u[j] + at;
        for (int64_t x = 0; x < n; x++) loss[x] += rate * u[x];
    }
    hm_field_decay_stretch(loss, source, w + at, n);
}

/* Whether nothing shows in a row without cells: loss by other fields is below rounding. */
HM_INLINE int stays(const solvents_t *by, int64_t at, int64_t n)
{
    double loss = (double)by->cells.total[0];
    for (int32_t j = 0; j < by->n; j++)
        loss += by->rate[j] * hm_real_from_bits(hm_field_row_maximum(by->u[j] + at, n, 0));
    return loss < HM_UNSEEN_LOSS;
}

/* Sites without cells and one other field: its largest value has the largest loss. */
HM_INLINE hm_real_t largest_host_loss(const solvents_t *by, int64_t at, int64_t n)
{
    const hm_real_t largest = HM_REAL(hm_real_from_bits(hm_field_row_maximum(by->u[0] + at, n, 0)));
    return by->cells.total[0] + HM_REAL(by->rate[0]) * largest;
}

/* A stretch of them. */
HM_INLINE void dissolve_host(const solvents_t *by, int64_t at, int64_t n, hm_real_t *w)
{
    const hm_real_t base = by->cells.total[0], rate = HM_REAL(by->rate[0]);
    const hm_real_t *restrict u = by->u[0] + at;
    hm_real_t loss[HM_STRETCH];
    for (int64_t x = 0; x < n; x++) loss[x] = base + rate * u[x];
    hm_field_decay_sites(loss, w + at, n, largest_host_loss(by, at, n));
}

/* A row of them whose losses are all small. */
HM_INLINE void dissolve_slowly(const solvents_t *by, int64_t at, int64_t n, hm_real_t *restrict w)
{
    const hm_real_t base = by->cells.total[0], rate = HM_REAL(by->rate[0]);
    const hm_real_t *restrict u = by->u[0] + at;
    for (int64_t x = 0; x < n; x++) w[x] = HM_REAL((double)w[x] * hm_exp_minus_small((double)(base + rate * u[x])));
}

HM_INLINE void dissolve_row(const solvents_t *by, const uint8_t *kind, int32_t slots, int64_t at, int64_t n,
                            int alone, hm_real_t *w)
{
    for (int64_t x = at; x < at + n; x += HM_STRETCH) {
        const int64_t m = least(HM_STRETCH, at + n - x);
        if (alone && hm_field_no_cells(kind + x * slots, m * slots)) dissolve_host(by, x, m, w);
        else dissolve_stretch(by, kind, slots, x, m, w);
    }
}

HM_CLONES
static void dissolve_rows(const hm_lattice_t *lat, const solvents_t *by, const uint8_t *kind, int32_t slots, hm_real_t *w,
                          hm_range_t rows)
{
    const int64_t n = lat->nx;
    const int alone = by->n == 1 && by->rate[0] >= 0.0;
    for (int64_t i = rows.lo; i < rows.hi; i++) {
        const int64_t at = hm_field_row_at(lat, i);
        const int empty = hm_field_no_cells(kind + at * slots, n * slots);
        const double most = empty && alone ? (double)largest_host_loss(by, at, n) : 1.0;
        if (most <= HM_UNSEEN_LOSS || (empty && !alone && stays(by, at, n))) continue;
        if (most <= HM_SMALL_LOSS) dissolve_slowly(by, at, n, w + at);
        else dissolve_row(by, kind, slots, at, n, alone, w);
    }
}

int hm_field_dissolve(const hm_lattice_t *lat, const hm_field_rates_t *rates, const uint8_t *kind, int32_t slots,
                      int32_t n, const double *rate, const hm_real_t *const *u, int num_threads, hm_real_t *w)
{
    solvents_t by = {.n = n, .rate = rate, .u = u};
    if (slots < 1) return HM_ERR_ARGUMENT;
    const int status = hm_field_tables_make(rates, &by.cells);
    if (status != HM_OK) return status;
    HM_PARALLEL(hm_team_size_for(hm_field_sites(lat), num_threads))
    {
        dissolve_rows(lat, &by, kind, slots, w, hm_team_range(hm_team_here(), hm_field_row_count(lat)));
    }
    return HM_OK;
}

/* One step of the site at x of the row, of loss q and source s. */
HM_INLINE hm_real_t stepped(const hm_row_t *r, const hm_real_t *u, int64_t x, hm_real_t a, hm_real_t q, hm_real_t s, int flat)
{
    const hm_real_t loss = (r->xd[x] + r->diagonal) + q;
    return u[x] + a * ((s + hm_row_inflow(r, u, x, flat)) - loss * u[x]);
}

/* Sites [from, from + n) of a row; those inside it have both neighbours in x at coefficient 1.
 * `uniform`: all have the loss q[0] and no source. Both flags are constants where it is inlined. */
HM_INLINE void step_sites(const hm_row_t *r, const hm_real_t *restrict q, const hm_real_t *restrict s,
                          const hm_real_t *restrict u, hm_real_t *restrict v, hm_real_t a, int64_t from, int64_t n,
                          int flat, int uniform)
{
    const int64_t first = from == 0, last = from + n == r->n ? n - 1 : n, sy = r->sy, sz = r->sz;
    const hm_real_t diagonal = HM_REAL(2.0) + r->diagonal, all = diagonal + q[0];
    const hm_real_t yl = r->yl, yu = r->yu, zl = r->zl, zu = r->zu;
    for (int64_t i = first; i < last; i++) {
        const int64_t x = from + i;
        const hm_real_t in_x = u[x - 1] + u[x + 1], in_y = yl * u[x - sy] + yu * u[x + sy];
        const hm_real_t in = flat ? in_x + in_y : (in_x + in_y) + (zl * u[x - sz] + zu * u[x + sz]);
        const hm_real_t gain = uniform ? in : s[i] + in, loss = uniform ? all : diagonal + q[i];
        v[x] = u[x] + a * (gain - loss * u[x]);
    }
    if (first) v[0] = stepped(r, u, 0, a, q[0], s[0], flat);
    if (last < n && r->n > 1) v[r->n - 1] = stepped(r, u, r->n - 1, a, q[uniform ? 0 : n - 1], s[uniform ? 0 : n - 1], flat);
}

/* What one step needs. */
typedef struct {
    const hm_lattice_t *lat;
    const hm_grid_t *grid;
    const hm_field_tables_t *tables;
    const uint8_t *kind;
    int32_t slots;
    hm_real_t a;
    hm_real_t *u, *work;
    int64_t lag; /* rows between one and the last that needs its old values */
} step_t;

/* Rows of a thread: those at its ends wait in `work` until no other thread needs the old ones, those
 * between only for `lag` rows, in a ring that stays in a cache. */
typedef struct {
    int64_t lo, head, tail, hi;
} share_t;

static share_t share_of(const step_t *s, hm_range_t rows)
{
    const int64_t head = least(rows.lo + s->lag, rows.hi);
    return (share_t){rows.lo, head, rows.hi - s->lag > head ? rows.hi - s->lag : head, rows.hi};
}

/* The row of `work` that holds row i. */
HM_INLINE int64_t place_of(const step_t *s, const share_t *rows, int64_t i)
{
    return i < rows->head || i >= rows->tail ? i : rows->head + (i - rows->head) % (s->lag + 1);
}

HM_INLINE void step_row(const step_t *s, const share_t *rows, int64_t row, int flat)
{
    const hm_row_t r = hm_row(s->grid, row);
    hm_real_t *out = s->work + hm_field_row_at(s->lat, place_of(s, rows, row));
    hm_real_t loss[CHUNK], source[CHUNK];
    for (int64_t from = 0; from < r.n; from += CHUNK) {
        const int64_t n = least(CHUNK, r.n - from);
        const uint8_t *kind = s->kind + (r.at + from) * s->slots;
        if (hm_field_no_cells(kind, n * s->slots)) {
            loss[0] = s->tables->total[0], source[0] = 0;
            step_sites(&r, loss, source, s->u + r.at, out, s->a, from, n, flat, 1);
            continue;
        }
        hm_field_assemble_row(s->tables, kind, s->slots, n, loss, source);
        step_sites(&r, loss, source, s->u + r.at, out, s->a, from, n, flat, 0);
    }
}

static void take_over(const step_t *s, const share_t *rows, int64_t lo, int64_t hi)
{
    for (int64_t i = lo; i < hi; i++) {
        const hm_real_t *from = s->work + hm_field_row_at(s->lat, place_of(s, rows, i));
        memcpy(s->u + hm_field_row_at(s->lat, i), from, (size_t)s->lat->nx * sizeof *s->u);
    }
}

HM_CLONES
static void step_rows(const step_t *s, const share_t *rows)
{
    for (int64_t i = rows->lo; i < rows->hi; i++) {
        if (s->grid->hz) step_row(s, rows, i, 0);
        else step_row(s, rows, i, 1);
        if (i - s->lag >= rows->head) take_over(s, rows, i - s->lag, i - s->lag + 1);
    }
}

static void step_in_team(const step_t *s, hm_team_t team)
{
    const share_t rows = share_of(s, hm_team_range(team, hm_field_row_count(s->lat)));
    step_rows(s, &rows);
    hm_team_barrier(team);
    take_over(s, &rows, rows.lo, rows.head);
    take_over(s, &rows, rows.tail, rows.hi);
}

int hm_field_assembled_step(const hm_lattice_t *lat, const hm_grid_t *grid, const hm_sides_t *sides,
                            const hm_field_rates_t *rates, const uint8_t *kind, int32_t slots, double a, int num_threads,
                            hm_real_t *u, hm_real_t *work)
{
    hm_field_tables_t tables;
    if (slots < 1 || !(a >= 0.0)) return HM_ERR_ARGUMENT;
    const int status = hm_field_tables_make(rates, &tables);
    if (status != HM_OK) return status;
    if (lat->periodic) hm_halo_fill(lat, u);
    else hm_grid_fill_fixed(grid, sides, u);
    const step_t step = {lat, grid, &tables, kind, slots, HM_REAL(a), u, work, lat->dim == 3 ? lat->ny : 1};
    HM_PARALLEL(hm_team_size_for(hm_field_sites(lat), num_threads))
    {
        step_in_team(&step, hm_team_here());
    }
    return HM_OK;
}
