"""The directory of an ensemble: its record, its members, its tables; it can be continued."""

import json
import os
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hybridmet.ensemble.member import RESULT_FILE, Task
from hybridmet.ensemble.plan import Member, Plan
from hybridmet.errors import OutputError, WriteError
from hybridmet.output.atomic import write_text
from hybridmet.output.csv_file import append
from hybridmet.output.json_file import record
from hybridmet.run_directory import claim
from hybridmet.scenario import resolved_toml
from hybridmet.scenario.toml_text import toml_value

RECORD = "ensemble.json"
SCENARIO = "scenario.toml"
LOCK = ".lock"
BEGUN = (LOCK, f".{RECORD}.tmp")
"""What an ensemble leaves that is killed before its record is there."""
MEMBERS = "members"
RETRIES = "retries.csv"
"""Members that were run once more, and why; with the time, so that no two are alike."""
SHOWN = 3
"""Differences that a message names [1]."""


class EnsembleDirectory:
    """A directory that belongs to one plan, held by one process at a time."""

    def __init__(self, path: str | Path, plan: Plan):
        """Make it, or take up the one that is there.

        Raises OutputError, with nothing changed, where it holds anything else or is in use.
        """
        self.path, self.plan = Path(path), plan
        there = self.path / RECORD
        if there.is_file():
            _check_same(self.path, plan)
        else:
            claim(self.path, besides=BEGUN)
        self._lock = _locked(self.path)
        try:
            with self.writing():
                self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self) -> None:
        self.record("running")  # first: from now on the directory is known
        if not (self.path / SCENARIO).is_file():
            write_text(self.path / SCENARIO, resolved_toml(self.plan.scenario))
        (self.path / MEMBERS).mkdir(exist_ok=True)
        self.sweep_up()

    def record(self, status: str, **facts: Any) -> None:
        """Replace ensemble.json."""
        identity = self.plan.identity()
        plan = {"name": self.plan.scenario.name, "replicates": self.plan.replicates, **identity}
        text = json.dumps({"status": status, **facts, **plan}, indent=1)
        write_text(self.path / RECORD, text + "\n")

    def place(self, member: Member) -> Path:
        return self.path / MEMBERS / f"{member.number:05d}"

    def task(self, member: Member, threads: int) -> Task:
        point = self.plan.points[member.point]
        return Task(
            member.number,
            point.scenario,
            point.digest,
            member.seed,
            self.plan.until,
            threads,
            str(self.place(member)),
        )

    def result(self, member: Member) -> dict[str, Any] | None:
        """What a finished member came to; None for one that is yet to be run."""
        try:
            found = record(self.place(member) / RESULT_FILE, "digest", "seed", "rows")
        except OutputError:
            return None
        known = (self.plan.points[member.point].digest, member.seed)
        return found if (found["digest"], found["seed"]) == known else None

    def discard(self, member: Member) -> None:
        """Take away what is in the place of a member that is to be run."""
        shutil.rmtree(self.place(member), ignore_errors=True)

    def note_retry(self, member: Member, error: str) -> None:
        """Keep for good that a member is run once more."""
        path, time = self.path / RETRIES, datetime.now(UTC).isoformat(timespec="seconds")
        begun = path.exists() and path.stat().st_size > 0  # a full disk leaves an empty file
        head = [] if begun else [("time", "member", "seed", "error")]
        with self.writing():
            append(path, [*head, (time, member.number, member.seed, error)])

    @contextmanager
    def writing(self) -> Iterator[None]:
        """An error of the operating system becomes one that names the file and the way on."""
        try:
            yield
        except OSError as error:
            file = error.filename or self.path
            raise WriteError(
                f"{file}: could not be written: {error.strerror}; members that are finished stay, "
                "and the same command continues"
            ) from error

    def close(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def sweep_up(self) -> None:
        """Take away drafts of members whose workers were killed."""
        for draft in (self.path / MEMBERS).glob(".*"):
            shutil.rmtree(draft, ignore_errors=True)


def _locked(path: Path) -> int | None:
    """A lock on the directory that ends with this process; None where there are no locks."""
    try:
        import fcntl
    except ImportError:  # not a POSIX system
        return None
    lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise OutputError(f"{path}: another process is running this ensemble") from None
    except OSError:  # a file system without locks
        os.close(lock)
        return None
    return lock


def _check_same(path: Path, plan: Plan) -> None:
    """Raise OutputError that says what differs, unless the directory is of the same plan."""
    found = record(path / RECORD, "points", "replicates")
    try:
        differences = list(_differences(path, found, plan))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutputError(f"{path}: {RECORD} cannot be read: {error!r}") from None
    if not differences:
        return
    more = len(differences) - SHOWN
    told = "; ".join(differences[:SHOWN]) + (f"; and {more} more" if more > 0 else "")
    raise OutputError(
        f"{path}: holds another ensemble ({told}), must be a directory that is new, empty or of "
        "this ensemble; nothing was changed"
    )


def _differences(path: Path, found: Mapping[str, Any], plan: Plan) -> Iterator[str]:
    """What tells the ensemble in a directory from a plan, the telling first."""
    wanted = json.loads(json.dumps(plan.identity()))
    for key in ("version", "commit", "random_seed", "until_h", "vary", "sampling"):
        there, here = found.get(key), wanted[key]
        if there != here:
            name = "commit of the code" if key == "commit" else key
            yield f"{name} is {json.dumps(there)} there, {json.dumps(here)} here"
    yield from _different_scenarios(path / SCENARIO, plan)
    if found["points"] != wanted["points"]:
        yield from _different_points(found["points"], wanted["points"])
    if found["replicates"] > plan.replicates:
        yield f"-n is {found['replicates']} there, {plan.replicates} here, and may only grow"


def _different_scenarios(path: Path, plan: Plan) -> Iterator[str]:
    if not path.is_file():  # killed as it began
        return
    there = tomllib.loads(path.read_text(encoding="utf-8"))
    here = tomllib.loads(resolved_toml(plan.scenario))
    for key, one, other in _different_keys(there, here):
        if key != "random_seed":
            yield f"{key} is {one} there, {other} here"


def _different_points(there: list, here: list) -> Iterator[str]:
    if len(there) != len(here):
        yield f"{len(there)} points there, {len(here)} here"
    elif [one["values"] for one in there] != [one["values"] for one in here]:
        yield "the varied values"
    else:
        yield "the scenario or a file that it names"


def _different_keys(
    there: Mapping[str, Any], here: Mapping[str, Any], path: str = ""
) -> Iterator[tuple[str, str, str]]:
    """Key path and both values wherever two scenarios differ."""
    for key in {**there, **here}:
        one, other = there.get(key), here.get(key)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from _different_keys(one, other, f"{path}{key}.")
        elif one != other:
            shown = ("absent" if value is None else toml_value(value) for value in (one, other))
            yield f"{path}{key}", *(text[:40] for text in shown)
