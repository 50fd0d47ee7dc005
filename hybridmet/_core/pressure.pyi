import numpy as np

class Balance:
    def __init__(
        self,
        nodes: int,
        segments: int,
        node: np.ndarray,
        other: np.ndarray,
        segment: np.ndarray,
    ) -> None: ...
    def renew(self, g: np.ndarray) -> None: ...
    def solve(self, right: np.ndarray, reduction: float, most: int) -> np.ndarray: ...
