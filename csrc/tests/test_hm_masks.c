#include "hm_masks.h"

#include <stdlib.h>

#include "hm_mild.h"
#include "hm_test.h"

#define PLANE 400 /* bytes from one row to the next */

static uint32_t word(uint64_t i) { return hm_draw((hm_key_t){7u, 8u}, i, 0u, 0u).v[0]; }

static int bit(const uint64_t *words, int i) { return (int)(words[i / 64] >> (i % 64) & 1u); }

/* Bytes of several rows of which a share is empty. */
static void fill(uint8_t *kinds, int n, uint32_t share, uint64_t draw)
{
    for (int i = 0; i < n; i++) kinds[i] = word(draw + (uint64_t)i) % 8u < share ? HM_EMPTY : (uint8_t)(1u + word((uint64_t)i) % 3u);
}

static void masks_are_those_of_single_slots(int n, int neighbours, uint32_t share)
{
    uint8_t kinds[3 * PLANE];
    uint16_t head[HM_SPAN + 8];
    const int64_t stride[8] = {-1, 1, -PLANE, PLANE, -PLANE - 1, PLANE + 1, -PLANE + 1, PLANE - 1};
    const uint16_t last[2][2] = {{20000u, 50000u}, {3000u, 30000u}};
    hm_masks_t masks;
    int count[2] = {0}, wrong = 0;
    fill(kinds, 3 * PLANE, share, (uint64_t)n);
    const uint8_t *row = kinds + PLANE + 1;
    for (int i = 0; i < n; i++) head[i] = (uint16_t)word(5000u + (uint64_t)i);
    for (int w = 0; w < HM_WORDS; w++) masks.harsh[w] = (uint64_t)word((uint64_t)w) << 32 | word(99u + (uint64_t)w);
    hm_masks_cells(row, n, &masks);
    hm_masks_room(row, stride, neighbours, n, &masks);
    hm_masks_pick(head, n, last, &masks);
    for (int i = 0; i < n; i++) {
        int room = 0;
        for (int d = 0; d < neighbours; d++) room |= row[i + stride[d]] == HM_EMPTY;
        room &= row[i] != HM_EMPTY;
        const int low = row[i] != HM_EMPTY && head[i] <= last[!bit(masks.harsh, i)][room];
        wrong += bit(masks.cells, i) != (row[i] != HM_EMPTY);
        wrong += bit(masks.room, i) != room;
        wrong += bit(masks.picked, i) != low;
        count[0] += row[i] == 2u, count[1] += row[i] == 2u && !room;
    }
    HM_CHECK(wrong == 0);
    HM_CHECK(hm_masks_count(&masks, row, n, 2u, 0) == count[0]);
    HM_CHECK(hm_masks_count(&masks, row, n, 2u, 1) == count[1]);
}

static void indices_are_those_of_bits_and_bytes(int n, uint32_t share)
{
    uint8_t bytes[HM_SPAN];
    uint64_t words[HM_WORDS] = {0};
    int32_t of_bytes[HM_GATHERED], of_bits[HM_GATHERED];
    fill(bytes, n, share, 1000u + (uint64_t)n);
    for (int i = 0; i < n; i++) words[i / 64] |= (uint64_t)(bytes[i] != 0) << (i % 64);
    const int found = hm_gather(bytes, n, of_bytes);
    HM_CHECK(hm_gather_bits(words, (n + 63) / 64, of_bits) == found);
    int at = 0, wrong = 0;
    for (int i = 0; i < n; i++)
        if (bytes[i]) wrong += of_bytes[at] != i || of_bits[at] != i, at++;
    HM_CHECK(at == found);
    HM_CHECK(wrong == 0);
}

/* A section is mild only if each of its sites is. */
static void sections_are_those_of_sites(int64_t nx, int below, int is_single)
{
    hm_cells_t cells = {.slots = 1};
    uint32_t known = 0u;
    hm_plan_t plan = {.mild = {.field = 0, .below = below, .threshold = 0.7}, .section = HM_LEAST_SECTION};
    hm_field_view_t view = {.is_single = is_single};
    const hm_rules_t rules = {.fields = &view, .n_fields = 1};
    const hm_substep_t s = {.cells = &cells, .rules = &rules, .plan = &plan};
    HM_CHECK(hm_lattice_make(2, (const int64_t[3]){1, 1, nx}, 0, 1.0, &cells.lat) == HM_OK);
    cells.row_harsh = &known;
    double *u = calloc((size_t)cells.lat.size, sizeof *u);
    float *v = calloc((size_t)cells.lat.size, sizeof *v);
    if (!u || !v) abort();
    for (int64_t i = 0; i < cells.lat.size; i++) v[i] = (float)(u[i] = i / 40 % 2 ? 1.0 : 0.7 - (double)(i % 3) * 0.05);
    view.values = is_single ? (const void *)v : (const void *)u;
    while ((nx - 1) >> plan.section >= HM_SECTIONS) plan.section++;
    const hm_row_t row = {.site = hm_site(&cells.lat, 0, 0, 0), .n = nx};
    uint32_t expected = 0u;
    for (int64_t x = 0; x < nx; x++) expected |= (uint32_t)!hm_is_mild(&s, row.site + x) << (x >> plan.section);
    HM_CHECK(hm_row_harsh(&s, &row) == expected);
    HM_CHECK(hm_row_harsh(&s, &row) == expected); /* as remembered */
    free(u), free(v);
}

int main(void)
{
    for (int n = 1; n <= HM_SPAN; n += n < 70 ? 1 : 17)
        for (uint32_t share = 0; share <= 8; share += 2) {
            masks_are_those_of_single_slots(n, 4, share);
            masks_are_those_of_single_slots(n, 6, share);
            masks_are_those_of_single_slots(n, 8, share);
            indices_are_those_of_bits_and_bytes(n, share);
        }
    for (int64_t nx = 1; nx < 3000; nx = nx * 7 / 5 + 1)
        for (int i = 0; i < 4; i++) sections_are_those_of_sites(nx, i & 1, i >> 1);
    return HM_REPORT();
}
