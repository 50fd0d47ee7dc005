import numpy as np

MODES: dict[str, int]
EVENTS: dict[str, int]

class Body:
    def __init__(self, arrays: dict[str, np.ndarray], numbers: dict[str, float]) -> None: ...
    def arrest_probability(self, node: int, diameter: float, cells: int) -> float: ...

def start(
    seed: int, serial: np.ndarray, drain: np.ndarray, cumulative: np.ndarray, node: np.ndarray
) -> None: ...
def count(
    body: Body, seed: int, end: float, columns: dict[str, np.ndarray], threads: int
) -> np.ndarray: ...
def advance(
    body: Body,
    seed: int,
    end: float,
    columns: dict[str, np.ndarray],
    threads: int,
    offset: np.ndarray,
    events: dict[str, np.ndarray],
) -> int: ...
