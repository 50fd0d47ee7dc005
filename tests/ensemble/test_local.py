"""Processes of this machine: spawned, replaced when they die, gone when their parent is."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import hybridmet
from hybridmet.ensemble import Ensemble, local

from . import workers

HOME = Path(hybridmet.__file__).parents[1]


def test_a_worker_that_dies_once_costs_nothing_but_time(folder, inline, monkeypatch):
    Ensemble("small.toml", 4).run(inline, output="calm")
    monkeypatch.setattr(local, "run_member", workers.dies_once)
    ensemble = Ensemble("small.toml", 4).run("processes", output="out", workers=2)
    assert (ensemble.status, ensemble.failures) == ("completed", {})
    assert (folder / "out" / "attempts-2").stat().st_size == 2
    tables = [(folder / name / "results.csv").read_bytes() for name in ("calm", "out")]
    assert tables[0] == tables[1]


def test_a_member_that_kills_its_workers_fails_alone(folder, monkeypatch):
    monkeypatch.setattr(local, "run_member", workers.dies_always)
    ensemble = Ensemble("small.toml", 4).run("processes", output="out", workers=2)
    assert ensemble.failures == {2: "its worker died, perhaps for want of memory"}
    assert not [p.name for p in (folder / "out" / "members").iterdir() if p.name[0] == "."]
    assert (folder / "out" / "attempts-2").stat().st_size == 2
    assert ensemble.completed == 3


PARENT = """
import sys
from hybridmet.ensemble.local import Lane
import os

if __name__ == "__main__":
    lane = Lane()
    print(lane._executor.submit(os.getpid).result(), flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_no_worker_outlives_a_killed_parent(tmp_path):
    (tmp_path / "parent.py").write_text(PARENT)
    parent = subprocess.Popen(
        [sys.executable, "parent.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(HOME)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    worker = int(parent.stdout.readline())
    assert alive(worker)
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    end = time.monotonic() + 20
    while alive(worker):
        assert time.monotonic() < end, "the worker lives on"
        time.sleep(0.05)


def alive(pid):
    """Whether a process runs; one that has ended and waits for its parent does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat")
        return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
