"""Compression: packed cells press vessels shut, and vessels open again where they give way.

Cancer cells, not fluid, compress the vessels of a tumour (Padera et al. 2004,
doi:10.1038/427695a); the law and its numbers are ours.
"""

from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np

from hybridmet.random import Stream, uniform_of
from hybridmet.tissue.segments import crowding_along, segment_identity
from hybridmet.tissue.vessel_process import Surroundings
from hybridmet.tissue.vessels import COLLAPSED, IMMATURE, INTACT, RUPTURED, VesselNetwork
from hybridmet.units import Fraction, Quantity, Rate, check_quantities

Packing = Annotated[float, Quantity("1", "0.9", ge=0, le=0.99)]
LengthRate = Annotated[float, Quantity("1/(um h)", "1e-4 / (um h)", ge=0, le=1e3)]


@dataclass(frozen=True)
class Compression:
    """Segments collapse at a rate that rises with the packing of the cells around them.

    rate length max(0, (c - packing) / (1 - packing)), c the share of places taken by cells and
    debris in and around the sites of the segment; for mature walls times `mature_factor`. By
    length, so that it does not matter into how many segments a vessel is cut. A collapsed
    segment below that packing opens again at a constant rate. A torn wall heals while it is shut,
    and opens as a new one (ASSUMED): of maturity 0, whatever it was before it tore.
    """

    rate: LengthRate = 5e-5
    """Of collapse of an immature vessel among cells without a gap [1/(um h)]: ASSUMED, one of 100
    um in 200 h."""
    packing: Packing = 0.9
    """Share of places taken from which cells press [1]: ASSUMED."""
    mature_factor: Fraction = 0.2
    """Factor for a mature wall [1]: ASSUMED; pericytes hold it open."""
    reopening_rate: Rate = 0.02
    """Of a collapsed segment that is no longer pressed [1/h]: ASSUMED, 1 / 50 h."""

    def __post_init__(self):
        check_quantities(self)

    def step(
        self, network: VesselNetwork, surroundings: Surroundings
    ) -> tuple[VesselNetwork, dict[str, int]]:
        """Events: collapsed, reopened."""
        crowding = crowding_along(
            surroundings.lattice, network, surroundings.pieces_of(network), surroundings.kind
        )
        push = np.clip((crowding - self.packing) / (1.0 - self.packing), 0.0, 1.0)
        shut = network.state == COLLAPSED
        if not (shut | (push > 0.0)).any():
            return network, {}
        strength = 1.0 - (1.0 - self.mature_factor) * network.maturity
        pressing = self.rate * network.lengths * strength * push
        rate = np.where(shut, self.reopening_rate * (push == 0.0), pressing)
        change = drawn(network, surroundings, Stream.COMPRESSION, rate)
        if not change.any():
            return network, {}
        opened = np.where(network.maturity >= 1.0, INTACT, IMMATURE)
        state = np.where(change, np.where(shut, opened, COLLAPSED), network.state)
        events = {"collapsed": change & ~shut, "reopened": change & shut}
        healed = events["collapsed"] & (network.state == RUPTURED)
        maturity = np.where(healed, 0.0, network.maturity)
        after = replace(network, state=state, maturity=maturity)
        return after, {k: int(v.sum()) for k, v in events.items()}


def drawn(
    network: VesselNetwork, surroundings: Surroundings, stream: Stream, rate: np.ndarray
) -> np.ndarray:
    """Segments to which something happens that does so at a rate [1/h] (m,): (m,) bool."""
    chance = -np.expm1(-rate * surroundings.dt)
    steps = np.full(len(rate), surroundings.step, np.uint32)
    identity = segment_identity(network)
    draw = uniform_of(surroundings.seed, stream, identity, steps, draw=surroundings.tissue)
    return draw < chance
