/* Rates of the 256 cell bytes as the kernels read them, and the loss and source of a row. */
#ifndef HM_FIELD_TABLES_H
#define HM_FIELD_TABLES_H

#include "hm_field.h"
#include "hm_field_rows.h"

/* Tables of one assembly, scaled. loss[0] counts only where all slots are empty. */
typedef struct {
    hm_real_t everywhere, empty;
    hm_real_t loss[256], source[256];
    hm_real_t total[256]; /* whole loss of a site of one slot */
    hm_real_t maximum[256], half[256];
    int has_source, has_loss; /* of cells; a loss of host tissue alone counts too */
} hm_field_tables_t;

/* The tables of some rates; HM_ERR_NOT_FINITE or HM_ERR_ARGUMENT as in hm_field_assemble. */
int hm_field_tables_make(const hm_field_rates_t *rates, hm_field_tables_t *out);

typedef struct {
    hm_real_bits_t loss, source;
} hm_field_extent_bits_t;

HM_INLINE void hm_field_look_up(const hm_real_t *restrict table, const uint8_t *restrict kind, int64_t n,
                       hm_real_t *restrict out)
{
    for (int64_t x = 0; x < n; x++) out[x] = table[kind[x]];
}

/* `slots` is a constant where it is inlined for the commonest number of several. */
HM_INLINE void hm_field_sum_loss(const hm_field_tables_t *t, const uint8_t *restrict kind, int32_t slots, int64_t n,
                             hm_real_t *restrict loss)
{
    for (int64_t x = 0; x < n; x++) {
        const uint8_t *cells = kind + x * slots;
        hm_real_t sum = t->loss[cells[0]];
        int any = cells[0];
        for (int32_t s = 1; s < slots; s++) {
            sum += t->loss[cells[s]];
            any |= cells[s];
        }
        loss[x] = t->everywhere + (any ? sum : t->empty);
    }
}

HM_INLINE void hm_field_sum_source(const hm_field_tables_t *t, const uint8_t *restrict kind, int32_t slots, int64_t n,
                               hm_real_t *restrict source)
{
    for (int64_t x = 0; x < n; x++) {
        hm_real_t sum = 0;
        for (int32_t s = 0; s < slots; s++) sum += t->source[kind[x * slots + s]];
        source[x] = sum;
    }
}

HM_INLINE void hm_field_set_row(hm_real_t *restrict row, int64_t n, hm_real_t value)
{
    for (int64_t x = 0; x < n; x++) row[x] = value;
}

HM_INLINE int hm_field_no_cells(const uint8_t *restrict kind, int64_t n)
{
    uint8_t any = 0;
    for (int64_t i = 0; i < n; i++) any |= kind[i];
    return any == 0;
}

/* The same where some of the sites hold cells. */
HM_INLINE void hm_field_sum_stretch(const hm_field_tables_t *t, const uint8_t *kind, int32_t slots, int64_t n,
                                    hm_real_t *loss, hm_real_t *source)
{
    if (t->has_loss) hm_field_sum_loss(t, kind, slots, n, loss);
    else hm_field_set_row(loss, n, t->total[0]);
    if (t->has_source) hm_field_sum_source(t, kind, slots, n, source);
    else hm_field_set_row(source, n, 0);
}

/* Loss and source of n sites of a row from their first one's cell bytes; those of a stretch
 * without cells are the host's. */
HM_INLINE void hm_field_assemble_row(const hm_field_tables_t *t, const uint8_t *kind, int32_t slots, int64_t n,
                                     hm_real_t *loss, hm_real_t *source)
{
    if (slots == 1) {
        if (t->has_loss) hm_field_look_up(t->total, kind, n, loss);
        else hm_field_set_row(loss, n, t->total[0]);
        if (t->has_source) hm_field_look_up(t->source, kind, n, source);
        else hm_field_set_row(source, n, 0);
        return;
    }
    for (int64_t x = 0; x < n; x += HM_STRETCH) {
        const int64_t m = n - x < HM_STRETCH ? n - x : HM_STRETCH;
        const uint8_t *cells = kind + x * slots;
        if (hm_field_no_cells(cells, m * slots)) {
            hm_field_set_row(loss + x, m, t->total[0]);
            hm_field_set_row(source + x, m, 0);
        } else if (slots == 4) hm_field_sum_stretch(t, cells, 4, m, loss + x, source + x);
        else hm_field_sum_stretch(t, cells, slots, m, loss + x, source + x);
    }
}

#endif
