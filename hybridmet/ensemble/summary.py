"""What the members of a point have in common: proportions and means with their intervals."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from hybridmet.ensemble.outcome import COLUMNS, METASTATIC
from hybridmet.ensemble.plan import Plan
from hybridmet.measures.statistics import mean_interval, wilson

BODY = "body"
"""Organ of the rows that sum up all metastatic lattices of a member."""
MEANS = ("arrivals", "seeded", "colonies", "cells", "intravasations")
"""Columns of which there are means."""
SUMMARY_COLUMNS = (
    "organ",
    "tissue",
    "members",
    "metastatic",
    "probability",
    "probability_low",
    "probability_high",
    *(f"{name}_{part}" for name in MEANS for part in ("mean", "low", "high")),
)
"""metastatic: members with a colony; probability: their share with its Wilson interval; low and
high: 95 % intervals, of means by Student's t."""
KEY = [COLUMNS.index(name) for name in ("organ", "tissue")]
COUNTED = [COLUMNS.index(name) for name in MEANS]
COLONIES = MEANS.index("colonies")


class Summary:
    """Counts of all members, by point, organ and tissue."""

    def __init__(self, plan: Plan):
        self.plan = plan
        self._counts: dict[tuple, list[list[int]]] = defaultdict(list)

    def add(self, point: int, rows: Iterable[Sequence[Any]]) -> None:
        """Take in the rows of a member."""
        body = [0] * len(MEANS)
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
            metastatic = sum(counts[COLONIES] > 0 for counts in members)
            share = metastatic / len(members)
            facts = [organ, tissue, len(members), metastatic, share]
            yield point, [*facts, *wilson(metastatic, len(members)), *_means(members)]


def _means(members: list[list[int]]) -> Iterator[float]:
    for values in zip(*members, strict=True):
        yield from mean_interval(values)
