import numpy as np

from hybridmet.lattice import Lattice

def halo_fill(lattice: Lattice, u: np.ndarray) -> None: ...
