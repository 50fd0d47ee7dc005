"""An ensemble's tables hold every member, whatever happened to it on the way."""

import csv
import errno
import json
import os
import shutil
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor

import numpy as np
import pytest

from hybridmet import Simulation
from hybridmet.ensemble import Ensemble, directory, member, plan, pools, results
from hybridmet.ensemble import summary as summary_module
from hybridmet.ensemble.outcome import FIRST
from hybridmet.errors import (
    ConvergenceError,
    HybridmetError,
    OutputError,
    ScenarioError,
    WriteError,
)
from hybridmet.measures.statistics import wilson

from . import workers


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def run(folder, inline, n=4, output="out", **options):
    return Ensemble("small.toml", n, **options).run(inline, output=folder / output)


def test_a_row_for_the_primary_and_each_bed_of_every_member(folder, inline):
    ensemble = run(folder, inline)
    found = rows(folder / "out" / "results.csv")
    beds = Simulation.from_scenario("small.toml").patient.network.beds
    expected = [("breast", "primary"), *((bed, "metastatic") for bed in beds)]
    for number in range(4):
        mine = [row for row in found if int(row["member"]) == number]
        assert [(row["organ"], row["tissue"]) for row in mine] == expected
    assert (ensemble.status, ensemble.completed, ensemble.failures) == ("completed", 4, {})


def test_a_row_counts_what_a_run_of_the_same_seed_shows(folder, inline):
    run(folder, inline, n=1, until="2 d")
    found = rows(folder / "out" / "results.csv")
    sim = Simulation.from_scenario("small.toml", seed=int(found[0]["seed"])).run(until="2 d")
    primary, *distant = found
    assert int(primary["cells"]) == sim.patient.tissues["breast"].living
    ledger = sim.ledger
    assert sum(int(row["arrivals"]) for row in found) == ledger["body"]["extravasated"] > 0
    assert sum(int(row["seeded"]) for row in distant) == ledger["body"]["seeded"]
    assert sum(int(row["intravasations"]) for row in found) == ledger["body"]["intravasated"]
    assert sum(int(row["cells"]) for row in distant) == sum(
        tissue.living for tissue in list(sim.patient.tissues.values())[1:]
    )
    colonies = sim.patient.colonies()
    assert sum(int(row["colonies"]) for row in found) == len(colonies) > 0
    for column, time in FIRST.items():
        times = [float(row[f"first_{column}_h"]) for row in distant if row[f"first_{column}_h"]]
        reached = colonies[time][~np.isnan(colonies[time])]
        assert sorted(times)[:1] == sorted(reached)[:1]
    for column, time in (("micrometastases", "micrometastasis_h"), ("detected", "detection_h")):
        reached = np.count_nonzero(~np.isnan(colonies[time]))
        assert sum(int(row[column]) for row in found) == reached


def test_a_member_can_be_run_again_from_its_own_scenario(folder, inline):
    run(folder, inline, n=2)
    place = folder / "out" / "members" / "00001"
    again = Simulation.from_scenario(place / "scenario.toml").run()
    state = rows(folder / "out" / "members.csv")[1]["state_digest"]
    assert again.patient.digest() == state == json.loads((place / "run.json").read_text())["digest"]


def test_varied_values_are_columns_in_internal_units(folder, inline):
    vary = {"primary.cells.radius": "0.1 mm:0.12 mm:2", "primary.site": ["liver", "breast"]}
    run(folder, inline, n=1, vary=vary)
    members = rows(folder / "out" / "members.csv")
    values = [(row["primary.cells.radius"], row["primary.site"]) for row in members]
    assert values == [
        ("100.0", "liver"),
        ("100.0", "breast"),
        ("120.0", "liver"),
        ("120.0", "breast"),
    ]
    found = rows(folder / "out" / "results.csv")
    assert {row["primary.cells.radius"] for row in found if row["member"] == "2"} == {"120.0"}
    summary = rows(folder / "out" / "summary.csv")
    assert [row["primary.site"] for row in summary if row["organ"] == "body"] == [
        "liver", "breast", "liver", "breast"]


def test_the_summary_is_that_of_the_rows(folder, inline):
    run(folder, inline, n=6)
    found = rows(folder / "out" / "results.csv")
    summary = {(r["organ"], r["tissue"]): r for r in rows(folder / "out" / "summary.csv")}
    mine = [int(r["colonies"]) for r in found if r["organ"] == "lung"]
    lung = summary["lung", "metastatic"]
    assert int(lung["members"]) == 6
    for size, column in summary_module.SIZES.items():
        hit = sum(int(r[column]) > 0 for r in found if r["organ"] == "lung")
        assert (int(lung[f"{size}_members"]), float(lung[f"{size}_probability"])) == (hit, hit / 6)
        assert (float(lung[f"{size}_low"]), float(lung[f"{size}_high"])) == wilson(hit, 6)
    assert float(lung["colonies_mean"]) == pytest.approx(sum(mine) / 6)
    body = summary["body", "metastatic"]
    distant = [r for r in found if r["tissue"] == "metastatic"]
    assert float(body["cells_mean"]) == pytest.approx(sum(int(r["cells"]) for r in distant) / 6)
    lows = [float(v) for r in summary.values() for k, v in r.items() if k.endswith("_low")]
    assert min(lows) == 0.0


