"""The examples are the presets, and do what their READMEs say."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hybridmet import Simulation
from hybridmet.tissue.blood_flow import solve_flow
from hybridmet.tissue.network_file import read_network

ROOT = Path(__file__).parents[1]
PRESETS = ROOT / "hybridmet" / "scenario" / "presets"


@pytest.mark.parametrize("name", ["liver_primary", "quickstart_2d", "vascular_tumour"])
def test_an_example_is_its_preset(name):
    example = ROOT / "examples" / name / "scenario.toml"
    assert example.read_text() == (PRESETS / f"{name}.toml").read_text()


def test_the_quickstart_metastasizes(tmp_path):
    sim = Simulation.from_scenario(ROOT / "examples/quickstart_2d/scenario.toml", threads=1)
    sim.run(output=tmp_path / "out")
    assert sum(row["colonies"] > 0 for row in sim.summary()) >= 2


def test_the_measured_network_carries_blood_but_for_its_blind_end(tmp_path):
    folder = ROOT / "examples/measured_network"
    solved, report = solve_flow(read_network(folder / "arcade_segments.csv"))
    assert report.flowing == len(solved.segments) - 1 and not solved.perfused[-1]
    sim = Simulation.from_scenario(folder / "scenario.toml", threads=1)
    vessels = sim.patient.primary.vessels
    np.testing.assert_array_equal(vessels.flow, solved.flow)
    sim.run(until="2 d", output=tmp_path / "out")
    assert (tmp_path / "out/vtk/vessels.pvd").exists()


@pytest.mark.slow
def test_the_liver_primary_is_the_figure_alive(tmp_path):
    """In a process of its own, whose memory is the run's."""
    scenario, out = ROOT / "examples/liver_primary/scenario.toml", tmp_path / "out"
    command = [sys.executable, "-m", "hybridmet", "run", str(scenario), "-o", str(out), "--quiet"]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    record = json.loads((out / "run.json").read_text())
    assert record["status"] == "completed"
    assert all(ledger["imbalance"] == 0 for ledger in record["ledger"].values())
    assert record["ledger"]["body"]["intravasated"] >= 200
    colonies = (out / "colonies.csv").read_text().splitlines()[1:]
    assert len({row.split(",")[0] for row in colonies}) >= 2
    assert record["performance"]["peak_memory_bytes"] < 600e6
