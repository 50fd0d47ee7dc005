"""Clones: lines of cells with heritable traits, founded by mutation at division."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np

from hybridmet.errors import unknown_name
from hybridmet.tissue.phenotypes import BEHAVIOURS
from hybridmet.units import Fraction, Quantity, check_quantities

Spread = Annotated[float, Quantity("1", "0.1", ge=0, le=5)]
Drift = Annotated[float, Quantity("1", "0.02", ge=-5, le=5)]
Limit = Annotated[float, Quantity("1", "10", ge=1, le=1000)]

FIRST_ROWS = 1024
"""Rows of the table to begin with; it doubles when full."""


@dataclass(frozen=True)
class MutationParameters:
    """At a division the daughter founds a clone with a chance; its traits differ from its
    parent's by a log-normal factor each, exp(drift + spread z) with z standard normal.

    A trait multiplies the rate of a behaviour of every cell of the clone, in every organ.
    """

    probability: Fraction = 0.0
    """Chance that a division founds a clone [1]: 0, all cells of a phenotype are alike."""
    spread: dict[str, Spread] = field(default_factory=dict)
    """Standard deviation of the logarithm of the factor, by behaviour [1]: none, so that
    clones are neutral."""
    drift: dict[str, Drift] = field(default_factory=dict)
    """Mean of the logarithm of the factor, by behaviour [1]: none."""
    limit: Limit = 10.0
    """A trait stays within 1 / limit and limit [1]: ASSUMED; sub-steps shrink with it."""

    def __post_init__(self):
        check_quantities(self)
        for key in ("spread", "drift"):
            for behaviour in getattr(self, key):
                if behaviour not in BEHAVIOURS:
                    raise unknown_name(f"MutationParameters.{key}", behaviour, BEHAVIOURS)

    @property
    def behaviours(self) -> tuple[str, ...]:
        """Those whose traits can differ between clones."""
        return tuple(b for b in BEHAVIOURS if self.spread.get(b) or self.drift.get(b))

    def kernel_entry(self) -> dict:
        """As `CellKernel` reads it."""
        return {
            "probability": self.probability,
            "limit": self.limit,
            "drift": [self.drift.get(b, 0.0) for b in BEHAVIOURS],
            "spread": [self.spread.get(b, 0.0) for b in BEHAVIOURS],
        }

SOURCE = "source"
"""Tissue of clones that came from none."""


class Clones:
    """All clones of a patient, in columns; the column `clone` of a cell is its row.

    parent : uint32, 0 for clones there from the beginning; tissue : uint16, index of the lattice
    where it came into being; time : float64 [h]; trait : (rows, behaviours) float32, factors on
    the rates of its cells. Row 0 is nobody's. New rows come in the order (macro step, tissue,
    sub-step, site, slot of the mother): they do not depend on threads.
    """

    def __init__(self, mutation: MutationParameters | None = None):
        self.mutation = mutation or MutationParameters()
        self.n, self.wanted = 1, 0
        self.parent = np.zeros(FIRST_ROWS, "u4")
        self.tissue = np.zeros(FIRST_ROWS, "u2")
        self.time = np.zeros(FIRST_ROWS)
        self.trait = np.ones((FIRST_ROWS, len(BEHAVIOURS)), "f4")
        self.least = np.ones(len(BEHAVIOURS))
        self.most = np.ones(len(BEHAVIOURS))

    @property
    def mutate(self) -> bool:
        """Whether clones can come into being."""
        return self.mutation.probability > 0.0

    def reserve(self, rows: int) -> None:
        """Room for `rows` rows at least; what is there stays."""
        capacity = len(self.parent)
        if rows <= capacity:
            return
        extra = max(rows, 2 * capacity) - capacity
        for name in ("parent", "tissue", "time", "trait"):
            column = getattr(self, name)
            more = np.full((extra, *column.shape[1:]), 1 if name == "trait" else 0, column.dtype)
            setattr(self, name, np.concatenate([column, more]))

    def add_initial(self, highest: int, tissue: int) -> None:
        """Clones up to number `highest` are there from the beginning, with traits of 1."""
        self.reserve(highest + 1)
        self.tissue[self.n : highest + 1] = tissue
        self.n = max(self.n, highest + 1)

    def found(
        self, parents: np.ndarray, tissue: int, times: np.ndarray, random: np.random.Generator
    ) -> np.ndarray:
        """Clones founded by daughters of clones `parents` (n,) at `times` (n,) [h]; their traits
        are drawn here. Returns their numbers, (n,) uint32."""
        numbers = np.arange(self.n, self.n + len(parents), dtype=np.uint32)
        self.reserve(self.n + len(parents))
        traits = self.trait[parents].astype(np.float64)
        limit = self.mutation.limit
        for behaviour in self.mutation.behaviours:
            column = BEHAVIOURS.index(behaviour)
            drift = self.mutation.drift.get(behaviour, 0.0)
            spread = self.mutation.spread.get(behaviour, 0.0)
            factor = np.exp(drift + spread * random.standard_normal(len(parents)))
            traits[:, column] = np.clip(traits[:, column] * factor, 1.0 / limit, limit)
        self.parent[numbers], self.tissue[numbers] = parents, tissue
        self.time[numbers], self.trait[numbers] = times, traits
        self.n += len(parents)
        self.least = np.minimum(self.least, self.trait[numbers].min(axis=0, initial=np.inf))
        self.most = np.maximum(self.most, self.trait[numbers].max(axis=0, initial=-np.inf))
        return numbers

    def most_by_behaviour(self) -> dict[str, float]:
        """Largest value of each trait over all clones."""
        return dict(zip(BEHAVIOURS, map(float, self.most), strict=True))

    def traits(self, clone: np.ndarray, behaviour: str) -> np.ndarray:
        """A trait of cells given by their clones: (n,) float32."""
        return self.trait[clone, BEHAVIOURS.index(behaviour)]

    def state_arrays(self) -> list[tuple[str, np.ndarray]]:
        """The table for the digest; nothing where clones cannot come into being."""
        if not self.mutate:
            return []
        names = ("parent", "tissue", "time", "trait")
        return [(f"clones.{name}", getattr(self, name)[: self.n]) for name in names]

    def rows(self, tissues: Iterable[str], cells: np.ndarray) -> list[tuple]:
        """clone, parent, time [h], tissue, living cells, then the traits that can differ;
        `cells` (n,) living cells by clone."""
        names = list(tissues)
        traits = [BEHAVIOURS.index(b) for b in self.mutation.behaviours]
        return [
            (
                number,
                int(self.parent[number]),
                float(self.time[number]),
                names[self.tissue[number]] if self.tissue[number] < len(names) else SOURCE,
                int(cells[number]),
                *self.trait[number, traits],
            )
            for number in range(1, self.n)
        ]
