"""The command line: what it prints where, its exit codes, and every kind of bad input."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import hybridmet
from hybridmet import cli, simulation
from hybridmet._version import __version__
from hybridmet.cli import main
from hybridmet.errors import ConvergenceError
from hybridmet.scenario import load_scenario
from hybridmet.scenario.preset import presets

SCENARIO = """\
# a small scenario
name = "small"
duration = "6 h"

[primary]
shape = [24, 24]
[primary.cells]
radius = "100 um"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty working directory that holds a small scenario."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.toml").write_text(SCENARIO)
    return tmp_path


@pytest.fixture
def call(folder, capfd):
    """Run a command line; returns exit code, standard output and standard error."""

    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return run


def start(*arguments, **options):
    """The command as a process of its own."""
    command = [sys.executable, "-m", "hybridmet", *map(str, arguments)]
    pipe, home = subprocess.PIPE, Path(hybridmet.__file__).parents[1]
    path = os.pathsep.join([str(home), os.environ.get("PYTHONPATH", "")])
    env = os.environ | {"PYTHONPATH": path}
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=env, **options)


def shell(folder, line) -> subprocess.CompletedProcess:
    """A line for bash, with {hybridmet} for the command."""
    line = line.format(hybridmet=f"{sys.executable} -m hybridmet")
    env = os.environ | {"PYTHONPATH": str(Path(hybridmet.__file__).parents[1])}
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, env=env, text=True, capture_output=True, check=False
    )


def status(directory) -> str:
    return json.loads((directory / "run.json").read_text())["status"]


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


# --- help, version, new ---------------------------------------------------------------------


def test_help_answers_at_once():
    seconds = []
    for _ in range(5):
        begun = time.perf_counter()
        process = start("--help")
        out, _ = process.communicate()
        seconds.append(time.perf_counter() - begun)
        assert process.returncode == 0
    assert all(command in out for command in ("new", "check", "run", "ensemble", "Examples:"))
    assert min(seconds) < 0.3


@pytest.mark.parametrize("command", ["new", "check", "run", "ensemble"])
def test_each_command_teaches_by_examples(call, command):
    code, out, err = call(command, "--help")
    assert (code, err) == (0, "")
    assert f"  hybridmet {command} " in out.partition("Examples:")[2]


def test_version_and_bare_command(call):
    assert call("--version") == (0, f"hybridmet {__version__}\n", "")
    code, out, _ = call()
    assert code == 0
    assert out.startswith("Usage: hybridmet")


def test_the_list_of_presets_has_one_a_line_with_its_name_first(call):
    code, out, err = call("new", "--list")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == list(presets())
    assert all(len(line.split()) > 2 and line.endswith(".") for line in out.splitlines())


def test_new_writes_a_scenario_that_is_valid_as_it_stands(call, folder):
    code, out, err = call("new")
    assert (code, out) == (0, "")
    assert "next: hybridmet check scenario.toml" in err
    assert load_scenario(folder / "scenario.toml").name in presets()


@pytest.mark.parametrize("name", sorted(presets()))
def test_new_writes_each_preset_as_it_is(call, folder, name):
    assert call("new", "--preset", name, "x.toml")[0] == 0
    assert (folder / "x.toml").read_text(encoding="utf-8") == presets()[name].text


def test_new_into_a_directory_uses_the_usual_name(call, folder):
    (folder / "mine").mkdir()
    assert call("new", "mine")[0] == 0
    assert (folder / "mine" / "scenario.toml").is_file()


# --- check ----------------------------------------------------------------------------------


def test_check_prints_derived_numbers_on_standard_output(call):
    code, out, err = call("check", "small.toml", "--set", "primary.spacing=15 um")
    assert (code, err) == (0, "")
    rows = dict(re.split(r"  +", line, maxsplit=1) for line in out.splitlines())
    assert rows["primary: size"].startswith("0.36 x 0.36 mm")
    assert {"duration", "output", "memory", "primary: memory", "primary: sub-steps"} <= set(rows)


# --- run ------------------------------------------------------------------------------------


def test_a_run_prints_its_summary_and_nothing_else_on_standard_output(call, folder):
    code, out, err = call("run", "small.toml", "-o", "out", "--threads", 1)
    assert code == 0
    lines = out.splitlines()
    assert lines[0].split() == ["organ", "seeded", "colonies", "cells"]
    assert lines[1].split()[0] == "liver"
    assert re.fullmatch(r"ledger: (\w+ \d+, )+imbalance 0", lines[-1])
    assert "hybridmet: completed at 0.25 d; output in out\n" in err
    assert "day 0.2 of 0.2" in err
    record = json.loads((folder / "out" / "run.json").read_text())
    assert record["status"] == "completed"


