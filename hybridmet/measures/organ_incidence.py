"""Metastasis by organ in a population: how often, how soon, and for how many arriving cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hybridmet.measures.statistics import mean_interval, wilson
from hybridmet.measures.time_to_event import FreeOfEvent, free_of_event


@dataclass(frozen=True, eq=False)
class OrganIncidence:
    """One capillary bed over all patients."""

    organ: str
    cases: int
    """Patients with a metastasis there."""
    patients: int
    low: float
    high: float
    """Wilson's 95 % interval of the probability [1]."""
    first: FreeOfEvent
    """Time to the first metastasis."""
    arrivals: float
    """Mean DTCs a patient."""
    arrivals_low: float
    arrivals_high: float
    """Student's 95 % interval of that mean."""
    flow: float
    """Relative flow of CTCs into the bed [1]; NaN without."""

    @property
    def probability(self) -> float:
        """Share of patients [1]."""
        return self.cases / self.patients

    @property
    def efficiency(self) -> float:
        """Metastatic efficiency index: incidence over relative flow of CTCs [1]."""
        return self.probability / self.flow

    @property
    def efficiency_interval(self) -> tuple[float, float]:
        """Its 95 % interval, Wilson's of the incidence: the flow is known."""
        return self.low / self.flow, self.high / self.flow


def organ_incidence(
    first_times: Mapping[str, Sequence[float]],
    arrivals: Mapping[str, Sequence[int]],
    end: float,
    flow: Mapping[str, float],
) -> list[OrganIncidence]:
    """The organs of `first_times`, which holds for each patient the time [h] of the first
    metastasis (NaN for none) until `end` [h]; most frequent first. `flow`: relative flow of CTCs
    into the beds [1] (measures.efficiency.first_entries)."""
    rows = []
    for organ, times in first_times.items():
        cases = int((~np.isnan(np.asarray(times, dtype=float))).sum())
        share = flow.get(organ, 0.0)
        rows.append(
            OrganIncidence(
                organ,
                cases,
                len(times),
                *wilson(cases, len(times)),
                free_of_event(times, end),
                *mean_interval(arrivals[organ]),
                share if share > 0.0 else float("nan"),
            )
        )
    return sorted(rows, key=lambda row: -row.cases)
