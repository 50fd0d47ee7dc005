"""Reference table of the Franssen 2019 problem, primary grid.

Ten seeds of an independent program that moves cells one after another (T_E = 8e4 s,
T_M = 1.2e5 s, negative weights clamped); the steps stand between division times.
"""

import numpy as np

STEPS = (11_500, 23_500, 47_500)
COLUMNS = ("E", "M", "radius_mm", "mmp2", "ecm", "events", "cells")

MEAN = np.array(
    [
        [3144, 1535, 0.503, 0.0291, 0.9008, 13, 38],
        [19_950, 7661, 0.850, 0.186, 0.637, 120, 393],
        [74_100, 49_600, 1.374, 1.52, 0.0160, 1110, 4209],
    ]
)
"""(step, column): cells of both phenotypes, largest distance of a cell from the middle [mm],
means of mmp2 and ecm, intravasation events and cells that took part."""

DEVIATION = np.array(
    [
        [152, 40, 0.027, 0.0006, 0.0014, 14, 43],
        [950, 427, 0.030, 0.009, 0.005, 103, 310],
        [4500, 3300, 0.023, 0.10, 0.0025, 311, 1360],
    ]
)
"""Standard deviations over the seeds, shaped as MEAN."""
