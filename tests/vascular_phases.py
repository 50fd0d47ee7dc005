"""Runs of the preset vascular_tumour and its phases, as its example measures them."""

import importlib.util
import tempfile
from pathlib import Path

from hybridmet.scenario import loads_scenario
from hybridmet.scenario.preset import preset_named
from hybridmet.simulation import Simulation

EXAMPLE = Path(__file__).parents[1] / "examples" / "vascular_tumour" / "phases.py"
ALONE = ("organs.default=false", "output.vtk_every=30 d")
SPROUTLESS = "primary.vessels.sprouting=false"

_spec = importlib.util.spec_from_file_location("vascular_tumour_phases", EXAMPLE)
measures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(measures)


def columns(seed: int, overrides: tuple[str, ...]) -> dict:
    """The course of the preset's primary, as a dictionary that crosses processes."""
    scenario = loads_scenario(preset_named("vascular_tumour").text, [*ALONE, *overrides])
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        Simulation(scenario, seed=seed, threads=1).run(output=out)
        return vars(measures.course(out))
