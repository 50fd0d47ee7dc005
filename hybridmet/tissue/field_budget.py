"""Mass budget of a field: what is made, lost and held, for tests and reports."""

from dataclasses import dataclass

import numpy as np

from hybridmet.tissue.fields import CellTables, Fields, VesselExchange

AXES = "zyx"


@dataclass(frozen=True)
class Budget:
    """Amounts of one field in the whole lattice; d(stock)/dt = source - loss + inflow."""

    stock: float
    """Amount held [unit um^3]."""
    source: float
    """Secretion and supply by vessels [unit um^3/h]."""
    loss: float
    """Decay, uptake and return to vessels [unit um^3/h]."""
    inflow: float
    """Diffusion through fixed sides [unit um^3/h]."""

    @property
    def imbalance(self) -> float:
        """|source - loss + inflow| over their scale [1]: 0 in a steady state."""
        scale = max(abs(self.source), abs(self.loss), abs(self.inflow))
        return abs(self.source - self.loss + self.inflow) / scale if scale else 0.0


def budget(
    fields: Fields, name: str, kind: np.ndarray, tables: CellTables, vessels: VesselExchange
) -> Budget:
    """The budget of a field at its present values; degradation by other fields is left out."""
    loss, source = fields.rates(name, kind, tables, vessels)
    lattice, u = fields.lattice, fields[name]
    volume = lattice.spacing**3
    return Budget(
        stock=volume * u.sum(),
        source=volume * source.sum(),
        loss=volume * (loss * u).sum(),
        inflow=_inflow(fields, name),
    )


def _inflow(fields: Fields, name: str) -> float:
    """Flux through fixed sides, half a site from the outermost centres [unit um^3/h]."""
    p, lattice = fields.parameters[name], fields.lattice
    total = 0.0
    for side, value in p.fixed_sides.items():
        axis = AXES[-lattice.dim :].index(side[0])
        outermost = np.take(fields[name], -1 if side[1] == "+" else 0, axis=axis)
        total += 2.0 * p.diffusivity * lattice.spacing * (value - outermost).sum()
    return total
