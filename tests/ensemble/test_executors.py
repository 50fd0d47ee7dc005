"""64 patients give the same tables, byte for byte, wherever they run and however often killed."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import hybridmet
from hybridmet import Simulation
from hybridmet.ensemble import Ensemble, pools
from hybridmet.errors import ScenarioError

from . import workers

HOME = Path(hybridmet.__file__).parents[1]
PYTHON = [sys.executable]
MPI = [str(Path(sys.executable).with_name("mpiexec")), "-n", "2", *PYTHON, "-m", "mpi4py.futures"]
POPULATION = """\
name = "population"
duration = "7 d"
time_step = "6 h"
random_seed = 3
tissue.model = "surrogate"
primary.site = "breast"

[organs.default]
shape = [20, 20, 20]
soil.reactivation = 100.0

[phenotypes.mesenchymal]
intravasation_rate = "1e-4 / (um^2 h)"
"""
SWEEP = ["-n", "16", "--vary", "primary.cells.radius=40 um:70 um:4", "-q"]
TABLES = ("results.csv", "members.csv", "summary.csv")


def start(folder, name, launcher, *options):
    arguments = ["-m", "hybridmet", "ensemble", "population.toml", *SWEEP, "-o", name, *options]
    return subprocess.Popen(
        [*launcher, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(HOME)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(folder, name, launcher, *options):
    process = start(folder, name, launcher, *options)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert err.splitlines()[-1] == f"hybridmet: completed: 64 of 64 members; tables in {name}"
    return [(folder / name / table).read_bytes() for table in TABLES]


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """A folder, and the tables that one process gives."""
    folder = tmp_path_factory.mktemp("ensemble")
    (folder / "population.toml").write_text(POPULATION)
    return folder, run(folder, "one", PYTHON, "--workers", "1")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "launcher", "options"),
    [
        ("processes", PYTHON, ["--workers", "2"]),
        ("dask", PYTHON, ["--executor", "dask", "--workers", "2"]),
        ("mpi", MPI, ["--executor", "mpi"]),
    ],
)
def test_64_members_give_the_same_tables_everywhere(reference, name, launcher, options):
    folder, tables = reference
    assert run(folder, name, launcher, *options) == tables


@pytest.mark.slow
def test_killed_half_way_and_started_again_they_give_the_same_tables(reference):
    folder, tables = reference
    process = start(folder, "killed", PYTHON, "--workers", "2")
    end = time.monotonic() + 120
    while len(list((folder / "killed").glob("members/?????/member.json"))) < 20:
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (folder / "killed" / "results.csv").exists()
    assert run(folder, "killed", PYTHON, "--workers", "2") == tables


@pytest.mark.slow
def test_the_tables_hold_64_members_that_differ(reference):
    members = reference[1][1].decode().splitlines()[1:]
    states = {line.split(",")[-2] for line in members}
    assert len(members) == len(states) == 64
    assert all(",completed," in line for line in members)
    rows = list(csv.DictReader(io.StringIO(reference[1][0].decode())))
    assert sum(row["tissue"] == "primary" for row in rows) == 64
    colonized = {row["member"] for row in rows if int(row["colonies"]) > 0}
    assert 8 < len(colonized) <= 64


@pytest.mark.parametrize("by_file", [False, True], ids=["address", "scheduler file"])
def test_a_running_dask_scheduler_is_reached(folder, inline, by_file):
    from distributed import LocalCluster

    Ensemble("small.toml", 3, until="6 h").run(inline, output="inline")
    options = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "protocol": "tcp"}
    with LocalCluster(**options, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        (folder / "scheduler.json").write_text(json.dumps({"address": address}))
        ensemble = Ensemble("small.toml", 3, until="6 h")
        place = "scheduler.json" if by_file else address
        ensemble.run("dask", output="dask", address=place)
    assert ensemble.status == "completed"
    tables = [(folder / name / "results.csv").read_bytes() for name in ("inline", "dask")]
    assert tables[0] == tables[1]


def test_an_address_where_no_scheduler_answers_is_named(folder, monkeypatch):
    monkeypatch.setattr(pools, "ANSWER_SECONDS", 1)
    with pytest.raises(ScenarioError) as raised:
        Ensemble("small.toml", 1).run("dask", output="out", address="tcp://127.0.0.1:9")
    assert str(raised.value).startswith('--address: got "tcp://127.0.0.1:9", must be')
    assert not (folder / "out").exists()


def test_mpi_without_ranks_says_how_to_start(folder):
    with pytest.raises(ScenarioError, match="mpiexec -n 4 python -m mpi4py.futures -m hybridmet"):
        Ensemble("small.toml", 1).run("mpi", output="out")
    assert not (folder / "out").exists()


@pytest.mark.slow
def test_a_dask_worker_that_is_killed_costs_nothing_but_time(folder, inline, monkeypatch):
    Ensemble("small.toml", 4).run(inline, output="calm")
    monkeypatch.setattr(pools, "run_member", workers.killed_once)
    ensemble = Ensemble("small.toml", 4).run("dask", output="out", workers=2)
    assert (ensemble.status, ensemble.failures) == ("completed", {})
    assert (folder / "out" / "attempts-2").stat().st_size == 2
    tables = [(folder / name / "results.csv").read_bytes() for name in ("calm", "out")]
    assert tables[0] == tables[1]


RANKS = """
from hybridmet.ensemble import Ensemble, pools
from tests.ensemble import workers

if __name__ == "__main__":
    pools.run_member = workers.killed_once
    Ensemble("small.toml", 6).run("mpi", output="out")
"""


@pytest.mark.slow
def test_a_rank_that_is_killed_ends_the_job_which_can_be_continued(folder, inline):
    Ensemble("small.toml", 6).run(inline, output="calm")
    (folder / "ranks.py").write_text(RANKS)
    command = [MPI[0], "-n", "3", *MPI[3:], "ranks.py"]
    options = {"env": os.environ | {"PYTHONPATH": str(HOME)}, "capture_output": True}
    first = subprocess.run(command, check=False, timeout=120, **options)
    assert first.returncode != 0
    assert not (folder / "out" / "results.csv").exists()
    second = subprocess.run(command, check=False, timeout=120, **options)
    assert second.returncode == 0, second.stderr
    tables = [(folder / name / "results.csv").read_bytes() for name in ("calm", "out")]
    assert tables[0] == tables[1]


@pytest.mark.slow
def test_a_member_costs_little_beyond_its_run(folder, inline):
    """Processor time of this process, which other loads do not change; tables included."""
    Ensemble("small.toml", 2).run(inline, output="warm")
    ensemble = Ensemble("small.toml", 30)
    start = time.process_time()
    for one in ensemble.plan.members():
        scenario = ensemble.plan.points[0].scenario.with_seed(one.seed)
        Simulation(scenario, threads=1).run(until=ensemble.plan.until)
    alone = time.process_time() - start
    start = time.process_time()
    ensemble.run(inline, output="out")
    assert (time.process_time() - start - alone) / 30 < 0.050
