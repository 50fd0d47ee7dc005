"""Growth: the working copy of a vessel network while its tip cells move.

Tips lie on lattice sites; what they add, nodes, segments and cuts of old segments, waits here
until `network()` joins it. All rows are ordered by site, never by where the network was stored.
"""

from dataclasses import replace

import numpy as np

from hybridmet.lattice import Lattice
from hybridmet.tissue.pieces import Pieces
from hybridmet.tissue.vessel_map import NONE, MapRoom, VesselMap, first_of_each
from hybridmet.tissue.vessel_split import split
from hybridmet.tissue.vessels import VesselNetwork


class Growth:
    """Tips as columns, one a site, and the vessels around them.

    site : (k,) int64 padded; node : (k,) int64; sprout : (k,) int64; start : (k,) float64 [h].
    """

    def __init__(
        self,
        lattice: Lattice,
        network: VesselNetwork,
        pieces: Pieces,
        radius: float,
        room: MapRoom | None = None,
    ):
        """`pieces` of the network; `radius` [um]: of new segments; `room`: see VesselMap.

        Of several tips in a site only one goes on.
        """
        self.lattice, self.old, self.radius = lattice, network, radius
        self.map = VesselMap(lattice, network, pieces, room)
        self.sprouts = _Column(network.sprout)
        self.next_sprout = int(network.sprout.max(initial=0)) + 1
        self.changed = False
        self._nodes: list[np.ndarray] = []
        self._links: list[np.ndarray] = []
        self._cuts: list[tuple[np.ndarray, np.ndarray]] = []
        self._cut_links: list[np.ndarray] = []
        self._old_links: np.ndarray | None = None
        self._take_tips()

    def _take_tips(self) -> None:
        tips = np.flatnonzero(self.old.tip)
        sites = self.lattice.padded_sites(self.old.nodes[tips])
        x, y, z = self.old.nodes[tips].T
        tips = tips[first_of_each(sites, (z, y, x))]
        tips = tips[np.argsort(self.lattice.padded_sites(self.old.nodes[tips]))]
        self.node, self.site = tips, self.lattice.padded_sites(self.old.nodes[tips])
        self.sprout, self.start = self.old.sprout[tips], self.old.sprout_start[tips]
        self.map.put(self.site, tips)
        self.changed = len(tips) < np.count_nonzero(self.old.tip)

    @property
    def tips(self) -> int:
        return len(self.site)

    def keep(self, mask: np.ndarray) -> None:
        """Tips outside the mask stop."""
        if mask.all():
            return
        self.changed = True
        self.site, self.node = self.site[mask], self.node[mask]
        self.sprout, self.start = self.sprout[mask], self.start[mask]

    def owner(self, sites: np.ndarray) -> np.ndarray:
        """Number of the sprout that laid the node of a site, -1 where there is no node."""
        nodes = self.map.node[sites]
        return np.where(nodes >= 0, self.sprouts.values[np.maximum(nodes, 0)], -1)

    def advance(self, tips: np.ndarray, sites: np.ndarray) -> None:
        """Tips step into free sites, each its own, and lay a node and a segment behind them."""
        order = np.argsort(sites)
        tips, sites = tips[order], sites[order]
        self._link(self.node[tips], self._lay(sites, self.sprout[tips]))
        self.retrace(tips, sites)

    def retrace(self, tips: np.ndarray, sites: np.ndarray) -> None:
        """Tips step onto nodes that stand in sites already."""
        self.site[tips], self.node[tips] = sites, self.map.node[sites]
        self.changed = self.changed or len(tips) > 0

    def join(self, tips: np.ndarray, sites: np.ndarray) -> None:
        """Tips grow into the vessels of sites; a segment is cut where it has no node there. The
        caller stops them."""
        bare = np.unique(sites[self.map.node[sites] == NONE])
        if len(bare):
            pieces = self.map.piece[bare]
            self._cut(pieces, self._place(bare, self._points(pieces), 0))
        order = np.argsort(self.site[tips])
        self._link(self.node[tips][order], self.map.node[sites[order]])

    def branch(self, tips: np.ndarray, sites: np.ndarray, now: float) -> None:
        """Tips become two sprouts each: one goes on from where the tip is, one from a free
        neighbouring site. Both are new, begun `now` [h]."""
        order = np.argsort(self.site[tips])
        tips, sites = tips[order], sites[order]
        number = self.next_sprout + 2 * np.arange(len(tips))
        self.next_sprout += 2 * len(tips)
        self.sprout[tips], self.start[tips] = number, now
        self.sprouts.values[self.node[tips]] = number
        nodes = self._lay(sites, number + 1)
        self._link(self.node[tips], nodes)
        self.site, self.node = np.append(self.site, sites), np.append(self.node, nodes)
        self.sprout = np.append(self.sprout, number + 1)
        self.start = np.append(self.start, np.full(len(tips), now))

    def joined(self, tips: np.ndarray, sites: np.ndarray) -> np.ndarray:
        """Whether a tip's node is the end of a segment that leads into a site already: bool."""
        there, pieces = self.map.node[sites], self.map.piece[sites]
        linked = self._linked(_key(self.node[tips], there)) & (there != NONE)
        on_segment = (there == NONE) & (pieces != NONE)
        ends = self.old.segments[self.map.pieces.segment[pieces[on_segment]]]
        linked[on_segment] = (ends == self.node[tips][on_segment, None]).any(axis=1)
        return linked

    def _linked(self, keys: np.ndarray) -> np.ndarray:
        """Whether there are segments between pairs of nodes, old, new or to be cut: bool."""
        if self._old_links is None:
            self._old_links = np.sort(_key(*self.old.segments.T))
        at = np.searchsorted(self._old_links, keys)
        known = np.append(self._old_links, -1)[at] == keys
        new = [_key(*link.T) for link in self._links]
        return known | np.isin(
            keys, np.concatenate([np.empty(0, np.int64), *new, *self._cut_links])
        )

    def _cut(self, pieces: np.ndarray, nodes: np.ndarray) -> None:
        """Note where old segments are to be cut, and that the cuts are linked to their ends."""
        self._cuts.append((pieces, nodes))
        ends = self.old.segments[self.map.pieces.segment[pieces]]
        self._cut_links += [_key(ends[:, 0], nodes), _key(ends[:, 1], nodes)]

    def _points(self, pieces: np.ndarray) -> np.ndarray:
        """Middles of pieces of old segments: (n, 3) [um]."""
        ends = self.old.nodes[self.old.segments[self.map.pieces.segment[pieces]]]
        share = self.map.pieces.along[pieces][:, None]
        return ends[:, 0] + share * (ends[:, 1] - ends[:, 0])

    def _lay(self, sites: np.ndarray, sprouts: np.ndarray) -> np.ndarray:
        """New nodes at the centres of sites; returns their numbers."""
        centres = self.lattice.positions(self.lattice.global_sites(sites))
        return self._place(sites, centres, sprouts)

    def _place(self, sites: np.ndarray, positions: np.ndarray, sprouts) -> np.ndarray:
        numbers = self.sprouts.append(np.broadcast_to(sprouts, len(sites)))
        self.map.put(sites, numbers)
        self._nodes.append(positions)
        self.changed = True
        return numbers

    def _link(self, first: np.ndarray, second: np.ndarray) -> None:
        self._links.append(np.stack([first, second], axis=1))
        self.changed = self.changed or len(first) > 0

    def network(self) -> VesselNetwork:
        """The network as grown so far; the old object if nothing changed."""
        if not self.changed:
            return self.old
        nodes = np.concatenate([np.empty((0, 3)), *self._nodes])
        links = np.concatenate([np.empty((0, 2), np.int32), *self._links])
        grown = self.old.added(nodes, links, radius=self.radius)
        tip, start = np.zeros_like(grown.tip), np.zeros_like(grown.sprout_start)
        tip[self.node], start[self.node] = 1, self.start
        sprout = self.sprouts.values.copy()
        grown = replace(grown, tip=tip, sprout=sprout, sprout_start=start)
        if not self._cuts:
            return grown
        pieces, nodes = (np.concatenate(column) for column in zip(*self._cuts, strict=True))
        return split(grown, self.map.pieces.segment[pieces], self.map.pieces.along[pieces], nodes)


def _key(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """One number for the two ends of a segment, in any order."""
    low, high = np.minimum(first, second), np.maximum(first, second)
    return low.astype(np.int64) << 32 | high.astype(np.int64)


class _Column:
    """A column that grows at its end without being copied each time."""

    def __init__(self, values: np.ndarray):
        self._held, self._n = values.copy(), len(values)

    @property
    def values(self) -> np.ndarray:
        """View of the rows so far."""
        return self._held[: self._n]

    def append(self, rows: np.ndarray) -> np.ndarray:
        """Numbers of the new rows: (k,) int64."""
        first, self._n = self._n, self._n + len(rows)
        if self._n > len(self._held):
            spare = np.zeros(self._n, self._held.dtype)
            self._held = np.concatenate([self._held[:first], rows, spare])
        self._held[first : self._n] = rows
        return np.arange(first, self._n)
