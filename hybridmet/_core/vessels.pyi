import numpy as np

from hybridmet.lattice import Lattice

def trace(
    lattice: Lattice, nodes: np.ndarray, segments: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]: ...
