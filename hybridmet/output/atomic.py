"""Files that are complete at any moment: written beside their place, then renamed into it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """An error of the operating system that names no file, as of a full disk, names `path`."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path to write to; on success it replaces `path` at once, on failure it vanishes."""
    draft = path.with_name(f".{path.name}.tmp")
    try:
        with naming(path):
            yield draft
            os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Replace a text file (UTF-8)."""
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8", newline="\n")