def test_an_ensemble_that_lost_members_runs_those_again_and_no_other(folder, inline):
    run(folder, inline)
    tables = {name: (folder / "out" / name).read_bytes() for name in ("results.csv", "members.csv")}
    kept = folder / "out" / "members" / "00000" / "run.json"
    before = kept.stat().st_mtime_ns
    shutil.rmtree(folder / "out" / "members" / "00001")  # never begun
    (folder / "out" / "members" / "00002" / "member.json").unlink()  # not whole
    (folder / "out" / "members" / "00003" / "member.json").write_text("[]")  # not ours
    draft = folder / "out" / "members" / ".00003.0123"  # killed
    draft.mkdir()
    (draft / "history.csv").write_text("half")
    again = run(folder, inline)
    assert again.status == "completed"
    assert kept.stat().st_mtime_ns == before
    assert not draft.exists()
    assert {name: (folder / "out" / name).read_bytes() for name in tables} == tables


def test_more_replicates_continue_a_finished_ensemble(folder, inline):
    run(folder, inline, n=2)
    kept = folder / "out" / "members" / "00001" / "run.json"
    before = kept.stat().st_mtime_ns
    run(folder, inline, n=4)
    run(folder, inline, n=4, output="other")
    assert kept.stat().st_mtime_ns == before
    assert (folder / "out" / "results.csv").read_bytes() == (
        folder / "other" / "results.csv"
    ).read_bytes()


def test_a_stopped_ensemble_ends_as_interrupted_and_goes_on_later(folder, inline):
    ensemble = Ensemble("small.toml", 4)
    ensemble.run(
        inline, output="out", workers=1, progress=lambda state: state.time >= 2 and ensemble.stop()
    )
    assert ensemble.status == "interrupted"
    states = [row["status"] for row in rows(folder / "out" / "members.csv")]
    assert states[:2] == ["completed", "completed"] and "pending" in states
    assert json.loads((folder / "out" / "ensemble.json").read_text())["status"] == "interrupted"
    assert ensemble.run(inline, output="out").status == "completed"


def test_a_stop_takes_back_what_no_worker_has_begun(folder, inline):
    class Asleep(Executor):
        def submit(self, function, /, *arguments, **options):
            return Future()

    ensemble = Ensemble("small.toml", 4)
    ensemble.run(Asleep(), output="out", progress=lambda state: ensemble.stop())
    assert (ensemble.status, ensemble.completed) == ("interrupted", 0)
    assert ensemble.run(inline, output="out").status == "completed"


def test_a_member_that_fails_once_is_run_again(folder, inline, monkeypatch):
    monkeypatch.setattr(pools, "run_member", workers.fails_once)
    ensemble = run(folder, inline)
    assert (ensemble.status, ensemble.failures) == ("completed", {})
    assert (folder / "out" / "attempts-2").stat().st_size == 2
    assert ensemble.retries == {2: "ConvergenceError: field oxygen"}
    retry = rows(folder / "out" / "retries.csv")
    assert [(row["member"], row["error"]) for row in retry] == [
        ("2", "ConvergenceError: field oxygen")]


def test_what_fails_is_heard_of_as_it_fails(folder, inline, monkeypatch):
    monkeypatch.setattr(pools, "run_member", lambda task: "bad luck" if task.number == 2 else None)
    heard = []
    ensemble = Ensemble("small.toml", 4)
    ensemble.run(inline, output="out", mishap=heard.append)
    assert [(one.member, one.attempt, one.final) for one in heard] == [(2, 1, False), (2, 2, True)]
    told = [one.describe() for one in heard]
    assert told == ["member 2 failed: bad luck; it is run once more (retries.csv)",
                    "member 2 failed again: bad luck"]


