"""64 members give the same table, byte for byte, wherever they run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import hybridmet
from hybridmet.ensemble import Ensemble, pools
from hybridmet.errors import ScenarioError

from .conftest import SCENARIO

HOME = Path(hybridmet.__file__).parents[1]
PYTHON = [sys.executable]
MPI = [str(Path(sys.executable).with_name("mpiexec")), "-n", "2", *PYTHON, "-m", "mpi4py.futures"]
SWEEP = ["-n", "16", "--vary", "primary.cells.radius=60 um:120 um:4", "--until", "12 h", "-q"]
TABLES = ("results.csv", "members.csv", "summary.csv")


def run(folder, name, launcher, *options, timeout=300):
    command = [*launcher, "-m", "hybridmet", "ensemble", "small.toml", *SWEEP, "-o", name, *options]
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(HOME)},
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == f"hybridmet: completed: 64 of 64 members; tables in {name}\n"
    return [(folder / name / table).read_bytes() for table in TABLES]


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """A folder, and the tables that one process gives."""
    folder = tmp_path_factory.mktemp("ensemble")
    (folder / "small.toml").write_text(SCENARIO)
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
def test_the_tables_hold_64_members_that_differ(reference):
    members = reference[1][1].decode().splitlines()[1:]
    states = {line.split(",")[-2] for line in members}
    assert len(members) == len(states) == 64
    assert all(",completed," in line for line in members)
    assert reference[1][0].decode().count(",primary,") == 64


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
