"""Contact entry: a cell that moves onto a vessel enters the blood with certainty.

With it go all active cells of that site and of its face neighbours, as one cluster (Franssen,
Lorenzi, Burgess & Chaplain 2019, doi:10.1007/s11538-019-00597-x). It runs at the end of a step,
when whoever stands on a vessel it can enter has just moved there: none are left from before.
"""

from dataclasses import dataclass

import numpy as np

from hybridmet._core.cells import LEAVER
from hybridmet.lattice import Lattice
from hybridmet.tissue.cells import Cells, kind_of
from hybridmet.tissue.perfusion import VesselSites

NOBODY = np.zeros(0, dtype=LEAVER)


@dataclass(frozen=True)
class ContactEntry:
    """Who enters which vessel on contact."""

    intact: tuple[str, ...] = ("mesenchymal",)
    """Phenotypes that enter through an intact wall (Franssen 2019); any enters a ruptured one."""


class ContactDoor:
    """The vessels of one lattice with the sites around them."""

    def __init__(
        self,
        entry: ContactEntry,
        lattice: Lattice,
        cells: Cells,
        vessels: VesselSites,
        phenotypes: tuple[str, ...],
    ):
        self.cells, self.lattice = cells, lattice
        self._flat = {name: cells.columns[name].reshape(-1) for name in Cells.STATE}
        self._active = np.zeros(256, dtype=bool)
        self._active[[kind_of(number) for number in range(len(phenotypes))]] = True
        intact = np.zeros(256, dtype=bool)
        intact[[kind_of(n) for n, name in enumerate(phenotypes) if name in entry.intact]] = True
        self._ruptured = vessels.ruptured_area > 0.0
        self._sites = np.array([lattice.global_site(int(p)) for p in vessels.sites], np.int64)
        self._slots = vessels.sites[:, None] * cells.slots + np.arange(cells.slots)
        rules = np.where(self._ruptured[:, None], self._active, intact)
        rules &= (vessels.intact_area + vessels.ruptured_area > 0.0)[:, None]
        self._may = np.ascontiguousarray(rules).reshape(-1)
        self._row = 256 * np.arange(len(vessels.sites), dtype=np.int64)[:, None]

    def step(self, now: float) -> np.ndarray:
        """Take out who enters the blood at `now` [h]: LEAVER rows, by vessel site."""
        kinds = self._flat["kind"].take(self._slots)
        if not kinds.any():
            return NOBODY
        enters = self._may.take(kinds + self._row)
        if not enters.any():
            return NOBODY
        vessels = np.flatnonzero(enters.any(axis=1))
        return np.concatenate([self._leave(int(v), enters, now) for v in vessels])

    def _leave(self, vessel: int, enters: np.ndarray, now: float) -> np.ndarray:
        """The cluster that enters one vessel; empty if another took its cells before."""
        leaders = self._slots[vessel][enters[vessel]]
        leaders = leaders[self._flat["kind"][leaders] != 0]
        if len(leaders) == 0:
            return NOBODY
        site, slots = int(self._sites[vessel]), self.cells.slots
        where = [self._members(s) for s in self._neighbourhood(site)]
        index = np.concatenate([i for i, _ in where])
        out = np.zeros(len(index), dtype=LEAVER)
        out["time"] = now
        out["site"] = np.concatenate([np.full(len(i), s) for i, s in where])
        out["slot"] = index % slots
        out["claimer"] = site * slots + int(leaders[0]) % slots
        out["clone"], out["founder"] = self._flat["clone"][index], self._flat["founder"][index]
        out["phenotype"] = (self._flat["kind"][index] - 1) >> 2
        out["ruptured"] = self._ruptured[vessel]
        for column in self._flat.values():
            column[index] = 0
        return out

    def _neighbourhood(self, site: int) -> list[int]:
        """A global site and its face neighbours, each once."""
        shape, dim = self.lattice.shape3, self.lattice.dim
        middle = np.array(np.unravel_index(site, shape))
        out = [site]
        for axis in range(3 - dim, 3):
            for step in (-1, 1):
                there = middle.copy()
                there[axis] += step
                if self.lattice.periodic:
                    there %= shape
                if np.all((there >= 0) & (there < shape)):
                    out.append(int(np.ravel_multi_index(tuple(there), shape)))
        return list(dict.fromkeys(out))

    def _members(self, site: int) -> tuple[np.ndarray, int]:
        """Padded indices of the active cells of a global site, and the site."""
        slots = np.arange(self.cells.slots)
        index = self.cells.padded_index(np.full(len(slots), site), slots)
        return index[self._active[self._flat["kind"][index]]], site
