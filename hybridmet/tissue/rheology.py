"""Rheology of blood in narrow vessels: apparent viscosity, and how red cells part at a fork.

Empirical laws from vessels of the rat mesentery. Diameters D [um], haematocrit H is that of
discharge [1]; both are laws of volume flow, so H times flow is a flux of red cells.
"""

import numpy as np

from hybridmet._core import blood as kernel

PLASMA_VISCOSITY = 1.05
"""Viscosity of plasma [cP] at body temperature (Pries & Secomb 2008, Handbook of Physiology:
Microcirculation, chapter 1: 1.0 to 1.3 cP)."""
NARROWEST = 2.7
"""Diameter of the narrowest tube that a red cell passes whole [um] (Halpern & Secomb 1989,
J Fluid Mech 203:381). Narrower vessels count as of this one: both laws diverge below 2 um."""
MOST_HAEMATOCRIT = 0.95
"""Haematocrit that no vessel exceeds [1]: ASSUMED, blood of red cells alone does not flow; what
is above goes into the other branches."""


def viscosity(diameter: np.ndarray, haematocrit: np.ndarray) -> np.ndarray:
    """Apparent viscosity in vivo over that of plasma [1]: (m,) float64.

    [1 + (n45 - 1) ((1 - H)^C - 1) / (0.55^C - 1) F] F with F = (D / (D - 1.1))^2
    (Pries et al. 1994, doi:10.1161/01.RES.75.5.904).
    """
    d = np.maximum(diameter, NARROWEST)
    wall = (d / (d - 1.1)) ** 2
    at_45 = 6.0 * np.exp(-0.085 * d) + 3.2 - 2.44 * np.exp(-0.06 * d**0.645)
    return (1.0 + (at_45 - 1.0) * _dependence(d, haematocrit) * wall) * wall


def _dependence(d: np.ndarray, haematocrit: np.ndarray) -> np.ndarray:
    """How viscosity rises with haematocrit: 0 for plasma, 1 at 0.45."""
    narrow = 1.0 / (1.0 + 1e-11 * d**12)
    power = (0.8 + np.exp(-0.075 * d)) * (narrow - 1.0) + narrow
    power = np.where(power == 0.0, 1e-12, power)  # the limit exists
    cells = np.minimum(haematocrit, MOST_HAEMATOCRIT)
    return np.expm1(power * np.log1p(-cells)) / np.expm1(power * np.log(0.55))


def red_cell_share(
    blood_share: np.ndarray,
    feeding: np.ndarray,
    branch: np.ndarray,
    other: np.ndarray,
    haematocrit: np.ndarray,
) -> np.ndarray:
    """Share of a fork's red cells that go into a branch, FQ_E: (m,) float64 [1].

    logit FQ_E = A + B logit((FQ_B - X0) / (1 - 2 X0)), 0 below X0 and 1 above 1 - X0, with
    FQ_B = `blood_share` and the diameters of feeding vessel, branch and other branch; A =
    -13.29 (r - 1) / (r + 1) (1 - H) / D_F, r = (D_branch / D_other)^2; B = 1 + 6.98 (1 - H) /
    D_F; X0 = 0.964 (1 - H) / D_F (Pries et al. 1989, doi:10.1016/0026-2862(89)90018-6, with the
    constants of Pries & Secomb 2008). The shares of both branches add up to 1.
    """
    given = np.broadcast_arrays(blood_share, feeding, branch, other, haematocrit)
    flat = [np.array(values, np.float64).reshape(-1) for values in given]
    return kernel.red_cell_share(*flat, NARROWEST).reshape(given[0].shape)
