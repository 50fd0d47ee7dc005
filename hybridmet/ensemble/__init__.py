"""Ensembles: many virtual patients of one scenario, on a machine or a cluster.

>>> from hybridmet.ensemble import Ensemble
>>> ensemble = Ensemble("scenario.toml", replicates=200)
>>> ensemble.run("processes", output="out/patients")
"""

from hybridmet.ensemble.ensemble import Ensemble
from hybridmet.ensemble.sweep import Sweep, parse_sweep

__all__ = ["Ensemble", "Sweep", "parse_sweep"]
