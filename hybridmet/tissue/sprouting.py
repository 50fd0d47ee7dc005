"""Sprouting: vessels send out new tip cells where there is VEGF, and none beside another."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from scipy.spatial import cKDTree

from hybridmet.errors import ScenarioError
from hybridmet.random import Stream, uniform_of
from hybridmet.tissue.angiogenesis import Power
from hybridmet.tissue.fields import FieldParameters
from hybridmet.tissue.pieces import Pieces
from hybridmet.tissue.tip_walk import hill
from hybridmet.tissue.vessel_process import Surroundings
from hybridmet.tissue.vessel_split import split
from hybridmet.tissue.vessels import IMMATURE, INTACT, RUPTURED, VesselNetwork
from hybridmet.units import Length, PositiveNumber, Quantity, check_quantities

RatePerLength = Annotated[float, Quantity("1/(um h)", "1e-4 / (um h)", ge=0, le=1e3)]


@dataclass(frozen=True)
class Sprouting:
    """Mature vessels become the root of a sprout at a rate per length that rises with VEGF.

    A tip that has started keeps others away (lateral inhibition by Delta and Notch): no sprout
    begins within `exclusion` of a tip, of an immature sprout, or of another new one.
    """

    attractant: str = "vegf"
    """The field that calls sprouts out."""
    rate: RatePerLength = 2e-4
    """Rate of new tips per vessel length where there is much attractant [1/(um h)]: ASSUMED."""
    half_maximum: PositiveNumber = 0.5
    """Attractant at which it is half that [unit]: ASSUMED."""
    power: Power = 4.0
    """Hill power [1]: ASSUMED."""
    threshold: Annotated[float, Quantity("1", "0.05", ge=0, le=1e12)] = 0.05
    """Attractant up to which no sprout begins at all [unit]: ASSUMED."""
    exclusion: Length = 100.0
    """Distance around tips and sprouts within which no other sprout begins [um]: ASSUMED, some
    five endothelial cells."""

    def __post_init__(self):
        check_quantities(self)

    def check_fields(self, fields: Mapping[str, FieldParameters]) -> None:
        """Raise ScenarioError where there is no such field."""
        if self.attractant not in fields:
            raise ScenarioError(
                f'Sprouting.attractant: got "{self.attractant}", must be one of {", ".join(fields)}'
            )

    def step(
        self, network: VesselNetwork, surroundings: Surroundings
    ) -> tuple[VesselNetwork, dict[str, int]]:
        """Start new tips; event: sprouts."""
        self.check_fields(surroundings.fields.parameters)
        field = surroundings.fields.padded(self.attractant)
        if self.rate == 0.0 or field.max() <= self.threshold:
            return network, {}
        roots = _Roots(network, surroundings.pieces_of(network))
        chosen = self._chosen(roots, field, network, surroundings)
        if len(chosen) == 0:
            return network, {}
        return roots.with_tips(chosen, surroundings.time), {"sprouts": len(chosen)}

    def _chosen(self, roots: "_Roots", field, network, surroundings) -> np.ndarray:
        """Rows of the roots that sprout now, in the order in which they came first."""
        level = field.reshape(-1)[roots.sites].astype(np.float64)
        rate = self.rate * hill(level, self.half_maximum, self.power) * roots.length
        rate[level <= self.threshold] = 0.0
        identity = surroundings.lattice.global_sites(roots.sites).astype(np.uint64)
        identity |= np.uint64(surroundings.tissue << 48)
        steps = np.full(len(identity), surroundings.step, np.uint32)
        draws = [
            uniform_of(surroundings.seed, Stream.SPROUTING, identity, steps, k) for k in (0, 1)
        ]
        willing = np.flatnonzero(draws[0] < -np.expm1(-rate * surroundings.dt))
        willing = willing[np.lexsort((roots.sites[willing], draws[1][willing]))]
        return self._apart(willing, roots.points, shunned(network))

    def _apart(self, willing: np.ndarray, points: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Of the willing, in order, those that keep the exclusion distance."""
        if len(others) and len(willing):
            distance, _ = cKDTree(others).query(points[willing])
            willing = willing[distance >= self.exclusion]
        taken = np.empty(0, dtype=np.int64)
        for row in willing:
            gap = np.linalg.norm(points[taken] - points[row], axis=1)
            if np.all(gap >= self.exclusion):
                taken = np.append(taken, row)
        return taken


def shunned(network: VesselNetwork) -> np.ndarray:
    """Tips, and the nodes of sprouts whose wall has not matured: (n, 3) [um]."""
    near = network.tip.astype(bool)
    near[network.segments[network.state == IMMATURE]] = True
    return network.nodes[near]


class _Roots:
    """Where sprouts can begin: the longest piece of a mature vessel in each site.

    sites : (m,) int64 padded, ascending; length : (m,) float64 of mature vessel in the site
    [um]; points : (m, 3) float64 [um].
    """

    def __init__(self, network: VesselNetwork, pieces: Pieces):
        self.network = network
        mature = np.isin(network.state, (INTACT, RUPTURED))
        best = pieces.longest(network, mature)
        places = np.flatnonzero(best >= 0)
        rows = best[places]
        counted = np.where(mature[pieces.segment], pieces.length, 0.0)
        self.sites, self.length = pieces.sites[places], pieces.per_site(counted)[places]
        self.segment, self.along = pieces.segment[rows], pieces.along[rows]
        low, high = network.nodes[network.segments[self.segment]].transpose(1, 0, 2)
        self.points = low + self.along[:, None] * (high - low)

    def with_tips(self, rows: np.ndarray, now: float) -> VesselNetwork:
        """The network with segments cut at the chosen points and tips there, numbered by site."""
        network, rows = self.network, np.sort(rows)
        first, n = len(network.nodes), len(rows)
        number = int(network.sprout.max(initial=0)) + 1 + np.arange(n)
        grown = network.added(
            self.points[rows], np.empty((0, 2), np.int32),
            radius=np.empty(0), tip=np.ones(n), sprout=number, sprout_start=np.full(n, now),
        )  # fmt: skip
        return split(grown, self.segment[rows], self.along[rows], np.arange(first, first + n))
