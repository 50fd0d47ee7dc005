"""Pressure system: the symmetric positive definite equations of the pressures of a circuit.

Solved by preconditioned conjugate gradients (csrc/hm_pressure.c). Nodes are numbered by reverse
Cuthill-McKee, children before the nodes they hang on in a tree: there the factors without fill are
the whole ones, and one step is a solution. Where vessels form meshes it takes steps: see MOST_STEPS.
"""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import reverse_cuthill_mckee

from hybridmet._core.pressure import Balance

MOST_STEPS = 10_000
"""Steps of conjugate gradients after which a solution is taken as it is, to be refined [1]:
ASSUMED; meshes of 10^3 to 10^5 segments need 10 to 100, conductances that spread over 10^12 up to
220."""


class PressureSystem:
    """A p = b, A = sum over segments of g (e_i - e_j)(e_i - e_j)^T, of changing conductances g.

    i, j : (k,) int64 numbers of the unknowns at the ends of each segment, -1 where the pressure is
    known. From each unknown a known pressure must be reached.
    """

    def __init__(self, unknowns: int, i: np.ndarray, j: np.ndarray):
        self._order = _children_first(unknowns, i, j)
        number = np.full(unknowns + 1, -1)  # the last one: where the pressure is known
        number[self._order] = np.arange(unknowns)
        ends = number[np.concatenate([i, j])]
        others = number[np.concatenate([j, i])]
        entries = np.flatnonzero((ends >= 0) & (ends != others))
        entries = entries[np.lexsort((others[entries], ends[entries]))]
        columns = (ends, others, np.tile(np.arange(len(i)), 2))
        self._balance = Balance(
            unknowns, len(i), *(column[entries].astype(np.int32) for column in columns)
        )

    def renew(self, g: np.ndarray) -> None:
        """Take over new conductances (k,) float64 [nL/min/mmHg]."""
        self._balance.renew(g)

    def solve(self, right: np.ndarray, reduction: float) -> np.ndarray:
        """Solution (unknowns,) for a right-hand side, whose residual is reduced to the share
        `reduction`."""
        solution = np.empty(len(right))
        solution[self._order] = self._balance.solve(right[self._order], reduction, MOST_STEPS)
        return solution


def _children_first(unknowns: int, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """Order of the unknowns in which they are eliminated: (unknowns,) int."""
    inner = (i >= 0) & (j >= 0)
    rows, columns = np.concatenate([i[inner], j[inner]]), np.concatenate([j[inner], i[inner]])
    links = csr_array((np.ones(len(rows)), (rows, columns)), shape=(unknowns, unknowns))
    return reverse_cuthill_mckee(links, symmetric_mode=True) if unknowns else np.arange(0)
