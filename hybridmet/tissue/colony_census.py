"""Census of a tissue without a lattice: what the cells of its colonies are called."""

import numpy as np

from hybridmet import tables
from hybridmet._core.population import PopulationKernel
from hybridmet.tissue.ball_rates import BallRates
from hybridmet.tissue.cells import ACTIVE, DEBRIS, DORMANT
from hybridmet.tissue.lines import Lines


def colony_census(
    lines: Lines, kernel: PopulationKernel, rates: BallRates, replaced: np.ndarray, slots: int
) -> np.ndarray:
    """Cells by phenotype and state: (phenotypes, states) int64. Active cells are hypoxic as far
    as the oxygen in their ball says so; of the others those without room are quiescent, but for
    the share `replaced` (phenotypes,) that divides into places others leave."""
    totals = lines.totals()
    out = np.zeros((len(totals), len(tables.STATES)), dtype=np.int64)
    active = totals[:, ACTIVE]
    hypoxic, with_room = _hypoxic_and_with_room(lines, kernel, rates, replaced, slots)
    out[:, tables.HYPOXIC] = np.minimum(active, hypoxic)
    out[:, tables.PROLIFERATING] = np.minimum(active - out[:, tables.HYPOXIC], with_room)
    out[:, tables.QUIESCENT] = active - out[:, tables.HYPOXIC] - out[:, tables.PROLIFERATING]
    out[:, tables.DORMANT] = totals[:, DORMANT]
    out[:, tables.NECROTIC] = totals[:, DEBRIS]
    return out


def _hypoxic_and_with_room(
    lines: Lines, kernel: PopulationKernel, rates: BallRates, replaced: np.ndarray, slots: int
) -> tuple[np.ndarray, np.ndarray]:
    """Active cells that are hypoxic, and that have room to divide or get it: (phenotypes,)."""
    if lines.n == 0:
        return np.zeros(len(replaced), np.int64), np.zeros(len(replaced), np.int64)
    first, _ = lines.colonies()
    count = np.add.reduceat(lines.count, first).astype(np.float64)
    active, occupied = count[:, :, ACTIVE], count.sum(axis=(1, 2))
    core = np.cbrt(count[:, :, DEBRIS].sum(axis=1) / occupied)
    hypoxic = (active * rates.hypoxic_share(occupied / slots, core)).sum(axis=0)
    shells = kernel.shells(lines.founder[first], count[:, :, :DEBRIS].sum(axis=2))
    room = kernel.room(shells, occupied, occupied.sum())[:, None]
    with_room = (active * (room + (1.0 - room) * replaced)).sum(axis=0)
    return np.rint(hypoxic).astype(np.int64), np.rint(with_room).astype(np.int64)

