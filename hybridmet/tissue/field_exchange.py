"""What cells and vessels give to the fields of a lattice and take from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class RespondingSecretion:
    """Secretion of one field that responds to others, by cell byte; added to the plain one."""

    rate: np.ndarray
    """(256,) float64 [unit/h], where the responses' factors are 1."""
    first: np.ndarray
    """(256,) uint8: first of the byte's responses."""
    end: np.ndarray
    """(256,) uint8: one past its last."""
    responses: tuple[tuple[int, int, int, float, float, float], ...]
    """Number in `signals`, threshold, low, half-maximum, power, extreme; they multiply."""
    signals: tuple[str, ...]
    """Names of the fields it responds to. Quasi-steady ones are solved before."""


@dataclass(frozen=True)
class CellTables:
    """What one cell does to each field, by cell byte; added over the slots of a site."""

    uptake: Mapping[str, np.ndarray] = field(default_factory=dict)
    """First-order uptake by field name: (256,) float64 [1/h]."""
    secretion: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Secretion: (256,) float64 [unit/h]; negative: uptake of zero order."""
    saturable: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Saturable uptake maximum * u / (half + u): (2, 256) float64, maximum [unit/h] and half
    [unit] > 0. Quasi-steady fields solve it by Newton's method; the others take it at the
    concentration at which a step starts, an error of first order in the step."""
    degradation: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Loss of an immobile field: (256,) float64 [1/h]."""
    responding: Mapping[str, RespondingSecretion] = field(default_factory=dict)
    """Secretion that responds to other fields, beside `secretion`."""
    largest_uptake: Mapping[str, float] = field(init=False)
    """Largest first-order uptake of a cell, by field name [1/h]."""
    least_secretion: Mapping[str, float] = field(init=False)
    """Least secretion of a cell, by field name [unit/h]."""

    def __post_init__(self):
        most = {name: float(np.max(table)) for name, table in self.uptake.items()}
        least = {name: float(np.min(table)) for name, table in self.secretion.items()}
        object.__setattr__(self, "largest_uptake", most)
        object.__setattr__(self, "least_secretion", least)


class BloodSupply(Protocol):
    """Blood that loses what it gives: its tension goes with the tissue's concentrations."""

    def begin(self, u: np.ndarray) -> None:
        """Let blood run through the padded concentrations u as they stand."""
        ...

    def again(self, u: np.ndarray) -> bool:
        """Let it run through those that it has led to; whether they are to be solved again."""
        ...

    @property
    def source(self) -> np.ndarray:
        """What it gives to each site of the exchange: (m,) float64 [unit/h]."""
        ...


@dataclass(frozen=True)
class VesselExchange:
    """Vessels as the fields see them: source = conductance * (blood value - u)."""

    sites: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    """(m,) int64 padded indices, ascending and unique."""
    conductance: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Exchange rate by field name, per site volume: (m,) float64 [1/h]."""
    supply: Mapping[str, BloodSupply] = field(default_factory=dict)
    """By name, quasi-steady fields of which blood holds but so much, instead of the blood value."""

    def __post_init__(self):
        if np.any(np.diff(self.sites) <= 0):
            raise ValueError("VesselExchange.sites: must be ascending and unique")
