"""What the members of a point have in common: proportions and means with their intervals."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from hybridmet.ensemble.outcome import COLUMNS, METASTATIC
from hybridmet.ensemble.plan import Plan
from hybridmet.measures.statistics import mean_interval, wilson

BODY = "body"
"""Organ of the rows that sum up all metastatic lattices of a member."""
MEANS = ("arrivals", "seeded", "colonies", "cells", "intravasations")
"""Columns of which there are means."""
SIZES = {
    "colony": "colonies",
    "living_colony": "living_colonies",
    "micrometastasis": "micrometastases",
    "macrometastasis": "macrometastases",
    "detected": "detected",
}
"""What a member may have in an organ -> the column that counts it."""
SHARE = ("members", "probability", "low", "high")
SUMMARY_COLUMNS = (
    "organ",
    "tissue",
    "members",
    *(f"{size}_{part}" for size in SIZES for part in SHARE),
    *(f"{name}_{part}" for name in MEANS for part in ("mean", "low", "high")),
)
"""SIZE_members: those with one or more of that size, living_colony at the end, the others ever
(extinct ones too); SIZE_probability, _low, _high: their share with Wilson's 95 % interval.
NAME_mean, _low, _high: mean with Student's 95 % interval, cut off at 0, since all are counts."""
KEY = [COLUMNS.index(name) for name in ("organ", "tissue")]
COUNTED = [COLUMNS.index(name) for name in (*SIZES.values(), *MEANS)]


class Summary:
    """Counts of all members, by point, organ and tissue."""

    def __init__(self, plan: Plan):
        self.plan = plan
        self._counts: dict[tuple, list[list[int]]] = defaultdict(list)

    def add(self, point: int, rows: Iterable[Sequence[Any]]) -> None:
        """Take in the rows of a member."""
        body = [0] * len(COUNTED)
        for row in rows:
            organ, tissue = (row[column] for column in KEY)
            counts = [row[column] for column in COUNTED]
            self._counts[point, organ, tissue].append(counts)
            if tissue == METASTATIC:
                body = [a + b for a, b in zip(body, counts, strict=True)]
        self._counts[point, BODY, METASTATIC].append(body)

    def rows(self) -> Iterator[tuple[int, list[Any]]]:
        """Point and a row of SUMMARY_COLUMNS, by point, in the order of the members' rows."""
        order = sorted(self._counts, key=lambda key: key[0])  # stable within a point
        for point, organ, tissue in order:
            members = self._counts[point, organ, tissue]
            shares = _shares(counts[: len(SIZES)] for counts in members)
            means = _means(counts[len(SIZES) :] for counts in members)
            yield point, [organ, tissue, len(members), *shares, *means]


def _shares(members: Iterable[Sequence[int]]) -> Iterator[float]:
    """SHARE of each size."""
    for counts in zip(*members, strict=True):
        hit = sum(count > 0 for count in counts)
        yield from (hit, hit / len(counts), *wilson(hit, len(counts)))


def _means(members: Iterable[Sequence[int]]) -> Iterator[float]:
    """Mean and interval of each count."""
    for values in zip(*members, strict=True):
        mean, low, high = mean_interval(values)
        yield from (mean, float(np.maximum(low, 0.0)), high)  # NaN stays
