"""Files that a scenario names are found from its own place, and their mistakes are its."""

import pytest

from hybridmet.errors import ScenarioError
from hybridmet.scenario import load_scenario, loads_scenario, resolved_toml
from hybridmet.simulation import Simulation

SCENARIO = """
name = "files"
duration = "2 h"
rules = "data/rules.csv"
[primary]
shape = [12, 12]
[primary.cells]
radius = false
files = ["data/cells.csv"]
[[primary.cells.boxes]]
lower = ["-100 um", "-100 um"]
upper = ["0 um", "0 um"]
"""


@pytest.fixture
def path(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/rules.csv").write_text("epithelial,ecm,decreases,apoptosis,0,0.5,4,0\n")
    (tmp_path / "data/cells.csv").write_text("x,y,z,type\n50,50,0,epithelial\n70,50,0,1\n")
    (tmp_path / "scenario.toml").write_text(SCENARIO)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path / "scenario.toml"


def test_files_are_found_from_the_scenario(path):
    patient = Simulation.from_scenario(path, threads=1).patient
    assert patient.primary.flows["initial"] == 25 + 2
    assert patient.primary.phenotypes["epithelial"].responses[-1].field == "ecm"


def test_the_resolved_scenario_is_the_same_and_holds_the_rules(path):
    scenario = load_scenario(path)
    text = resolved_toml(scenario)
    assert loads_scenario(text) == scenario
    assert scenario.rules is None and "rules.csv" not in text


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("rules", "epithelial,oxygen,up,apoptosis,0,1,4,0", 'row 1, column direction: got "up"'),
        ("cells", "0,0,0,0\n1,a,0,0", 'row 2, column y: got "a", must be a number'),
        ("cells", "-50,-50,0,0", "lies in a site that other initial cells fill"),
    ],
)
def test_a_mistake_in_a_file_names_scenario_file_row_and_column(path, name, text, message):
    (path.parent / f"data/{name}.csv").write_text(text)
    with pytest.raises(ScenarioError) as error:
        Simulation.from_scenario(path, threads=1)
    assert f"{name}.csv" in str(error.value) and message in str(error.value)
    if "fill" not in message:
        line = {"rules": 4, "cells": 9}[name]
        assert str(error.value).startswith(f"{path}:{line}: ")


def test_cells_need_a_shape_or_a_file(path):
    with pytest.raises(ScenarioError, match=r"primary\.cells\.radius: .*must be given"):
        load_scenario(path, ["primary.cells.files=[]", "primary.cells.boxes=[]"])
