"""Mean field: what a tissue without a lattice puts in place of fields, vessels and sites.

In tissue full of cells fields have one value, that between evenly spread vessels (Krogh 1919); in
a colony, ball_rates.py. A wall area per site is the mean over all sites. How many cells have room:
colony_room.py.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hybridmet.lattice import Lattice
from hybridmet.tissue.field_parameters import FieldParameters
from hybridmet.tissue.phenotypes import BEHAVIOURS, Phenotype, Response
from hybridmet.tissue.point_vessels import CROSS
from hybridmet.tissue.vessel_parameters import VesselParameters

SATURATION_ROUNDS = 60
"""Halvings of the interval in which a saturable uptake leaves a field [1]: to rounding."""
LEAVES_A_PLACE = ("death", "intravasation", "shedding")
"""What empties a site at once; debris keeps it."""


@dataclass(frozen=True)
class EvenVessels:
    """Vessels as their means: length per volume [1/um^2], radius [um], ruptured share of length."""

    density: float
    radius: float
    ruptured: float

    @classmethod
    def of(cls, vessels: VesselParameters, lattice: Lattice) -> "EvenVessels":
        """The means of the vessels that a lattice would have."""
        if vessels.points is None:
            return cls(vessels.length_density, vessels.radius, vessels.ruptured_fraction)
        ruptured = len(CROSS) * vessels.points.ruptured
        n = vessels.points.intact + ruptured
        area = lattice.sites * lattice.spacing**2
        return cls(n / area, vessels.points.radius, ruptured / max(1, n))

    def wall_areas(self, lattice: Lattice) -> tuple[float, float]:
        """Mean intact and ruptured wall area in a site [um^2]."""
        area = 2.0 * math.pi * self.radius * self.density * lattice.spacing**3
        return area * (1.0 - self.ruptured), area * self.ruptured

    def exchange_rate(self, field: FieldParameters) -> float:
        """Between blood and tissue [1/h]: wall and tissue cylinder in series, the latter's mean
        drop that of uniform uptake, (ln(R / r) - 3/4) / (2 pi D)."""
        if self.density == 0.0 or field.vessel_permeability == 0.0:
            return 0.0
        resistance = 1.0 / (2.0 * math.pi * self.radius * field.vessel_permeability)
        if field.diffusivity > 0.0:
            cylinder = 1.0 / math.sqrt(math.pi * self.density)
            drop = max(0.0, math.log(cylinder / self.radius) - 0.75)
            resistance += drop / (2.0 * math.pi * field.diffusivity)
        return self.density / resistance


def field_value(
    name: str, field: FieldParameters, phenotype: Phenotype, vessels: EvenVessels
) -> float:
    """A field in tissue full of cells of one phenotype [unit]: blood against uptake and decay.

    What no vessel exchanges keeps its initial value, or that of its fixed sides.
    """
    supply = vessels.exchange_rate(field)
    if supply == 0.0:
        sides = list(field.fixed_sides.values())
        return sum(sides) / len(sides) if sides else field.initial
    loss = supply + field.decay_rate + phenotype.uptake_rates.get(name, 0.0)
    low, high = 0.0, supply * field.blood_value / loss
    uptake = phenotype.saturable_uptake.get(name)
    if uptake is None:
        return high
    for _ in range(SATURATION_ROUNDS):
        u = 0.5 * (low + high)
        taken = uptake.maximum_rate * u / (uptake.half_maximum + u)
        low, high = (u, high) if supply * field.blood_value > loss * u + taken else (low, u)
    return high


def response_factor(response: Response, value: np.ndarray) -> np.ndarray:
    """Factor that a response puts on its rate, as csrc/hm_hazards.c computes it [1]."""
    if response.shape == "threshold":
        share = np.asarray(value > response.half_maximum, dtype=float)
    else:
        ratio = np.maximum(np.asarray(value) / response.half_maximum, 0.0)
        with np.errstate(divide="ignore", over="ignore"):
            share = 1.0 / (1.0 + ratio**-response.power)
    share = 1.0 - share if response.when == "low" else share
    return 1.0 + (response.extreme - 1.0) * share


def factors(
    phenotype: Phenotype, values: Mapping[str, np.ndarray], shape: tuple[int, ...]
) -> np.ndarray:
    """Factors on the rates of BEHAVIOURS where fields have these values: (*shape, behaviours)."""
    out = np.ones((*shape, len(BEHAVIOURS)))
    for response in phenotype.responses:
        if response.behaviour in BEHAVIOURS:
            column = BEHAVIOURS.index(response.behaviour)
            out[..., column] *= response_factor(response, values[response.field])
    return out


@dataclass(frozen=True)
class CellRates:
    """Rates of a cell to which no field does anything, wall areas at their means.

    rates : (phenotypes, behaviours) float64 [1/h], motility and taxis 0; transitions :
    (phenotypes, phenotypes) float64 [1/h].
    """

    rates: np.ndarray
    transitions: np.ndarray

    @property
    def division(self) -> np.ndarray:
        """(phenotypes,) float64 [1/h]."""
        return self.rates[:, BEHAVIOURS.index("division")]

    @property
    def replaced(self) -> np.ndarray:
        """Share of its divisions that a cell without room makes, into places that others of its
        kind leave: (phenotypes,) float64."""
        going = self.rates[:, [BEHAVIOURS.index(b) for b in LEAVES_A_PLACE]].sum(axis=1)
        share = np.divide(
            going, self.division, out=np.ones(len(going)), where=self.division > 0.0
        )
        return np.minimum(1.0, share)


def cell_rates(
    phenotypes: Mapping[str, Phenotype], vessels: EvenVessels, lattice: Lattice
) -> CellRates:
    """What each phenotype does, and how often, where no field matters."""
    names = list(phenotypes)
    rates = np.zeros((len(names), len(BEHAVIOURS)))
    transitions = np.zeros((len(names), len(names)))
    intact, ruptured = vessels.wall_areas(lattice)
    area = {"intravasation": intact, "shedding": ruptured}
    for row, phenotype in enumerate(phenotypes.values()):
        for column, b in enumerate(BEHAVIOURS):
            # none of: transition, motility, taxis
            rates[row, column] = getattr(phenotype, f"{b}_rate", 0.0) * area.get(b, 1.0)
        for target, rate in phenotype.transition_rates.items():
            transitions[row, names.index(target)] = rate
    return CellRates(rates, transitions)
