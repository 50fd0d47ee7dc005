"""Red cells: how they part at every fork of a network whose flow is known.

Where vessels meet, blood mixes; where they part, each branch takes its share by
`rheology.red_cell_share`. Nodes follow in the order in which blood runs, each with the mixture
that has reached it, so that no red cell is lost (csrc/hm_red_cells.c).

Several branches: each by the law against the others together (with two that is all); what is missing
then goes into all as blood does, what is too much is taken off in proportion. ASSUMED, as nobody has
measured it. This is continuous: scaling alone jumps where many equal branches all lie below the
least share of blood that draws red cells, and no steady state is left. No branch packs above
`rheology.MOST_HAEMATOCRIT`: what is above goes into the others by the room they have.
"""

from dataclasses import dataclass

import numpy as np

from hybridmet._core.blood import Links
from hybridmet.tissue import rheology


@dataclass(frozen=True)
class Stream:
    """Which way blood runs: per segment its upper and lower node and its flow, not negative."""

    upper: np.ndarray
    lower: np.ndarray
    flow: np.ndarray
    entering: np.ndarray
    """Flow into each node from outside the network (n,) [nL/min]."""
    leaving: np.ndarray
    """Flow out of the network at each node (n,) [nL/min]."""

    @classmethod
    def of(cls, first, second, flow: np.ndarray, outside: np.ndarray) -> "Stream":
        """Of segments from `first` to `second` node; `outside` (n,) comes in from outside."""
        ahead = flow >= 0.0
        return cls(
            np.where(ahead, first, second),
            np.where(ahead, second, first),
            np.abs(flow),
            np.maximum(outside, 0.0),
            np.maximum(-outside, 0.0),
        )


class RedCells:
    """The red cells of a circuit: segments from `first` to `second` node (k,), `diameter` (k,) [um].

    inlet : (n,) float64 haematocrit of blood that enters; mixed : (n,) bool, nodes at which red
    cells part as blood does. As they were parted last: stream; flux : (k,) float64 of red cells in
    each segment, not negative [nL/min]; held, in how many branches they were held at
    MOST_HAEMATOCRIT.
    """

    def __init__(self, first, second, diameter: np.ndarray, inlet: np.ndarray, mixed: np.ndarray):
        self._first, self._second = first, second
        self._links = Links(len(inlet), first.astype(np.int32), second.astype(np.int32))
        self._diameter = np.ascontiguousarray(diameter, np.float64)
        self._inlet = np.minimum(inlet, rheology.MOST_HAEMATOCRIT)
        self._mixed = mixed.astype(np.uint8)

    def part(self, flow: np.ndarray, outside: np.ndarray) -> None:
        """Let the red cells follow the flow (k,) [nL/min], positive from first to second node;
        `outside` (n,) comes into the network at a node, negative where it leaves."""
        self.stream = Stream.of(self._first, self._second, flow, outside)
        self.flux, self.held = self._links.red_cells(
            flow,
            self._diameter,
            self.stream.entering,
            self.stream.leaving,
            self._inlet,
            self._mixed,
            rheology.NARROWEST,
            rheology.MOST_HAEMATOCRIT,
        )

    def haematocrit(self) -> np.ndarray:
        """Of discharge, (k,) float64 [1]: flux of red cells over flow, 0 where nothing flows."""
        flow = self.stream.flow
        return np.where(flow > 0.0, self.flux / np.where(flow > 0.0, flow, 1.0), 0.0)
