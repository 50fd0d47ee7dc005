"""How many patients have a metastasis, in any organ, as a swept value changes."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from hybridmet.measures.statistics import wilson
from hybridmet.report.population import Population

MOST_VALUES = 8
"""Values of a key that are shown one by one [1]: ASSUMED; of more, neighbours are pooled."""
NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?) ?(.*)")
"""A number with or without a unit."""


@dataclass(frozen=True)
class SweptShare:
    """Patients at one value of a key, or at neighbouring ones, whatever the other keys are."""

    value: str
    """As results.csv has it, numbers to four digits; from - to where some are pooled."""
    least: float
    most: float
    """The value as a number in its own unit; NaN for words."""
    cases: int
    """Patients with a metastasis."""
    patients: int

    @property
    def share(self) -> tuple[float, float, float]:
        """Share of patients [1] with Wilson's interval."""
        return self.cases / self.patients, *wilson(self.cases, self.patients)


def swept_shares(populations: Iterable[Population], key: str, column: str) -> list[SweptShare]:
    """By value of a key; a metastasis has a time in `column` of colonies.csv. Numbers ascend."""
    found: dict[str, list[float]] = {}
    for population in populations:
        found.setdefault(population.point[key], []).extend(population.first_anywhere(column))
    numbers, unit = as_numbers(list(found))
    each = [
        SweptShare(_shown(value, number, unit), number, number, sum(t == t for t in times), len(times))
        for number, (value, times) in zip(numbers, found.items(), strict=True)
    ]
    if np.isnan(numbers).any():
        return each
    return pooled(sorted(each, key=lambda one: one.least))


def _shown(value: str, number: float, unit: str) -> str:
    return value if np.isnan(number) else f"{number:.4g} {unit}".strip()


def as_numbers(values: Sequence[str]) -> tuple[list[float], str]:
    """Values and the unit they share; NaN and no unit where one is a word or units differ."""
    parts = [NUMBER.fullmatch(value) for value in values]
    units = {part[2] for part in parts if part}
    if not all(parts) or len(units) > 1:
        return [float("nan")] * len(values), ""
    return [float(part[1]) for part in parts if part], units.pop()


def pooled(each: Sequence[SweptShare]) -> list[SweptShare]:
    """Neighbours together, in groups of about as many values, where there are too many."""
    if len(each) <= MOST_VALUES:
        return list(each)
    groups = np.array_split(np.arange(len(each)), MOST_VALUES)
    return [_together([each[i] for i in group]) for group in groups]


def _together(group: Sequence[SweptShare]) -> SweptShare:
    first, last = group[0], group[-1]
    cases, patients = sum(one.cases for one in group), sum(one.patients for one in group)
    return SweptShare(f"{first.value} - {last.value}", first.least, last.most, cases, patients)