def test_quiet_leaves_out_progress_only(call):
    _, out, err = call("run", "small.toml", "--quiet")
    assert out.startswith("organ")
    assert err == "hybridmet: completed at 0.25 d; output in out/small\n"


def test_options_replace_values_of_the_scenario(call, folder):
    arguments = ["--seed", 7, "--until", "2 h", "--set", "primary.site=breast", "--quiet"]
    assert call("run", "small.toml", "-o", "out", *arguments)[0] == 0
    resolved = load_scenario(folder / "out" / "scenario.toml")
    assert (resolved.random_seed, resolved.primary.site) == (7, "breast")
    record = json.loads((folder / "out" / "run.json").read_text())
    assert (record["seed"], record["steps"]) == (7, 2)


def test_until_may_be_longer_than_the_duration(call, folder):
    assert call("run", "small.toml", "-o", "out", "--until", "8 h", "-q")[0] == 0
    assert json.loads((folder / "out" / "run.json").read_text())["steps"] == 8


@pytest.mark.parametrize(
    ("name", "directory"),
    [("a b/c", "out/a_b_c"), ("..", "out/run"), ("x-1.2", "out/x-1.2"), ("../up", "out/_up")],
)
def test_the_default_directory_lies_below_out_whatever_the_name(name, directory):
    assert cli.default_directory(name).as_posix() == directory


# --- bad input: exit code 2, one line, no traceback, nothing written --------------------------

BAD_VALUES = [
    ('primary.spacing="20 h"', 'must be in units of um, such as "20 um" (wrong dimension)'),
    ('primary.spacing="-20 um"', "must be > 0 um and <= 1000000 um"),
    ('primary.spacing="0 um"', "must be > 0 um and <= 1000000 um"),
    ('primary.spacing="nan um"', "must be > 0 um and <= 1000000 um"),
    ('primary.spacing="inf um"', "must be > 0 um and <= 1000000 um"),
    ('primary.spacing="1e30 km"', "must be > 0 um and <= 1000000 um"),
    ("primary.spacing=nan", 'must carry a unit, such as "20 um"'),
    ("primary.spacing=20", 'must carry a unit, such as "20 um"'),
    ("primary.vessels.ruptured_fraction=nan", "must be >= 0 and <= 1"),
    ("primary.vessels.ruptured_fraction=inf", "must be >= 0 and <= 1"),
    ("primary.vessels.ruptured_fraction=-0.1", "must be >= 0 and <= 1"),
    ('primary.site="livr"', 'did you mean "liver"? must be one of'),
    ('circulation.sex="x"', "must be one of male, female"),
    ("random_seed=-1", "must be an integer >= 0 and <= 18446744073709551615"),
    ('phenotypes.epithelial.division_rate="-1 / h"', "must be >= 0 / h and <= 1000000 / h"),
    ("primary.shape=[0, 8]", "must be 2 or 3 sizes >= 1"),
    ("primary.shape=[100000, 100000, 100000]", "must fit into memory"),
]


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize(("change", "allowed"), BAD_VALUES)
def test_a_bad_value_is_named_with_its_range(call, folder, command, change, allowed):
    key, _, value = change.partition("=")
    before = files(folder)
    code, out, err = call(command, "small.toml", "--set", change)
    assert (code, out) == (2, "")
    assert err.startswith(f"hybridmet: --set {key}: got {value}, ")
    assert allowed in err
    assert err.count("\n") == 1
    assert files(folder) == before


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("spacng = 1", "bad.toml:9: primary.cells.spacng: unknown key, must be one of radius, "),
        ("radus = 1", "bad.toml:9: primary.cells.radus: unknown key, did you mean primary.cells."),
        ("[organs.lungs]", 'bad.toml:9: organs.lungs: unknown organ, did you mean "lung"?'),
        ("[[primary", "bad.toml:9: not valid TOML: "),
        ("x = 20 um", 'bad.toml:9: not valid TOML: a quantity stands in quotes, x = "20 um"'),
        (
            "[organs.default]\nshape = [90000, 90000, 90000]",
            "bad.toml:10: organs.default.shape: got [90000, 90000, 90000], must fit into memory",
        ),
    ],
)
def test_a_bad_file_is_named_with_the_line(call, folder, command, text, message):
    (folder / "bad.toml").write_text(SCENARIO + text + "\n")
    before = files(folder)
    code, out, err = call(command, "bad.toml")
    assert (code, out) == (2, "")
    assert err.startswith(f"hybridmet: {message}")
    assert err.count("\n") == 1
    assert files(folder) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "none.toml"], "none.toml: no such file; the directory holds small.toml"),
        (["run", "none.toml"], "none.toml: no such file; the directory holds small.toml"),
        (["run", "."], ".: is a directory, must be a scenario file"),
        (["new", "--preset", "quickstart"], 'preset: got "quickstart", must be one of'),
        (["new", "small.toml"], "small.toml: exists, must be a new file; nothing was written"),
        (["new", "no/where.toml"], "no/where.toml: cannot be written: No such file"),
        (["rum", "small.toml"], "No such command 'rum'"),
        (["run"], "Missing argument 'SCENARIO'"),
        (["run", "small.toml", "--thread", "1"], "No such option"),
        (["run", "small.toml", "extra"], "Got unexpected extra argument"),
        (["run", "small.toml", "--threads", "0"], "--threads: got 0, must be an integer > 0 and"),
        (["run", "small.toml", "--threads", "x"], '--threads: got "x", must be an integer > 0'),
        (["run", "small.toml", "--seed", "x"], '--seed: got "x", must be an integer >= 0'),
        (["run", "small.toml", "--seed", "-1"], "--seed: got -1, must be an integer >= 0"),
        (["run", "small.toml", "--until", "3 um"], '--until: got "3 um", must be in units of h'),
        (["run", "small.toml", "--until", "0 d"], '--until: got "0 d", must be > 0 h'),
        (["run", "small.toml", "--until", "inf d"], '--until: got "inf d", must be > 0 h'),
        (["check", "small.toml", "--cells", "inf"], "--cells: got inf, must be >= 0 and <= 1000"),
        (["check", "small.toml", "--cells", "-1"], "--cells: got -1, must be >= 0 and <= 1000"),
        (["check", "small.toml", "--cells", "x"], '--cells: got "x", must be a plain number'),
        (["check", "small.toml", "--organs", "1.5"], "--organs: got 1.5, must be an integer >= 0"),
        (["run", "small.toml", "--set", "x"], '--set: got "x", must be key.path=value'),
        (["run", "small.toml", "--set", "x=1"], "--set x: unknown key, must be one of name, "),
    ],
)
def test_a_bad_command_line_is_one_line(call, folder, arguments, message):
    before = files(folder)
    code, out, err = call(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"hybridmet: {message}")
    assert err.count("\n") == 1
    assert files(folder) == before
    assert (folder / "small.toml").read_text() == SCENARIO


