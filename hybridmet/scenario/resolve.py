"""A scenario as TOML with every default written out."""

import hashlib
from collections.abc import Mapping
from dataclasses import MISSING, is_dataclass
from functools import cache
from typing import Any

from hybridmet.organs import DEFAULT_ORGAN
from hybridmet.scenario.schema import default_of, item_hint, table_hints
from hybridmet.scenario.toml_text import to_toml
from hybridmet.units import quantity_of


def resolved_toml(scenario: Any) -> str:
    """TOML text of a scenario object; reading it gives an equal object."""
    cls = type(scenario)
    return to_toml(_for_file(as_table(scenario), default_table(cls), cls))


def scenario_digest(scenario: Any) -> str:
    """SHA-256 of the resolved scenario: equal digests, equal scenarios."""
    return hashlib.sha256(resolved_toml(scenario).encode()).hexdigest()


def as_table(instance: Any) -> dict[str, Any]:
    """A parameter object as nested dictionaries, quantities as text with their units."""
    hints = table_hints(type(instance)) or {}
    return {name: _written(getattr(instance, name), hint) for name, hint in hints.items()}


@cache
def default_table(cls: Any) -> dict[str, Any]:
    """The defaults of a parameter class; what must be given is absent. Not to be changed."""
    hints = table_hints(cls) or {}
    defaults = {name: default_of(cls, name) for name in hints}
    return {
        name: _written(default, hints[name])
        for name, default in defaults.items()
        if default is not MISSING
    }


def _written(value: Any, hint: Any) -> Any:
    quantity = quantity_of(hint)
    if quantity is not None:
        return None if value is None else quantity.format(value)
    if is_dataclass(value):
        return as_table(value)
    if isinstance(value, Mapping):
        return {key: _written(item, item_hint(hint)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_written(item, item_hint(hint)) for item in value]
    return value


def _for_file(table: Mapping[str, Any], defaults: Any, hint: Any) -> dict[str, Any]:
    """TOML has no word for nothing: None is left out, or `false` where it replaces a default."""
    hints = table_hints(hint)
    if not isinstance(defaults, Mapping):
        defaults = default_table(hint)
    result = {}
    for key, value in table.items():
        below = hints[key] if hints is not None else item_hint(hint)
        start = table.get(DEFAULT_ORGAN) if hints is None and key != DEFAULT_ORGAN else None
        default = defaults.get(key, start)
        if value is not None:
            result[key] = _value_for_file(value, default, below)
        elif default is not None:
            result[key] = False
    return result | {key: False for key in defaults if key not in table}


def _value_for_file(value: Any, default: Any, hint: Any) -> Any:
    if isinstance(value, Mapping):
        return _for_file(value, default, hint)
    if isinstance(value, list) and table_hints(item_hint(hint)) is not None:
        return [_for_file(item, None, item_hint(hint)) for item in value]
    return value
