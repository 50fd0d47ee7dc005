import json
import os
import re

import numpy as np
import pytest

from hybridmet import __version__
from hybridmet.output.run_json import RunRecord, commit, peak_memory


@pytest.fixture
def record(tmp_path):
    return RunRecord(tmp_path, seed=7, threads=2)


def read(tmp_path):
    return json.loads((tmp_path / "run.json").read_text())


def test_a_run_that_started_says_so(tmp_path, record):
    found = read(tmp_path)
    assert found["status"] == "running"
    assert (found["seed"], found["threads"], found["ranks"]) == (7, 2, 1)
    assert found["version"] == __version__
    assert found["platform"]["numpy"] == np.__version__
    assert found["platform"]["cpus"] == os.cpu_count()


def test_numbers_of_numpy_become_plain_ones(tmp_path, record):
    record.update(time_h=np.float64(12.0), ledger={"body": {"intravasated": np.int64(5)}})
    found = read(tmp_path)
    assert found["time_h"] == 12.0
    assert found["ledger"]["body"] == {"intravasated": 5}


def test_the_end_of_a_run_replaces_its_status_and_keeps_the_rest(tmp_path, record):
    fields = {"fields": {"seconds": 1.5, "updates": np.int64(10)}}
    record.update(status="done", digest="ab12", performance=fields)
    found = read(tmp_path)
    assert (found["status"], found["digest"], found["seed"]) == ("done", "ab12", 7)
    assert found["performance"]["fields"] == {"seconds": 1.5, "updates": 10}
    assert found["performance"]["peak_memory_bytes"] > 0
    assert found["wall_time_s"] >= 0


def test_peak_memory_is_in_bytes():
    ballast = np.ones(30_000_000)
    assert peak_memory() > ballast.nbytes


def test_the_commit_is_a_full_hash_or_unknown():
    assert commit() is None or re.fullmatch(r"[0-9a-f]{40}(-dirty)?", commit())