@pytest.mark.parametrize("name", ["run.json", "thesis.tex"])
def test_a_directory_that_holds_anything_is_not_touched(call, folder, name):
    (folder / "out").mkdir()
    (folder / "out" / name).write_text("mine")
    code, out, err = call("run", "small.toml", "-o", "out")
    assert (code, out) == (2, "")
    holds = "another run" if name == "run.json" else "other files"
    assert err == f"hybridmet: out: holds {holds}, must be a directory that is new or empty\n"
    assert files(folder / "out") == {name}
    assert (folder / "out" / name).read_text() == "mine"


@pytest.mark.parametrize("directory", ["small.toml", "small.toml/below", "/proc/hybridmet"])
def test_a_directory_that_cannot_be_made_is_refused(call, folder, directory):
    code, out, err = call("run", "small.toml", "-o", directory)
    assert (code, out) == (2, "")
    assert err.startswith(f"hybridmet: {directory}: ")
    assert err.count("\n") == 1
    assert files(folder) == {"small.toml"}


def test_a_directory_that_is_read_only_is_refused(call, folder, monkeypatch):
    (folder / "out").mkdir(mode=0o500)
    if os.geteuid() == 0:  # root may write everywhere
        monkeypatch.setattr(os, "access", lambda *_: False)
    code, _, err = call("run", "small.toml", "-o", "out")
    assert code == 2
    assert err == "hybridmet: out: cannot be written: permission denied\n"


def test_a_file_of_control_codes_leaves_none_in_the_message(call, folder):
    (folder / "bad.toml").write_bytes(b"\0\x1b[31m" + b"\0" * 4000)
    (folder / "cells.csv").write_bytes(b"\0\x0c" * 2000)
    for arguments in (
        ["bad.toml"],
        ["small.toml", "--set", "primary.cells={radius=false, files=['cells.csv']}"],
    ):
        code, out, err = call("check", *arguments)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert err.removesuffix("\n").isprintable() and len(err) < 400
        assert "\\x00" in err


# --- failures and signals --------------------------------------------------------------------


