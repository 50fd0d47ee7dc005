"""Files that a scenario names: found from the scenario's own place."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from hybridmet.scenario.schema import is_dict, item_hint, table_hints
from hybridmet.units import hints_of, is_input_file


def with_full_paths(value: Any, hint: Any, folder: Path) -> Any:
    """A table of a scenario in which every file has its full path."""
    if isinstance(value, str) and is_input_file(hint):
        return str(folder / value)
    hints = table_hints(hint)
    if isinstance(value, Mapping) and hints is not None:
        return {key: with_full_paths(v, hints.get(key), folder) for key, v in value.items()}
    if isinstance(value, Mapping) and hint is not None and is_dict(hint):
        return {key: with_full_paths(v, item_hint(hint), folder) for key, v in value.items()}
    if isinstance(value, list) and hint is not None:
        return [with_full_paths(v, item_hint(hint), folder) for v in value]
    return value


def input_files(value: Any, hint: Any = None) -> Iterator[str]:
    """Every file that a parameter object names, in the order of its fields."""
    if isinstance(value, str):
        if is_input_file(hint):
            yield value
    elif is_dataclass(value):
        hints = hints_of(type(value))
        for field in fields(value):
            yield from input_files(getattr(value, field.name), hints[field.name])
    elif isinstance(value, Mapping | tuple | list):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from input_files(one, item_hint(hint))
