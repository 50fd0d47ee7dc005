"""Turn a merged table into parameter objects: pydantic over the house's own dataclasses."""

import functools
import json
import re
from collections.abc import Mapping
from typing import Any

from hybridmet.errors import ScenarioError
from hybridmet.scenario.locate import Path
from hybridmet.scenario.problem import NOTHING, Problem, one_of
from hybridmet.scenario.schema import choices, hint_at
from hybridmet.units import quantity_of

_WORDS = {
    "int_type": "must be an integer",
    "int_from_float": "must be an integer",
    "float_type": "must be a number",
    "string_type": "must be a string",
    "bool_type": "must be true or false",
    "tuple_type": "must be an array",
    "list_type": "must be an array",
    "dict_type": "must be a table",
    "dataclass_type": "must be a table",
    "dataclass_exact_type": "must be a table",
}
"""What is allowed, by pydantic's name of a mistake."""

_VALUE = r"""(?:"[^"]*"|'[^']*'|\([^)]*\)|\[[^\]]*\]|\{[^}]*\}|[^,"'(\[{]+)"""
_MESSAGE = re.compile(
    rf"(?P<key>[A-Za-z_][\w.\[\] -]*): (?P<got>got {_VALUE}, )?(?P<text>.*)", re.DOTALL
)
"""`CLASS.FIELD: got VALUE, must be RANGE`, as parameter classes raise it."""


def validate(table: Mapping[str, Any], cls: type) -> tuple[Any, list[Problem]]:
    """The object and no problems, or None and every problem."""
    import pydantic

    try:
        text = json.dumps(table, default=str)
        # JSON is pydantic's strict mode for text: arrays are tuples, but "1" is no number.
        return _adapter(cls).validate_json(text, strict=True), []
    except pydantic.ValidationError as error:
        found = error.errors(include_url=False)
        return None, [_problem(one, table, cls) for one in found]


@functools.cache
def _adapter(cls: type):
    import pydantic

    return pydantic.TypeAdapter(cls)


def _problem(found: Mapping[str, Any], table: Mapping[str, Any], cls: type) -> Problem:
    path = _existing(found["loc"], table)
    reason = found.get("ctx", {}).get("error")
    if isinstance(reason, ScenarioError):
        return problem_of(str(reason), path, table)
    if found["type"] == "missing":
        path = (*path, found["loc"][-1])
        return Problem(path, _missing(hint_at(cls, path)))
    text = _allowed(found, reason, hint_at(cls, path))
    return Problem(path, text, value_at(table, path))


def _allowed(found: Mapping[str, Any], reason: Any, hint: Any) -> str:
    if reason is not None:
        return str(reason)
    if choices(hint):
        return one_of(str(found["input"]), choices(hint))
    message = found["msg"].replace("Input should", "must")
    return _WORDS.get(found["type"], message)


def _missing(hint: Any) -> str:
    quantity = quantity_of(hint)
    if quantity is None:
        return "missing, must be given"
    example = quantity.example if quantity.unit == "1" else f'"{quantity.example}"'
    return f"missing, must be given, such as {example}"


def problem_of(message: str, path: Path, table: Mapping[str, Any]) -> Problem:
    """A mistake that our own code found: its key in place of the class's name.

    The first word is the class's name or already the key of something below `path`.
    """
    match = _MESSAGE.fullmatch(message)
    if match is None:
        return Problem(path, message)
    keys = _keys(match["key"])
    if value_at(table, (*path, keys[0])) is NOTHING:
        keys = keys[1:]
    value = value_at(table, (*path, *keys))
    if isinstance(value, Mapping):  # too long to show: what the message says itself will do
        return Problem((*path, *keys), f"{match['got'] or ''}{match['text']}")
    return Problem((*path, *keys), match["text"], value)


def _keys(dotted: str) -> Path:
    parts = re.findall(r"[^.\[\]]+", dotted)
    return tuple(int(part) if part.isdigit() else part for part in parts)


def _existing(location: tuple, table: Any) -> Path:
    """The part of pydantic's location that is in the table (it adds names of its own)."""
    path: Path = ()
    for part in location:
        if value_at(table, (*path, part)) is not NOTHING:
            path = (*path, part)
    return path


def value_at(table: Any, path: Path) -> Any:
    """What stands at a key path, or NOTHING."""
    for part in path:
        if isinstance(table, Mapping) and part in table:
            table = table[part]
        elif isinstance(table, list) and isinstance(part, int) and part < len(table):
            table = table[part]
        else:
            return NOTHING
    return table
