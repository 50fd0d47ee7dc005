"""Where things are drawn: one world coordinate system [um] for body figure and lattices.

A lattice is drawn at true size, its centre at the place of its capillary bed; the body figure
is drawn reduced, by one scale a run, so that the lattices of neighbouring organs stay apart.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import numpy as np

GAP = 0.8
"""Width of the largest lattice over the distance of neighbouring places [1] (ASSUMED)."""
CASCADE = np.array([0.2, 0.2, -1.0])
"""Shift of the second, third, ... lattice of a bed, in distances of neighbouring places [1]
(ASSUMED): behind the first and a little aside, as cards in a hand, so that none is hidden."""
BESIDE = np.array([0.35, -0.35, -0.5])
"""From a compartment to one that it feeds and that has no place, in distances of neighbouring
places [1] (ASSUMED)."""
ASIDE = -70.0
"""Where compartments without an anatomical place stand in a column [cm] (ASSUMED)."""


@cache
def figure() -> dict:
    """The schematic figure of a standing adult (data/body_positions.json), lengths in cm."""
    text = files("hybridmet").joinpath("data/body_positions.json").read_text(encoding="utf-8")
    return json.loads(text)


class BodyLayout:
    """Places of compartments, lattices and vessels; x to the patient's left, y up, z forward."""

    def __init__(
        self,
        nodes: Sequence[str],
        largest_extent: float,
        feeders: Mapping[str, str] | None = None,
    ):
        """nodes: names of the compartments; largest_extent: longest lattice edge [um]; feeders:
        where the blood of a compartment comes from, for those without a place of their own."""
        self.scale = largest_extent / (GAP * figure()["pitch"])
        """World length of one centimetre of body [um/cm], constant in a run."""
        self._places = _places(nodes, feeders or {})
        self._trunks = figure()["trunks"]

    @property
    def pitch(self) -> float:
        """Least distance of two capillary beds along x or y [um]."""
        return figure()["pitch"] * self.scale

    @property
    def outline(self) -> np.ndarray:
        """The closed silhouette, (n, 3) [um]; the last point repeats the first."""
        flat = np.array(figure()["outline"])
        closed = np.vstack([flat, flat[:1]])
        behind = np.full((len(closed), 1), self._trunks["arteries"]["z"])
        return np.hstack([closed, behind]) * self.scale

    def place(self, node: str) -> np.ndarray:
        """Centre of a compartment, (3,) [um]."""
        return self._places[node] * self.scale

    def lattice_origin(
        self, name: str, bed: str, extent: tuple[float, float, float]
    ) -> np.ndarray:
        """Corner of site 0 of a lattice in the world, (3,) [um].

        name: of the tissue, "liver" or "liver.2", the second lattice of its bed.
        """
        shift = CASCADE * (_ordinal(name) - 1) * self.pitch
        return self.place(bed) + shift - np.asarray(extent) / 2

    def route(self, source: str, target: str) -> np.ndarray:
        """Points between two compartments through which their vessel is drawn, (k, 3) [um].

        Vessels between a trunk and another compartment follow the trunk behind the organs.
        """
        if source in self._trunks and target not in self._trunks:
            bends = self._bends(source, target)
        elif target in self._trunks and source not in self._trunks:
            bends = self._bends(target, source)[::-1]
        else:
            bends = np.empty((0, 3))
        return bends * self.scale

    def _bends(self, trunk: str, other: str) -> np.ndarray:
        """From a trunk: along it to the height of the other end, then sideways behind it [cm]."""
        line = self._trunks[trunk]
        x, y, _ = self._places[other]
        height = y + line["level"]
        return np.array([[line["x"], height, line["z"]], [x, height, line["z"]]])


def _ordinal(name: str) -> int:
    """1 for "liver", 2 for "liver.2"."""
    match = re.search(r"\.(\d+)$", name)
    return int(match[1]) if match else 1


def _places(nodes: Sequence[str], feeders: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Anatomical place of each compartment [cm]; those without one stand beside their feeder,
    such as a tumour's vein, or else aside."""
    known = figure()["positions"]
    strangers = [name for name in nodes if name not in known]
    places = {name: np.array(known[name], dtype=float) for name in nodes if name in known}
    fed = [name for name in strangers if feeders.get(name) in places]
    places |= {name: places[feeders[name]] + figure()["pitch"] * BESIDE for name in fed}
    for row, name in enumerate(name for name in strangers if name not in fed):
        height = figure()["height"] - figure()["pitch"] * (row + 0.5)
        places[name] = np.array([ASIDE, height, 0.0])
    return places
