"""run.json: what ran, where and how it ended; valid at any moment of a run."""

import json
import os
import platform
import subprocess
import sys
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from hybridmet._version import __version__
from hybridmet.output.atomic import write_text

COMMIT_FILE = "_commit.txt"
"""Beside the package's modules: the commit it was built from; written by setup.py."""


class RunRecord:
    """Keeps run.json; the first version, with status "running", is written at once."""

    def __init__(self, directory: Path, **facts: Any):
        """facts: what is known at the start, such as name, seed, threads."""
        self.path = Path(directory) / "run.json"
        self._started = time.perf_counter()
        self._facts = {
            "status": "running",
            "version": __version__,
            "commit": commit(),
            "command": sys.argv,
            "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "platform": platform_facts(),
            "ranks": 1,
            **facts,
        }
        self.update()

    def update(self, **facts: Any) -> None:
        """Replace some facts and the file, with wall time and peak memory as they are now."""
        self._facts.update(facts)
        self._facts["wall_time_s"] = round(time.perf_counter() - self._started, 3)
        performance = dict(self._facts.get("performance", {}))
        performance["peak_memory_bytes"] = peak_memory()
        self._facts["performance"] = performance
        write_text(self.path, json.dumps(self._facts, indent=2, default=_plain) + "\n")

    def end(self, status: str) -> None:
        """Note how a run ended when nothing else can be relied upon; never raises OSError."""
        try:
            self.update(status=status)
        except OSError:
            self._overwrite_status(status)

    def _overwrite_status(self, status: str) -> None:
        """In place and in as many bytes as before: works on a full disk."""
        before = b'"status": "running"'
        after = f'"status": "{status}"'.encode().ljust(len(before))
        with suppress(OSError), self.path.open("r+b") as file:
            start = file.read().find(before)
            if start >= 0 and len(after) == len(before):
                file.seek(start)
                file.write(after)


def platform_facts() -> dict[str, Any]:
    """The machine and the software that results may depend on."""
    return {
        "system": platform.platform(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


@cache
def commit() -> str | None:
    """Git commit of the source this package runs from or was built from; None if unknown."""
    package = Path(__file__).resolve().parents[1]
    built = package / COMMIT_FILE
    if built.exists():
        return built.read_text(encoding="ascii").strip()
    if not (package.parent / ".git").exists():
        return None
    command = ["git", "-C", str(package), "describe", "--always", "--dirty"]
    command += ["--abbrev=40", "--exclude=*"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


def peak_memory() -> int | None:
    """Largest resident memory of this process so far [bytes]; None where it is unknown."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return _peak_of_usage()
    # Not ru_maxrss, which can carry over what the parent process held at the fork.
    lines = dict(line.split(":", 1) for line in status.splitlines())
    return 1024 * int(lines["VmHWM"].split()[0])


def _peak_of_usage() -> int | None:
    """The same where there is no /proc."""
    try:
        import resource
    except ImportError:  # not a POSIX system
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _plain(value: Any) -> Any:
    """NumPy numbers and paths as JSON knows them."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    return str(value)
