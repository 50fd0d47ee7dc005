"""What goes wrong in workers, as functions that stand in for `run_member`."""

import os
import signal
from pathlib import Path

from hybridmet.ensemble.member import Task, run_member

UNLUCKY = 2


def _attempts(task: Task) -> int:
    """How often a member has been begun, this time included."""
    log = Path(task.directory).parents[1] / f"attempts-{task.number}"
    with log.open("a") as file:
        file.write("x")
    return log.stat().st_size


def dies_once(task: Task):
    if task.number == UNLUCKY and _attempts(task) == 1:
        os._exit(9)
    return run_member(task)


def dies_always(task: Task):
    if task.number == UNLUCKY:
        _attempts(task)
        os._exit(9)
    return run_member(task)


def fails_once(task: Task):
    if task.number == UNLUCKY and _attempts(task) == 1:
        return "ConvergenceError: field oxygen"
    return run_member(task)


def killed_once(task: Task):
    if task.number == UNLUCKY and _attempts(task) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return run_member(task)
