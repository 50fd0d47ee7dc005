/* The number type of fields: one source, compiled for double and, by the files hm_*_f32.c,
 * for float. There HM_SINGLE is defined before anything is included, and every name that
 * depends on the type ends in _f32. Constants are cast, or a product with one would be computed
 * in double.
 */
#ifndef HM_REAL_H
#define HM_REAL_H

#include <stdint.h>

#ifdef HM_SINGLE

#define hm_halo_fill hm_halo_fill_f32
typedef float hm_real_t;
typedef int32_t hm_real_bits_t;
#define HM_REAL_INFINITY_BITS 0x7f800000
#define HM_REAL_BITS_MAX INT32_MAX
#define HM_REAL_ROUNDING 6e-7

#define hm_axis_t hm_axis_f32_t
#define hm_grid_t hm_grid_f32_t
#define hm_grid_axes_size hm_grid_axes_size_f32
#define hm_grid_make hm_grid_make_f32
#define hm_grid_coarsen hm_grid_coarsen_f32
#define hm_grid_fill_fixed hm_grid_fill_fixed_f32
#define hm_grid_wrap_row hm_grid_wrap_row_f32
#define hm_extremes_t hm_extremes_f32_t
#define hm_stencil_invert hm_stencil_invert_f32
#define hm_stencil_first hm_stencil_first_f32
#define hm_stencil_first_measured hm_stencil_first_measured_f32
#define hm_stencil_start hm_stencil_start_f32
#define hm_stencil_next hm_stencil_next_f32
#define hm_stencil_next_aside hm_stencil_next_aside_f32
#define hm_stencil_first_of_zero hm_stencil_first_of_zero_f32
#define hm_stencil_explicit hm_stencil_explicit_f32
#define hm_stencil_restrict hm_stencil_restrict_f32
#define hm_stencil_restrict_measured hm_stencil_restrict_measured_f32
#define hm_stencil_average hm_stencil_average_f32
#define hm_stencil_prolong hm_stencil_prolong_f32
#define hm_stencil_coarsen_loss hm_stencil_coarsen_loss_f32
#define hm_multigrid_level_t hm_multigrid_level_f32_t
#define hm_multigrid_t hm_multigrid_f32_t
#define hm_multigrid_axes_size hm_multigrid_axes_size_f32
#define hm_multigrid_sites_size hm_multigrid_sites_size_f32
#define hm_multigrid_make hm_multigrid_make_f32
#define hm_multigrid_rates_t hm_multigrid_rates_f32_t
#define hm_passes_t hm_passes_f32_t
#define hm_pass_t hm_pass_f32_t
#define hm_passes_on hm_passes_on_f32
#define hm_passes_first_coefficient hm_passes_first_coefficient_f32
#define hm_passes_start hm_passes_start_f32
#define hm_passes_relax hm_passes_relax_f32
#define hm_passes_relax_aside hm_passes_relax_aside_f32
#define hm_passes_coarsen_loss hm_passes_coarsen_loss_f32
#define hm_passes_restrict hm_passes_restrict_f32
#define hm_passes_restrict_measured hm_passes_restrict_measured_f32
#define hm_passes_tangent hm_passes_tangent_f32
#define hm_passes_prolong hm_passes_prolong_f32
#define hm_passes_tangent_ahead hm_passes_tangent_ahead_f32
#define hm_passes_run hm_passes_run_f32
#define hm_cycle_one_site hm_cycle_one_site_f32
#define hm_cycle_below hm_cycle_below_f32
#define hm_cycle_coarsen hm_cycle_coarsen_f32
#define hm_cycle_estimate hm_cycle_estimate_f32
#define hm_field_vessels_check hm_field_vessels_check_f32
#define hm_multigrid_solve_rates hm_multigrid_solve_rates_f32
#define hm_multigrid_solve hm_multigrid_solve_f32
#define hm_field_rates_check hm_field_rates_check_f32
#define hm_field_assemble hm_field_assemble_f32
#define hm_field_add_vessels hm_field_add_vessels_f32
#define hm_field_add_supply hm_field_add_supply_f32
#define hm_field_add_saturable hm_field_add_saturable_f32
#define hm_field_solve hm_field_solve_f32
#define hm_field_secretion_t hm_field_secretion_f32_t
#define hm_field_secretion_check hm_field_secretion_check_f32
#define hm_field_secretion_rows hm_field_secretion_rows_f32
#define hm_field_add_secretion hm_field_add_secretion_f32
#define hm_field_implicit hm_field_implicit_f32
#define hm_field_balance hm_field_balance_f32
#define hm_field_explicit hm_field_explicit_f32
#define hm_field_add_degradation hm_field_add_degradation_f32
#define hm_field_decay hm_field_decay_f32
#define hm_field_dissolve hm_field_dissolve_f32
#define hm_field_assembled_step hm_field_assembled_step_f32
#define hm_field_tables_make hm_field_tables_make_f32
#define hm_field_is_zero hm_field_is_zero_f32
#define hm_field_clamp hm_field_clamp_f32

#else

#define hm_halo_fill hm_halo_fill_f64

typedef double hm_real_t;
typedef int64_t hm_real_bits_t;
#define HM_REAL_INFINITY_BITS 0x7ff0000000000000
#define HM_REAL_BITS_MAX INT64_MAX
#define HM_REAL_ROUNDING 1.2e-15

#endif

#define HM_REAL(x) ((hm_real_t)(x))

/* The bits of x; negative where x is. */
static inline hm_real_bits_t hm_real_bits(hm_real_t x)
{
    union { hm_real_t f; hm_real_bits_t i; } pun = {.f = x};
    return pun.i;
}

/* Bits of |x|, ordered as |x| is, with infinity and NaN on top: a maximum that misses nothing. */
static inline hm_real_bits_t hm_magnitude_bits(hm_real_t x) { return hm_real_bits(x) & HM_REAL_BITS_MAX; }

static inline double hm_real_from_bits(hm_real_bits_t bits)
{
    union { hm_real_t f; hm_real_bits_t i; } pun = {.i = bits};
    return (double)pun.f;
}

#endif
