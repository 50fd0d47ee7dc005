"""Who left and who arrived: what capillary beds select among phenotypes and diameters."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Selection:
    """Who left and who arrived, by phenotype: what the filters select."""

    entered: np.ndarray
    """(256,) int64 cells that entered the blood."""
    extravasated: np.ndarray
    """(256,) int64 cells that left it alive."""
    entered_diameter: np.ndarray
    """(256,) float64: sum of their diameters [um]."""
    extravasated_diameter: np.ndarray
    """(256,) float64: likewise of those that left alive."""

    @classmethod
    def empty(cls) -> "Selection":
        return cls(*(np.zeros(256, dtype) for dtype in (np.int64, np.int64, float, float)))

    def add_entered(self, cells: np.ndarray) -> None:
        self.entered += np.bincount(cells["phenotype"], minlength=256)
        self.entered_diameter += np.bincount(cells["phenotype"], cells["diameter"], 256)

    def add_extravasated(self, cells: np.ndarray) -> None:
        self.extravasated += np.bincount(cells["phenotype"], minlength=256)
        self.extravasated_diameter += np.bincount(cells["phenotype"], cells["diameter"], 256)
