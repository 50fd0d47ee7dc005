"""Tip walk: how all tips move, branch, fuse and feed within one macro step."""

import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from hybridmet.random import Stream, uniform_of
from hybridmet.tissue.growth import Growth
from hybridmet.tissue.tip_motion import differences, move_rates, neighbours
from hybridmet.tissue.tip_reach import Reach
from hybridmet.tissue.vessel_map import NONE
from hybridmet.tissue.vessel_process import Surroundings

if TYPE_CHECKING:
    from hybridmet.tissue.angiogenesis import Angiogenesis

MOVE_PROBABILITY = 0.2
"""Largest probability that a tip moves in a sub-step [1], as for cells (kinetics.py)."""


class TipWalk:
    """The sub-steps of one step; `growth` and `events` hold what came of them."""

    def __init__(self, rules: "Angiogenesis", growth: Growth, surroundings: Surroundings):
        self.rules, self.growth, self.around = rules, growth, surroundings
        self.lattice, self.events = surroundings.lattice, Counter()
        self.sub, self.elapsed = 0, 0.0
        fields = surroundings.fields
        self.attractant = fields.padded(rules.attractant)
        self.matrix = fields.padded(rules.matrix) if rules.uses_matrix else None
        self.reach = Reach(self.lattice, rules.reach) if rules.reach else None

    def walk(self) -> None:
        """Sub-steps as long as keep every tip's chance to move below MOVE_PROBABILITY."""
        while self.elapsed < self.around.dt:
            self._stop()
            there, outside = neighbours(self.lattice, self.growth.site)
            drift = self._drift(there, outside)
            going = self._reach_out(drift)
            if self.growth.tips == 0:
                return
            rates = self._rates(drift[going], outside[going])
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
        """Tips without attractant, or of sprouts too old, stop."""
        growth, rules = self.growth, self.rules
        level = self.attractant.reshape(-1)[growth.site]
        going = (level > 0.0) & (level >= rules.stopping_level)
        if rules.lifetime is not None:
            going &= self._age(np.arange(growth.tips)) < rules.lifetime
        self.events["stopped_tips"] += int(np.count_nonzero(~going))
        growth.keep(going)

    def _age(self, tips: np.ndarray) -> np.ndarray:
        """Time since the birth of the tips' sprouts [h]."""
        return self.around.time + self.elapsed - self.growth.start[tips]

    def _drift(self, there: np.ndarray, outside: np.ndarray) -> np.ndarray:
        """v of each tip, whose `neighbours` are given: (k, dim) float64 along x, y, z [um/h]."""
        rules, sites = self.rules, self.growth.site
        level = self.attractant.reshape(-1)[sites].astype(np.float64)
        pull = rules.chemotaxis / (1.0 + rules.saturation * level)
        twice = pull[:, None] * differences(self.lattice, self.attractant, sites, there, outside)
        if rules.haptotaxis:
            adhesion = differences(self.lattice, self.matrix, sites, there, outside)
            twice = twice + rules.haptotaxis * adhesion
        return twice / (2.0 * self.lattice.spacing)

    def _rates(self, drift: np.ndarray, outside: np.ndarray) -> np.ndarray:
        """Rates of each tip's moves [1/h]: (k, 2 dim) float64; none out of the lattice."""
        rates, steep = move_rates(self.lattice, self.rules.motility, drift)
        self.events["steep_moves"] += steep
        return np.where(outside, 0.0, rates)

    def _reach_out(self, drift: np.ndarray) -> np.ndarray:
        """Tips that are old enough grow to the vessel they find ahead, and end there; of two that
        find each other both end, linked once. Which tips go on: (k,) bool."""
        growth, tips = self.growth, np.arange(self.growth.tips)
        going = np.ones(len(tips), bool)
        if self.reach is None:
            return going
        tips = tips[self._age(tips) >= self.rules.anastomosis_age]
        sites = self.reach.ahead(growth, tips, drift[tips])
        tips, sites = tips[sites != NONE], sites[sites != NONE]
        links = ~_second_of_two(growth.site[tips], sites)
        growth.join(tips[links], sites[links])
        self.events["anastomoses"] += int(np.count_nonzero(links))
        self.events["met_tips"] += int(np.count_nonzero(~links))
        going[tips] = False
        growth.keep(going)
        return going

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
        meets = ~own & ~winner & (self._age(tips) >= self.rules.anastomosis_age)
        fuses = meets  # but those linked to that vessel already just end
        if meets.any():
            meets = meets & ~self._yields(tips, sites, priority, meets)
            fuses = meets.copy()
            fuses[meets] = ~growth.joined(tips[meets], sites[meets])
        if own.any():
            growth.retrace(tips[own], sites[own])
        if winner.any():
            growth.advance(tips[winner], sites[winner])
        if fuses.any():
            growth.join(tips[fuses], sites[fuses])
        self.events["refused_moves"] += int(np.count_nonzero(~(own | winner | meets)))
        self.events["anastomoses"] += int(np.count_nonzero(fuses))
        self.events["stopped_tips"] += int(np.count_nonzero(meets & ~fuses))
        if meets.any():
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
        if len(tips) == 0:
            return
        level = self.attractant.reshape(-1)[growth.site[tips]].astype(np.float64)
        share = hill(level, rules.branching_half_maximum, rules.branching_power)
        chance = -np.expm1(-rules.branching_rate * share * dt)
        tips = tips[self._draw(tips, 2) < chance]
        if len(tips) == 0:
            return
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


def _second_of_two(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Of pairs that stand in each other's goal, the one at the higher site: bool."""
    order = np.argsort(here)
    at = np.minimum(np.searchsorted(here, there, sorter=order), max(len(here) - 1, 0))
    other = order[at]
    return (here[other] == there) & (there[other] == here) & (here > there)


def _first(sites, priority, here, candidates) -> np.ndarray:
    """Of the candidates for each site the one of lowest priority, ties by its own site."""
    rows = np.flatnonzero(candidates)
    order = rows[np.lexsort((here[rows], priority[rows], sites[rows]))]
    if len(order) == 0:
        return order
    return order[np.append(True, sites[order][1:] != sites[order][:-1])]
