"""Write nested dictionaries as TOML (the standard library only reads it)."""

import math
import re
from collections.abc import Mapping
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def to_toml(table: Mapping[str, Any]) -> str:
    """TOML text of a table; `tomllib.loads` returns an equal one."""
    return "\n".join(_lines(table, ())).strip("\n") + "\n"


def toml_value(value: Any) -> str:
    """One value on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{toml_key(k)} = {toml_value(v)}" for k, v in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_value(item) for item in value)}]"
    return str(value)  # dates and times, which no parameter of the house accepts


def toml_key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _string(key)


def _float(value: float) -> str:
    if math.isfinite(value):
        return repr(float(value))
    return "nan" if math.isnan(value) else f"{'-' if value < 0 else ''}inf"


def _string(text: str) -> str:
    escaped = "".join(_ESCAPES.get(letter) or _character(letter) for letter in text)
    return f'"{escaped}"'


def _character(letter: str) -> str:
    code = ord(letter)
    return f"\\u{code:04x}" if code < 0x20 or code == 0x7F else letter


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    """Plain values first: in TOML they would belong to the last header otherwise."""
    lines = []
    plain = {key: value for key, value in table.items() if not _is_tables(value)}
    if path and plain:
        lines += ["", f"[{'.'.join(map(toml_key, path))}]"]
    lines += [f"{toml_key(key)} = {toml_value(value)}" for key, value in plain.items()]
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            lines += _lines(value, (*path, key))
        elif _is_tables(value):
            lines += _array_of_tables(value, (*path, key))
    return lines


def _is_tables(value: Any) -> bool:
    if isinstance(value, Mapping):
        return bool(value)
    return isinstance(value, list | tuple) and bool(value) and _all_tables(value)


def _all_tables(items: list | tuple) -> bool:
    return all(isinstance(item, Mapping) for item in items)


def _array_of_tables(items: list | tuple, path: tuple[str, ...]) -> list[str]:
    """One `[[header]]` an element; what an element nests is written inline."""
    header = ".".join(map(toml_key, path))
    lines = []
    for item in items:
        lines += ["", f"[[{header}]]"]
        lines += [f"{toml_key(key)} = {toml_value(value)}" for key, value in item.items()]
    return lines
