"""How many Euler steps keep a transient field's error in time below its stated accuracy.

What relaxes at a rate k errs by n steps of length t = T / n, explicit or backward, by about
(k T)^2 e^(-k T) / 2n of its amount. A Gaussian of standard deviation s errs at its top, over its
height at the end, by about d (d + 2) / 2n (D T / (s^2 + 2 D T))^2 in d dimensions: n backward
steps are diffusion for a time that is Gamma distributed with mean T and variance T^2 / n, and
err by 1 / (n - 1) in two dimensions where T is long. Both are of first order and have a bound that
no rate exceeds; they are added.
"""

import math

from hybridmet.tissue.field_parameters import FieldParameters

FEATURE = 3.0
"""Standard deviation of the narrowest feature whose diffusion is accurate in time [sites]. ASSUMED:
narrower ones are not resolved in space either (explicit steps at their bound of stability do)."""
MOST_RELAXATION = 0.32
"""Largest error of n explicit steps that keep u >= 0, times n, at any rate [1]: 0.307 for n = 1,
0.314 for 2, 2 e^-2 = 0.271 for many; backward steps err less (tested)."""

BEYOND_LEADING = 1.1
"""What walls, and sites that are no points, add to the leading error of diffusion: ASSUMED; up to
1.04 measured on closed lattices of 20 sites and more (tested)."""


def relaxation_error(number: float) -> float:
    """Error of n steps times n, for rates up to `number` over the step [1]."""
    return min(0.5 * number * number, MOST_RELAXATION)


def diffusion_error(number: float, dim: int) -> float:
    """Error of n steps times n, for features of FEATURE sites; `number`: D T / h^2 [1]."""
    spread = number / (FEATURE * FEATURE + 2.0 * number)
    return BEYOND_LEADING * 0.5 * dim * (dim + 2) * spread * spread


def accurate_substeps(
    p: FieldParameters, spacing: float, dim: int, rate: float, dt: float
) -> int:
    """Steps within `dt` [h]; `rate`: decay, largest uptake and largest exchange [1/h]."""
    return max(1, math.ceil(time_error(p, spacing, dim, rate, dt) * (1.0 + 1.0 / p.accuracy)))


def least_accuracy(error: float, steps: int) -> float:
    """The accuracy that so many steps reach; `error`: see time_error."""
    return error / (steps - error)


def time_error(p: FieldParameters, spacing: float, dim: int, rate: float, dt: float) -> float:
    """Error of n steps times n, over the largest concentration [1]."""
    number = p.diffusivity * dt / (spacing * spacing)
    return diffusion_error(number, dim) + relaxation_error(rate * dt)
