/* Where the largest hazard that fields can put down is put down; not part of the interface. */
#ifndef HM_MILD_H
#define HM_MILD_H

#include "hm_row.h"

#define HM_LEAST_SECTION 3 /* logarithm of the sites of a section, at least */
#define HM_SECTIONS 31     /* of a row, at most */

/* Bit k: somewhere in the k-th section of the row it may not be mild. Found once a call and row. */
uint32_t hm_row_harsh(const hm_substep_t *s, const hm_row_t *row);

/* Whether it is mild at a padded site. */
static inline int hm_is_mild(const hm_substep_t *s, int64_t site)
{
    const hm_mild_t *mild = &s->plan->mild;
    if (mild->field < 0) return 0;
    const double u = hm_field_view_at(&s->rules->fields[mild->field], site);
    return mild->below ? u <= mild->threshold : u > mild->threshold;
}

#endif
