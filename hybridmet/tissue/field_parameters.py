"""What a field is made of: its parameters and the three fields every tissue has."""

import math
from dataclasses import dataclass, field
from typing import Annotated, Literal

from hybridmet.errors import ScenarioError
from hybridmet.tissue.field_peak import FieldPeak
from hybridmet.units import (
    Diffusivity,
    Number,
    Quantity,
    Rate,
    Velocity,
    check_quantities,
)

SIDES = ("z-", "z+", "y-", "y+", "x-", "x+")
KINDS = ("quasi-steady", "transient", "immobile")

Accuracy = Annotated[float, Quantity("1", "0.02", gt=0, le=0.2)]
Tolerance = Annotated[float, Quantity("1", "1e-5", ge=1e-12, le=0.1)]


@dataclass(frozen=True)
class FieldParameters:
    """A concentration u in the tissue: du/dt = D lap u - L u + S.

    L adds decay, uptake by cells or by host tissue where no cell is, and loss to vessels;
    S adds secretion by cells and supply by vessels. Nothing crosses the sides unless fixed.
    """

    kind: Literal["quasi-steady", "transient", "immobile"]
    """quasi-steady: in equilibrium with the cells at every macro step (oxygen: seconds against
    hours); transient: stepped in time; immobile: no diffusion, changes site by site."""
    unit: str = "1"
    """Unit of the concentration, of every value below and in the output; "1": relative."""
    diffusivity: Diffusivity = 0.0
    """D [um^2/h]."""
    decay_rate: Rate = 0.0
    """Loss in every site [1/h]."""
    background_uptake_rate: Rate = 0.0
    """Loss in sites without a cell, by host tissue [1/h]."""
    initial: Number = 0.0
    """Concentration at the start; first guess where quasi-steady."""
    peak: FieldPeak | None = None
    """Where `initial` is found at the start, and how it falls off; everywhere if not given."""
    fixed_sides: dict[str, Number] = field(default_factory=dict)
    """Concentration held at faces of the lattice, by side: "x-", "x+", "y-", ... [unit]."""
    vessel_permeability: Velocity = 0.0
    """Permeability of vessel walls [um/h]; 0: vessels do not exchange it."""
    blood_value: Number = 0.0
    """Concentration in the blood [unit]."""
    carrier: Literal["plasma", "red cells"] = "plasma"
    """What carries it in the blood: exchange is in proportion to the haematocrit of a vessel over
    0.45 where red cells do, once flow is solved."""
    degraded_by: dict[str, Rate] = field(default_factory=dict)
    """Immobile fields: rate of loss per unit of another field [1/(unit h)], by its name."""
    tolerance: Tolerance = 1e-5
    """Largest error of a solve over the largest concentration [1], as the solver estimates it: most
    errors are half as large or less, without vessels and cells some were 2.5 times as large
    (csrc/hm_multigrid.h; tested). ASSUMED. Where rounding is more (float32: errors near 1e-5), solves
    stop there. Concentrations below 1e-30 of the unit count as 0."""

    accuracy: Accuracy = 0.02
    """Transient fields: largest error in time of one macro step, over the largest concentration
    [1], from decay, uptake and vessel exchange, and from diffusion of features whose standard
    deviation is at least 3 sites; it sets the number of sub-steps (field_accuracy.py). What is
    secreted, and the saturation of an uptake, are those at the start of the step. ASSUMED."""

    def __post_init__(self):
        check_quantities(self)
        if self.kind not in KINDS:
            self._wrong("kind", self.kind, f"must be one of {', '.join(KINDS)}")
        if self.kind == "immobile" and self.diffusivity:
            self._wrong("diffusivity", self.diffusivity, "must be 0 where the kind is immobile")
        if self.kind != "immobile" and not self.diffusivity:
            self._wrong("diffusivity", 0.0, 'must be > 0 um^2/h unless the kind is "immobile"')
        if self.kind != "immobile" and self.degraded_by:
            self._wrong("degraded_by", list(self.degraded_by), "is for immobile fields only")
        self._check_values("fixed_sides", SIDES)
        self._check_values("degraded_by", None)

    def _check_values(self, name: str, allowed: tuple[str, ...] | None) -> None:
        for key, value in getattr(self, name).items():
            if allowed and key not in allowed:
                self._wrong(name, key, f"must be one of {', '.join(allowed)}")
            if not (math.isfinite(value) and value >= 0):
                self._wrong(f"{name}.{key}", value, "must be finite and >= 0")

    @staticmethod
    def _wrong(name: str, value: object, allowed: str) -> None:
        raise ScenarioError(f"FieldParameters.{name}: got {value!r}, {allowed}")

    @property
    def largest_value(self) -> float:
        """Largest concentration to expect [unit]: start, blood and fixed sides, or 1 (its
        reference) where only cells bring it."""
        known = max(self.initial, self.blood_value, *self.fixed_sides.values())
        return known or 1.0


# Owen, Alarcon, Maini & Byrne 2009, doi:10.1007/s00285-008-0213-z.
OXYGEN = FieldParameters(
    kind="quasi-steady",
    unit="mmHg",
    diffusivity=8.7e6,  # 0.00145 cm^2/min
    background_uptake_rate=195.0,  # ASSUMED a quarter of a tumour cell's 13 /min
    initial=20.0,  # ASSUMED first guess: the blood's
    vessel_permeability=3.6e6,  # 6 cm/min
    blood_value=20.0,  # at a haematocrit of 0.45
    carrier="red cells",
)
"""Oxygen [mmHg], supplied by vessels and taken up by cells and host tissue."""

# Franssen, Lorenzi, Burgess & Chaplain 2019, doi:10.1007/s11538-019-00597-x, in units of the
# reference concentrations; their time unit is 4e4 s (L^2 / D, L = 0.2 cm, D = 1e-6 cm^2/s).
MMP2 = FieldParameters(
    kind="transient",
    diffusivity=360.0,  # 1e-9 cm^2/s
    decay_rate=0.009,  # 2.5e-6 /s
)
"""Matrix metalloproteinase 2 [1], secreted by mesenchymal cells."""

ECM = FieldParameters(
    kind="immobile",
    initial=1.0,
    degraded_by={"mmp2": 0.09},  # nondimensional rate 1 per 4e4 s
)
"""Density of the extracellular matrix [1], degraded by MMP-2 and by cells in contact."""

DEFAULT_FIELDS: dict[str, FieldParameters] = {"oxygen": OXYGEN, "mmp2": MMP2, "ecm": ECM}

VEGF = FieldParameters(
    kind="quasi-steady",
    diffusivity=6e4,  # 1e-5 cm^2/min (Owen 2009)
    decay_rate=0.6,  # 0.01 /min (Owen 2009)
)
"""Vascular endothelial growth factor [1, secretion over decay], secreted by cells without oxygen
(`secretion_rates` of the phenotypes)."""

OPTIONAL_FIELDS: dict[str, FieldParameters] = {"vegf": VEGF}
"""Fields that a scenario may name without stating what they are: `fields.vegf = {}`."""
