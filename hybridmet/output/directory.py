"""The directory of a run: new or empty, and writable; nothing is ever overwritten."""

import re
import tempfile
from pathlib import Path

from hybridmet.errors import OutputError


def default_directory(name: str) -> Path:
    """Where a run goes when nothing is said: `out/NAME`."""
    return Path("out") / (re.sub(r"[^\w.-]+", "_", name).strip("._") or "run")


def prepare_directory(directory: Path) -> Path:
    """Make the directory, or accept one that is empty.

    Raises OutputError where it holds anything or cannot be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _check_empty(directory)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except (FileExistsError, NotADirectoryError):
        raise _refusal(directory, "is a file or lies below one") from None
    except OSError as error:
        raise _refusal(directory, f"cannot be written ({error.strerror})") from None
    return directory


def _check_empty(directory: Path) -> None:
    names = {entry.name for entry in directory.iterdir()}
    if "run.json" in names:
        raise _refusal(directory, "holds another run")
    if names:
        raise _refusal(directory, f"holds other files ({sorted(names)[0]}, ...)")


def _refusal(directory: Path, reason: str) -> OutputError:
    return OutputError(
        f'output directory: got "{directory}", which {reason}; '
        "must be new or empty, and writable (choose one with -o DIR)"
    )
