"""Colony leaps: what a large colony of a tissue without a lattice does in a macro step."""

import numpy as np

from hybridmet._core.cells import LEAVER
from hybridmet._core.population import PopulationKernel
from hybridmet.random import Stream
from hybridmet.tissue.cells import ACTIVE, DEBRIS
from hybridmet.tissue.clones import Clones
from hybridmet.tissue.leaps import Leap, LineRates, drawn_leap, leaps_of

INTACT_ENTRY, RUPTURED_ENTRY = 2, 3
"""Columns of Leap.lost of those who enter the blood."""


class ColonyLeaps:
    """The law of large colonies, with random numbers of (seed, step, tissue, founder)."""

    def __init__(
        self,
        cohesion: np.ndarray,
        kernel: PopulationKernel,
        clones: Clones,
        *,
        accuracy: float,
        seed: int,
        tissue: int,
    ):
        """`cohesion` [1] by phenotype; `kernel` knows rates and room; `accuracy`: see leaps_of."""
        self.cohesion = cohesion
        self.kernel, self.clones, self.accuracy = kernel, clones, accuracy
        self.seed, self.tissue = seed, tissue

    def step(
        self,
        founder: int,
        clone: np.ndarray,
        count: np.ndarray,
        others: float,
        step: int,
        start: float,
        dt: float,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, int]]:
        """A colony of lines `clone` (n,), `count` (n, phenotypes, conditions), among `others`
        cells, through macro step `step` from `start` for `dt` [h].

        Returns clones and counts afterwards, LEAVER rows, and flows.
        """
        random = self._random(founder, step)
        rates = self._line_rates(clone, count)
        n = leaps_of(rates, dt, self.accuracy)
        tau, claims = dt / n, 0
        flows: dict[str, int] = {"leaps": n}
        leavers = []
        for k in range(n):
            leap = drawn_leap(count, rates, self._room(founder, count, others), tau, random)
            count = leap.applied_to(count)
            for name, value in leap.flows().items():
                flows[name] = flows.get(name, 0) + value
            span = (start + k * tau, tau)
            rows = self._departures(founder, clone, count, leap, span, claims, random)
            claims += int(leap.lost[..., INTACT_ENTRY : RUPTURED_ENTRY + 1].sum())
            leavers.append(rows)
            flows["intravasated"] = flows.get("intravasated", 0) + len(rows)
            clone, count, mutated = self._mutated(clone, count, leap.born, span, random)
            if mutated:
                flows["mutated"] = flows.get("mutated", 0) + mutated
            rates = self._line_rates(clone, count)  # they depend on the colony's size
        return clone, count, np.concatenate(leavers), flows

    def _random(self, founder: int, step: int) -> np.random.Generator:
        key = np.array([self.seed, int(Stream.LEAPS)], dtype=np.uint64)
        counter = np.array([0, 0, step, self.tissue << 48 | founder], dtype=np.uint64)
        return np.random.Generator(np.random.Philox(key=key, counter=counter))

    def _line_rates(self, clone: np.ndarray, count: np.ndarray) -> LineRates:
        rates = self.kernel.rates(float(count.sum()), float(count[..., DEBRIS].sum()))
        traits = self.clones.trait[clone] if self.clones.mutate else self.clones.trait[:1]
        return LineRates.of(*rates, traits)

    def _room(self, founder: int, count: np.ndarray, others: float):
        living = count[..., :DEBRIS].sum(axis=(0, 2)).astype(np.float64)
        shell = self.kernel.shells(np.array([founder], dtype=np.uint32), living[None])
        return lambda n: float(self.kernel.room(shell, np.array([n]), n + others)[0])

    def _departures(
        self, founder: int, clone: np.ndarray, count: np.ndarray, leap: Leap, span, claims, random
    ) -> np.ndarray:
        """LEAVER rows of those who entered the blood in a leap; neighbours that hold on to them
        are taken out of `count`."""
        entries = leap.lost[..., INTACT_ENTRY : RUPTURED_ENTRY + 1]
        line, phenotype, ruptured = (
            np.repeat(i, entries[entries > 0]) for i in np.nonzero(entries)
        )
        out = np.zeros(len(line), dtype=LEAVER)
        out["time"] = span[0] + span[1] * random.random(len(line))
        out["claimer"] = claims + np.arange(len(line))
        out["clone"], out["phenotype"], out["ruptured"] = clone[line], phenotype, ruptured
        mates = self._mates(clone, count, out, random) if len(out) else out
        out = np.concatenate([out, mates])
        out["founder"], out["site"] = founder, -1
        return out

    def _mates(self, clone, count, claimers: np.ndarray, random) -> np.ndarray:
        """Cells that go along: each neighbour with the claimer's cohesion."""
        mean, most = self.kernel.contacts(float(count.sum()))
        near = int(min(most, count[..., ACTIVE].sum()))
        if near == 0:
            return claimers[:0]
        held = self.cohesion[claimers["phenotype"]] * min(1.0, mean / near)
        out = claimers[np.repeat(np.arange(len(claimers)), random.binomial(near, held))].copy()
        taken = random.permuted(_drawn_active(count[..., ACTIVE], len(out), random))
        out = out[: len(taken)]
        line, phenotype = np.divmod(taken, count.shape[1])
        out["clone"], out["phenotype"] = clone[line], phenotype
        np.subtract.at(count[..., ACTIVE], (line, phenotype), 1)
        return out

    def _mutated(self, clone, count, born: np.ndarray, span, random):
        """Daughters that found clones: lines of their own, taken out of their mothers'."""
        if not self.clones.mutate:
            return clone, count, 0
        founding = random.binomial(
            np.minimum(born, count[..., ACTIVE]), self.clones.mutation.probability
        )
        line, phenotype = (np.repeat(i, founding[founding > 0]) for i in np.nonzero(founding))
        if len(line) == 0:
            return clone, count, 0
        count = count.copy()
        count[..., ACTIVE] -= founding
        times = np.sort(span[0] + span[1] * random.random(len(line)))
        numbers = self.clones.found(clone[line], self.tissue, times, random)
        added = np.zeros((len(line), *count.shape[1:]), dtype=np.int64)
        added[np.arange(len(line)), phenotype, ACTIVE] = 1
        return np.concatenate([clone, numbers]), np.concatenate([count, added]), len(line)


def _drawn_active(active: np.ndarray, n: int, random: np.random.Generator) -> np.ndarray:
    """`n` different active cells at random, by line and phenotype: (n,) index into `active`."""
    flat = active.reshape(-1)
    drawn = random.multivariate_hypergeometric(flat, min(n, int(flat.sum())), method="marginals")
    return np.repeat(np.arange(len(flat)), drawn)