def test_a_failure_of_the_model_is_one_line_and_exit_code_1(call, monkeypatch):
    def fail(*_, **__):
        raise ConvergenceError("field oxygen: residual 1\nafter 60 cycles")

    monkeypatch.setattr(simulation.Simulation, "run", fail)
    code, out, err = call("run", "small.toml", "-q")
    assert (code, out) == (1, "")
    assert err == "hybridmet: field oxygen: residual 1 after 60 cycles\n"


def test_a_defect_is_one_line_and_leaves_its_traceback_in_a_file(call, monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(simulation.Simulation, "run", fail)
    code, _, err = call("run", "small.toml", "-q")
    assert code == 1
    match = re.fullmatch(r"hybridmet: ZeroDivisionError: oh; the traceback is in (\S+)\n", err)
    with open(match[1], encoding="utf-8") as file:
        assert "Traceback" in file.read()
    os.remove(match[1])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_after_its_step_with_all_output(folder, number):
    process = start("run", "small.toml", "-o", "out", "--until", "900 d", cwd=folder)
    wait_for(lambda: process.poll() or steps_done(folder / "out" / "run.json") > 0)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert out.startswith("organ")
    assert "Traceback" not in err
    record = json.loads((folder / "out" / "run.json").read_text())
    assert record["status"] == "interrupted"
    assert record["ledger"]["body"]["imbalance"] == 0
    assert len((folder / "out" / "history.csv").read_text().splitlines()) > 1


def test_ctrl_c_while_a_scenario_is_read_is_one_line(call, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("hybridmet.scenario.load_scenario", interrupt)
    line = "hybridmet: stopped at once; the last output may be incomplete\n"
    for command in ("check", "run"):
        assert call(command, "small.toml") == (1, "", line)


def test_a_terminal_that_was_closed_ends_the_run_after_its_step(folder):
    """The signal comes, and standard error cannot be written any more."""
    process = start("run", "small.toml", "-o", "out", "--until", "900 d", cwd=folder)
    process.stderr.close()
    wait_for(lambda: process.poll() or steps_done(folder / "out" / "run.json") > 0)
    process.send_signal(signal.SIGHUP)
    assert process.stdout.read().startswith("organ")
    assert process.wait(timeout=60) == 3
    assert status(folder / "out") == "interrupted"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_messages_that_cannot_be_written_end_no_run(folder):
    done = shell(folder, "{hybridmet} run small.toml -o out 2> /dev/full")
    assert done.returncode == 0 and done.stdout.startswith("organ")
    assert status(folder / "out") == "completed"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_summary_that_cannot_be_written_is_one_line(folder):
    done = shell(folder, "{hybridmet} run small.toml -o out -q > /dev/full")
    assert (done.returncode, status(folder / "out")) == (1, "completed")
    assert done.stderr == "hybridmet: output: No space left on device\n"


def test_a_run_with_all_streams_closed_is_written(folder):
    assert shell(folder, "{hybridmet} run small.toml -o out >&- 2>&-").returncode == 0
    assert status(folder / "out") == "completed"


@pytest.mark.parametrize("limit", [4, 200], ids=["at_once", "at_the_first_frame"])
def test_a_full_disk_is_one_line_that_names_the_file(folder, limit):
    (folder / "small.toml").write_text(SCENARIO.replace("24, 24", "400, 400"))
    done = shell(folder, f"ulimit -f {limit}; {{hybridmet}} run small.toml -o out -q")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"hybridmet: out/\S+: .+\n", done.stderr), done.stderr


def test_a_closed_pipe_is_no_traceback(folder):
    process = start("check", "small.toml", cwd=folder)
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 1


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def steps_done(path):
    try:
        return json.loads(path.read_text()).get("steps", 0)
    except (OSError, ValueError):
        return 0


def test_a_run_names_flows_that_did_not_settle(capsys):
    from hybridmet.cli_options import warn_of_flow

    warn_of_flow({"lung": {"vessels": {"flow_solves": 9}}, "breast": {"vessels": {}}})
    assert capsys.readouterr().err == ""
    warn_of_flow({"lung": {"vessels": {"flow_solves": 9, "flow_unsettled": 2}}})
    assert "warning: lung: in 2 of 9 solutions of blood flow" in capsys.readouterr().err
    warn_of_flow({"lung": {"vessels": {"flow_solves": 9, "flow_blocked": 3, "flow_unbalanced": 1}}})
    told = capsys.readouterr().err
    assert "warning: lung: in 3 of 9 solutions of blood flow a given boundary_flow had no way" in told
    assert "warning: lung: in 1 of 9 solutions of blood flow blood or red cells do not balance" in told
    warn_of_flow({"lung": {"vessels": {"transport_rounds": 99, "transport_unsettled": 1}}})
    assert "warning: lung: in 1 steps blood and tissue did not settle" in capsys.readouterr().err
