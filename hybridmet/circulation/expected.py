"""What CTCs do on average: one sparse linear system instead of many individuals.

The walk of hm_transit as a continuous-time Markov chain with rate matrix Q over the states
(free in a compartment, reversibly arrested in a bed, in a stage of irreversible arrest). With s
the probabilities of the first state, t = -s Q^-1 is the mean time spent in each state [h];
rates times t give the probabilities of every end, and the expected number of arrests.

This module builds Q itself, from the network and the parameters alone: it shares no matrix and
no code with the event-driven solver, so that each is the other's test.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csc_array, diags_array
from scipy.sparse.linalg import splu
from scipy.special import expit, logit

from hybridmet.circulation.capillary_bed import CapillaryBed, CirculationParameters
from hybridmet.circulation.network import BodyNetwork


@dataclass(frozen=True, eq=False)
class Fate:
    """Probabilities [1] of how a CTC ends; they add up to 1."""

    filtered: np.ndarray
    """(nodes,) in each compartment from which a filter takes blood."""
    extravasated: np.ndarray
    """(nodes,) in each capillary bed."""
    died_arrested: np.ndarray
    """(nodes,) in each capillary bed."""
    died_in_blood: np.ndarray
    """(nodes,) in each compartment."""


@dataclass(frozen=True, eq=False)
class Residence:
    """Mean time [h] that a CTC spends in each compartment, over its whole walk."""

    free: np.ndarray
    """(nodes,)."""
    arrested: np.ndarray
    """(nodes,) reversibly or irreversibly."""


@dataclass(frozen=True)
class FirstPassage:
    """The first entry into a capillary bed."""

    probability: float
    """That it is entered at all [1]."""
    mean_time: float
    """Of the first entry, given that there is one [h]; NaN where there is none."""


class Expected:
    """Means for clusters of `cells` cells, the largest of `diameter` [um].

    CTCs start in compartments given as a mapping name -> probability [1]; one that starts in a
    capillary bed enters it as from its artery. Everything but `first_passage` is linear in it.
    """

    def __init__(
        self,
        network: BodyNetwork,
        beds: dict[str, CapillaryBed],
        parameters: CirculationParameters,
        diameter: float,
        cells: int = 1,
        death_factor: float = 1.0,
        filter_rate: np.ndarray | None = None,
    ):
        """`death_factor` [1] multiplies death in blood; `filter_rate` (nodes,) [1/h] is the
        removal of free CTCs by a filter. Clusters stay whole and cells keep their phenotype."""
        self.network = network
        self._n = len(network.names)
        causes = parameters.death_rates(network.shear_stress).values()
        self._death_rate = death_factor * np.sum(list(causes), axis=0)
        self._filter_rate = np.zeros(self._n) if filter_rate is None else np.asarray(filter_rate)
        self._stages = parameters.arrest_stages
        self._bed_nodes = np.array([network.index(name) for name in network.beds], dtype=np.int64)
        self._set_rates([beds[name] for name in network.beds], parameters)
        self._arrest = self._arrest_by_node(beds, parameters, diameter, cells)
        self._check_absorbing()
        self._out = self._rates_out()
        self._rates = self._rate_matrix()
        self._solver = splu(csc_array(-self._rates.T))

    @property
    def arrest_probability(self) -> np.ndarray:
        """(nodes,) float64: probability [1] that an entering CTC is arrested; 0 outside beds."""
        return self._arrest

    @property
    def rate_matrix(self):
        """Q (states, states), sparse [1/h]: free by node, reversibly arrested by bed, then each
        stage of irreversible arrest by bed."""
        return self._rates

    def start_states(self, start: dict[str, float]) -> np.ndarray:
        """(states,) CTCs in each state as they enter, for numbers by compartment."""
        return self._start_states(start)

    def steady_states(self, influx: dict[str, float]) -> np.ndarray:
        """(states,) mean numbers in each state under a constant `influx` [1/h]."""
        return self._times(influx)

    def by_node(self, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Free and arrested by node, of values by state."""
        free, reversible, irreversible = self._split(states)
        return free, self._at_beds(reversible + irreversible)

    def fate(self, start: dict[str, float]) -> Fate:
        """How CTCs end that start in `start`."""
        free, reversible, irreversible = self._split(self._times(start))
        return Fate(
            extravasated=self._at_beds(self._leaving_rate * irreversible),
            died_arrested=self._at_beds(self._dying_rate * (reversible + irreversible)),
            died_in_blood=self._death_rate * free,
            filtered=self._filter_rate * free,
        )

    def residence(self, start: dict[str, float]) -> Residence:
        """Where CTCs spend their time that start in `start`."""
        free, reversible, irreversible = self._split(self._times(start))
        return Residence(free, self._at_beds(reversible + irreversible))

    def lifetime(self, start: dict[str, float]) -> float:
        """Mean time from entering the blood to extravasation or death [h]."""
        return float(self._times(start).sum())

    def entries(self, start: dict[str, float]) -> np.ndarray:
        """(nodes,) float64: mean number of times each compartment is entered."""
        free = self._times(start)[: self._n]
        return self._start_nodes(start) + self._flow_rates().T @ free

    def arrests(self, start: dict[str, float]) -> np.ndarray:
        """(nodes,) float64: mean number of arrests in each bed."""
        return self._arrest * self.entries(start)

    def concentration(self, influx: dict[str, float]) -> np.ndarray:
        """(nodes,) float64: steady concentration of free CTCs [1/mL] for a constant `influx`
        [1/h] into compartments."""
        return self.residence(influx).free / self.network.volume

    def first_passage(self, bed: str, start: dict[str, float]) -> FirstPassage:
        """When CTCs enter a capillary bed for the first time, arrested there or not.

        With Q' the rates without entries into the bed and r the rates of entry: probability
        p = -s Q'^-1 r, mean time s Q'^-2 r / p.
        """
        node = self.network.index(bed)
        flows = self._flow_rates()
        entry = np.zeros(self._rates.shape[0])
        entry[: self._n] = flows[:, [node]].toarray().ravel()
        begun = float(self._start_nodes(start)[node])
        others = {name: share for name, share in start.items() if name != bed}
        solver = splu(csc_array(-self._rate_matrix(closed=node).T))
        times = solver.solve(self._start_states(others))
        probability = begun + float(times @ entry)
        moment = float(solver.solve(times) @ entry)
        return FirstPassage(probability, moment / probability if probability > 0 else math.nan)

    def apparent_half_life(self) -> float:
        """Half-life [h] of the number of free CTCs long after their source has gone.

        The slowest decay of the free and reversibly arrested, who alone return to the blood.
        """
        releases = self._arrest[self._bed_nodes] * self._reversible > 0
        free = np.ones(self._n, dtype=bool)
        circulating = np.flatnonzero(np.concatenate([free, releases]))
        rates = self._rates[circulating][:, circulating].toarray()
        return -math.log(2.0) / float(np.linalg.eigvals(rates).real.max())

    def _set_rates(self, beds: list[CapillaryBed], parameters: CirculationParameters) -> None:
        """Rates [1/h] by bed, and of death in blood."""
        extravasation = np.array([bed.extravasation_probability for bed in beds])
        half_life = np.array([bed.release_half_life for bed in beds])
        self._reversible = np.array([bed.reversible_fraction for bed in beds])
        self._release_rate = math.log(2.0) / half_life
        self._leaving_rate = extravasation / parameters.mean_arrest_time
        self._dying_rate = (1.0 - extravasation) / parameters.mean_arrest_time

    def _arrest_by_node(self, beds, parameters, diameter: float, cells: int) -> np.ndarray:
        log_odds = logit(np.array([beds[name].arrest_probability for name in self.network.beds]))
        log_odds += parameters.arrest_per_diameter * (diameter - parameters.reference_diameter)
        log_odds += parameters.arrest_per_log_size * math.log(cells)
        return self._at_beds(expit(log_odds))

    def _check_absorbing(self) -> None:
        arrest = self._arrest[self._bed_nodes]
        ends = (self._reversible < 1) | (self._dying_rate > 0)
        mortal = np.any(self._death_rate + self._filter_rate > 0)
        if not mortal and not np.any((arrest > 0) & ends):
            raise ValueError("expected means: no CTC ever dies or extravasates, so none exist")

    def _at_beds(self, values: np.ndarray) -> np.ndarray:
        """Values by bed as values by node, 0 elsewhere."""
        out = np.zeros(self._n)
        out[self._bed_nodes] = values
        return out

    def _split(self, states: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Free by node; reversibly and irreversibly arrested by bed."""
        first, second = self._n, self._n + len(self._bed_nodes)
        irreversible = states[second:].reshape(self._stages, -1).sum(axis=0)
        return states[:first], states[first:second], irreversible

    def _flow_rates(self):
        """(nodes, nodes): rate [1/h] at which a free CTC goes from row to column."""
        network = self.network
        flow = network.edge_flow_bp / network.whole * network.cardiac_output
        rate = flow / network.volume[network.edge_source]
        ends = (network.edge_source, network.edge_target)
        return coo_array((rate, ends), shape=(self._n, self._n)).tocsr()

    def _entry_states(self):
        """(nodes, states): probability of the state taken on entering a node."""
        nodes, beds = np.arange(self._n), np.arange(len(self._bed_nodes))
        arrest = self._arrest[self._bed_nodes]
        shares = [1.0 - self._arrest, arrest * self._reversible, arrest * (1.0 - self._reversible)]
        rows = [nodes, self._bed_nodes, self._bed_nodes]
        columns = [nodes, self._n + beds, self._n + len(beds) + beds]
        shape = (self._n, self._n + (1 + self._stages) * len(beds))
        entries = np.concatenate(shares), (np.concatenate(rows), np.concatenate(columns))
        return coo_array(entries, shape=shape).tocsr()

    def _rates_out(self) -> np.ndarray:
        """(states,) total rate of leaving each state [1/h]."""
        free = self._flow_rates().sum(axis=1) + self._death_rate + self._filter_rate
        reversible = self._release_rate + self._dying_rate
        stage = self._stages * (self._leaving_rate + self._dying_rate)
        return np.concatenate([free, reversible, np.tile(stage, self._stages)])

    def _rate_matrix(self, closed: int | None = None):
        """Q (states, states) [1/h]; entries into the node `closed` end the walk."""
        flows = self._flow_rates()
        if closed is not None:
            stays_open = np.ones(self._n)
            stays_open[closed] = 0.0
            flows = flows @ diags_array(stays_open)
        moves = (flows @ self._entry_states()).tocoo()
        beds = len(self._bed_nodes)
        released = self._n + np.arange(beds)
        size = moves.shape[1]
        staged = np.arange(self._n + beds, size - beds)  # stages but the last pass on
        rows = np.concatenate([moves.row, released, staged])
        columns = np.concatenate([moves.col, self._bed_nodes, staged + beds])
        values = np.concatenate([moves.data, self._release_rate, self._out[staged]])
        between = coo_array((values, (rows, columns)), shape=(size, size))
        return (between - diags_array(self._out)).tocsr()

    def _start_nodes(self, start: dict[str, float]) -> np.ndarray:
        out = np.zeros(self._n)
        for name, share in start.items():
            out[self.network.index(name)] += share
        return out

    def _start_states(self, start: dict[str, float]) -> np.ndarray:
        return self._start_nodes(start) @ self._entry_states()

    def _times(self, start: dict[str, float]) -> np.ndarray:
        """(states,) mean time spent in each [h]."""
        return self._solver.solve(self._start_states(start))
