/* Concentrations on a lattice: loss and source of each site, and the steps of each kind.
 *
 *   du/dt = D lap u - L u + S,   L = decay + uptake(cells or host tissue) + exchange(vessels),
 *                                S = secretion(cells) + exchange * blood value
 *
 * Kernels see rates times a scale: h^2 / D for a field that diffuses (the dimensionless loss
 * and source of hm_multigrid.h), the time step for one that does not. Arrays are padded
 * (hm_lattice.h); only interior sites are read or written unless said otherwise.
 */
#ifndef HM_FIELD_H
#define HM_FIELD_H

#include <stdint.h>

#include "hm_field_secretion.h"
#include "hm_grid.h"
#include "hm_lattice.h"
#include "hm_multigrid.h"

/* First-order rates of the 256 cell bytes (0: an empty slot), [1/h] and [unit/h]. */
typedef struct {
    double everywhere;        /* loss in every site */
    double empty;             /* loss added in sites without a cell */
    const double *loss;       /* (256) loss per cell, added over the slots; NULL: none */
    const double *source;     /* (256) source per cell; NULL: none */
    double scale;             /* multiplies all of them */
    const double *maximum;    /* (256) saturable uptake per cell, maximum u / (half + u); NULL: none */
    const double *half;       /* (256) > 0 */
} hm_field_rates_t;

/* Largest values of the assembled arrays. */
typedef struct {
    double loss, source;
} hm_field_extent_t;

/* HM_ERR_NOT_FINITE for a rate that is not finite, HM_ERR_ARGUMENT for a negative loss. */
int hm_field_rates_check(const hm_field_rates_t *rates);

/* Fill loss and source of every site; `kind` is (size, slots) cell bytes.
 * HM_ERR_NOT_FINITE for a rate that is not finite, HM_ERR_ARGUMENT for a negative loss. */
int hm_field_assemble(const hm_lattice_t *lat, const hm_field_rates_t *rates, const uint8_t *kind, int32_t slots,
                      int num_threads, hm_real_t *loss, hm_real_t *source, hm_field_extent_t *extent);

/* HM_ERR_RANGE for a vessel outside the interior, HM_ERR_ARGUMENT for a negative or infinite conductance. */
int hm_field_vessels_check(const hm_lattice_t *lat, int64_t m, const int64_t *sites, const double *conductance);

/* Add the exchange with vessels in m sites (padded indices): scale * conductance to the loss,
 * times the blood value to the source. HM_ERR_RANGE for a site outside the interior,
 * HM_ERR_ARGUMENT for a negative or infinite conductance; nothing is changed then. */
int hm_field_add_vessels(const hm_lattice_t *lat, int64_t m, const int64_t *sites, const double *conductance,
                         double blood_value, double scale, hm_real_t *loss, hm_real_t *source,
                         hm_field_extent_t *extent);

/* Add scale * supply to the source of m sites, as hm_field_add_vessels. HM_ERR_NOT_FINITE for a
 * supply that is not finite. */
int hm_field_add_supply(const hm_lattice_t *lat, int64_t m, const int64_t *sites, const double *supply, double scale,
                        hm_real_t *source, hm_field_extent_t *extent);

/* Add the saturable uptake to the loss, as a loss of first order: maximum / (half + u).
 * HM_ERR_NOT_FINITE or HM_ERR_ARGUMENT for rates that are not finite or negative. */
int hm_field_add_saturable(const hm_lattice_t *lat, const hm_field_rates_t *rates, const uint8_t *kind, int32_t slots,
                           const hm_real_t *u, int num_threads, hm_real_t *loss, hm_field_extent_t *extent);

/* What a lattice takes from and gives to a field; `vessel_sites` (m) ascending. */
typedef struct {
    const hm_lattice_t *lat;
    const uint8_t *kind;
    int32_t slots;
    hm_field_rates_t rates;
    int64_t m;
    const int64_t *vessel_sites;
    const double *conductance;
    double blood_value;
    const double *supply; /* (m) source beside conductance times blood value; NULL: none */
    const hm_field_secretion_t *secretion; /* that responds to other fields; NULL: none */
} hm_field_terms_t;

/* hm_multigrid_solve of the terms, vessels having passed hm_field_vessels_check: loss and source are
 * assembled on the way, row by row; saturable uptake is linearised anew in each cycle. */
int hm_field_solve(hm_multigrid_t *mg, const hm_field_terms_t *terms, hm_real_t *u, double tolerance,
                             int32_t max_cycles, int num_threads, hm_multigrid_report_t *report);

/* Turn loss and source into those of a backward Euler step: loss + k, source + k u with
 * k = h^2 / (D dt). */
void hm_field_implicit(const hm_lattice_t *lat, double k, const hm_real_t *u, int num_threads, hm_real_t *loss,
                       hm_real_t *source);

/* Scale u, the solution of 0 = source + div grad u - loss u with sides that nothing crosses, so that its
 * budget holds to rounding: sum of loss u = sum of source. Does nothing unless both are positive. */
void hm_field_balance(const hm_lattice_t *lat, const hm_real_t *loss, const hm_real_t *source, hm_real_t *u);

/* n explicit Euler steps of number a = D dt / h^2 each (loss and source dimensionless);
 * `work` is a padded array. Where a (2 dim + loss) <= 1 a result is a mean of values >= 0. */
int hm_field_explicit(const hm_lattice_t *lat, const hm_grid_t *grid, const hm_sides_t *sides, double a, int32_t n,
                      const hm_real_t *loss, const hm_real_t *source, int num_threads, hm_real_t *u,
                      hm_real_t *work);

/* hm_field_assemble and one explicit step in one pass, bit for bit; rates as there. */
int hm_field_assembled_step(const hm_lattice_t *lat, const hm_grid_t *grid, const hm_sides_t *sides,
                            const hm_field_rates_t *rates, const uint8_t *kind, int32_t slots, double a, int num_threads,
                            hm_real_t *u, hm_real_t *work);

/* loss += rate * u: degradation by another field. */
void hm_field_add_degradation(const hm_lattice_t *lat, double rate, const hm_real_t *u, int num_threads, hm_real_t *loss);

/* Exact solution of dw/dt = source - loss w over a step in which both are constant (given
 * times the step): w e^-loss + source (1 - e^-loss) / loss. */
void hm_field_decay(const hm_lattice_t *lat, const hm_real_t *loss, const hm_real_t *source, int num_threads,
                    hm_real_t *w);

/* hm_field_assemble, hm_field_add_degradation by n fields and hm_field_decay in one pass, bit for
 * bit: rates[j] * u[j] is added to the loss. Needs no array but w. */
int hm_field_dissolve(const hm_lattice_t *lat, const hm_field_rates_t *rates, const uint8_t *kind, int32_t slots,
                      int32_t n, const double *rate, const hm_real_t *const *u, int num_threads, hm_real_t *w);

/* 1 if every interior site is exactly 0. */
int hm_field_is_zero(const hm_lattice_t *lat, const hm_real_t *u);

/* Set negative sites to 0; returns how many. */
int64_t hm_field_clamp(const hm_lattice_t *lat, hm_real_t *u);

/* e^-x for x >= 0, within 1 ulp or so, the same on every machine. */
double hm_exp_minus(double x);

#endif
