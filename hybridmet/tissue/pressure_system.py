"""Pressure system: the symmetric positive definite equations of the pressures of a circuit.

Solved by conjugate gradients, preconditioned by their diagonal: in a three-dimensional mesh some
hundred steps of a millisecond, where factors fill up. Where vessels of very different width follow
each other, as in trees, that creeps; factors are sparse there, and take over. While conductances
change from one solution to the next, earlier factors precondition.
"""

import numpy as np
from scipy.sparse import csc_array, csr_array
from scipy.sparse.linalg import splu

FEW = 500
"""Unknowns up to which factors are used from the start [1]: they cost a millisecond."""
PATIENCE = 200
"""Steps in which conjugate gradients must bring the residual to a tenth, else factors take over
[1]: ASSUMED; meshes of 10^5 segments need 25."""
STALE_STEPS = 50
"""Steps of conjugate gradients, preconditioned by factors of earlier conductances, after which the
factors are made anew [1]: so many cost about as much (measured)."""


class PressureSystem:
    """A p = b, A = sum over segments of g (e_i - e_j)(e_i - e_j)^T, of changing conductances g.

    i, j : (k,) int64 numbers of the unknowns at the ends of each segment, -1 where the pressure is
    known.
    """

    def __init__(self, unknowns: int, i: np.ndarray, j: np.ndarray):
        self.unknowns = unknowns
        inner = np.flatnonzero((i >= 0) & (j >= 0))
        self._segments = np.concatenate([np.flatnonzero(i >= 0), np.flatnonzero(j >= 0), inner, inner])
        rows = np.concatenate([i[i >= 0], j[j >= 0], i[inner], j[inner]])
        columns = np.concatenate([i[i >= 0], j[j >= 0], j[inner], i[inner]])
        places, self._place = np.unique(rows * max(unknowns, 1) + columns, return_inverse=True)
        self._signs = np.where(rows == columns, 1.0, -1.0)
        rows, self._columns = np.divmod(places, max(unknowns, 1))
        self._starts = np.searchsorted(rows, np.arange(unknowns + 1))
        self._diagonal_places = np.flatnonzero(rows == self._columns)
        self._factors, self._fresh = None, False
        self._stale_steps, self._milestone = 0, 0.0

    def renew(self, g: np.ndarray) -> None:
        """Take over new conductances (k,) float64 [nL/min/mmHg]."""
        values = self._signs * g[self._segments]
        self._values = np.bincount(self._place, values, len(self._columns))
        parts = (self._values, self._columns, self._starts)
        self._matrix = csr_array(parts, shape=(self.unknowns, self.unknowns))
        self._diagonal = self._values[self._diagonal_places]
        self._fresh = False

    @property
    def exact(self) -> bool:
        """Whether solutions are those of factors of the present conductances."""
        return self._fresh

    def solve(self, right: np.ndarray, reduction: float, anew: bool = False) -> np.ndarray:
        """Solution (unknowns,) for a right-hand side, whose residual is reduced to the share
        `reduction` at least; by fresh factors if `anew`."""
        near = None if self._fresh or anew else self._near(right, reduction)
        if near is not None:
            return near
        if not self._fresh:
            self._factorize()
        return self._factors.solve(right)

    def _near(self, right: np.ndarray, reduction: float) -> np.ndarray | None:
        """By conjugate gradients, unless they take too many steps."""
        if self._factors is None:
            if self.unknowns <= FEW:
                return None
            return self._conjugate(lambda r: r / self._diagonal, right, reduction, self._creeps)
        if self._stale_steps >= STALE_STEPS:
            return None
        return self._conjugate(self._factors.solve, right, reduction, self._stale)

    def _conjugate(self, precondition, b, reduction: float, hopeless) -> np.ndarray | None:
        """By conjugate gradients; None where `hopeless(step, residual)`. Sums by einsum: a
        threaded dot product would make digits depend on threads."""
        x, r, step = np.zeros(len(b)), b.copy(), 0
        z = precondition(r)
        direction, rz = z, np.einsum("i,i", r, z)
        goal = reduction**2 * rz
        while rz > goal:
            if hopeless(step, rz):
                return None
            image = self._matrix @ direction
            length = rz / np.einsum("i,i", direction, image)
            x += length * direction
            r -= length * image
            z = precondition(r)
            before, rz = rz, np.einsum("i,i", r, z)
            direction = z + (rz / before) * direction
            step += 1
        return x

    def _creeps(self, step: int, squared: float) -> bool:
        """Whether the residual (squared) fell too little in the last PATIENCE steps."""
        if step % PATIENCE:
            return False
        creeps = step > 0 and squared > 1e-2 * self._milestone
        self._milestone = squared
        return creeps

    def _stale(self, step: int, squared: float) -> bool:
        """Whether factors have been used for too many steps."""
        self._stale_steps += 1
        return self._stale_steps > STALE_STEPS

    def _factorize(self) -> None:
        """Sparse LU factors without pivoting; the matrix is symmetric, its rows are its columns."""
        parts = (self._values, self._columns, self._starts)
        matrix = csc_array(parts, shape=(self.unknowns, self.unknowns))
        self._factors = splu(matrix, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})
        self._fresh, self._stale_steps = True, 0
