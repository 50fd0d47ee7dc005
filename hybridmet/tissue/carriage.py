"""Carriage: blood that runs through vessels in the order of its flow and loses what it gives.

    Q dE(P)/dx = -k (P - u)

Enters with the field's blood value, mixes at nodes (what it holds is conserved, branches leave with
one tension), gives to each site it crosses by the conductance k of the wall there, as the site
sees it. The approach to the tension u of a site is exact (csrc/hm_carriage.c), so that it does not
matter how a vessel is cut into segments. Mixing along the vessel and the time of passage, seconds,
are left out.
"""

import numpy as np

from hybridmet._core import carriage as kernel
from hybridmet._core.blood import Links
from hybridmet.tissue.blood_transport import BloodTransport
from hybridmet.tissue.damped_iteration import DampedIteration
from hybridmet.tissue.field_parameters import FieldParameters
from hybridmet.tissue.red_cells import Stream
from hybridmet.tissue.rheology import MOST_HAEMATOCRIT
from hybridmet.tissue.vessels import NO_BOUNDARY, NO_FLOW, VesselNetwork
from hybridmet.tissue.wall_exchange import Contacts

FLOW_UNIT = 6e7
"""um^3/h in 1 nL/min."""
MOST_ROUNDS = 500
"""Solutions of the tissue for one of tissue and blood after which the last state is taken and
counted as `transport_unsettled` [1]: ASSUMED; 1 to 8 a step do, 20 to 160 at first (measured)."""


class Carriage:
    """One field in the blood of one network; a `BloodSupply` of the fields.

    Holds nothing from step to step: the blood follows from network and tissue alone.
    """

    def __init__(
        self,
        network: VesselNetwork,
        touch: Contacts,
        conductance: np.ndarray,
        volume: float,
        field: FieldParameters,
        transport: BloodTransport,
        events: dict[str, int],
    ):
        """`conductance` (e,) float64 of the contacts [um^3/h]; `volume` of a site [um^3];
        `events` counts what happens."""
        self._touch, self._contact, self._volume = touch, conductance, volume
        self._pieces, self._conductance = touch.pieces, touch.per_piece(conductance)
        self._inlet, self._tolerance = field.blood_value, transport.tolerance * field.blood_value
        self._content, self._events = transport.content(field), events
        self._course(network)

    def _course(self, network: VesselNetwork) -> None:
        """Segments in the order in which blood passes them, and their pieces. The flow orders them:
        of pressures what was added since they were solved has none."""
        first, second = network.segments.T
        flow, n = FLOW_UNIT * network.flow, len(network.nodes)
        outside = np.bincount(first, flow, n) - np.bincount(second, flow, n)
        outside = np.where(network.boundary != NO_BOUNDARY, outside, 0.0)
        stream = Stream.of(first, second, flow, outside)
        counts = stream.flow > NO_FLOW * np.max(stream.flow, initial=0.0)
        rank = np.empty(n, np.int64)
        rank[Links(n, first, second).order(np.where(counts, flow, 0.0))[0]] = np.arange(n)
        onward = rank[stream.lower] > rank[stream.upper]
        running = np.flatnonzero((onward & (stream.flow > 0.0)) | counts)
        rows = running[np.argsort(rank[stream.upper[running]], kind="stable")]
        self._stream, self._rows = stream, rows
        self._haematocrit = network.haematocrit
        self._inlet_haematocrit = np.minimum(network.inlet_haematocrit, MOST_HAEMATOCRIT)
        self._order = self._pieces_in_order(network, rows)

    def _pieces_in_order(self, network: VesselNetwork, rows: np.ndarray) -> np.ndarray:
        """Numbers of the pieces as blood of the segments `rows` passes them."""
        place = np.full(len(network.segments), -1, np.int64)
        place[rows] = np.arange(len(rows))
        segment = self._pieces.segment
        k = np.flatnonzero(place[segment] >= 0)
        along = np.where(network.flow[segment[k]] >= 0.0, k, -k)
        order = k[np.lexsort((along, place[segment[k]]))]
        self._first = np.searchsorted(place[segment[order]], np.arange(len(rows) + 1))
        return order

    def run(self, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Tension of the blood at each node (n,) and in each piece (k,), float64, for the padded
        concentrations u: that of a piece gives its exchange as conductance (P - u). Blood that does
        not run has the tension around it; its nodes have that of the inlets."""
        stream, rows, order, content = self._stream, self._rows, self._order, self._content
        around = self._around(u)
        node, passed = kernel.run(
            stream.upper[rows].astype(np.int32),
            stream.lower[rows].astype(np.int32),
            stream.flow[rows],
            self._haematocrit[rows],
            self._first.astype(np.int64),
            self._conductance[order],
            stream.entering,
            self._inlet_haematocrit,
            content.width,
            content.bound,
            content.red,
            content.plasma,
            self._inlet,
            around[order],
        )
        tension = around
        tension[order] = passed
        return node, tension

    def _around(self, u: np.ndarray) -> np.ndarray:
        """Mean concentration that each piece meets, weighted by exchange: (k,) float64; that of its
        own site where it exchanges nothing."""
        touch = self._touch
        met = u.reshape(-1)[touch.sites][touch.place].astype(np.float64)
        sums, total = touch.per_piece(self._contact * met), self._conductance
        return np.where(total > 0.0, sums / np.where(total > 0.0, total, 1.0), met[touch.own])

    def begin(self, u: np.ndarray) -> None:
        """Let blood run through tissue of the padded concentrations u as they stand."""
        self._tension = self.run(u)[1]
        self._search = DampedIteration(len(self._tension), first=1.0, near=np.inf)
        self._rounds = 0

    @property
    def source(self) -> np.ndarray:
        """What the blood gives to each site, conductance times tension: (m,) float64 [unit/h]."""
        touch = self._touch
        return touch.per_site(self._contact * self._tension[touch.piece]) / self._volume

    def again(self, u: np.ndarray) -> bool:
        """Let blood run through the tissue that it has led to; whether that is to be solved again
        with what the blood then holds (Anderson's combination of the rounds so far)."""
        self._rounds += 1
        self._count("transport_rounds")
        residual = self.run(u)[1] - self._tension
        if np.max(np.abs(residual), initial=0.0) <= self._tolerance:
            return False
        if self._rounds == MOST_ROUNDS:
            self._count("transport_unsettled")
            return False
        self._tension = np.maximum(self._search.next(self._tension, residual), 0.0)
        return True

    def _count(self, event: str) -> None:
        self._events[event] = self._events.get(event, 0) + 1

    def per_segment(self, u: np.ndarray) -> np.ndarray:
        """Mean tension of the blood along each segment: (m,) float64."""
        pieces, count = self._pieces, len(self._haematocrit)
        length = np.bincount(pieces.segment, pieces.length, count)
        sums = np.bincount(pieces.segment, pieces.length * self.run(u)[1], count)
        return sums / np.maximum(length, np.finfo(float).tiny)
