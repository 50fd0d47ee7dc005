"""Structural adaptation: vessels change their radius by what they feel.

    dr/dt = rate r S,   S = log10(tau + tau_ref) - k_p log10 tau_e(P)
                            + k_m log10(Q_ref / (Q H) + 1) - k_s

Pries, Secomb & Gaehtgens 1998 (doi:10.1152/ajpheart.1998.275.2.H349): wall shear stress widens a
vessel, pressure narrows it by the shear stress tau_e that is usual at it, little red-cell flow
widens it, and all shrink by themselves. Their responses convected and conducted along the
network are left out, as by Owen et al. 2009 (doi:10.1007/s00285-008-0213-z). The law, tau_e and the
five constants that cite Pries 1998 have been checked against other programs that state them, not
against the paper's tables. Owen et al. 2011 take k_p = 0.5, k_s = 1.7 and Q_ref = 40 nL/min.
"""

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np

from hybridmet.errors import ScenarioError
from hybridmet.tissue.vessel_process import Surroundings
from hybridmet.tissue.vessels import VesselNetwork
from hybridmet.units import Length, Number, Quantity, Rate, check_quantities

VesselFlow = Annotated[float, Quantity("nL/min", "2 nL/min", gt=0, le=1e6)]
ShearStress = Annotated[float, Quantity("dyn/cm^2", "8 dyn/cm^2", gt=0, le=1e5)]

LEAST_PRESSURE = 10.0
"""Pressure below which the pressure response stays as it is there [mmHg]: the fit starts here."""
MOST_CHANGE = 0.2
"""Largest relative change of a radius in one step [1]: ASSUMED."""


@dataclass(frozen=True)
class Adaptation:
    """Radii follow wall shear stress, pressure and metabolic need. Needs flow."""

    rate: Rate = 0.01
    """Relative change of the radius per unit of the stimulus [1/h]: ASSUMED; a doubling or so in
    some days of a strong stimulus."""
    pressure_response: Number = 0.68
    """k_p [1]: Pries 1998."""
    metabolic_response: Number = 0.70
    """k_m [1]: Pries 1998."""
    shrinking: Number = 1.72
    """k_s [1]: Pries 1998."""
    reference_flow: VesselFlow = 1.98
    """Q_ref [nL/min] of red-cell flow: Pries 1998 (3.3e-8 cm^3/s)."""
    reference_shear: ShearStress = 0.103
    """tau_ref [dyn/cm^2], keeps the logarithm finite: Pries 1998."""
    least_radius: Length = 3.0
    """Radii do not fall below it [um]: ASSUMED, as wide as a red cell needs."""
    largest_radius: Length = 25.0
    """Radii do not grow beyond it [um]: ASSUMED, that of a venule."""

    def __post_init__(self):
        check_quantities(self)
        if self.least_radius > self.largest_radius:
            raise ScenarioError(
                f"Adaptation.least_radius: got {self.least_radius!r}, must be at most "
                f"largest_radius, {self.largest_radius:g} um"
            )

    def step(
        self, network: VesselNetwork, surroundings: Surroundings
    ) -> tuple[VesselNetwork, dict[str, int]]:
        """Radii of the segments that carry blood; one beyond the bounds moves towards them only.
        Events: adapted, held_radii (changes that were held back)."""
        if not network.flow_solved:
            return network, {}
        change = self.rate * surroundings.dt * self.stimulus(network)
        held = np.clip(change, -MOST_CHANGE, MOST_CHANGE)
        old = network.radius
        low, high = np.minimum(old, self.least_radius), np.maximum(old, self.largest_radius)
        radius = np.where(network.perfused, np.clip(old * (1.0 + held), low, high), old)
        adapted = radius != old
        if not adapted.any():
            return network, {}
        clipped = network.perfused & (held != change)
        events = {"adapted": adapted, "held_radii": clipped}
        return replace(network, radius=radius), {k: int(v.sum()) for k, v in events.items()}

    def stimulus(self, network: VesselNetwork) -> np.ndarray:
        """S of each segment: (m,) float64 [1]."""
        pressure = network.pressure[network.segments].mean(axis=1)
        red_cells = np.maximum(np.abs(network.flow) * network.haematocrit, 1e-12)
        return (
            np.log10(network.wall_shear_stress + self.reference_shear)
            - self.pressure_response * np.log10(usual_shear_stress(pressure))
            + self.metabolic_response * np.log10(self.reference_flow / red_cells + 1.0)
            - self.shrinking
        )


def usual_shear_stress(pressure: np.ndarray) -> np.ndarray:
    """Wall shear stress that is usual at a pressure [mmHg]: float64 [dyn/cm^2].

    tau_e = 100 - 86 exp(-5000 (log10 log10 P)^5.4) (Pries, Secomb & Gaehtgens 1995,
    doi:10.1161/01.RES.77.5.1017).
    """
    p = np.maximum(pressure, LEAST_PRESSURE)
    return 100.0 - 86.0 * np.exp(-5000.0 * np.log10(np.log10(p)) ** 5.4)
