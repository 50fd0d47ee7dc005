"""CTCs without identity: the law of the walk on numbers of cells, at a cost that does not
depend on how many there are.

The states are those of the walk (free by compartment, reversibly arrested by bed, each stage of
irreversible arrest by bed) and its ends. With the rates Q, P = expm(Q dt) holds the chances of
every state after dt; the cells of each state are divided among them by a multinomial draw. Cells
that enter during dt at a constant rate follow (1/dt) integral of expm(Q s) ds. Both are exact for
any dt; the numbers after different steps agree in law, not cell by cell.

The rates are those of the event-driven walk, from the same columns (`transit.body_arrays`).
"""

import numpy as np
from scipy.linalg import expm

from hybridmet.circulation.capillary_bed import CapillaryBed, CirculationParameters
from hybridmet.circulation.network import BodyNetwork
from hybridmet.circulation.transit import body_arrays
from hybridmet.random import Stream

CAUSES = ("death_in_blood", "death_immune", "death_shear")
"""Causes of death in blood, as the columns of `cause_cumulative`."""


class Counts:
    """Clusters of `cells` equal cells, the largest of `diameter` [um], as numbers."""

    def __init__(
        self,
        network: BodyNetwork,
        beds: dict[str, CapillaryBed],
        parameters: CirculationParameters,
        seed: int,
        identity: int,
        diameter: float,
        cells: int = 1,
        death_factor: float = 1.0,
    ):
        """`identity` numbers the populations of a patient and keys their random numbers."""
        self.network, self.cells, self.diameter = network, cells, diameter
        self._key = np.array([seed, (int(Stream.COUNTS) << 32) | identity], dtype=np.uint64)
        self._arrays = body_arrays(network, beds, parameters)
        self._stages = parameters.arrest_stages
        self._death = self._arrays["death_rate"] * death_factor
        self._bed = np.flatnonzero(network.is_bed)
        self._n, self._b = len(network.names), len(self._bed)
        self._arrest = _arrest(self._arrays, parameters, diameter, cells)
        self._living = self._n + (1 + self._stages) * self._b
        self.filter_rate = np.zeros(self._n)
        self.state = np.zeros(self._living, dtype=np.int64)
        """(states,) clusters in each state."""
        self.ends = np.zeros(len(CAUSES) + 1 + 2 * self._b, dtype=np.int64)
        """Clusters that ended: by cause of death in blood, filtered, then by bed died arrested
        and extravasated."""
        self.steps = 0
        self._powers: dict[float, tuple[np.ndarray, np.ndarray]] = {}

    @property
    def free(self) -> np.ndarray:
        """(nodes,) int64: cells free in each compartment."""
        return self.state[: self._n] * self.cells

    @property
    def arrested(self) -> np.ndarray:
        """(nodes,) int64: cells arrested in each bed."""
        out = np.zeros(self._n, dtype=np.int64)
        out[self._bed] = self.state[self._n :].reshape(-1, self._b).sum(axis=0) * self.cells
        return out

    @property
    def ended(self) -> dict[str, int]:
        """Cells that ended, by the names of the ledger."""
        causes, bed = len(CAUSES), len(CAUSES) + 1
        cells = self.ends * self.cells
        return {
            "died_in_blood": int(cells[:causes].sum()),
            "filtered": int(cells[causes]),
            "died_arrested": int(cells[bed : bed + self._b].sum()),
            "extravasated": int(cells[bed + self._b :].sum()),
        }

    @property
    def extravasated(self) -> np.ndarray:
        """(nodes,) int64: cells that extravasated in each bed so far."""
        out = np.zeros(self._n, dtype=np.int64)
        out[self._bed] = self.ends[len(CAUSES) + 1 + self._b :] * self.cells
        return out

    def set_filter(self, rate: np.ndarray) -> None:
        """From now on remove free cells at `rate` (nodes,) [1/h]."""
        self.filter_rate = np.array(rate, dtype=np.float64)
        self._powers.clear()

    def enter(self, n: int, start: dict[str, float]) -> None:
        """`n` clusters enter now, in compartments drawn from `start`, shares [1]."""
        self.state += self._random(1).multinomial(n, self._entry(start))

    def step(self, dt: float, influx: float = 0.0, start: dict[str, float] | None = None) -> int:
        """Walk for `dt` [h] while clusters enter at a mean rate `influx` [1/h]; returns how many
        did, a Poisson number."""
        after, meanwhile = self._power(round(dt, 12))
        random = self._random(0)
        self.steps += 1
        held = np.flatnonzero(self.state)
        moved = random.multinomial(self.state[held], after[held]).sum(axis=0)
        entered = int(random.poisson(influx * dt)) if influx > 0 else 0
        if entered:
            chances = self._entry(start or {}) @ meanwhile
            moved = moved + random.multinomial(entered, chances / chances.sum())
        self.state = moved[: self._living]
        self.ends = self.ends + moved[self._living :]
        return entered

    def take(self, probability: np.ndarray, draw: int, remove: bool) -> np.ndarray:
        """(nodes,) int64 clusters in a sample that holds each free one with `probability`
        (nodes,); `draw` numbers the sample."""
        taken = self._random(2 + draw).binomial(self.state[: self._n], probability)
        if remove:
            self.state[: self._n] -= taken
        return taken

    def state_arrays(self) -> list[tuple[str, np.ndarray]]:
        return [("state", self.state), ("ends", self.ends), ("steps", np.array([self.steps]))]

    def _random(self, purpose: int) -> np.random.Generator:
        counter = np.array([0, 0, self.steps, purpose], dtype=np.uint64)
        return np.random.Generator(np.random.Philox(key=self._key, counter=counter))

    def _entry(self, start: dict[str, float]) -> np.ndarray:
        """(states,) chances of the state that a cluster takes on entering."""
        node = np.zeros(self._n)
        for name, share in start.items():
            node[self.network.index(name)] += share
        return node @ self._entering()

    def _entering(self) -> np.ndarray:
        """(nodes, states): chances of the state taken on entering a node."""
        out = np.zeros((self._n, self._living))
        arrest, reversible = self._arrest, self._arrays["reversible_fraction"]
        np.fill_diagonal(out, 1.0 - arrest)
        column = self._n + np.arange(self._b)
        out[self._bed, column] = (arrest * reversible)[self._bed]
        out[self._bed, column + self._b] = (arrest * (1.0 - reversible))[self._bed]
        return out

    def _rates(self) -> np.ndarray:
        """Q (states + ends) squared, dense [1/h]."""
        a, n, b, living = self._arrays, self._n, self._b, self._living
        rates = np.zeros((living + len(self.ends),) * 2)
        flow = np.zeros((n, n))
        for node in range(n):
            edges = slice(a["first_edge"][node], a["first_edge"][node + 1])
            shares = np.diff(a["edge_cumulative"][edges], prepend=0.0)
            np.add.at(flow[node], a["edge_target"][edges], a["exit_rate"][node] * shares)
        rates[:n, :living] = flow @ self._entering()
        shares = np.diff(a["cause_cumulative"].reshape(n, -1), axis=1, prepend=0.0)
        rates[:n, living : living + len(CAUSES)] = self._death[:, None] * shares
        rates[:n, living + len(CAUSES)] = self.filter_rate
        died = living + len(CAUSES) + 1 + np.arange(b)
        row = n + np.arange(b)
        rates[row, self._bed] += a["release_rate"][self._bed]
        rates[row, died] = a["arrested_death_rate"][self._bed]
        for stage in range(self._stages):
            row = row + b
            whole = (a["arrested_death_rate"] + a["extravasation_rate"])[self._bed] * self._stages
            if stage + 1 < self._stages:
                rates[row, row + b] = whole
            else:
                rates[row, died] = a["arrested_death_rate"][self._bed] * self._stages
                rates[row, died + b] = a["extravasation_rate"][self._bed] * self._stages
        np.fill_diagonal(rates, rates.diagonal() - rates.sum(axis=1))
        return rates

    def _power(self, dt: float) -> tuple[np.ndarray, np.ndarray]:
        """Rows of chances after dt, and of those that enter at a uniform time within dt."""
        if dt not in self._powers:
            rates = self._rates()
            size, living = len(rates), self._living
            both = np.zeros((2 * size, 2 * size))
            both[:size, :size], both[:size, size:] = rates, np.eye(size)
            power = expm(both * dt)
            parts = power[:living, :size], power[:living, size:] / dt
            self._powers[dt] = tuple(_chances(part) for part in parts)
        return self._powers[dt]


def _chances(rows: np.ndarray) -> np.ndarray:
    """Rows without the rounding errors of the exponential: no negatives, sums of 1."""
    rows = np.maximum(rows, 0.0)
    return rows / rows.sum(axis=1, keepdims=True)


def _arrest(arrays: dict, parameters: CirculationParameters, diameter: float, cells: int):
    """(nodes,) chance that an entering cluster is arrested; exact for 0 and 1."""
    log_odds = parameters.arrest_per_diameter * (diameter - parameters.reference_diameter)
    log_odds += parameters.arrest_per_log_size * np.log(cells)
    odds = np.exp(np.clip(log_odds, -700, 700))
    p = arrays["arrest_probability"]
    return p * odds / (1.0 - p + p * odds)
