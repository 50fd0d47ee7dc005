"""JSON files that tell about a directory: run.json, ensemble.json, member.json."""

import json
from pathlib import Path
from typing import Any

from hybridmet.errors import OutputError


def record(path: Path, *keys: str) -> dict[str, Any]:
    """What the file says.

    Raises OutputError where it cannot be read, is no JSON object or lacks one of `keys`.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OutputError(f"{path}: cannot be read: {error}") from None
    missing = [key for key in keys if not isinstance(found, dict) or key not in found]
    if missing or not isinstance(found, dict):
        what = f"has no {missing[0]}" if missing else "is no JSON object"
        raise OutputError(f"{path}: cannot be read: it {what}")
    return found
