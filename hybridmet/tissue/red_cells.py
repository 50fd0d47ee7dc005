"""Red cells: how they part at every fork of a network whose flow is known.

Where vessels meet, blood mixes; where they part, each branch takes its share by
`rheology.red_cell_share`. The flux of red cells through all nodes is one triangular system, so
that none is lost.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.linalg import splu

from hybridmet.tissue.rheology import MOST_HAEMATOCRIT, red_cell_share

FEWEST = 1e-100
"""Haematocrit below which blood counts as plasma where shares are bounded [1]: no overflow."""


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

    def into(self, values: np.ndarray) -> np.ndarray:
        """Sum over the segments that run into each node: (n,) float64."""
        return np.bincount(self.lower, values, len(self.entering))

    def out_of(self, values: np.ndarray) -> np.ndarray:
        """Sum over the segments that run out of each node: (n,) float64."""
        return np.bincount(self.upper, values, len(self.entering))


def shares(
    stream: Stream, diameter: np.ndarray, haematocrit: np.ndarray, mixed: np.ndarray
) -> tuple[np.ndarray, int]:
    """Share of a node's red cells that each of its branches takes: (k,) float64, and in how many
    it is held at MOST_HAEMATOCRIT.

    Nodes of `mixed` (n,) bool, and those of one branch, share in proportion to flow. Several
    branches: each by the law against the others together (with two that is all); what is missing
    then goes into all as blood does, what is too much is taken off in proportion. ASSUMED, as
    nobody has measured it. This is continuous: scaling alone jumps where many equal branches all
    lie below the least share of blood that draws red cells, and no steady state is left.
    """
    upper, flow = stream.upper, stream.flow
    running = flow > 0.0
    branches = stream.out_of(running.astype(float))
    total = stream.out_of(flow)
    away = total + stream.leaving
    share = flow / np.where(away > 0.0, away, 1.0)[upper]
    forks = (branches >= 2) & ~mixed & (stream.into(flow) > 0.0)
    k = np.flatnonzero(forks[upper] & running)
    if len(k) == 0:
        return share, 0
    brought = stream.into(flow)
    feeding = stream.into(flow * diameter)[upper[k]] / brought[upper[k]]
    mixture = np.minimum(
        stream.into(flow * haematocrit)[upper[k]] / brought[upper[k]], MOST_HAEMATOCRIT
    )
    blood = share[k]
    law = red_cell_share(blood, feeding, diameter[k], _others(stream, diameter, total, k), mixture)
    sums = np.bincount(upper[k], law, len(forks))[upper[k]]
    law = np.where(sums > 1.0, law / np.maximum(sums, 1.0), law + (1.0 - sums) * blood)
    share[k], held = _held(upper[k], law, blood, mixture, len(forks))
    return share, held


def _others(stream: Stream, diameter, total: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Mean diameter of the other branches at the fork of segments k, weighted by flow [um]."""
    upper, flow = stream.upper[k], stream.flow[k]
    count = np.bincount(upper, minlength=len(total))[upper]
    pair = (np.bincount(upper, k, len(total))[upper] - k).astype(np.int64)
    rest = total[upper] - flow
    weight = stream.out_of(stream.flow * diameter)[upper] - flow * diameter[k]
    mean = np.where(rest > 0.0, weight / np.where(rest > 0.0, rest, 1.0), diameter[k])
    two = count == 2
    mean[two] = diameter[pair[two]]
    return np.clip(mean, diameter[k].min(), diameter[k].max())


def _held(fork: np.ndarray, share: np.ndarray, blood: np.ndarray, mixture, nodes: int):
    """Shares of which none packs its branch above MOST_HAEMATOCRIT; what is above goes into the
    other branches by the room they have. Returns them and how many were held."""
    room = MOST_HAEMATOCRIT * blood / np.maximum(mixture, FEWEST)
    over = share > room
    if not over.any():
        return share, 0
    share = np.minimum(share, room)
    missing = 1.0 - np.bincount(fork, share, nodes)
    free = room - share
    frees = np.bincount(fork, free, nodes)
    scale = np.where(frees > 0.0, missing / np.where(frees > 0.0, frees, 1.0), 0.0)
    hit = np.bincount(fork, over, nodes)[fork] > 0
    return np.where(hit, share + scale[fork] * free, share), int(over.sum())


def red_cell_flux(
    stream: Stream, share: np.ndarray, inlet: np.ndarray, pressure: np.ndarray
) -> np.ndarray:
    """Flux of red cells in each segment: (k,) float64 [nL/min of red cells].

    R_n = entering_n H_n + sum of share R over the segments that run into n; triangular in the
    order of falling pressure. `inlet` (n,): haematocrit of blood that enters.
    """
    n = len(pressure)
    rank = np.empty(n, np.int64)
    rank[np.argsort(-pressure, kind="stable")] = np.arange(n)
    running = stream.flow > 0.0
    rows, columns = rank[stream.lower[running]], rank[stream.upper[running]]
    every = np.arange(n)
    matrix = csc_array(
        (
            np.concatenate([np.ones(n), -share[running]]),
            (np.concatenate([every, rows]), np.concatenate([every, columns])),
        ),
        shape=(n, n),
    )
    right = np.empty(n)
    right[rank] = stream.entering * inlet
    factor = splu(
        matrix, permc_spec="NATURAL", diag_pivot_thresh=0.0, relax=1, panel_size=1
    )  # triangular but for rounding: nothing to gather into blocks
    return share * factor.solve(right)[rank][stream.upper]
