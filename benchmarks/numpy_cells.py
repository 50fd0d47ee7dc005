"""The sub-step of the cells as a plain vectorised NumPy program, for comparison.

The same rule as the kernel (competing hazards with Hill responses, weighted moves along the
gradient of ecm, the lowest priority wins a site) over compacted lists of cells; PCG64 in place of
Philox, and no vessels, debris or dormancy. One cell a site, closed sides, 3-D.
"""

import numpy as np

from hybridmet.tissue.phenotypes import Phenotype

OFFSETS = np.array([(0, 0, -1), (0, 0, 1), (0, -1, 0), (0, 1, 0), (-1, 0, 0), (1, 0, 0)])


def factors(phenotype: Phenotype, behaviour: str, fields: dict, sites: np.ndarray) -> np.ndarray:
    """Product of the Hill responses of a behaviour: (n,)."""
    out = np.ones(len(sites))
    for r in phenotype.responses:
        if r.behaviour == behaviour:
            u = (fields[r.field][sites] / r.half_maximum) ** r.power
            hill = u / (1.0 + u)
            out *= 1.0 + (r.extreme - 1.0) * (1.0 - hill if r.when == "low" else hill)
    return out


class NumpyCells:
    """Padded flat arrays: kind (0 empty, 255 wall, 1 + number of the phenotype)."""

    def __init__(self, kind: np.ndarray, phenotypes: list[Phenotype], fields: dict, spacing: float):
        self.shape = kind.shape
        self.kind = kind.reshape(-1).copy()
        self.phenotypes = phenotypes
        self.fields = {name: values.reshape(-1) for name, values in fields.items()}
        self.strides = OFFSETS @ np.array([kind.shape[1] * kind.shape[2], kind.shape[2], 1])
        self.spacing = spacing
        self.random = np.random.default_rng(1)
        self.priority = np.full(kind.size, np.inf)

    def substep(self, dt: float) -> int:
        """One sub-step of `dt` [h]; returns how many cells drew."""
        sites = np.flatnonzero((self.kind > 0) & (self.kind < 255))
        movers, dividers, targets = [], [], []
        for number, phenotype in enumerate(self.phenotypes):
            own = sites[self.kind[sites] == 1 + number]
            found = self._propose(own, phenotype, number, dt)
            for collected, part in zip((movers, dividers, targets), found, strict=True):
                collected.append(part)
        self._settle(np.concatenate(movers), np.concatenate(dividers), np.concatenate(targets))
        return len(sites)

    def _weights(self, sites, phenotype, free, dt):
        """Probability of a move in each direction: (n, 6)."""
        ecm = self.fields["ecm"]
        out = np.empty((len(sites), 6))
        for axis in range(3):
            minus, plus = self.strides[2 * axis], self.strides[2 * axis + 1]
            drift = 0.25 * phenotype.haptotaxis * (ecm[sites + plus] - ecm[sites + minus])
            out[:, 2 * axis] = phenotype.motility - drift
            out[:, 2 * axis + 1] = phenotype.motility + drift
        return np.maximum(out, 0.0) * free * (dt / self.spacing**2)

    def _propose(self, sites, phenotype, number, dt):
        around = sites[:, None] + self.strides
        free = self.kind[around] == 0
        weights = np.cumsum(self._weights(sites, phenotype, free, dt), axis=1)
        moving, u = weights[:, -1], self.random.random(len(sites))
        rates = np.stack(
            [
                phenotype.division_rate * factors(phenotype, "division", self.fields, sites)
                * free.any(axis=1),
                phenotype.death_rate * factors(phenotype, "death", self.fields, sites),
                phenotype.necrosis_rate * factors(phenotype, "necrosis", self.fields, sites),
                sum(phenotype.transition_rates.values())
                * factors(phenotype, "transition", self.fields, sites),
            ],
            axis=1,
        )  # fmt: skip
        total = rates.sum(axis=1)
        happens = -np.expm1(-total * dt)
        v = (u - moving) / (1.0 - moving)
        moves = u < moving
        event = np.flatnonzero(~moves & (v < happens))
        target = v[event] / happens[event] * total[event]
        which = (target[:, None] >= np.cumsum(rates[event], axis=1)).sum(axis=1)
        self.kind[sites[event[(which == 1) | (which == 2)]]] = 0
        self.kind[sites[event[which >= 3]]] = 2 - number
        mothers = event[which == 0]
        pick = np.floor(self.random.random(len(mothers)) * free[mothers].sum(axis=1))
        way = (np.cumsum(free[mothers], axis=1) <= pick[:, None]).sum(axis=1)
        walkers = np.flatnonzero(moves)
        step = (u[walkers, None] >= weights[walkers]).sum(axis=1)
        goals = np.concatenate([around[walkers, step], around[mothers, way]])
        return sites[walkers], sites[mothers], np.stack(
            [np.concatenate([sites[walkers], sites[mothers]]), goals,
             np.arange(len(goals)) >= len(walkers)]
        ).T  # fmt: skip

    def _settle(self, movers, dividers, proposals):
        """The lowest priority wins each target."""
        source, target, divides = proposals.T
        draw = self.random.random(len(source))
        np.minimum.at(self.priority, target, draw)
        won = self.priority[target] == draw
        self.priority[target] = np.inf
        self.kind[target[won]] = self.kind[source[won]]
        self.kind[source[won & (divides == 0)]] = 0
