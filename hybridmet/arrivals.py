"""Arrivals: DTCs that leave the blood in an organ, from which tissue, and who dies of the soil."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from hybridmet import tables
from hybridmet.circulation.source import NO_TISSUE
from hybridmet.random import Stream, uniform_of

NOWHERE = -1
"""Index of a lattice where none stands."""


@dataclass
class Arrivals:
    """Counts of a patient's arrivals so far."""

    routes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """DTCs by (tissue of origin, tissue of arrival); a capillary bed where no lattice stands."""
    unfollowed: int = 0
    """DTCs in beds that the scenario does not follow, or for whose lattice memory had no room."""
    failed_soil: int = 0
    """DTCs that did not survive their arrival."""

    def note(self, origin: str, place: str, n: int = 1) -> None:
        """Count `n` DTCs that went from a tissue to another."""
        self.routes[origin, place] += n

    def table(self) -> np.ndarray:
        """tables.ARRIVALS, by name."""
        rows = [(*route, count) for route, count in sorted(self.routes.items())]
        return np.array(rows, dtype=tables.ARRIVALS)

    def state_arrays(self) -> list[tuple[str, np.ndarray]]:
        counts = [self.unfollowed, self.failed_soil, *self.table()["arrivals"]]
        return [("arrivals", np.array(counts, dtype=np.int64))]


def survives(seed: int, serials: np.ndarray, survival: np.ndarray | float) -> np.ndarray:
    """(n,) bool: which DTCs survive the soil, with the chance `survival` [1] each."""
    if np.all(np.asarray(survival) >= 1.0):
        return np.ones(len(serials), dtype=bool)
    return uniform_of(seed, Stream.SEEDING, serials, draw=1) < survival


def deaths_in_soil(time: float, dtcs: np.ndarray, places: np.ndarray) -> np.ndarray:
    """tables.SEEDING of DTCs that died of the soil, by the lattices (n,) that stand there."""
    out = np.zeros(len(dtcs), dtype=tables.SEEDING)
    out["time"], out["ctc"], out["site"] = time, dtcs["ctc"], -1
    out["tissue"] = np.where(places == NOWHERE, NO_TISSUE, places)
    out["outcome"] = tables.SOIL
    return out
