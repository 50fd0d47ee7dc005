"""Blood transport: what blood holds of a field, so that it can run out of it on its way.

    E(P) = [H B P^n / (P^n + P50^n) + s_blood P] / s_tissue     where red cells carry it
    E(P) = (1 - H) k P                                          where plasma carries it

E is the tension of tissue that holds as much per volume as blood of tension P does, H the
haematocrit. `tissue/carriage.py` lets the blood run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from hybridmet.errors import ScenarioError
from hybridmet.tissue.field_parameters import FieldParameters
from hybridmet.units import PositiveNumber, Quantity, check_quantities

Solubility = Annotated[float, Quantity("1/mmHg", "3e-5 / mmHg", gt=0, le=1)]
Tension = Annotated[float, Quantity("mmHg", "26 mmHg", gt=0, le=1000)]
HillPower = Annotated[float, Quantity("1", "2.8", ge=1, le=10)]
Tolerance = Annotated[float, Quantity("1", "1e-3", ge=1e-10, le=0.1)]

INTERVALS = 8192
"""Straight pieces of the curve of saturation [1]: ASSUMED; off by 5e-6 at most (tested)."""
LAST_KNOT = 40.0
"""Where the curve ends, in half-saturations [1]: ASSUMED; 1040 mmHg, beyond all blood."""


@dataclass(frozen=True)
class Content:
    """What blood holds, as the kernel takes it (csrc/hm_carriage.h)."""

    width: float
    bound: np.ndarray
    red: float
    plasma: float

    def of(self, haematocrit: np.ndarray, tension: np.ndarray) -> np.ndarray:
        """E(P), float64 [unit of the field]."""
        knots = self.width * np.arange(len(self.bound))
        dissolved = haematocrit * self.red + (1.0 - haematocrit) * self.plasma
        return haematocrit * np.interp(tension, knots, self.bound) + dissolved * tension


@dataclass(frozen=True)
class BloodTransport:
    """Blood loses what it gives: exchange is limited by flow."""

    binding_capacity: PositiveNumber = 0.45
    """B, oxygen that saturated red cells bind [mL/mL of red cells]: 20 mL in 100 mL of arterial
    blood of haematocrit 0.45 (textbook). This and the next four: where red cells carry it."""
    half_saturation: Tension = 26.0
    """P50, tension at which half of it is bound [mmHg]: human blood (doi:10.1073/pnas.111164398,
    Table 1)."""
    hill_power: HillPower = 2.8
    """n [1]: human blood (as above); the standard curve of Severinghaus 1979
    (doi:10.1152/jappl.1979.46.3.599) lies within 0.033 of saturation."""
    blood_solubility: Solubility = 3.1e-5
    """s_blood, oxygen dissolved in blood [mL/mL/mmHg]: 0.0105 mmol/L/kPa (Siggaard-Andersen et al.
    1984, Clin Chem 30:1646) at 22.4 mL/mmol."""
    tissue_solubility: Solubility = 2.6e-5
    """s_tissue, oxygen dissolved in tissue [mL/mL/mmHg] (doi:10.1073/pnas.111164398, Table 1)."""
    partition: PositiveNumber = 1.0
    """k, concentration in plasma over that of tissue in equilibrium with it [1], where plasma
    carries it: ASSUMED, as water."""
    tolerance: Tolerance = 1e-3
    """Difference between the tension of the blood that the tissue was solved with and the one that
    this leaves in it, over the blood value, at which both are taken as solved [1]: ASSUMED."""

    def __post_init__(self):
        check_quantities(self)

    def content(self, field: FieldParameters) -> Content:
        """What blood holds of a field."""
        if field.carrier == "plasma":
            return Content(1.0, np.zeros(2), 0.0, self.partition)
        width = LAST_KNOT * self.half_saturation / INTERVALS
        bound = self.saturation(width * np.arange(INTERVALS + 1))
        dissolved = self.blood_solubility / self.tissue_solubility
        scale = self.binding_capacity / self.tissue_solubility
        return Content(width, scale * bound, dissolved, dissolved)

    def saturation(self, tension: np.ndarray) -> np.ndarray:
        """Share of the red cells' capacity that is bound [1] (Hill 1910)."""
        ratio = (tension / self.half_saturation) ** self.hill_power
        return ratio / (1.0 + ratio)


def check_transport(
    transport: Mapping[str, BloodTransport], fields: Mapping[str, FieldParameters]
) -> None:
    """Raise ScenarioError where blood is to carry what it cannot."""
    for name in transport:
        key = f"VesselParameters.transport.{name}"
        known = [n for n, p in fields.items() if p.vessel_permeability > 0.0]
        if name not in known:
            raise ScenarioError(
                f"{key}: must name a field that crosses vessel walls: {', '.join(known) or 'none does'}"
            )
        field = fields[name]
        if field.kind != "quasi-steady":
            raise ScenarioError(
                f'{key}: fields.{name}.kind is "{field.kind}", must be "quasi-steady", as what '
                "blood carries is in equilibrium with the tissue"
            )
        if field.carrier == "red cells" and field.unit != "mmHg":
            raise ScenarioError(
                f'{key}: fields.{name}.unit is "{field.unit}", must be "mmHg" where red cells '
                "carry it, by whose curve of saturation it is bound"
            )
