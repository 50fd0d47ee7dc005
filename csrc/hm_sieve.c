/* Sieve: which cells of a row are to be looked at.
 *
 * The first 16 bits of a draw, an eighth of a block shared with the neighbouring slots, already lie
 * above all that most cells could do. The bound of a cell without a free neighbour leaves out moves
 * and division. All this is a few vector loops over a row; nothing else is done for the others.
 */
#include "hm_sieve.h"

#include <string.h>

#include "hm_core.h"
#include "hm_drift.h"

#define HM_MUST 2u /* to be looked at whatever it draws */

typedef struct {
    hm_eighths_t heads;
    const uint16_t *head;     /* of the span's first slot */
    uint8_t around[HM_SPAN];  /* zero where a neighbour is free */
    uint8_t picked[HM_SPAN];
} hm_span_t;

static int row_is_full(const hm_cells_t *c, int64_t z, int64_t y)
{
    z = hm_wrapped(z, c->lat.nz, c->lat.periodic), y = hm_wrapped(y, c->lat.ny, c->lat.periodic);
    return z < 0 || y < 0 || c->row_cells[z * c->lat.ny + y] == c->lat.nx * c->slots;
}

int hm_row_is_enclosed(const hm_cells_t *c, int64_t z, int64_t y)
{
    for (int64_t dz = -c->lat.hz; dz <= c->lat.hz; dz++)
        for (int64_t dy = -1; dy <= 1; dy++)
            if (!row_is_full(c, z + dz, y + dy)) return 0;
    return 1;
}

/* The least byte among the six beside each. */
HM_WIDEST
static void least_of_six(const uint8_t *bytes, const int64_t stride[6], int n, uint8_t *restrict least)
{
    const uint8_t *a = bytes + stride[0], *b = bytes + stride[1], *c = bytes + stride[2];
    const uint8_t *d = bytes + stride[3], *e = bytes + stride[4], *f = bytes + stride[5];
    for (int i = 0; i < n; i++) {
        const uint8_t ab = a[i] < b[i] ? a[i] : b[i], cd = c[i] < d[i] ? c[i] : d[i], ef = e[i] < f[i] ? e[i] : f[i];
        const uint8_t abcd = ab < cd ? ab : cd;
        least[i] = abcd < ef ? abcd : ef;
    }
}

HM_WIDEST
static void take_least(const uint8_t *a, const uint8_t *b, int n, uint8_t *restrict least)
{
    for (int i = 0; i < n; i++) {
        const uint8_t less = a[i] < b[i] ? a[i] : b[i];
        least[i] = less < least[i] ? less : least[i];
    }
}

/* The least byte among the neighbours of each slot from `from` on; where several cells share a
 * site, and nobody needs to know, all count as free. */
static void look_around(const hm_substep_t *s, const hm_row_t *row, int64_t from, int n, uint8_t *least)
{
    const hm_cells_t *c = s->cells;
    const int together = c->lat.dim == 3 && c->slots == 1 && !row->is_enclosed ? 6 : 0;
    if (together) least_of_six(row->kinds + from, s->plan->stride, n, least);
    else memset(least, HM_WALL, (size_t)n);
    if (row->is_enclosed) return;
    if (c->slots == 1) {
        const uint8_t *kinds = row->kinds + from;
        for (int d = together; d < c->division_neighbours; d += 2)
            take_least(kinds + s->plan->stride[d], kinds + s->plan->stride[d + 1], n, least);
        return;
    }
    for (int i = 0; i < n; i++)
        if (s->plan->n_tied == 0 || hm_has_room(c, row->site + (from + i) / c->slots)) least[i] = HM_EMPTY;
}

HM_WIDEST
static void pick(const uint8_t *restrict kinds, const uint8_t *restrict around, const uint16_t *restrict head, int n,
                 const uint16_t last[2], uint8_t *restrict picked)
{
    const uint16_t enclosed = last[0], free = last[1];
    for (int i = 0; i < n; i++) {
        const uint16_t most = around[i] == HM_EMPTY ? free : enclosed;
        picked[i] = (uint8_t)((kinds[i] != HM_EMPTY) & (head[i] <= most));
    }
}

HM_WIDEST
static int count_kind(const uint8_t *restrict kinds, const uint8_t *restrict around, int n, uint8_t kind)
{
    int count = 0;
    for (int i = 0; i < n; i++) count += (kinds[i] == kind) & (around[i] != HM_EMPTY);
    return count;
}

