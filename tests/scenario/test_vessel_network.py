"""A scenario's `vessels.network`: a measured network on a lattice, its mistakes named."""

import numpy as np
import pytest

from hybridmet import Simulation
from hybridmet.cli import main
from hybridmet.errors import ScenarioError
from hybridmet.scenario import load_scenario
from hybridmet.scenario.load import loads
from hybridmet.scenario.model import Scenario

SCENARIO = """
name = "measured"
duration = "12 h"
time_step = "6 h"
[primary]
shape = [12, 12, 12]
cells.radius = "50 um"
[primary.vessels]
network = "data/net_segments.csv"
[primary.vessels.flow]
viscosity_law = "in vivo"
"""
NODES = "id,x,y,z,boundary_pressure\n1,0,120,120,30\n2,120,120,120,\n3,240,60,120,15\n4,240,200,120,15\n"
SEGMENTS = "start,end,radius\n1,2,8\n2,3,6\n2,4,5\n"


@pytest.fixture
def path(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/net_nodes.csv").write_text(NODES)
    (tmp_path / "data/net_segments.csv").write_text(SEGMENTS)
    (tmp_path / "scenario.toml").write_text(SCENARIO)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path / "scenario.toml"


def test_the_network_is_in_the_lattice_and_carries_blood(path):
    sim = Simulation.from_scenario(path, threads=1)
    vessels = sim.patient.primary.vessels
    np.testing.assert_array_equal(vessels.radius, [8.0, 6.0, 5.0])
    assert vessels.flow_solved and vessels.perfused.all()
    assert vessels.flow[0] == pytest.approx(vessels.flow[1:].sum(), rel=1e-12)
    before = vessels.flow.copy()
    sim.run()
    np.testing.assert_array_equal(sim.patient.primary.vessels.flow, before)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("segments", "2,4,5", "2,5,5", 'net_segments.csv, row 4, column end: got "5", must be the id of a node'),
        ("segments", "2,4,5", "2,4,-5", 'net_segments.csv, row 4, column radius: got "-5", must be >= 0.001 um'),
        ("nodes", "240,200", "241,200", 'net_nodes.csv, row 5, column x: got "241", must lie in the lattice, 0 to 240 um'),
        ("nodes", "30", "15", "net_segments.csv: no inlet, must have"),
    ],
)  # fmt: skip
def test_a_mistake_names_scenario_line_key_file_and_row(path, capsys, name, old, new, message):
    file = path.parent / f"data/net_{name}.csv"
    file.write_text(file.read_text().replace(old, new))
    assert main(["check", str(path)]) == 2
    text = capsys.readouterr().err.strip()
    assert f"{path}:9: primary.vessels.network: got " in text and message in text
    assert len(text.splitlines()) == 1


def test_a_network_excludes_vessels_across_a_slice(path):
    with pytest.raises(ScenarioError, match=r"primary\.vessels\.network: .*must be left out"):
        load_scenario(path, ["primary.vessels.points.intact=3"])


def test_flow_across_a_slice_runs_along_z():
    text = 'name = "s"\nduration = "1 h"\n[primary]\nshape = [40, 40]\ncells.radius = "20 um"\n'
    text += "[primary.vessels]\npoints.intact = 3\n[primary.vessels.flow]\n"
    with pytest.raises(
        ScenarioError, match=r"primary\.vessels\.flow\.inlet_side: .*must be z- or z\+"
    ):
        loads(text, Scenario)
    assert loads(text + 'inlet_side = "z-"\n', Scenario).primary.vessels.flow.inlet_side == "z-"


def test_an_inlet_is_asked_for_only_where_blood_flows(path):
    nodes = path.parent / "data/net_nodes.csv"
    nodes.write_text(NODES.replace("30", "").replace("15", ""))
    assert main(["check", str(path)]) == 2
    assert main(["check", str(path), "--set", "primary.vessels.flow=false"]) == 0
    sim = Simulation(load_scenario(path, ["primary.vessels.flow=false"]), threads=1)
    assert sim.patient.primary.vessels.perfused.all()
