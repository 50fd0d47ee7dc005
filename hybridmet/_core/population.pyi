from collections.abc import Sequence
from typing import Any

import numpy as np

CONDITIONS: int
GROWTH: np.dtype

class PopulationKernel:
    def __init__(
        self,
        rates: np.ndarray,
        transitions: np.ndarray,
        cohesion: Sequence[float],
        *,
        dim: int,
        slots: int,
        shell: float,
        capacity: float,
        most: int,
        tissue: int,
        seed: int,
        mutation: dict[str, Any],
    ) -> None: ...
    def room(self, occupied: float, others: float) -> float: ...
    def step(
        self,
        step: int,
        start: float,
        dt: float,
        lines: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
        n: int,
        after: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
        leavers: np.ndarray,
        grown: np.ndarray,
        clones: Any = None,
    ) -> tuple[int, int, int, int, dict[str, int]] | None: ...