def test_a_member_that_fails_twice_is_listed_and_the_others_are_there(folder, inline, monkeypatch):
    def fail(simulation, *_, **__):
        if simulation.seed == unlucky:
            raise ConvergenceError("field oxygen:\nresidual 1")
        return original(simulation, *_, **__)

    original = Simulation.run
    unlucky = list(Ensemble("small.toml", 4).plan.members())[workers.UNLUCKY].seed
    monkeypatch.setattr(member.Simulation, "run", fail)
    ensemble = run(folder, inline)
    assert ensemble.status == "failed"
    assert ensemble.failures == {2: "ConvergenceError: field oxygen: residual 1"}
    table = rows(folder / "out" / "members.csv")
    assert [row["status"] for row in table] == ["completed", "completed", "failed", "completed"]
    assert table[2]["error"] == "ConvergenceError: field oxygen: residual 1"
    assert {row["member"] for row in rows(folder / "out" / "results.csv")} == {"0", "1", "3"}
    text = (folder / "out" / "members" / "00002.failed" / "traceback.txt").read_text()
    assert "Traceback" in text
    monkeypatch.setattr(member.Simulation, "run", original)
    assert run(folder, inline).status == "completed"
    assert not (folder / "out" / "members" / "00002.failed").exists()


def test_other_code_does_not_continue_an_ensemble(folder, inline, monkeypatch):
    run(folder, inline, n=2)
    before = {p: p.stat().st_mtime_ns for p in (folder / "out").rglob("*")}
    monkeypatch.setattr(plan, "commit", lambda: "0123abc")
    with pytest.raises(OutputError, match='commit of the code is .* there, "0123abc" here'):
        run(folder, inline, n=2)
    assert {p: p.stat().st_mtime_ns for p in (folder / "out").rglob("*")} == before


@pytest.mark.parametrize("last", [".lock", ".ensemble.json.tmp", "ensemble.json", "scenario.toml"])
def test_an_ensemble_that_was_killed_as_it_began_can_be_started_again(folder, inline, last):
    run(folder, inline, n=2)
    names = (".lock", ".ensemble.json.tmp", "ensemble.json", "scenario.toml")
    left = names[: names.index(last) + 1]
    (folder / "begun").mkdir()
    for name in left:
        there = folder / "out" / name
        (folder / "begun" / name).write_bytes(there.read_bytes() if there.exists() else b"")
    assert run(folder, inline, n=2, output="begun").status == "completed"
    for name in ("results.csv", "scenario.toml"):
        assert (folder / "begun" / name).read_bytes() == (folder / "out" / name).read_bytes()


def test_a_scenario_that_is_not_the_ensembles_is_not_overwritten(folder, inline):
    (folder / "mine").mkdir()
    (folder / "mine" / "scenario.toml").write_text("mine")
    with pytest.raises(OutputError, match="holds other files"):
        run(folder, inline, output="mine")
    assert [p.name for p in (folder / "mine").iterdir()] == ["scenario.toml"]


def test_any_executor_will_do(folder, inline):
    run(folder, inline)
    with ThreadPoolExecutor(2) as threads:
        run(folder, threads, output="threads")
    assert (folder / "threads" / "results.csv").read_bytes() == (
        folder / "out" / "results.csv"
    ).read_bytes()


def test_an_executor_that_breaks_leaves_an_ensemble_that_can_be_continued(folder, inline):
    class Broken(Executor):
        def submit(self, function, /, *arguments, **options):
            raise BrokenExecutor("lost")

    with pytest.raises(HybridmetError, match="takes no more members: lost"):
        run(folder, Broken())
    assert [row["status"] for row in rows(folder / "out" / "members.csv")] == ["pending"] * 4
    assert run(folder, inline).status == "completed"


def test_a_table_that_cannot_be_written_is_named_and_its_directory_let_go(
    folder, inline, monkeypatch
):
    def full(path, *_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(results, "write_table", full)
        with pytest.raises(WriteError, match="results.csv: could not be written: No space left"):
            run(folder, inline)
    assert run(folder, inline).status == "completed"


def test_a_full_disk_at_a_retry_ends_it_and_the_table_has_its_head_later(
    folder, inline, monkeypatch
):
    def full(path, _):
        path.touch()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(pools, "run_member", lambda task: "no luck")
        patch.setattr(directory, "append", full)
        with pytest.raises(WriteError, match="retries.csv: could not be written: No space left"):
            run(folder, inline)
    assert (folder / "out" / "retries.csv").stat().st_size == 0
    (folder / "out" / "attempts-2").unlink(missing_ok=True)
    monkeypatch.setattr(pools, "run_member", workers.fails_once)
    assert run(folder, inline).status == "completed"
    assert [row["member"] for row in rows(folder / "out" / "retries.csv")] == ["2"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 0}, "replicates: got 0, must be an integer > 0"),
        ({"n": 1.5}, "replicates: got 1.5"),
        ({"until": "1 m"}, "until: got '1 m', must be in units of h"),
        ({"n": 10**6, "vary": ["primary.site=liver,breast"]}, "over 1000000 members"),
    ],
)
def test_wrong_arguments_are_refused(folder, inline, options, message):
    with pytest.raises(ScenarioError) as raised:
        run(folder, inline, **options)
    assert message in str(raised.value)
    assert not (folder / "out").exists()
