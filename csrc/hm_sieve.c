/* Sieve: which cells of a row are to be looked at.
 *
 * The first 16 bits of a draw, an eighth of a block shared with the neighbouring slots, already lie
 * above all that most cells could do. The bound of a cell without a free neighbour leaves out moves
 * and division; where it is mild, nearly all of the largest hazard. All this is a few vector loops
 * over a row; nothing else is done for the others.
 */
#include "hm_sieve.h"

#include <string.h>

#include "hm_core.h"
#include "hm_drift.h"
#include "hm_masks.h"

typedef struct {
    hm_eighths_t heads;
    const uint16_t *head; /* of the span's first slot */
    hm_masks_t masks;
    uint64_t must[HM_WORDS]; /* to be looked at whatever they draw */
} hm_span_t;

static int row_is_full(const hm_cells_t *c, int64_t z, int64_t y)
{
    z = hm_wrapped(z, c->lat.nz, c->lat.periodic), y = hm_wrapped(y, c->lat.ny, c->lat.periodic);
    return z < 0 || y < 0 || c->row_cells[z * c->lat.ny + y] == c->lat.nx * c->slots;
}

int hm_row_is_enclosed(const hm_cells_t *c, const hm_row_t *row)
{
    const int64_t z = row->z, y = row->y;
    const int32_t *cells = c->row_cells + row->number, full = (int32_t)row->n;
    if (*cells != full) return 0;
    if (y > 0 && y < c->lat.ny - 1 && (cells[-1] != full || cells[1] != full)) return 0;
    for (int64_t dz = -c->lat.hz; dz <= c->lat.hz; dz++)
        for (int64_t dy = -1; dy <= 1; dy++)
            if (!row_is_full(c, z + dz, y + dy)) return 0;
    return 1;
}

static inline int bit_of(const uint64_t *words, int i) { return (int)(words[i >> 6] >> (i & 63) & 1u); }

/* Slots first ... end - 1. */
static void set_bits(uint64_t *words, int64_t first, int64_t end)
{
    for (int64_t i = first; i < end; i = (i | 63) + 1) {
        const int64_t last = (i | 63) < end - 1 ? i | 63 : end - 1;
        words[i >> 6] |= ~0ull >> (63 - (last - i)) << (i & 63);
    }
}

/* Cells with a free neighbour, where several share a site; where nobody needs to know, all. */
static void look_around(const hm_substep_t *s, const hm_row_t *row, int64_t from, int n, uint64_t *room)
{
    const hm_cells_t *c = s->cells;
    const int64_t end = from + n;
    int64_t after = 0; /* the first slot behind a site */
    for (int64_t i = hm_next_nonzero(row->kinds, from, end); i < end; i = hm_next_nonzero(row->kinds, after, end)) {
        const int64_t site = i / c->slots;
        after = (site + 1) * c->slots < end ? (site + 1) * c->slots : end;
        if (s->plan->n_tied == 0 || hm_has_room(c, row->site + site)) set_bits(room, i - from, after - from);
    }
}

static void find_room(const hm_substep_t *s, const hm_row_t *row, int64_t from, int n, hm_masks_t *masks)
{
    const hm_cells_t *c = s->cells;
    hm_masks_cells(row->kinds + from, n, masks);
    const int apart = c->slots == 1 && !row->is_enclosed;
    if (apart) hm_masks_room(row->kinds + from, s->plan->stride, c->division_neighbours, n, masks);
    else memset(masks->room, 0, sizeof masks->room);
    if (c->slots > 1 && !row->is_enclosed) look_around(s, row, from, n, masks->room);
}

/* Cells of a span that can do nothing: by their kind, or for want of room. */
static int count_idle(const hm_plan_t *plan, const uint8_t *kinds, int n, const hm_masks_t *masks)
{
    int idle = 0;
    for (int k = 0; k < plan->n_unable; k++) idle += hm_masks_count(masks, kinds, n, plan->unable[k], 0);
    for (int k = 0; k < plan->n_tied; k++) idle += hm_masks_count(masks, kinds, n, plan->tied[k], 1);
    return idle;
}

