"""What a scenario may hold, read off the annotations of the house's own dataclasses."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Literal, get_args, get_origin

from hybridmet.scenario.locate import Path
from hybridmet.units import hints_of, without_none


@cache
def table_hints(hint: Any) -> dict[str, Any] | None:
    """Annotation of each key of a table, or None where the annotation is no dataclass."""
    hint = without_none(hint)
    if not is_dataclass(hint):
        return None
    hints = hints_of(hint)
    return {field.name: hints[field.name] for field in fields(hint) if field.init}


@cache
def item_hint(hint: Any) -> Any | None:
    """Annotation of the values of a dictionary or array, or None where it is neither."""
    hint = without_none(hint)
    arguments = get_args(hint)
    if _is_dict(hint):
        return arguments[1]
    if get_origin(hint) in (tuple, list):
        return arguments[0]
    return None


def is_dict(hint: Any) -> bool:
    return _is_dict(without_none(hint))


def _is_dict(hint: Any) -> bool:
    origin = get_origin(hint)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def hint_at(cls: type, path: Path) -> Any | None:
    """Annotation at a key path, or None where there is none."""
    hint: Any = cls
    for part in path:
        table = table_hints(hint)
        hint = table.get(part) if table is not None else item_hint(hint)
        if hint is None:
            return None
    return hint


def choices(hint: Any) -> tuple[str, ...]:
    """The words a `Literal` allows; empty for any other annotation."""
    hint = without_none(hint)
    return get_args(hint) if get_origin(hint) is Literal else ()


def default_of(cls: Any, name: str) -> Any:
    """Default value of a field, or MISSING where it must be given."""
    field = next(field for field in fields(without_none(cls)) if field.name == name)
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


def key_paths(cls: type, path: Path = ()) -> Iterator[Path]:
    """Every key path of a schema; what stands in a dictionary goes by `*`."""
    for name, hint in (table_hints(cls) or {}).items():
        yield (*path, name)
        if table_hints(hint):
            yield from key_paths(without_none(hint), (*path, name))
        elif is_dict(hint) and table_hints(item_hint(hint)):
            yield from key_paths(without_none(item_hint(hint)), (*path, name, "*"))