/* Cells of a span that can do nothing: by their kind, or for want of room. */
static int count_idle(const hm_plan_t *plan, const uint8_t *kinds, const uint8_t *around, int n)
{
    int idle = 0;
    for (int k = 0; k < plan->n_unable; k++) idle += count_kind(kinds, kinds, n, plan->unable[k]);
    for (int k = 0; k < plan->n_tied; k++) idle += count_kind(kinds, around, n, plan->tied[k]);
    return idle;
}

/* Clamped weights are counted, so a cell with room that may have one is looked at. */
static void pick_drifters(const hm_substep_t *s, const hm_row_t *row, int64_t from, int n, hm_span_t *span)
{
    const uint8_t *kinds = row->kinds + from;
    for (int64_t i = hm_next_nonzero(kinds, 0, n); i < n; i = hm_next_nonzero(kinds, i + 1, n)) {
        const int phenotype = hm_phenotype_of(kinds[i]);
        if (hm_condition_of(kinds[i]) != HM_ACTIVE || span->around[i] != HM_EMPTY) continue;
        if (!(row->clamps >> phenotype & 1u)) continue;
        if (hm_may_clamp(s, phenotype, row->site + (from + i) / s->cells->slots)) span->picked[i] = HM_MUST;
    }
}

/* Whether it is mild all over the section of a slot. */
static inline int is_mild_about(const hm_substep_t *s, const hm_row_t *row, int64_t slot)
{
    const int64_t x = s->cells->slots == 1 ? slot : slot / s->cells->slots;
    return !(row->harsh >> (x >> s->plan->section) & 1u);
}

/* Where the stretch of sites that are as mild as those about a slot ends: a slot of the row. */
static int64_t stretch_end(const hm_substep_t *s, const hm_row_t *row, int64_t slot)
{
    const int64_t x = s->cells->slots == 1 ? slot : slot / s->cells->slots;
    const int64_t section = x >> s->plan->section;
    const uint32_t harsh = row->harsh >> section, differs = harsh & 1u ? ~harsh : harsh;
    if (!differs) return row->n;
    return (section + __builtin_ctz(differs)) * ((int64_t)s->cells->slots << s->plan->section);
}

/* Pick from slots of a span, stretch after stretch. */
static void pick_stretches(const hm_substep_t *s, const hm_row_t *row, int64_t from, int n, hm_span_t *span)
{
    for (int64_t i = 0, end; i < n; i = end) {
        end = stretch_end(s, row, from + i) - from;
        end = end < n ? end : n;
        pick(row->kinds + from + i, span->around + i, span->head + i, (int)(end - i),
             s->plan->last[is_mild_about(s, row, from + i)], span->picked + i);
    }
}

/* Those of the picked whose own kind may do something at such a draw. */
static void keep(const hm_substep_t *s, const hm_row_t *row, int64_t from, int n, const hm_span_t *span, hm_looked_t *out)
{
    const uint8_t *kinds = row->kinds + from;
    int32_t picked[HM_GATHERED];
    const int found = hm_gather(span->picked, n, picked);
    for (int k = 0; k < found; k++) {
        const int32_t i = picked[k];
        const int room = span->around[i] == HM_EMPTY, mild = is_mild_about(s, row, from + i);
        out->offset[out->n] = (int32_t)from + i;
        out->head[out->n] = span->head[i];
        out->room[out->n] = (uint8_t)room;
        out->mild[out->n] = (uint8_t)mild;
        out->must[out->n] = span->picked[i] == HM_MUST;
        out->n += (span->picked[i] == HM_MUST) | (span->head[i] < s->plan->limit[mild][room][kinds[i]]);
    }
}

/* The bounds of the span's first 16 bits are those of all kinds; `keep` looks at the kind. */
static void sift(const hm_substep_t *s, const hm_row_t *row, int64_t from, int n, hm_span_t *span, hm_looked_t *out)
{
    const uint64_t first = row->identity + (uint64_t)from;
    hm_draw_eighths(s->rules->key_sieve, first >> 3, (int)((first & 7u) + (uint64_t)n + 7u) / 8, s->step, s->sub,
                    &span->heads);
    span->head = span->heads.half + (first & 7u);
    if (row->harsh) pick_stretches(s, row, from, n, span);
    else pick(row->kinds + from, span->around, span->head, n, s->plan->last[1], span->picked);
    if (row->clamps) pick_drifters(s, row, from, n, span);
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
    look_around(s, row, from, n, span.around);
    const int still = count_idle(s->plan, row->kinds + from, span.around, n);
    *idle += still;
    if (still < n) sift(s, row, from, n, &span, out);
    return from + n;
}