/* Slots in sections of the row where it may not be mild. */
static void find_harsh(const hm_substep_t *s, const hm_row_t *row, int64_t from, int n, uint64_t *harsh)
{
    const int64_t section = (int64_t)s->cells->slots << s->plan->section;
    memset(harsh, s->plan->mild.field < 0 ? 0xFF : 0, sizeof(uint64_t) * HM_WORDS);
    if (s->plan->mild.field < 0) return;
    for (uint32_t left = row->harsh; left; left &= left - 1u) {
        const int64_t first = __builtin_ctz(left) * section - from, end = first + section;
        set_bits(harsh, first > 0 ? first : 0, end < n ? end : n);
    }
}

/* Clamped weights are counted, so a cell with room that may have one is looked at. */
static void find_drifters(const hm_substep_t *s, const hm_row_t *row, int64_t from, int n, hm_span_t *span)
{
    int32_t roomy[HM_GATHERED];
    const int found = hm_gather_bits(span->masks.room, (n + 63) / 64, roomy);
    for (int k = 0; k < found; k++) {
        const int i = roomy[k];
        const uint8_t kind = row->kinds[from + i];
        if (kind == HM_EMPTY || hm_condition_of(kind) != HM_ACTIVE || !(row->clamps >> hm_phenotype_of(kind) & 1u)) continue;
        if (hm_may_clamp(s, hm_phenotype_of(kind), row->site + hm_site_of(s->cells, from + i))) span->must[i >> 6] |= 1ull << (i & 63);
    }
}

/* Those of the picked whose own kind may do something at such a draw. */
static void keep(const hm_substep_t *s, const hm_row_t *row, int64_t from, int n, const hm_span_t *span, hm_looked_t *out)
{
    const uint8_t *kinds = row->kinds + from;
    int32_t picked[HM_GATHERED];
    const int found = hm_gather_bits(span->masks.picked, (n + 63) / 64, picked);
    for (int k = 0; k < found; k++) {
        const int32_t i = picked[k];
        const int room = bit_of(span->masks.room, i), mild = !bit_of(span->masks.harsh, i);
        const int must = bit_of(span->must, i);
        out->offset[out->n] = (int32_t)from + i;
        out->head[out->n] = span->head[i];
        out->room[out->n] = (uint8_t)room;
        out->mild[out->n] = (uint8_t)mild;
        out->must[out->n] = (uint8_t)must;
        out->n += must | (span->head[i] < s->plan->limit[mild][room][kinds[i]]);
    }
}

/* The bounds of the span's first 16 bits are those of all kinds; `keep` looks at the kind. */
static void sift(const hm_substep_t *s, const hm_row_t *row, int64_t from, int n, hm_span_t *span, hm_looked_t *out)
{
    const uint64_t first = row->identity + (uint64_t)from;
    hm_draw_eighths(s->rules->key_sieve, first >> 3, (int)((first & 7u) + (uint64_t)n + 7u) / 8, s->step, s->sub,
                    &span->heads);
    span->head = span->heads.half + (first & 7u);
    find_harsh(s, row, from, n, span->masks.harsh);
    hm_masks_pick(span->head, n, s->plan->last, &span->masks);
    memset(span->must, 0, sizeof span->must);
    if (row->clamps) find_drifters(s, row, from, n, span);
    for (int w = 0; row->clamps && w < (n + 63) / 64; w++) span->masks.picked[w] |= span->must[w];
    keep(s, row, from, n, span, out);
}

int64_t hm_sieve_span(const hm_substep_t *s, const hm_row_t *row, int64_t from, hm_looked_t *out, int64_t *idle)
{
    hm_span_t span;
    out->n = 0;
    from = hm_next_nonzero(row->kinds, from, row->n);
    if (from == row->n) return from;
    const int64_t room = HM_SPAN - (int64_t)((row->identity + (uint64_t)from) & 7u); /* whole blocks */
    const int n = (int)(row->n - from < room ? row->n - from : room);
    find_room(s, row, from, n, &span.masks);
    const int still = count_idle(s->plan, row->kinds + from, n, &span.masks);
    *idle += still;
    if (still < n) sift(s, row, from, n, &span, out);
    return from + n;
}
