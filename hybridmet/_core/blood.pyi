import numpy as np

class Links:
    def __init__(self, nodes: int, first: np.ndarray, second: np.ndarray) -> None: ...
    def hanging(self, open: np.ndarray, bounded: np.ndarray) -> np.ndarray: ...
    def order(self, flow: np.ndarray) -> tuple[np.ndarray, int]: ...
    def red_cells(
        self,
        flow: np.ndarray,
        diameter: np.ndarray,
        entering: np.ndarray,
        leaving: np.ndarray,
        inlet: np.ndarray,
        mixed: np.ndarray,
        narrowest: float,
        most: float,
    ) -> tuple[np.ndarray, int]: ...

def red_cell_share(
    blood: np.ndarray,
    feeding: np.ndarray,
    branch: np.ndarray,
    other: np.ndarray,
    haematocrit: np.ndarray,
    narrowest: float,
) -> np.ndarray: ...
