from collections.abc import Sequence

import numpy as np

from hybridmet.lattice import Lattice

DTYPE: str
ERR_CONVERGENCE: int

def exp_minus(x: float) -> float: ...

class Workspace:
    lattice: Lattice
    sites: object
    def __init__(self, lattice: Lattice) -> None: ...

class FieldSolver:
    name: str
    workspace: Workspace
    axes: object
    def __init__(
        self, name: str, lattice: Lattice, sides: Sequence[float | None], workspace: Workspace
    ) -> None: ...
    def assemble(
        self,
        everywhere: float,
        empty: float,
        scale: float,
        kind: np.ndarray,
        uptake: np.ndarray | None,
        secretion: np.ndarray | None,
        threads: int,
        saturable: np.ndarray | None = None,
        noted: bool = False,
    ) -> tuple[float, float]: ...
    def add_vessels(
        self,
        sites: np.ndarray,
        conductance: np.ndarray,
        blood_value: float,
        scale: float,
        noted: bool = False,
    ) -> tuple[float, float]: ...
    def add_supply(
        self, sites: np.ndarray, supply: np.ndarray, scale: float
    ) -> tuple[float, float]: ...
    def add_secretion(
        self,
        rate: np.ndarray,
        first: np.ndarray,
        end: np.ndarray,
        responses: Sequence[tuple[int, int, int, float, float, float]],
        fields: Sequence[np.ndarray],
        scale: float,
        threads: int,
    ) -> tuple[float, float]: ...
    def steady(
        self, u: np.ndarray, tolerance: float, max_cycles: int, threads: int
    ) -> tuple[int, int, float, float, int, bool]: ...
    def add_saturable(self, u: np.ndarray, threads: int) -> tuple[float, float]: ...
    def steady_noted(
        self, u: np.ndarray, tolerance: float, max_cycles: int, threads: int
    ) -> tuple[int, int, float, float, int, bool]: ...
    def implicit(self, u: np.ndarray, k: float, threads: int) -> None: ...
    def balance(self, u: np.ndarray) -> None: ...
    def explicit(self, u: np.ndarray, a: float, n: int, threads: int) -> None: ...
    def assembled_step(
        self,
        everywhere: float,
        empty: float,
        scale: float,
        kind: np.ndarray,
        uptake: np.ndarray | None,
        secretion: np.ndarray | None,
        u: np.ndarray,
        a: float,
        threads: int,
    ) -> None: ...
    def add_degradation(self, rate: float, u: np.ndarray, threads: int) -> None: ...
    def decay(self, u: np.ndarray, threads: int) -> None: ...
    def dissolve(
        self,
        everywhere: float,
        empty: float,
        scale: float,
        kind: np.ndarray,
        loss: np.ndarray | None,
        secretion: np.ndarray | None,
        degraded_by: Sequence[tuple[float, np.ndarray]],
        w: np.ndarray,
        threads: int,
    ) -> None: ...
    def is_zero(self, u: np.ndarray) -> bool: ...
    def clamp(self, u: np.ndarray) -> int: ...
    def fill_halo(self, u: np.ndarray) -> None: ...
    def assembled(self) -> tuple[np.ndarray, np.ndarray]: ...
