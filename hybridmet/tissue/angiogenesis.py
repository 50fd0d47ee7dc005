"""Angiogenesis: tip cells lead sprouts up the gradients of VEGF and matrix, branch and fuse.

The discrete model of Anderson & Chaplain 1998 (Bull Math Biol 60:857,
doi:10.1006/bulm.1998.0042) on any 2-D or 3-D lattice; docs/vessels.md says what differs.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from hybridmet.errors import ScenarioError
from hybridmet.random import Stream, uniform_of
from hybridmet.tissue.fields import FieldParameters
from hybridmet.tissue.growth import Growth
from hybridmet.tissue.tip_motion import differences, move_rates
from hybridmet.tissue.vessel_process import Surroundings
from hybridmet.tissue.vessels import VesselNetwork
from hybridmet.units import (
    Diffusivity,
    Length,
    Number,
    PositiveNumber,
    Quantity,
    Rate,
    Time,
    check_quantities,
)

MOVE_PROBABILITY = 0.2
"""Largest probability that a tip moves in a sub-step [1], as for cells (kinetics.py)."""

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

        Events: branches; anastomoses; stopped_tips (for want of attractant, or gone back into the
        vessel they come from); refused_moves (onto a vessel or into a site that another tip took,
        by a tip too young to fuse); steep_moves (pairs of weights that were raised, see
        tip_motion.py).
        """
        if not network.tip.any():
            return network, {}
        self.check_fields(surroundings.fields.parameters)
        walk = _Walk(self, Growth(surroundings.lattice, network, self.radius), surroundings)
        walk.walk()
        for name, changed in self.fields_used().values():
            if changed:
                surroundings.fields.fill_halo(name)
        return walk.growth.network(), {name: n for name, n in walk.events.items() if n}


