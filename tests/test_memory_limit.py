"""A run that memory cannot hold ends after a whole step, says so in a line, and keeps its results."""

import csv
import json
import subprocess
import sys

import pytest

from hybridmet.cli import main
from hybridmet.errors import RoomError
from hybridmet.scenario import loads_scenario, memory
from hybridmet.simulation import Simulation

SHEDDING = """
name = "shedding"
duration = "4 d"
output.vtk = false
[primary]
shape = [24, 24]
cells.radius = "150 um"
[organs.default]
shape = [12, 12]
[phenotypes.mesenchymal]
intravasation_rate = "1e-3 / (um^2 h)"
"""
"""A primary whose cells reach organs within hours."""


@pytest.fixture
def scenario():
    return loads_scenario(SHEDDING)


def test_free_memory_is_less_than_the_machine_s():
    assert 0 < memory.free_bytes() < memory.machine_bytes()


def test_a_lattice_that_does_not_fit_ends_the_run_after_a_whole_step(scenario, monkeypatch):
    whole = Simulation(scenario, threads=1).run()
    assert len(whole.patient.tissues) > 1
    room = memory.lattice_bytes(scenario.organ("liver"), scenario)
    monkeypatch.setattr(memory, "free_bytes", lambda: room)  # no room for its output
    simulation = Simulation(scenario, threads=1)
    with pytest.raises(
        RoomError, match=r"out of memory at \d+ h: the lattice \w+, \(12, 12\), needs"
    ):
        simulation.run()
    assert simulation.status == "failed"
    assert list(simulation.patient.tissues) == ["liver"]
    ledger = simulation.ledger
    assert all(part["imbalance"] == 0 for part in ledger.values())
    assert ledger["body"]["unfollowed"] > 0
    assert simulation.time == simulation.steps * scenario.time_step > 0.0


def test_its_results_are_written_and_the_exit_code_is_1(tmp_path, monkeypatch, capfd):
    (tmp_path / "shedding.toml").write_text(SHEDDING)
    monkeypatch.setattr(memory, "free_bytes", lambda: 1000)
    out = tmp_path / "out"
    assert main(["run", str(tmp_path / "shedding.toml"), "-o", str(out), "--quiet"]) == 1
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("hybridmet: out of memory at ") and "1 kB are free" in line
    assert "must be smaller" in line
    record = json.loads((out / "run.json").read_text())
    assert record["status"] == "failed" and len(record["digest"]) == 64
    assert record["ledger"]["body"]["imbalance"] == 0
    rows = list(csv.DictReader((out / "history.csv").open()))
    assert float(rows[-1]["time_h"]) == record["time_h"] > 0.0


STARVED = """
import resource, sys
from hybridmet.cli import main

used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 500_000_000,) * 2)
sys.exit(main(sys.argv[1:]))
"""
"""The command in a process that may take half a gigabyte more than it has."""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux's limits")
def test_so_it_is_where_the_system_itself_refuses_memory(tmp_path):
    large = SHEDDING.replace("[12, 12]", "[6000, 6000]")  # more than half a gigabyte
    (tmp_path / "large.toml").write_text(large)
    done = subprocess.run(
        [sys.executable, "-c", STARVED, "run", str(tmp_path / "large.toml"),
         "-o", str(tmp_path / "out"), "--quiet", "--threads", "1"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    (line,) = done.stderr.splitlines()
    assert (done.returncode, line.partition(" at ")[0]) == (1, "hybridmet: out of memory"), line
    record = json.loads((tmp_path / "out/run.json").read_text())
    assert record["status"] == "failed" and record["ledger"]["body"]["imbalance"] == 0
