"""One member of an ensemble, as a worker runs it: in a directory that appears when it is done."""

import json
import os
import shutil
import traceback
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hybridmet.ensemble.outcome import organ_rows
from hybridmet.output.atomic import write_text
from hybridmet.scenario import Scenario
from hybridmet.simulation import Simulation

RESULT_FILE = "member.json"
"""In a member's directory: who it is and its rows of the table."""
FAILED_SUFFIX = ".failed"
"""Ends the directory of a member whose last attempt failed."""
TRACEBACK_FILE = "traceback.txt"


@dataclass(frozen=True)
class Task:
    """All a worker needs to know."""

    number: int
    scenario: Scenario
    """Of the member's point."""
    digest: str
    """Of the point."""
    seed: int
    until: float
    """[h]."""
    threads: int
    directory: str
    """Where the member's run directory is to appear."""


def run_member(task: Task) -> str | None:
    """Run a member; returns what went wrong in one line, or None.

    It is run in a draft beside its directory, which is renamed at the end: whatever kills a
    worker, a member's directory is whole or absent, and two workers never share a draft.
    """
    place = Path(task.directory)
    draft = place.with_name(f".{place.name}.{uuid.uuid4().hex}")
    try:
        _run(task, draft)
        publish(draft, place)
        shutil.rmtree(failed(place), ignore_errors=True)
    except Exception as error:
        text = " ".join(f"{type(error).__name__}: {error}".split())
        _keep_failed(draft, place)
        return text
    return None


def _run(task: Task, draft: Path) -> None:
    simulation = Simulation(task.scenario.with_seed(task.seed), threads=task.threads)
    simulation.run(until=task.until, output=draft)
    result = {
        "member": task.number,
        "seed": task.seed,
        "digest": task.digest,
        "state": simulation.patient.digest(),
        "rows": organ_rows(simulation),
    }
    write_text(draft / RESULT_FILE, json.dumps(result, separators=(",", ":")) + "\n")


def publish(draft: Path, place: Path) -> None:
    """Let a finished draft take its place; one that is there already is as good."""
    try:
        os.rename(draft, place)
    except OSError:
        if not (place / RESULT_FILE).exists():
            raise
        shutil.rmtree(draft, ignore_errors=True)


def failed(place: Path) -> Path:
    """Where the last failed attempt of a member is kept."""
    return place.with_name(place.name + FAILED_SUFFIX)


def _keep_failed(draft: Path, place: Path) -> None:
    """Keep what a failed attempt has written, with the traceback, as far as the disk allows."""
    with suppress(OSError):
        draft.mkdir(parents=True, exist_ok=True)
        (draft / TRACEBACK_FILE).write_text(traceback.format_exc(), encoding="utf-8")
    shutil.rmtree(failed(place), ignore_errors=True)
    with suppress(OSError):
        os.rename(draft, failed(place))
