"""Vasculature: the vessels of one lattice, what changes them, and what tissue and cells see of
them."""

import operator
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from hybridmet.lattice import Lattice
from hybridmet.tissue import perfusion, wall_exchange
from hybridmet.tissue.blood_transport import check_transport
from hybridmet.tissue.capillary_mesh import capillary_mesh
from hybridmet.tissue.carriage import Carriage
from hybridmet.tissue.fields import Fields, VesselExchange
from hybridmet.tissue.network_file import read_network
from hybridmet.tissue.perfusion import VesselSites
from hybridmet.tissue.pieces import PieceMemory, Pieces
from hybridmet.tissue.point_vessels import point_vessels
from hybridmet.tissue.vessel_line import vessel_lines
from hybridmet.tissue.vessel_map import MapRoom
from hybridmet.tissue.vessel_parameters import VesselParameters
from hybridmet.tissue.vessel_process import Surroundings, VesselProcess
from hybridmet.tissue.vessels import VesselNetwork
from hybridmet.tissue.wall_exchange import Contacts
from hybridmet.work import Work

ROUNDING = 1e-9
"""Part of the slow clock's period that is taken for rounding of the time [1]."""


class Vasculature:
    """A vessel network with its shadow on the lattice, which is cast anew when it changes.

    `network`, its `pieces` cut at the sides of sites, `sites` (what cells meet) and `exchange`
    (what fields meet) always belong together.
    """

    network: VesselNetwork
    pieces: Pieces
    sites: VesselSites
    exchange: VesselExchange

    def __init__(
        self,
        lattice: Lattice,
        parameters: VesselParameters,
        fields: Fields,
        kind: np.ndarray,
        *,
        seed: int,
        tissue: int,
        time: float = 0.0,
    ):
        """`kind`: padded cell bytes; `tissue` numbers the patient's lattices and is part of each
        random identity; `time` [h] is the moment the lattice comes into being."""
        check_transport(parameters.transport, fields.parameters)
        self.lattice, self.parameters = lattice, parameters
        self.fields, self.kind = fields, kind
        self.seed, self.tissue = seed, tissue
        self.growth: Mapping[str, VesselProcess] = parameters.growth()
        self.remodelling: Mapping[str, VesselProcess] = parameters.remodelling()
        self.flow: VesselProcess | None = parameters.flow
        self.events: dict[str, int] = {}
        """What has happened to vessels so far, by name."""
        self.work = Work()
        self._waited = 0.0
        self._solved: tuple[np.ndarray, ...] = ()
        self._memory = PieceMemory(lattice)
        self._map_room: MapRoom | None = None
        with self.work.timed():
            self.network = first_network(lattice, parameters, seed, tissue)
            self._run_blood(0, time, 0.0)
            self._embed()

    def step(self, step: int, time: float, dt: float) -> bool:
        """Let the processes act for `dt` [h] in macro step `step` that begins at `time` [h].
        Returns whether the vessels changed."""
        with self.work.timed():
            self._age(dt)
            before = self.network
            self._let(self.growth, step, time, dt)
            self._waited += dt
            if self._waited >= self.parameters.clock * (1.0 - ROUNDING):
                self._let(self.remodelling, step, time, self._waited)
                self._run_blood(step, time, self._waited)
                self._waited = 0.0
            if self.network is before:
                return False
            self._embed()
            return True

    def _age(self, dt: float) -> None:
        """All segments grow older by `dt` [h]; what grows in this step is of age 0 at its end. A
        network that nothing changes stays as it is, its ages too."""
        if self.growth or self.remodelling:
            self.network = replace(self.network, age=self.network.age + dt)

    def _let(
        self, processes: Mapping[str, VesselProcess], step: int, time: float, dt: float
    ) -> None:
        """Let processes act one after the other, and count what happens."""
        for process in processes.values():
            surroundings = self._surroundings(step, time, dt)
            self.network, events = process.step(self.network, surroundings)
            self.work.updates += len(self.network.segments)
            for name, n in events.items():
                self.events[name] = self.events.get(name, 0) + n

    def _run_blood(self, step: int, time: float, dt: float) -> None:
        """Solve flow unless the solution still holds."""
        if self.flow is None or self._holds():
            return
        self._let({"flow": self.flow}, step, time, dt)
        self._solved = _course(self.network)

    def _holds(self) -> bool:
        """Whether the columns that decide how blood runs are those of the last solution."""
        now = _course(self.network)
        return len(self._solved) == len(now) and all(map(operator.is_, self._solved, now))

    def _surroundings(self, step: int, time: float, dt: float) -> Surroundings:
        return Surroundings(
            self.lattice,
            self.fields,
            self.kind,
            self.seed,
            self.tissue,
            step,
            time,
            dt,
            self._memory,
            self._room(),
        )

    def _room(self) -> MapRoom | None:
        """Where vessels are mapped; none before there are tips to walk."""
        if self._map_room is None and self.network.tip.any():
            self._map_room = MapRoom(self.lattice)
        return self._map_room

    def _embed(self) -> None:
        """Cast the network on the lattice."""
        network = self.network
        self.pieces = self._memory.of(network)
        self.sites = perfusion.vessel_sites(
            self.lattice, network, self.pieces, self.parameters.entry
        )
        touch = wall_exchange.contacts(self.lattice, network, self.pieces, self.fields.parameters)
        self.exchange = VesselExchange(
            sites=touch.sites,
            conductance=wall_exchange.conductances(
                self.lattice, network, touch, self.fields.parameters
            ),
            supply={name: self._carriage(name, touch) for name in self.parameters.transport},
        )
        self.work.updates += len(network.segments)

    def _carriage(self, name: str, touch: Contacts) -> Carriage:
        """The blood that carries a field through the vessels as they stand."""
        field = self.fields.parameters[name]
        return Carriage(
            self.network,
            touch,
            wall_exchange.contact_conductance(self.lattice, self.network, touch, field),
            self.lattice.spacing**3,
            field,
            self.parameters.transport[name],
            self.events,
        )

    def blood(self) -> dict[str, np.ndarray]:
        """Mean tension of the blood along each segment, (m,) float64, by field that it loses."""
        return {
            name: supply.per_segment(self.fields.padded(name))
            for name, supply in self.exchange.supply.items()
        }

    def kernel_arrays(self) -> dict[str, np.ndarray]:
        """What the cell kernel reads of the vessels."""
        names = ("mask", "sites", "intact_area", "ruptured_area")
        return {name: getattr(self.sites, name) for name in names}

    def numerics(self) -> dict[str, int]:
        """Events so far, in alphabetical order."""
        return dict(sorted(self.events.items()))

    def state_arrays(self) -> list[tuple[str, np.ndarray]]:
        """The state in canonical order, for the digest."""
        return [*self.network.state_arrays(), ("waited", np.array(self._waited))]


def _course(network: VesselNetwork) -> tuple[np.ndarray, ...]:
    """What decides how blood runs."""
    names = ("nodes", "segments", "radius", "state", "boundary", "boundary_value")
    return tuple(getattr(network, name) for name in names)


def first_network(
    lattice: Lattice, parameters: VesselParameters, seed: int, tissue: int
) -> VesselNetwork:
    """The vessels a lattice begins with."""
    if parameters.network is not None:
        return read_network(parameters.network, lattice, inlet=parameters.flow is not None)
    if parameters.points is not None:
        return point_vessels(lattice, parameters.points, seed, tissue)
    if parameters.lines:
        return vessel_lines(lattice, parameters.lines)
    return capillary_mesh(lattice, parameters, seed, tissue)
