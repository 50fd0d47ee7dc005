"""Leaps: a large colony through a macro step, by numbers of events instead of one by one.

Tau-leaping (Gillespie 2001, doi:10.1063/1.1378322) by the midpoint rule: with rates A at the
numbers n + (tau/2) A n, births are Poisson and what cells leave their place for is multinomial,
so that no number becomes negative. The mean follows the rate equations to second order, its
error in the growth rate r is r (r tau)^2 / 6; the law of lines of few cells within a large
colony is exact to the order of `leap`, the expected events of a cell in a leap.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hybridmet.tissue.cells import ACTIVE, DEBRIS, DORMANT
from hybridmet.tissue.phenotypes import BEHAVIOURS

Room = Callable[[float], float]
"""Share of the active cells that have room, for so many cells in the colony [1]."""
ENTRIES = ("intravasation", "shedding")


def _column(behaviour: str) -> int:
    return BEHAVIOURS.index(behaviour)


@dataclass(frozen=True)
class LineRates:
    """Rates of the cells of each line [1/h], traits included.

    growth : (lines or 1, phenotypes) divisions that need room; replacement : (..., phenotypes) those
    into places left by cells that go; active : (..., phenotypes, 4 + phenotypes) death,
    necrosis, two ways into the blood, transitions; dormant : (..., phenotypes, 3) death,
    reactivation, necrosis; debris : (..., phenotypes) clearance.
    """

    growth: np.ndarray
    replacement: np.ndarray
    active: np.ndarray
    dormant: np.ndarray
    debris: np.ndarray

    @classmethod
    def of(
        cls, rates: np.ndarray, inner: np.ndarray, transitions: np.ndarray, traits: np.ndarray
    ) -> "LineRates":
        """From a phenotype's rates, as PopulationKernel.rates gives them, and the `traits` (lines,
        behaviours) of the lines' clones."""
        scaled = rates[None] * traits[:, None, :].astype(np.float64)
        change = transitions[None] * traits[:, None, None, _column("transition")]
        single = [scaled[..., _column(b)] for b in ("death", "necrosis", *ENTRIES)]
        asleep = [scaled[..., _column(b)] for b in ("dormant_death", "reactivation", "necrosis")]
        division = scaled[..., _column("division")]
        inner = inner * traits[:, None, _column("division")]
        replacement = np.minimum(inner, single[0] + single[2] + single[3])
        return cls(
            np.maximum(0.0, division - replacement),
            replacement,
            np.concatenate([np.stack(single, axis=-1), change], axis=-1),
            np.stack(asleep, axis=-1),
            scaled[..., _column("clearance")],
        )

    @property
    def largest(self) -> float:
        """Of all events of a cell [1/h]."""
        active = self.growth + self.replacement + self.active.sum(axis=-1)
        return float(max(active.max(), self.dormant.sum(axis=-1).max(), self.debris.max()))

    def division(self, room: float) -> np.ndarray:
        """Where that share of the cells has room: (lines or 1, phenotypes)."""
        return room * self.growth + self.replacement

    def drift(self, n: np.ndarray, room: float) -> np.ndarray:
        """Mean change of the numbers (lines, phenotypes, conditions) [1/h]."""
        lost = n[..., ACTIVE, None] * self.active
        woken = n[..., DORMANT, None] * self.dormant
        out = np.empty_like(n)
        out[..., ACTIVE] = n[..., ACTIVE] * (self.division(room) - self.active.sum(axis=-1))
        out[..., ACTIVE] += lost[..., 4:].sum(axis=-2) + woken[..., 1]
        out[..., DORMANT] = -woken.sum(axis=-1)
        out[..., DEBRIS] = lost[..., 1] + woken[..., 2] - n[..., DEBRIS] * self.debris
        return out


@dataclass
class Leap:
    """What happened in one leap, by line and phenotype: numbers of cells."""

    born: np.ndarray
    lost: np.ndarray
    """(lines, phenotypes, 4 + phenotypes), as LineRates.active."""
    woken: np.ndarray
    """(lines, phenotypes, 3), as LineRates.dormant."""
    cleared: np.ndarray

    def flows(self) -> dict[str, int]:
        """By the names of the cell kernel."""
        return {
            "born": int(self.born.sum()),
            "died_apoptosis": int(self.lost[..., 0].sum()),
            "died_necrosis": int(self.lost[..., 1].sum() + self.woken[..., 2].sum()),
            "died_dormant": int(self.woken[..., 0].sum()),
            "cleared": int(self.cleared.sum()),
            "transitions": int(self.lost[..., 4:].sum()),
            "reactivated": int(self.woken[..., 1].sum()),
        }

    def applied_to(self, n: np.ndarray) -> np.ndarray:
        """The numbers after it; those who enter the blood have left."""
        out = n.copy()
        out[..., ACTIVE] += self.born - self.lost.sum(axis=-1) + self.woken[..., 1]
        out[..., ACTIVE] += self.lost[..., 4:].sum(axis=-2)
        out[..., DORMANT] -= self.woken.sum(axis=-1)
        out[..., DEBRIS] += self.lost[..., 1] + self.woken[..., 2] - self.cleared
        return out


def leaps_of(rates: LineRates, dt: float, accuracy: float) -> int:
    """Equal leaps of a step of `dt` [h] that keep the expected events of a cell below a limit."""
    return max(1, math.ceil(rates.largest * dt / accuracy))


def drawn_leap(
    n: np.ndarray, rates: LineRates, room: Room, tau: float, random: np.random.Generator
) -> Leap:
    """A leap of `tau` [h] from the numbers `n` (lines, phenotypes, conditions) int64."""
    now = n.astype(np.float64)
    middle = now + 0.5 * tau * rates.drift(now, room(now.sum()))
    middle = np.maximum(middle, 0.0)
    ahead = np.divide(middle, now, out=np.zeros_like(now), where=now > 0.0) * tau
    births = rates.division(room(middle.sum())) * ahead[..., ACTIVE] * now[..., ACTIVE]
    return Leap(
        born=random.poisson(births),
        lost=_multinomial(random, n[..., ACTIVE], rates.active * ahead[..., ACTIVE, None]),
        woken=_multinomial(random, n[..., DORMANT], rates.dormant * ahead[..., DORMANT, None]),
        cleared=random.binomial(
            n[..., DEBRIS], np.minimum(1.0, rates.debris * ahead[..., DEBRIS])
        ),
    )


def _multinomial(random: np.random.Generator, n: np.ndarray, p: np.ndarray) -> np.ndarray:
    """How many of `n` (...) take each way of chances `p` (..., ways); the others stay."""
    total = p.sum(axis=-1, keepdims=True)
    p = p / np.maximum(1.0, total)
    stay = np.maximum(0.0, 1.0 - p.sum(axis=-1, keepdims=True))
    return random.multinomial(n, np.concatenate([p, stay], axis=-1))[..., :-1]
