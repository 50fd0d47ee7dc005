"""`hybridmet ensemble`: what it prints where, its exit codes, and every kind of bad input."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import hybridmet
from hybridmet.cli import main
from hybridmet.ensemble import member, pools

from . import workers

HOME = Path(hybridmet.__file__).parents[1]


@pytest.fixture
def call(folder, capfd, inline, monkeypatch):
    """Run a command line in this process; returns exit code, standard output and error."""
    monkeypatch.setattr(pools, "LocalProcesses", lambda workers: pools.GivenPool(inline, workers))

    def run(*arguments):
        code = main(["ensemble", *map(str, arguments)])
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return run


def start(folder, *arguments, **options):
    """The command as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "hybridmet", "ensemble", *map(str, arguments)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(HOME)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def finished(directory):
    """Members that are done."""
    return len(list((directory / "members").glob("?????/member.json")))


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_the_summary_goes_to_standard_output_and_progress_to_standard_error(call, folder):
    code, out, err = call("small.toml", "-n", 3, "--workers", 1)
    assert code == 0
    lines = [line.split() for line in out.splitlines()]
    assert lines[0][:3] == ["organ", "members", "P(colony)"]
    assert lines[-1][:2] == ["body", "3"]
    assert "hybridmet: members 3 of 3" in err
    assert "hybridmet: completed: 3 of 3 members; tables in out/small-ensemble\n" in err
    assert (folder / "out" / "small-ensemble" / "results.csv").is_file()


def test_a_sweep_has_a_line_a_point(call):
    sweep = "primary.cells.radius=100 um:120 um:3"
    code, out, err = call("small.toml", "--vary", sweep, "-q", "-o", "out")
    assert code == 0
    assert [line.split()[:3] for line in out.splitlines()] == [
        ["primary.cells.radius", "organ", "members"],
        *([radius, "body", "1"] for radius in ("100", "110", "120")),
    ]
    assert err.startswith("hybridmet: P: share of members with")
    assert err.endswith("hybridmet: completed: 3 of 3 members; tables in out\n")


def test_options_of_a_run_hold_for_all_members(call, folder):
    arguments = ["--seed", 7, "--until", "2 h", "--set", "primary.site=liver", "-q", "-o", "out"]
    assert call("small.toml", "-n", 2, *arguments)[0] == 0
    record = json.loads((folder / "out" / "ensemble.json").read_text())
    assert (record["random_seed"], record["until_h"], record["status"]) == (7, 2.0, "completed")
    for name in ("00000", "00001"):
        run = json.loads((folder / "out" / "members" / name / "run.json").read_text())
        assert (run["time_h"], run["threads"]) == (2.0, 1)
        assert "liver" in run["ledger"]


def test_a_failed_member_makes_the_exit_code_1(call, monkeypatch):
    monkeypatch.setattr(pools, "run_member", lambda task: "no luck" if task.number == 1 else None)
    code, _, err = call("small.toml", "-n", 2, "-q", "-o", "out")
    assert code == 1
    assert "hybridmet: member 1 failed twice: no luck (members.csv)\n" in err


def test_a_member_that_failed_once_is_named(call, monkeypatch):
    monkeypatch.setattr(pools, "run_member", workers.fails_once)
    code, _, err = call("small.toml", "-n", 3, "-q", "-o", "out")
    assert code == 0
    told = "member 2 failed: ConvergenceError: field oxygen; it is run once more"
    assert err.startswith(f"hybridmet: {told} (retries.csv)\n")
    assert "hybridmet: members that failed once and then ran: 1 (retries.csv)\n" in err


def test_where_a_failed_member_left_its_traceback_is_said(call, monkeypatch):
    monkeypatch.setattr(member, "organ_rows", lambda simulation: 1 / 0)
    code, _, err = call("small.toml", "-n", 1, "-q", "-o", "out")
    assert code == 1
    told = "ZeroDivisionError: division by zero (members.csv, members/00000.failed)"
    assert f"hybridmet: member 0 failed twice: {told}\n" in err


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_a_disk_that_is_full_from_the_start_is_one_line(folder):
    import resource

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))  # scenario.toml is larger

    process = start(folder, "small.toml", "-n", 2, "-q", "-o", "out", preexec_fn=limited)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert err.startswith("hybridmet: out/scenario.toml: could not be written: File too large; ")
    assert err.count("\n") == 1


def test_where_all_members_fail_the_first_twenty_have_a_line(call, monkeypatch):
    monkeypatch.setattr(pools, "run_member", lambda task: "no luck")
    code, _, err = call("small.toml", "-n", 30, "-q", "-o", "out")
    assert code == 1
    assert err.count("failed twice: no luck") == 20
    assert err.count("failed: no luck") + err.count("failed again: no luck") == 20
    assert "hybridmet: more members fail; see retries.csv, in the end members.csv\n" in err
    assert "hybridmet: 10 more members failed twice (members.csv)\n" in err


