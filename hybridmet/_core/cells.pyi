from collections.abc import Sequence
from typing import Any

import numpy as np

from hybridmet.lattice import Lattice

MAX_PHENOTYPES: int
MAX_RESPONSES: int
MAX_TAXIS: int
MAX_SLOTS: int
MAX_FIELDS: int
N_BEHAVIOURS: int
LEAVER: np.dtype

def check_phenotype(p: dict[str, Any], n_phenotypes: int, n_fields: int) -> None: ...
def check_vessels(vessels: dict[str, np.ndarray]) -> None: ...

class CellKernel:
    def __init__(
        self,
        lattice: Lattice,
        slots: int,
        division_neighbours: int,
        tissue: int,
        columns: dict[str, np.ndarray],
        phenotypes: Sequence[dict[str, Any]],
        fields: Sequence[np.ndarray],
        vessels: dict[str, np.ndarray],
        seed: int,
        mutation: dict[str, Any] | None = None,
    ) -> None: ...
    def replace_vessels(self, vessels: dict[str, np.ndarray]) -> None: ...
    def halo(self) -> None: ...
    def step(
        self,
        step: int,
        first: int,
        n_sub: int,
        start: float,
        substep: float,
        threads: int,
        leavers: np.ndarray,
        n_leavers: int,
        clones: Any = None,
    ) -> tuple[int, int, dict[str, int]]: ...
    def count(self, oxygen: np.ndarray | None, hypoxia: float, threads: int) -> np.ndarray: ...
    def stock(self) -> tuple[int, int]: ...
    def states(
        self, oxygen: np.ndarray | None, hypoxia: float, index: np.ndarray
    ) -> np.ndarray: ...
    def count_founders(self, founders: np.ndarray) -> np.ndarray: ...
