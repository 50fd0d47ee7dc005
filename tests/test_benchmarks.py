"""What benchmarks/run.py says of its figures: fallen, missed, vanished, and the table."""

import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.append(str(BENCHMARKS))

import compare
import run
import whole
from rows import LESS, MORE, met, row, wanted


def test_a_limit_gives_the_direction():
    assert row("a", 1.0, "s", at_most=2.0)["better"] == LESS
    assert row("a", 1.0, "GB", at_least=2.0)["better"] == MORE
    assert (row("a", 1.0, "ratio")["better"], row("a", 1.0, "sweeps")["better"]) == (MORE, LESS)
    assert wanted(row("a", 1.0, "s", at_most=2.0)) == "<= 2"
    assert (wanted(row("a", 1.0, "s")), met(row("a", 1.0, "s"))) == ("", None)


@pytest.mark.parametrize(
    ("value", "limits", "verdict"),
    [
        (2.0, {"at_least": 2.0}, True),
        (1.9, {"at_least": 2.0}, False),
        (2.0, {"at_most": 2.0}, True),
        (2.1, {"at_most": 2.0}, False),
    ],
)
def test_limits(value, limits, verdict):
    one = row("a", value, "ratio", **limits)
    assert met(one) is verdict
    assert len(compare.missed([one])) == (not verdict)


@pytest.mark.parametrize(
    ("unit", "old", "new", "fell"),
    [
        ("ratio", 10.0, 8.1, False),
        ("ratio", 10.0, 7.9, True),
        ("ratio", 10.0, 20.0, False),
        ("sweeps", 10.0, 12.4, False),
        ("sweeps", 10.0, 12.6, True),
        ("error", 1e-4, 2e-4, True),
        ("sweeps", 10.0, 5.0, False),
        ("s", 10.0, 99.0, False),
    ],
)
def test_what_fell_is_named_in_either_direction(unit, old, new, fell):
    names = compare.fallen([row("a", new, unit)], [row("a", old, unit)])
    assert len(names) == fell
    assert all(name.startswith("a: ") for name in names)


def test_rows_that_vanish_are_named_for_the_groups_that_ran():
    old = [row("a", 1.0, "s") | {"group": "x"}, row("b", 1.0, "s") | {"group": "y"}]
    assert compare.vanished([], old, {"x"}) == ["a"]
    assert compare.vanished(old, old, {"x", "y"}) == []
    assert compare.added([row("c", 1.0, "s")], old) == ["c"]


def result(triad):
    rows = [row("good", 2.0, "ratio", at_least=1.0), row("bad", 2.0, "s", at_most=1.0)]
    return {"machine": {"cpu": "any", "cores": 2}, "date": "today", "triad": triad, "rows": rows}


def test_the_table_says_what_is_met_and_whether_the_machine_was_shared():
    quiet, shared = run.table(result([1e10, 1.1e10])), run.table(result([1.5e10, 1e10]))
    assert "| good | 2 | >= 1 | met |" in quiet
    assert "| bad | 2 s | <= 1 | **missed** |" in quiet
    assert "measured again" in shared
    assert "measured again" not in quiet


def test_only_store_writes(monkeypatch, tmp_path):
    figures, page = tmp_path / "figures.json", tmp_path / "page.md"
    page.write_text(f"text\n{run.MARK}\nold\n")
    monkeypatch.setattr(run, "FIGURES", figures)
    monkeypatch.setattr(run, "TABLE", page)
    monkeypatch.setattr(run, "measure", lambda groups: result([1e10, 1e10]))
    monkeypatch.setattr(sys, "argv", ["run.py", "--only", "fields"])
    assert run.main() == 1
    assert not figures.exists() and page.read_text().endswith("old\n")
    monkeypatch.setattr(sys, "argv", ["run.py", "--store"])
    assert run.main() == 1
    assert figures.exists() and "**missed**" in page.read_text()


def test_a_shortened_run_is_no_verdict_on_time():
    found = {"seconds": 1.0, "peak_gb": 1.0}
    assert whole.verdict("month", found, "2 d") is None
    assert whole.verdict("month", found, None) is True
    assert whole.verdict("ten_million", found, "2 h") is True