BAD = [
    ([], "-n: missing, must be given where nothing varies"),
    (["-n", "0"], "-n: got 0, must be an integer > 0"),
    (["-n", "1.5"], "-n: got 1.5, must be an integer"),
    (["-n", "many"], '-n: got "many", must be an integer'),
    (["-n", "2", "--workers", "0"], "--workers: got 0, must be an integer > 0"),
    (["-n", "2", "--until", "-1 d"], '--until: got "-1 d", must be > 0 h'),
    (["-n", "2", "--executor", "slurm"], '--executor: got "slurm", must be one of processes'),
    (["-n", "2", "--address", "tcp://x:1"], "--address: "),
    (["-n", "2", "--executor", "dask", "--address", "tcp://x:1", "--workers", "2"], "--workers: "),
    (["--vary", "primary.spacin=1 um:2 um:3"], "--vary primary.spacin: unknown key, did you mean"),
    (["--vary", "primary.spacing=20 um:10 um:3"], "--vary primary.spacing: got"),
    (["--vary", "primary.spacing=a:b:3"], "--vary primary.spacing: got"),
    (["--vary", "primary.spacing=1 h:2 h:3"], "--vary primary.spacing: got"),
    (["--vary", "primary.site=livr"], '--vary primary.site: got "livr", did you mean'),
    (["--vary", "primary.site=liver", "--samples", "8"], "--samples: got 8, needs"),
    (["-n", "2", "--set", "primary.site=livr"], '--set primary.site: got "livr"'),
    (["-n", "2", "--seed", "-1"], "--seed: got -1"),
    (["-n", "2", "-o", "small.toml"], "small.toml: is a file"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(a) for a, _ in BAD])
def test_bad_input_is_one_line_and_nothing_is_written(call, folder, arguments, message):
    code, out, err = call("small.toml", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"hybridmet: {message}")
    assert err.count("\n") == 1
    assert files(folder) == {"small.toml"}


OTHERS = [
    (["--set", "primary.site=liver"], 'primary.site is "breast" there, "liver" here'),
    (["--seed", "4"], "random_seed is 3 there, 4 here"),
    (["--until", "2 d"], "until_h is 24.0 there, 48.0 here"),
    (["--vary", "primary.site=liver"], 'vary is [] there, ["primary.site"] here'),
    (["-n", "1"], "-n is 2 there, 1 here, and may only grow"),
]


@pytest.mark.parametrize(("arguments", "difference"), OTHERS, ids=[d for _, d in OTHERS])
def test_an_ensemble_of_another_scenario_is_not_touched(call, folder, arguments, difference):
    assert call("small.toml", "-n", 2, "-q", "-o", "out")[0] == 0
    before = {p: p.stat().st_mtime_ns for p in (folder / "out").rglob("*")}
    code, out, err = call("small.toml", "-n", 2, "-o", "out", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("hybridmet: out: holds another ensemble (")
    assert difference in err
    assert err.count("\n") == 1
    assert {p: p.stat().st_mtime_ns for p in (folder / "out").rglob("*")} == before


@pytest.mark.parametrize("name", ["run.json", "thesis.tex"])
def test_a_directory_that_holds_anything_else_is_not_touched(call, folder, name):
    (folder / "out").mkdir()
    (folder / "out" / name).write_text("mine")
    assert call("small.toml", "-n", 2, "-o", "out")[0] == 2
    assert files(folder / "out") == {name}


@pytest.mark.parametrize(
    ("text", "why"),
    [("{", "Expecting"), ("[]", "it has no points"), ("{}", "it has no points"), ("7", "it has no")],
)
def test_a_record_that_cannot_be_read_is_no_traceback(call, folder, text, why):
    (folder / "out").mkdir()
    (folder / "out" / "ensemble.json").write_text(text)
    code, _, err = call("small.toml", "-n", 2, "-o", "out")
    assert code == 2
    assert err.startswith(f"hybridmet: out/ensemble.json: cannot be read: {why}")


@pytest.mark.parametrize(
    ("extra", "module"), [("dask", "distributed"), ("mpi", "mpi4py.futures")]
)
def test_a_missing_extra_is_named(call, folder, monkeypatch, extra, module):
    monkeypatch.setitem(sys.modules, module, None)
    code, _, err = call("small.toml", "-n", 2, "--executor", extra)
    assert code == 2
    assert f"pip install hybridmet[{extra}]" in err
    assert files(folder) == {"small.toml"}


LONG = ["small.toml", "-n", "12", "-o", "out", "--workers", "2", "--until", "4 d"]


def test_killed_half_way_and_started_again_it_gives_the_same_tables(folder):
    for _ in range(2):
        killed = start(folder, *LONG)
        begun = finished(folder / "out")
        wait_for(lambda begun=begun: finished(folder / "out") > begun + 1)
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
    assert 4 <= finished(folder / "out") < 12
    assert not (folder / "out" / "results.csv").exists()
    assert start(folder, *LONG).wait() == 0
    other = [*LONG[:4], "other", "--workers", "1", *LONG[-2:]]
    assert start(folder, *other).wait() == 0
    for name in ("results.csv", "members.csv", "summary.csv"):
        assert (folder / "out" / name).read_bytes() == (folder / "other" / name).read_bytes()


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_ends_it_so_that_it_can_be_continued(folder, times):
    process = start(folder, *LONG, "-n", "60")
    wait_for(lambda: finished(folder / "out") > 1)
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "Traceback" not in err
    assert "stopping after the members at hand" in err
    table = (folder / "out" / "members.csv").read_text()
    assert table.count("completed") == finished(folder / "out") < 60
    assert table.count("pending") == 60 - finished(folder / "out")
    assert "interrupted: " in err
    assert not list((folder / "out" / "members").glob("*.failed"))


def test_a_directory_serves_one_process_at_a_time(folder, call):
    process = start(folder, *LONG, "-n", "60")
    wait_for(lambda: finished(folder / "out") > 0)
    code, _, err = call(*LONG, "-n", "60")
    process.kill()
    process.communicate()
    assert (code, err) == (2, "hybridmet: out: another process is running this ensemble\n")
