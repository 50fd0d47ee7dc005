"""Rates of the cells of a colony that is a ball: those near its surface have oxygen, the core not.

Inside the ball cells take up what vessels, evenly spread in it and around it, exchange:
D lap u + K (u_b - u) - (decay + uptake) u = 0, outside the same without uptake. The solution of
either side is in closed form (modified Bessel functions; in 3-D hyperbolic), joined where value and
slope are equal. Rates are means over the layers in which cells live: debris is the core.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ive, kve

from hybridmet._core.population import CORES, SIZES
from hybridmet.lattice import Lattice
from hybridmet.tissue.colony_room import radii
from hybridmet.tissue.field_parameters import FieldParameters
from hybridmet.tissue.mean_field import CellRates, EvenVessels, factors, field_value
from hybridmet.tissue.phenotypes import BEHAVIOURS, Phenotype

LAYERS = 32
"""Layers of equal thickness in a ball: a multiple of the intervals between cores."""
ENTRIES = BEHAVIOURS.index("intravasation"), BEHAVIOURS.index("shedding")
MIDDLES = (np.arange(LAYERS) + 0.5) / LAYERS
"""Their radii over that of the ball."""


@dataclass(frozen=True)
class BallRates:
    """Rates by size and core of a colony.

    table : (SIZES, CORES, phenotypes, behaviours + 1 + phenotypes) float64 [1/h], as
    PopulationKernel takes it; hypoxic : (SIZES, CORES, phenotypes) share of the living cells with
    less oxygen than a threshold.
    """

    table: np.ndarray
    hypoxic: np.ndarray

    def hypoxic_share(self, sites: np.ndarray, core: np.ndarray) -> np.ndarray:
        """In colonies of so many sites, `core` of their radius debris: (n, phenotypes)."""
        octave = np.clip(np.log2(np.maximum(sites, 1.0)), 0.0, SIZES - 1.0)
        k = np.minimum(octave.astype(int), SIZES - 2)
        j = np.minimum((core * (CORES - 1)).astype(int), CORES - 2)
        x, y = (octave - k)[:, None], (core * (CORES - 1) - j)[:, None]
        h = self.hypoxic
        low = (1.0 - y) * h[k, j] + y * h[k, j + 1]
        return (1.0 - x) * low + x * ((1.0 - y) * h[k + 1, j] + y * h[k + 1, j + 1])


def profile(
    name: str, field: FieldParameters, phenotype: Phenotype, vessels: EvenVessels, lattice: Lattice
) -> np.ndarray:
    """A field in the layers of balls of 1, 2, 4 ... sites: (SIZES, LAYERS) [unit].

    A saturable uptake is that at the value in tissue full of cells.
    """
    inside = field_value(name, field, phenotype, vessels)
    supply = vessels.exchange_rate(field)
    if supply == 0.0 or field.diffusivity == 0.0:
        return np.full((SIZES, LAYERS), inside)
    loss = supply + field.decay_rate
    outside = supply * field.blood_value / loss
    if inside <= 0.0 or outside <= inside:
        return np.full((SIZES, LAYERS), inside)
    radius = lattice.spacing * radii(lattice.dim, 2.0 ** np.arange(SIZES))[:, None]
    length = np.sqrt(field.diffusivity * inside / (supply * field.blood_value))
    shape, slope = _rising(lattice.dim, radius, length)
    fall = _falling(lattice.dim, radius, np.sqrt(field.diffusivity / loss))
    return inside + (outside - inside) * fall / (fall + slope) * shape


def _rising(dim: int, radius: np.ndarray, length: float) -> tuple[np.ndarray, np.ndarray]:
    """The solution that is regular in the middle, 1 at the surface, by layer; its slope there."""
    a, r = radius / length, MIDDLES * radius / length
    if dim == 2:
        return ive(0, r) / ive(0, a) * np.exp(r - a), ive(1, a) / ive(0, a) / length
    shape = np.exp(r - a) * np.expm1(-2.0 * r) / np.expm1(-2.0 * a) / MIDDLES
    return shape, (1.0 / np.tanh(a) - 1.0 / a) / length


def _falling(dim: int, radius: np.ndarray, length: float) -> np.ndarray:
    """How steeply the solution that vanishes far off falls at the surface, where it is 1."""
    if dim == 2:
        return kve(1, radius / length) / kve(0, radius / length) / length
    return 1.0 / length + 1.0 / radius


def ball_rates(
    phenotypes: Mapping[str, Phenotype],
    fields: Mapping[str, FieldParameters],
    vessels: EvenVessels,
    lattice: Lattice,
    lone: CellRates,
    depth: np.ndarray,
    threshold: float,
) -> BallRates:
    """From the rates `lone` of a cell that nothing responds to; cells within `depth` (phenotypes,)
    [sites] of the surface have room; below `threshold` oxygen they are hypoxic."""
    n = len(phenotypes)
    table = np.empty((SIZES, CORES, n, len(BEHAVIOURS) + 1 + n))
    hypoxic = np.zeros((SIZES, CORES, n))
    division, transition = BEHAVIOURS.index("division"), BEHAVIOURS.index("transition")
    for p, phenotype in enumerate(phenotypes.values()):
        values = {f: profile(f, x, phenotype, vessels, lattice) for f, x in fields.items()}
        factor = factors(phenotype, values, (SIZES, LAYERS))
        factor[..., list(ENTRIES)] *= depletion(p, lone, vessels, lattice, depth)
        everywhere, shell, below = _weights(lattice.dim, float(depth[p]))
        means = np.einsum("slb,scl->scb", factor, everywhere)
        inner = np.einsum("sl,scl->sc", factor[..., division], below)
        means[..., division] = np.einsum("sl,scl->sc", factor[..., division], shell)
        table[..., p, : len(BEHAVIOURS)] = lone.rates[p] * means
        table[..., p, len(BEHAVIOURS)] = lone.rates[p, division] * inner
        table[..., p, len(BEHAVIOURS) + 1 :] = lone.transitions[p] * means[..., transition, None]
        if "oxygen" in values:
            lacking = (values["oxygen"] < threshold).astype(float)
            hypoxic[..., p] = np.einsum("sl,scl->sc", lacking, everywhere)
    return BallRates(table, hypoxic)


def depletion(
    p: int, lone: CellRates, vessels: EvenVessels, lattice: Lattice, depth: np.ndarray
) -> np.ndarray:
    """Share of phenotype `p` still beside vessels, over that elsewhere, by layer and way into the
    blood: (SIZES, LAYERS, 2).

    Near the surface cells move and divide, and all come by a vessel. Below they stay: those beside
    a vessel that enter the blood more often than others (at a rate k above the least of all
    phenotypes) become fewer, until death and change of phenotype (at a rate r) bring others:
    (r + k exp(-(r + k) t)) / (r + k), t after the front of the others has passed. ASSUMED: that
    others take their places, so it holds for phenotypes that are few.
    """
    out = np.ones((SIZES, LAYERS, len(ENTRIES)))
    beside = vessels.density * lattice.spacing**2
    others = np.arange(len(depth)) != p
    speed = float((depth * lone.division)[others].mean()) if others.any() else 0.0
    if beside == 0.0 or speed == 0.0:
        return out
    rate = lone.rates[:, list(ENTRIES)] / min(1.0, beside)
    renewed = lone.rates[p, BEHAVIOURS.index("death")] + lone.transitions[p].sum()
    radius = radii(lattice.dim, 2.0 ** np.arange(SIZES))[:, None]
    since = np.maximum(0.0, radius * (1.0 - MIDDLES) - depth[others].mean()) / speed
    for way, k in enumerate(rate[p] - rate.min(axis=0)):
        if k > 0.0:
            out[..., way] = (renewed + k * np.exp(-(renewed + k) * since)) / (renewed + k)
    return out


def _weights(dim: int, depth: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares of the layers, (SIZES, CORES, LAYERS) each, in what lives: all of it; its part within
    `depth` [sites] of the surface; its part below that, or all of it where there is none."""
    volume = MIDDLES ** (dim - 1)
    first = np.minimum(np.arange(CORES) / (CORES - 1), MIDDLES[-1])[:, None]
    lives = np.broadcast_to(volume * (MIDDLES >= first), (SIZES, CORES, LAYERS))
    border = 1.0 - depth / radii(dim, 2.0 ** np.arange(SIZES))
    near = MIDDLES >= np.minimum(border, MIDDLES[-1])[:, None, None]
    below = lives * ~near
    below = np.where(below.any(axis=2, keepdims=True), below, lives)
    return tuple(w / w.sum(axis=2, keepdims=True) for w in (lives, lives * near, below))
