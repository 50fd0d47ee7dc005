"""Virtual blood draws: CTCs counted in a volume of blood from a vessel, and their chances.

Each CTC or cluster free in a compartment of volume V is in a draw of volume v with probability
v/V, on its own: the compartment is well mixed. A vessel that several compartments feed gives
blood from each in proportion to their flows.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hybridmet.circulation.circulation import Circulation
from hybridmet.circulation.network import BodyNetwork
from hybridmet.errors import ScenarioError
from hybridmet.schedule import Schedule
from hybridmet.units import Duration, Time, Volume, check_quantities

ALL = "all"
"""Phenotype and clone of the row that sums a draw up."""
FEW = 1e4
"""Mean cells of a draw [1] up to which its distribution is computed in full: ASSUMED."""


@dataclass(frozen=True, kw_only=True)
class DrawParameters:
    """Draws of one kind: where, how much, when."""

    vessel: str
    """A clinical vessel (cubital_vein, portal_vein, tumour_vein, ...) or a compartment."""
    volume: Volume = 7.5
    """Blood taken each time [mL]: 7.5, one CellSearch tube."""
    name: str | None = None
    """What draws.csv calls it; None: the vessel."""
    every: Duration | None = None
    """Interval [h], from `start` on."""
    at: tuple[Time, ...] = ()
    """Single times [h]."""
    start: Time = 0.0
    """First moment of `every` [h]."""
    end: Time | None = None
    """Last moment of `every` [h]; None: the end of the run."""
    removes: bool = False
    """Whether the CTCs in it are taken out of the patient."""

    def __post_init__(self):
        check_quantities(self)
        if self.every is None and not self.at:
            raise ScenarioError("DrawParameters.at: must hold times, or `every` an interval")

    @property
    def schedule(self) -> Schedule:
        return Schedule(every=self.every, at=self.at, start=self.start, end=self.end)

    @property
    def label(self) -> str:
        return self.name or self.vessel

    def probability(self, network: BodyNetwork) -> np.ndarray:
        """(nodes,) chance that a free CTC is in the draw [1].

        Raises ScenarioError where the vessel does not exist or holds less than is drawn.
        """
        out = np.zeros(len(network.names))
        for name, share in network.vessel(self.vessel).items():
            node = network.index(name)
            if share * self.volume > network.volume[node]:
                most = network.volume[node] / share
                raise ScenarioError(
                    f"DrawParameters.volume: got {self.volume:g} mL, must be <= {most:.4g} mL, "
                    f"what {self.vessel} holds"
                )
            out[node] = share * self.volume / network.volume[node]
        return out


@dataclass(frozen=True)
class DrawRow:
    """A line of draws.csv: a whole draw, or the cells of one phenotype and clone in it."""

    time_h: float
    draw: str
    vessel: str
    volume_mL: float
    removed: int
    phenotype: str
    clone: str
    singles: int
    """Single cells counted."""
    clusters: int
    """Clusters counted; in a row of a phenotype and clone, those that hold such a cell."""
    cells: int
    """Cells counted, of single cells and clusters."""
    concentration_per_mL: float
    """Of cells in the vessel at that moment: what an endless volume would show [1/mL]."""
    expected_cells: float
    """Mean of the cells in such a draw, given who is in the blood."""
    sd_cells: float
    q025_cells: float
    """2.5 % and 97.5 % quantiles of the cells in such a draw."""
    q975_cells: float
    p_none: float
    """Chance that the draw finds no CTC."""


class BloodDraws:
    """All draws of a scenario: an appointment of the circulation that keeps its results."""

    def __init__(
        self, draws: Sequence[DrawParameters], network: BodyNetwork, phenotypes: Sequence[str]
    ):
        self.draws, self.phenotypes = tuple(draws), tuple(phenotypes)
        self.rows: list[DrawRow] = []
        self._network = network
        self._chances = [draw.probability(network) for draw in draws]
        self._taken = 0
        self._due: dict[float, list[int]] = {}

    def moments(self, before: float, now: float) -> list[float]:
        """Times in (before, now] [h] at which blood is drawn."""
        self._due.clear()
        for index, draw in enumerate(self.draws):
            for moment in draw.schedule.moments(before, now):
                self._due.setdefault(moment, []).append(index)
        return sorted(self._due)

    def act(self, circulation: Circulation, time: float) -> None:
        for index in self._due.get(time, ()):
            self.rows += self._drawn(circulation, self.draws[index], self._chances[index], time)
            self._taken += 1

    def _drawn(
        self, circulation: Circulation, draw: DrawParameters, chance: np.ndarray, time: float
    ) -> list[DrawRow]:
        groups = list(zip(*circulation.free_clusters(), strict=True))
        known = _expected_by_kind(circulation, chance)
        cells = circulation.sample(chance, self._taken, draw.removes)
        counted = circulation.sample_counted(chance, self._taken, draw.removes)
        found = _found(cells, counted)
        facts = (time, draw.label, draw.vessel, draw.volume, int(draw.removes))
        total = _total(cells, counted)
        mean = float(sum(chance[node] * size * n for node, size, n in groups))
        rows = [
            DrawRow(*facts, ALL, ALL, *total, mean / draw.volume, mean, *spread(groups, chance))
        ]
        nothing = (np.nan,) * 4
        for kind in sorted({*known, *found}):
            mean, counts = known.get(kind, 0.0), found.get(kind, (0, 0, 0))
            names = self._phenotype(kind[0]), str(kind[1])
            rows.append(DrawRow(*facts, *names, *counts, mean / draw.volume, mean, *nothing))
        return rows

    def _phenotype(self, number: int) -> str:
        return self.phenotypes[number] if number < len(self.phenotypes) else str(number)


def _expected_by_kind(circulation: Circulation, chance: np.ndarray) -> dict[tuple, float]:
    """Mean cells in a draw by (phenotype, clone); cells without identity have the clone 0."""
    node, phenotype, clone = circulation.cells_by_kind()
    out: Counter = Counter()
    there = chance[node] > 0
    kinds, place = np.unique(
        np.stack([phenotype[there], clone[there]]).astype(np.int64), axis=1, return_inverse=True
    )
    means = np.bincount(place.ravel(), chance[node[there]], kinds.shape[1])
    for k in range(kinds.shape[1]):
        out[int(kinds[0, k]), int(kinds[1, k])] += float(means[k])
    for one in circulation.counted:
        for kind, _, counts in one.populations:
            out[kind, 0] += float(counts.free @ chance)
    return {kind: mean for kind, mean in out.items() if mean > 0}


def _found(cells: np.ndarray, counted: list) -> dict[tuple, tuple[int, int, int]]:
    """Singles, clusters and cells in the draw by (phenotype, clone)."""
    out: dict[tuple, list[int]] = {}
    size = _sizes(cells)
    for kind in np.unique(cells[["phenotype", "clone"]]):
        mine = (cells["phenotype"] == kind["phenotype"]) & (cells["clone"] == kind["clone"])
        clusters = len(np.unique(cells["cluster"][mine & (size > 1)]))
        key = int(kind["phenotype"]), int(kind["clone"])
        out[key] = [int((mine & (size == 1)).sum()), clusters, int(mine.sum())]
    for phenotype, number, n in counted:
        entry = out.setdefault((phenotype, 0), [0, 0, 0])
        entry[0 if number == 1 else 1] += n
        entry[2] += n * number
    return {kind: tuple(entry) for kind, entry in out.items()}


def _total(cells: np.ndarray, counted: list) -> tuple[int, int, int]:
    size = _sizes(cells)
    singles = int((size == 1).sum()) + sum(n for _, number, n in counted if number == 1)
    clusters = len(np.unique(cells["cluster"][size > 1]))
    clusters += sum(n for _, number, n in counted if number > 1)
    return singles, clusters, len(cells) + sum(n * number for _, number, n in counted)


def _sizes(cells: np.ndarray) -> np.ndarray:
    """(n,) cells that travel together with each cell now."""
    _, place, size = np.unique(cells["cluster"], return_inverse=True, return_counts=True)
    return size[place] if len(cells) else np.empty(0, np.int64)


def spread(groups: list[tuple], chance: np.ndarray) -> tuple[float, float, float, float]:
    """Standard deviation, 2.5 % and 97.5 % quantile and chance of none, of the cells in a draw.

    `groups`: (node, cells of a cluster, clusters). Exact (a convolution of binomials) up to a
    mean of `FEW` cells, beyond that normal.
    """
    from scipy import stats  # loaded on use: it takes 70 MB

    parts = [(chance[node], int(size), int(n)) for node, size, n in groups if chance[node] > 0]
    mean = sum(p * size * n for p, size, n in parts)
    sd = float(np.sqrt(sum(p * (1 - p) * size**2 * n for p, size, n in parts)))
    none = float(np.exp(sum(n * np.log1p(-p) if p < 1 else -np.inf for p, _, n in parts)))
    if mean > FEW:
        low, high = np.round(stats.norm.ppf([0.025, 0.975], mean, sd))
        return sd, float(low), float(high), none
    cumulative = np.cumsum(_distribution(parts, mean, sd))
    low, high = np.searchsorted(cumulative, [0.025, 0.975])
    return sd, float(low), float(high), none


def _distribution(parts: list[tuple], mean: float, sd: float) -> np.ndarray:
    """Chances of 0, 1, 2, ... cells, as far as they matter."""
    from scipy import stats  # loaded on use: it takes 70 MB

    most = int(mean + 10 * sd) + 10
    out = np.ones(1)
    for p, size, n in parts:
        one = np.zeros(most + 1)
        k = np.arange(min(n, most // size) + 1)
        one[k * size] = stats.binom.pmf(k, n, p)
        out = np.convolve(out, one)[: most + 1]
    return out


def concentrations(network: BodyNetwork, per_mL: np.ndarray) -> dict[str, float]:
    """Concentration in each clinical vessel [1/mL], for `per_mL` (nodes,)."""
    return {
        vessel: float(sum(share * per_mL[network.index(node)] for node, share in nodes.items()))
        for vessel, nodes in network.clinical_vessels.items()
    }
