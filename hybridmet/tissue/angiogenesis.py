"""Angiogenesis: tip cells lead sprouts up the gradients of VEGF and matrix, branch and fuse.

The discrete model of Anderson & Chaplain 1998 (Bull Math Biol 60:857,
doi:10.1006/bulm.1998.0042) on any 2-D or 3-D lattice; docs/angiogenesis.md says what differs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from hybridmet.errors import ScenarioError
from hybridmet.tissue.fields import FieldParameters
from hybridmet.tissue.growth import Growth
from hybridmet.tissue.tip_walk import TipWalk
from hybridmet.tissue.vessel_process import Surroundings
from hybridmet.tissue.vessels import VesselNetwork
from hybridmet.units import (
    Diffusivity,
    Duration,
    Length,
    Number,
    PositiveNumber,
    Quantity,
    Rate,
    Time,
    check_quantities,
)

Power = Annotated[float, Quantity("1", "4", gt=0, le=64)]


@dataclass(frozen=True)
class Angiogenesis:
    """Tip cells: random motility, chemotaxis, haptotaxis, branching, anastomosis.

    Defaults of motion: Anderson & Chaplain 1998, D = 3.5e-4, chi = 0.38, alpha = 0.6, rho = 0.34
    in units of L = 2 mm, L^2 / D_c with D_c = 2.9e-7 cm^2/s, and relative concentrations.
    """

    attractant: str = "vegf"
    """The field that attracts tips and makes them branch."""
    matrix: str = "ecm"
    """The field along which tips move by adhesion; needed unless `haptotaxis` is 0."""
    motility: Diffusivity = 36.5
    """Random motility D of tips [um^2/h]: Anderson & Chaplain 1998."""
    chemotaxis: Diffusivity = 3.97e4
    """chi [um^2/h per unit of the attractant]: Anderson & Chaplain 1998."""
    saturation: Number = 0.6
    """alpha [1 per unit]: receptors saturate, chi / (1 + alpha c): Anderson & Chaplain 1998."""
    haptotaxis: Diffusivity = 3.55e4
    """rho [um^2/h per unit of the matrix]: Anderson & Chaplain 1998."""
    branching_rate: Rate = 0.1
    """Rate at which a tip becomes two where there is much attractant [1/h]: ASSUMED."""
    branching_half_maximum: PositiveNumber = 0.6
    """Attractant at which tips branch at half that rate [unit]: ASSUMED."""
    branching_power: Power = 6.0
    """Hill power of branching [1]: ASSUMED; hardly any branch below half the half-maximum."""
    branching_age: Time = 19.0
    """Time after its birth before a sprout branches [h]: 0.5 in the paper's units."""
    anastomosis_age: Time = 19.0
    """Time after its birth before a sprout fuses [h]: ASSUMED, that of branching; younger tips
    shun other vessels, so that they leave the one they come from."""
    reach: Length | None = None
    """How far ahead a tip that may fuse finds another vessel and grows straight to it [um] (see
    tip_reach.py); left out, it fuses with what stands in its way only, as in the paper. New vessels
    grow towards each other over tens of um and more (Utzinger et al. 2015)."""
    lifetime: Duration | None = None
    """Time after the birth of a sprout at which its tip stops for good [h], so that a sprout that
    has met nobody may be pruned; left out, never. Whole new vessels regress (Utzinger et al. 2015,
    doi:10.1007/s10456-015-9461-x)."""
    stopping_level: Number = 0.0
    """Attractant below which a tip stops for good [unit]; 0: where there is none at all."""
    radius: Length = 4.0
    """Radius of new segments [um]: ASSUMED, a thin capillary."""
    uptake_rate: Rate = 0.0
    """Loss of attractant in the site of a tip [1/h] (the paper's eta); not for quasi-steady
    fields."""
    matrix_production_rate: Rate = 0.0
    """Matrix made in the site of a tip [unit/h] (the paper's beta)."""
    matrix_degradation_rate: Rate = 0.0
    """Loss of matrix in the site of a tip [1/h] (the paper's gamma)."""

    def __post_init__(self):
        check_quantities(self)

    @property
    def changes_matrix(self) -> bool:
        return bool(self.matrix_production_rate or self.matrix_degradation_rate)

    @property
    def uses_matrix(self) -> bool:
        """Whether tips follow or change the matrix."""
        return bool(self.haptotaxis or self.changes_matrix)

    def fields_used(self) -> dict[str, tuple[str, bool]]:
        """Fields that tips need, by key of this table: name, and whether tips change it."""
        used = {"attractant": (self.attractant, self.uptake_rate > 0.0)}
        if self.uses_matrix:
            used["matrix"] = (self.matrix, self.changes_matrix)
        return used

    def check_fields(self, fields: Mapping[str, FieldParameters]) -> None:
        """Raise ScenarioError where a field that tips need is missing, or they change one that
        is solved anew at each step."""
        for key, (name, changed) in self.fields_used().items():
            if name not in fields:
                raise ScenarioError(
                    f'Angiogenesis.{key}: got "{name}", must be one of {", ".join(fields)}'
                )
            if changed and fields[name].kind == "quasi-steady":
                raise ScenarioError(
                    f'Angiogenesis.{key}: got "{name}", must not be quasi-steady where tips '
                    "change it"
                )

    def step(
        self, network: VesselNetwork, surroundings: Surroundings
    ) -> tuple[VesselNetwork, dict[str, int]]:
        """Move, branch and fuse all tips for `surroundings.dt`.

        Events: branches; anastomoses; met_tips (that ended where another tip reached them);
        stopped_tips (for want of attractant, too old, or gone back into the vessel they come
        from); refused_moves (onto a vessel or into a site that another tip took, by a tip too
        young to fuse); steep_moves (pairs of weights that were raised, see tip_motion.py).
        """
        if not network.tip.any():
            return network, {}
        self.check_fields(surroundings.fields.parameters)
        pieces = surroundings.pieces_of(network)
        growth = Growth(surroundings.lattice, network, pieces, self.radius, surroundings.room)
        walk = TipWalk(self, growth, surroundings)
        walk.walk()
        for name, changed in self.fields_used().values():
            if changed:
                surroundings.fields.fill_halo(name)
        return walk.growth.network(), {name: n for name, n in walk.events.items() if n}
