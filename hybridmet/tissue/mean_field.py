"""Mean field: what a tissue without a lattice puts in place of fields, vessels and sites.

Fields have one value, that of tumour tissue between evenly spread vessels (Krogh 1919); a wall
area per site is the mean over all sites. How many cells have room: colony_room.py.
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


def response_factor(response: Response, value: float) -> float:
    """Factor that a response puts on its rate, as csrc/hm_hazards.c computes it [1]."""
    if response.shape == "threshold":
        share = float(value > response.half_maximum)
    else:
        ratio = max(0.0, value / response.half_maximum)
        share = 1.0 / (1.0 + ratio**-response.power) if ratio > 0.0 else 0.0
    share = 1.0 - share if response.when == "low" else share
    return 1.0 + (response.extreme - 1.0) * share


@dataclass(frozen=True)
class CellRates:
    """Rates of a cell with fields and vessels at their means.

    rates : (phenotypes, behaviours) float64 [1/h], motility and taxis 0; transitions :
    (phenotypes, phenotypes) float64 [1/h]; oxygen : (phenotypes,) float64 [mmHg].
    """

    rates: np.ndarray
    transitions: np.ndarray
    oxygen: np.ndarray

    @property
    def replaced(self) -> np.ndarray:
        """Share of its divisions that a cell without room makes, into places that others of its
        kind leave: (phenotypes,) float64."""
        division = self.rates[:, BEHAVIOURS.index("division")]
        going = self.rates[:, [BEHAVIOURS.index(b) for b in LEAVES_A_PLACE]].sum(axis=1)
        share = np.divide(going, division, out=np.ones(len(going)), where=division > 0.0)
        return np.minimum(1.0, share)


def cell_rates(
    phenotypes: Mapping[str, Phenotype],
    fields: Mapping[str, FieldParameters],
    vessels: EvenVessels,
    lattice: Lattice,
) -> CellRates:
    """What each phenotype does, and how often."""
    names = list(phenotypes)
    rates = np.zeros((len(names), len(BEHAVIOURS)))
    transitions = np.zeros((len(names), len(names)))
    oxygen = np.full(len(names), math.inf)
    intact, ruptured = vessels.wall_areas(lattice)
    for row, phenotype in enumerate(phenotypes.values()):
        values = {f: field_value(f, p, phenotype, vessels) for f, p in fields.items()}
        factor = dict.fromkeys(BEHAVIOURS, 1.0)
        for response in (r for r in phenotype.responses if r.behaviour in factor):
            factor[response.behaviour] *= response_factor(response, values[response.field])
        area = {"intravasation": intact, "shedding": ruptured}
        for column, b in enumerate(BEHAVIOURS):
            rate = getattr(phenotype, f"{b}_rate", 0.0)  # none: transition, motility, taxis
            rates[row, column] = rate * factor[b] * area.get(b, 1.0)
        for target, rate in phenotype.transition_rates.items():
            transitions[row, names.index(target)] = rate * factor["transition"]
        oxygen[row] = values.get("oxygen", math.inf)
    return CellRates(rates, transitions, oxygen)
