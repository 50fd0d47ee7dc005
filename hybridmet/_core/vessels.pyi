import numpy as np

from hybridmet.lattice import Lattice

def trace(
    lattice: Lattice, nodes: np.ndarray, segments: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]: ...
def longest(
    nodes: np.ndarray,
    segments: np.ndarray,
    counts: np.ndarray,
    segment: np.ndarray,
    place: np.ndarray,
    length: np.ndarray,
    places: int,
) -> np.ndarray: ...
def crowding(lattice: Lattice, kind: np.ndarray, sites: np.ndarray) -> np.ndarray: ...
def distinct(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]: ...
