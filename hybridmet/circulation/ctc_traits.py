"""What single CTCs are like: diameter, survival, and what changes them in the blood.

Every draw is keyed by the serial number of the cell or the number of the clone, so that it
depends on who the cell is and on nothing else.
"""

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtri

from hybridmet.circulation.capillary_bed import BloodTraits, CirculationParameters
from hybridmet.errors import unknown_name
from hybridmet.random import Stream, uniform, uniform_of

DIAMETER, SURVIVAL = range(2)
"""Draw numbers within Stream.CTC_TRAITS."""
PHENOTYPES = 256
"""Entries of the tables by phenotype: a phenotype is a byte."""


class CtcTraits:
    """The traits of CTCs by phenotype and clone.

    Phenotypes without a name have the diameter they come with, and no traits of their own.
    """

    def __init__(self, parameters: CirculationParameters, names: Sequence[str], seed: int):
        for name in parameters.phenotypes:
            if names and name not in names:
                raise unknown_name("circulation.phenotypes", name, names)
        self.seed, self.names = seed, tuple(names)
        self._parameters = parameters
        traits = [parameters.phenotypes.get(name, BloodTraits()) for name in names]
        self._spread = _table(0.0, [np.sqrt(np.log1p(t.diameter_cv**2)) for t in traits])
        self._death_factor = _table(1.0, [t.death_factor for t in traits])
        self._mean = _table(np.nan, [t.diameter or np.nan for t in traits])
        self._change = np.zeros((PHENOTYPES, max(1, len(names))))
        for row, trait in enumerate(traits):
            for target, rate in trait.transition_rates.items():
                if target not in names:
                    path = f"circulation.phenotypes.{names[row]}.transition_rates"
                    raise unknown_name(path, target, names)
                self._change[row, names.index(target)] = rate
        self._change_rate = self._change.sum(axis=1)
        self._clones: dict[int, float] = {}

    @property
    def death_factors(self) -> np.ndarray:
        """(256,) factor on death in blood by phenotype [1]."""
        return self._death_factor

    def diameters(self, ctcs: np.ndarray) -> np.ndarray:
        """(n,) float32 [um]: each cell's own, around the mean that its row holds.

        Log-normal with that mean and the phenotype's coefficient of variation.
        """
        return (ctcs["diameter"] * self._factor(ctcs)).astype(np.float32)

    def _factor(self, ctcs: np.ndarray) -> np.ndarray:
        spread = self._spread[ctcs["phenotype"]]
        if not spread.any():
            return np.ones(len(ctcs))
        draw = uniform_of(self.seed, Stream.CTC_TRAITS, ctcs["ctc"], draw=DIAMETER)
        return np.exp(spread * ndtri(draw) - spread**2 / 2)

    def changed(self, ctcs: np.ndarray, draw: np.ndarray) -> np.ndarray:
        """Cells after a change of phenotype, drawn (n,) among the targets of each."""
        out = ctcs.copy()
        rates = np.cumsum(self._change[ctcs["phenotype"]], axis=1)
        out["phenotype"] = (draw[:, None] * rates[:, -1:] >= rates).sum(axis=1)
        mean = self._mean[out["phenotype"]]
        stated = ~np.isnan(mean)
        out["diameter"][stated] = (mean * self._factor(out))[stated]
        return out

    def change_rate(self, ctcs: np.ndarray) -> np.ndarray:
        """(n,) rate at which each cell changes its phenotype [1/h]."""
        return self._change_rate[ctcs["phenotype"]]

    def of_clusters(self, cells: np.ndarray, first: np.ndarray) -> dict[str, np.ndarray]:
        """Columns of clusters; `cells` (n,) CTC by cluster, `first` (m,) row of each cluster.

        A cluster has the diameter of its largest cell and the mean of its cells' death factors
        (ASSUMED).
        """
        size = np.diff(first, append=len(cells))
        factor = np.add.reduceat(self._death_factors(cells), first) / size
        return {
            "cells": size,
            "diameter": np.maximum.reduceat(cells["diameter"], first),
            "death_factor": factor,
            "parting_rate": self._parameters.disaggregation_rate * (size - 1),
            "change_rate": np.add.reduceat(self.change_rate(cells), first),
        }

    def _death_factors(self, cells: np.ndarray) -> np.ndarray:
        of_phenotype = self._death_factor[cells["phenotype"]]
        if not self._parameters.clone_survival_cv and not self._parameters.clone_death_factors:
            return of_phenotype
        clones, place = np.unique(cells["clone"], return_inverse=True)
        return of_phenotype * np.array([self.clone_death_factor(int(c)) for c in clones])[place]

    def clone_death_factor(self, clone: int) -> float:
        """The factor of a clone on death in blood [1]."""
        if clone not in self._clones:
            self._clones[clone] = self._drawn_clone(clone)
        return self._clones[clone]

    def _drawn_clone(self, clone: int) -> float:
        stated = self._parameters.clone_death_factors.get(str(clone))
        if stated is not None:
            return stated
        spread = np.sqrt(np.log1p(self._parameters.clone_survival_cv**2))
        u = uniform(self.seed, Stream.CTC_TRAITS, 1, first_identity=clone, draw=SURVIVAL)
        return float(np.exp(spread * ndtri(u[0]) - spread**2 / 2))


def _table(default: float, values: list) -> np.ndarray:
    """Values by phenotype, `default` beyond those named."""
    out = np.full(PHENOTYPES, default)
    out[: len(values)] = values
    return out
