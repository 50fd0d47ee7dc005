"""The tables of an ensemble: results.csv, members.csv, summary.csv.

All are written from what the members left behind, in the order of their numbers, so that they do
not depend on where and when members ran; no table holds a wall time.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from hybridmet.ensemble.directory import EnsembleDirectory
from hybridmet.ensemble.outcome import COLUMNS
from hybridmet.ensemble.plan import Member
from hybridmet.ensemble.summary import SUMMARY_COLUMNS, Summary
from hybridmet.output.csv_file import write_table
from hybridmet.scenario.toml_text import toml_value

COMPLETED, FAILED, PENDING = "completed", "failed", "pending"
"""States of a member in members.csv."""


def write_tables(directory: EnsembleDirectory, failures: Mapping[int, str]) -> Summary:
    """Write all tables for the members that are finished; `failures`: what went wrong, by number.

    Returns what summary.csv holds.
    """
    plan, path = directory.plan, directory.path
    keys = [sweep.key for sweep in plan.sweeps]
    summary = Summary(plan)
    rows: list[list[Any]] = []
    members: list[list[Any]] = []
    for member in plan.members():
        result = directory.result(member)
        facts = [member.number, member.seed, *values_of(plan.points[member.point].values)]
        members.append([*facts, *_fate(directory, member, result, failures.get(member.number))])
        if result is not None:
            rows += [[*facts, *row] for row in result["rows"]]
            summary.add(member.point, result["rows"])
    write_table(path / "results.csv", ["member", "seed", *keys, *COLUMNS], rows)
    fate = ["status", "scenario_digest", "state_digest", "error"]
    write_table(path / "members.csv", ["member", "seed", *keys, *fate], members)
    write_table(path / "summary.csv", [*keys, *SUMMARY_COLUMNS], _with_values(summary, plan))
    return summary


def values_of(values: tuple[Any, ...]) -> list[Any]:
    """Values of sweeps as cells of a table: numbers and words as they are, the rest as TOML."""
    return [
        value if isinstance(value, int | float | str) and not isinstance(value, bool)
        else toml_value(value)
        for value in values
    ]


def _fate(
    directory: EnsembleDirectory, member: Member, result: Mapping | None, error: str | None
) -> list[Any]:
    digest = directory.plan.points[member.point].digest
    if result is not None:
        return [COMPLETED, digest, result["state"], ""]
    return [FAILED if error else PENDING, digest, "", error or ""]


def _with_values(summary: Summary, plan: Any) -> Iterator[list[Any]]:
    for point, row in summary.rows():
        yield [*values_of(plan.points[point].values), *row]