class _Walk:
    """The sub-steps of one step."""

    def __init__(self, rules: Angiogenesis, growth: Growth, surroundings: Surroundings):
        self.rules, self.growth, self.around = rules, growth, surroundings
        self.lattice, self.events = surroundings.lattice, Counter()
        self.sub, self.elapsed = 0, 0.0
        fields = surroundings.fields
        self.attractant = fields.padded(rules.attractant)
        self.matrix = fields.padded(rules.matrix) if rules.uses_matrix else None

    def walk(self) -> None:
        """Sub-steps as long as keep every tip's chance to move below MOVE_PROBABILITY."""
        while self.elapsed < self.around.dt:
            self._stop()
            if self.growth.tips == 0:
                return
            rates = self._rates()
            left = self.around.dt - self.elapsed
            fastest = rates.sum(axis=1).max()
            n = max(1, math.ceil(fastest * left / MOVE_PROBABILITY))
            self._substep(rates, left / n)
            self.elapsed = self.around.dt if n == 1 else self.elapsed + left / n
            self.sub += 1

    def _draw(self, tips: np.ndarray, number: int) -> np.ndarray:
        """Uniforms by the site of each tip, the step, the sub-step and `number`, 0 to 7."""
        sites = self.lattice.global_sites(self.growth.site[tips])
        identity = sites.astype(np.uint64) | np.uint64(self.around.tissue << 48)
        steps = np.full(len(tips), self.around.step, np.uint32)
        draw = 8 * self.sub + number
        return uniform_of(self.around.seed, Stream.TIPS, identity, steps, draw)

    def _stop(self) -> None:
        level = self.attractant.reshape(-1)[self.growth.site]
        going = (level > 0.0) & (level >= self.rules.stopping_level)
        self.events["stopped_tips"] += int(np.count_nonzero(~going))
        self.growth.keep(going)

    def _rates(self) -> np.ndarray:
        """Rates of each tip's moves [1/h]: (k, 2 dim) float64; none out of the lattice."""
        rules, sites = self.rules, self.growth.site
        level = self.attractant.reshape(-1)[sites].astype(np.float64)
        pull = rules.chemotaxis / (1.0 + rules.saturation * level)
        twice = pull[:, None] * differences(self.lattice, self.attractant, sites)
        if rules.haptotaxis:
            twice = twice + rules.haptotaxis * differences(self.lattice, self.matrix, sites)
        velocity = twice / (2.0 * self.lattice.spacing)
        rates, steep = move_rates(self.lattice, rules.motility, velocity)
        self.events["steep_moves"] += steep
        there = sites[:, None] + self.lattice.face_offsets
        return np.where(self.growth.map.wall(there), 0.0, rates)

    def _substep(self, rates: np.ndarray, dt: float) -> None:
        tips = np.arange(self.growth.tips)
        below = np.cumsum(rates * dt, axis=1)
        face = np.count_nonzero(self._draw(tips, 0)[:, None] >= below, axis=1)
        movers = np.flatnonzero(face < rates.shape[1])
        if len(movers):
            self._move(movers, self.growth.site[movers] + self.lattice.face_offsets[face[movers]])
        self._branch(dt)
        self._change_fields(dt)

    def _move(self, tips: np.ndarray, sites: np.ndarray) -> None:
        """Resolve all moves at once, from what stood where before any of them.

        A tip goes on along its own sprout; of those that want a free site one gets it; any other
        that is old enough ends in the vessel it meets.
        """
        growth = self.growth
        priority, own = self._draw(tips, 1), growth.owner(sites) == growth.sprout[tips]
        free = growth.map.free(sites)
        winner = np.zeros(len(tips), bool)
        winner[_first(sites, priority, growth.site[tips], free)] = True
        age = self.around.time + self.elapsed - growth.start[tips]
        meets = ~own & ~winner & (age >= self.rules.anastomosis_age)
        meets &= ~self._yields(tips, sites, priority, meets)
        fuses = meets.copy()  # those linked to that vessel already just end
        fuses[meets] = ~growth.joined(tips[meets], sites[meets])
        growth.retrace(tips[own], sites[own])
        growth.advance(tips[winner], sites[winner])
        growth.join(tips[fuses], sites[fuses])
        self.events["refused_moves"] += int(np.count_nonzero(~(own | winner | meets)))
        self.events["anastomoses"] += int(np.count_nonzero(fuses))
        self.events["stopped_tips"] += int(np.count_nonzero(meets & ~fuses))
        going = np.ones(growth.tips, bool)
        going[tips[meets]] = False
        growth.keep(going)

    def _yields(self, tips, sites, priority, fuses) -> np.ndarray:
        """Of two tips that fuse with each other's site, the one that stays a tip."""
        here = self.growth.site[tips]
        order = np.argsort(here)
        at = np.minimum(np.searchsorted(here, sites, sorter=order), len(tips) - 1)
        other = order[at]
        mutual = fuses & (here[other] == sites) & fuses[other] & (sites[other] == here)
        first = (priority < priority[other]) | ((priority == priority[other]) & (here < sites))
        return mutual & ~first

    def _branch(self, dt: float) -> None:
        """Tips that are old enough and have room become two."""
        rules, growth = self.rules, self.growth
        if rules.branching_rate == 0.0:
            return
        now = self.around.time + self.elapsed + dt
        tips = np.flatnonzero(now - growth.start >= rules.branching_age)
        level = self.attractant.reshape(-1)[growth.site[tips]].astype(np.float64)
        share = hill(level, rules.branching_half_maximum, rules.branching_power)
        chance = -np.expm1(-rules.branching_rate * share * dt)
        tips = tips[self._draw(tips, 2) < chance]
        tips, sites = self._room(tips)
        first = _first(sites, self._draw(tips, 4), growth.site[tips], np.ones(len(tips), bool))
        if len(first):
            growth.branch(tips[first], sites[first], now)
            self.events["branches"] += len(first)

    def _room(self, tips: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Tips that have a free neighbouring site, and one of these at random."""
        there = self.growth.site[tips][:, None] + self.lattice.face_offsets
        free = self.growth.map.free(there)
        count = free.sum(axis=1)
        chosen = np.floor(self._draw(tips, 3) * count).astype(np.int64)
        face = np.argmax(np.cumsum(free, axis=1) > chosen[:, None], axis=1)
        some = count > 0
        return tips[some], there[np.arange(len(tips)), face][some]

    def _change_fields(self, dt: float) -> None:
        """Exact exponentials of uptake and turnover in the sites of tips."""
        rules, sites = self.rules, self.growth.site
        if rules.uptake_rate:
            self.attractant.reshape(-1)[sites] *= math.exp(-rules.uptake_rate * dt)
        if not rules.changes_matrix:
            return
        loss, made = rules.matrix_degradation_rate, rules.matrix_production_rate * dt
        if loss:
            made *= -math.expm1(-loss * dt) / (loss * dt)
        matrix = self.matrix.reshape(-1)
        matrix[sites] = matrix[sites] * math.exp(-loss * dt) + made


def hill(u: np.ndarray, half: float, power: float) -> np.ndarray:
    """u^n / (K^n + u^n), written so that no power overflows."""
    with np.errstate(divide="ignore", over="ignore"):
        return np.where(u > 0.0, 1.0 / (1.0 + (half / u) ** power), 0.0)


def _first(sites, priority, here, candidates) -> np.ndarray:
    """Of the candidates for each site the one of lowest priority, ties by its own site."""
    rows = np.flatnonzero(candidates)
    order = rows[np.lexsort((here[rows], priority[rows], sites[rows]))]
    if len(order) == 0:
        return order
    return order[np.append(True, sites[order][1:] != sites[order][:-1])]
