from collections.abc import Sequence
from typing import Any

import numpy as np

CONDITIONS: int
SIZES: int
CORES: int
CHANGE: np.dtype

class PopulationKernel:
    def __init__(
        self,
        rates: np.ndarray,
        cohesion: Sequence[float],
        shell: np.ndarray,
        spread: np.ndarray,
        *,
        dim: int,
        slots: int,
        capacity: float,
        most: int,
        tissue: int,
        seed: int,
        mutation: dict[str, Any],
    ) -> None: ...
    def take_initial(self, shell: np.ndarray) -> None: ...
    def shells(self, founder: np.ndarray, living: np.ndarray) -> np.ndarray: ...
    def rates(
        self, occupied: float, debris: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]: ...
    def room(self, shell: np.ndarray, occupied: np.ndarray, total: float) -> np.ndarray: ...
    def contacts(self, occupied: float) -> tuple[float, float]: ...
    def step(
        self,
        step: int,
        start: float,
        dt: float,
        lines: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
        n: int,
        after: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
        leavers: np.ndarray,
        changes: np.ndarray,
        clones: Any = None,
    ) -> tuple[int, int, int, int, dict[str, int]] | None: ...
