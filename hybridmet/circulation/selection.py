"""Who left and who arrived: what capillary beds select among phenotypes and diameters."""

from dataclasses import dataclass

import numpy as np

PHENOTYPES = 256
"""Entries of the tables by phenotype: a phenotype is a byte."""


@dataclass
class Selection:
    """Who left and who arrived, by phenotype: what the filters select."""

    entered: np.ndarray
    """(256,) int64 cells that entered the blood."""
    entered_diameter: np.ndarray
    """(256,) float64: sum of their diameters [um]."""
    extravasated: np.ndarray
    """(nodes, 256) int64 cells that left it alive, by bed."""
    extravasated_diameter: np.ndarray
    """(nodes, 256) float64: sum of their diameters [um]."""

    @classmethod
    def empty(cls, nodes: int) -> "Selection":
        kinds = (PHENOTYPES, (nodes, PHENOTYPES))
        return cls(*(np.zeros(shape, dtype) for shape in kinds for dtype in (np.int64, float)))

    def add_entered(self, cells: np.ndarray) -> None:
        self.entered += np.bincount(cells["phenotype"], minlength=PHENOTYPES)
        self.entered_diameter += np.bincount(cells["phenotype"], cells["diameter"], PHENOTYPES)

    def add_extravasated(self, dtcs: np.ndarray) -> None:
        """Count (n,) DTC."""
        shape = self.extravasated.shape
        kind = dtcs["bed"].astype(np.int64) * PHENOTYPES + dtcs["phenotype"]
        size = self.extravasated.size
        self.extravasated += np.bincount(kind, minlength=size).reshape(shape)
        diameters = np.bincount(kind, dtcs["diameter"], size).reshape(shape)
        self.extravasated_diameter += diameters
