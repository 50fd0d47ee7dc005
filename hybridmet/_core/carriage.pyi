import numpy as np

def run(
    upper: np.ndarray,
    lower: np.ndarray,
    flow: np.ndarray,
    haematocrit: np.ndarray,
    first: np.ndarray,
    conductance: np.ndarray,
    entering: np.ndarray,
    entering_haematocrit: np.ndarray,
    width: float,
    bound: np.ndarray,
    red: float,
    plasma: float,
    inlet: float,
    around: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]: ...
