"""Put what the user gives over what the house assumes, key by key."""

from collections.abc import Mapping
from typing import Any

from hybridmet.organ_catalogue import completed
from hybridmet.organs import DEFAULT_ORGAN, OrganParameters
from hybridmet.scenario.locate import Path
from hybridmet.scenario.problem import Problem, dotted, nearest
from hybridmet.scenario.resolve import as_table, default_table
from hybridmet.scenario.schema import is_dict, item_hint, key_paths, table_hints
from hybridmet.tissue.field_parameters import OPTIONAL_FIELDS
from hybridmet.units import Fraction, without_none


def merge(
    defaults: Mapping[str, Any], given: Mapping[str, Any], cls: type
) -> tuple[dict[str, Any], list[Problem]]:
    """The given table over the defaults, and the keys that `cls` does not know.

    Tables merge key by key, everything else replaces; `false` takes away a default, be it an
    entry of a dictionary (`fields.mmp2 = false`) or the value of a key that may have none.
    A new entry of a dictionary starts from its entry `default`, if it has one (organs do), and a
    field whose name is known from what is known of it (`fields.vegf = {}`). An organ then takes
    the catalogue's values where nothing else is said.
    """
    merger = _Merger(cls, catalogue=given.get("organ_catalogue") is not False)
    return merger.table(defaults, given, cls, ()), merger.problems


def overlay(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` on top of `base`, tables key by key."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        both = isinstance(value, Mapping) and isinstance(below, Mapping)
        result[key] = overlay(below, value) if both else value
    return result


def _default_first(given: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """New entries of a dictionary start from its entry `default`, so that is merged first."""
    return sorted(given.items(), key=lambda item: item[0] != DEFAULT_ORGAN)


def _ordered(
    result: dict[str, Any], given: Mapping[str, Any], defaults: Mapping[str, Any]
) -> dict[str, Any]:
    """Defaults come first, unless the given table names them all: then its order holds.

    Order is meaning (phenotypes are numbered by it), and a resolved scenario must keep it.
    """
    if not set(defaults) <= set(given):
        return result
    return {key: result[key] for key in given if key in result}


class _Merger:
    def __init__(self, cls: type, catalogue: bool):
        self.cls, self.catalogue = cls, catalogue
        self.problems: list[Problem] = []

    def table(self, defaults: Any, given: Mapping[str, Any], hint: Any, path: Path) -> dict:
        hints = table_hints(hint)
        if not isinstance(defaults, Mapping):
            defaults = default_table(hint) if hints is not None else {}
        result = dict(defaults)
        for key, value in _default_first(given):
            here = (*path, key)
            if hints is not None and key not in hints:
                self.problems.append(self._unknown(here, list(hints)))
                continue
            below = hints[key] if hints is not None else item_hint(hint)
            if value is not False or without_none(below) is bool:
                start = None if hints is not None else self._start(result, here)
                merged = self._value(result.get(key, start), value, below, here)
                result[key] = self._completed(merged, value, below, here)
            elif hints is None:
                self._leave_out(result, here)
            else:
                result[key] = None if without_none(below) is not below else False
        return result if hints is not None else _ordered(result, given, defaults)

    @staticmethod
    def _start(result: Mapping[str, Any], path: Path) -> Any:
        """What a new entry of a dictionary starts from, if anything."""
        if path[:-1] == ("fields",) and path[-1] in OPTIONAL_FIELDS:
            return as_table(OPTIONAL_FIELDS[path[-1]])
        return result.get(DEFAULT_ORGAN)

    def _value(self, default: Any, value: Any, hint: Any, path: Path) -> Any:
        if is_dict(hint) and item_hint(hint) == Fraction:
            return value  # a composition is given as a whole
        if isinstance(value, Mapping) and (table_hints(hint) is not None or is_dict(hint)):
            return self.table(default, value, hint, path)
        if isinstance(value, list) and table_hints(item_hint(hint)) is not None:
            item = item_hint(hint)
            return [self._value(None, one, item, (*path, i)) for i, one in enumerate(value)]
        return value

    def _completed(self, merged: Any, given: Any, hint: Any, path: Path) -> Any:
        """An organ's table with the values of the catalogue."""
        is_organ = self.catalogue and hint is OrganParameters and path[-1] != DEFAULT_ORGAN
        if not is_organ or not isinstance(given, Mapping):
            return merged
        return completed(str(path[-1]), merged, said=given)

    def _leave_out(self, result: dict[str, Any], path: Path) -> None:
        name = str(path[-1])
        if name in result:
            del result[name]
            return
        known = ", ".join(result) or "none"
        text = f"only a default can be left out; the defaults are {known}"
        self.problems.append(Problem(path, text, False))

    def _unknown(self, path: Path, siblings: list[str]) -> Problem:
        name = str(path[-1])
        close = nearest(name, siblings)
        if close is not None:
            return Problem(path, f"unknown key, did you mean {dotted((*path[:-1], close))}?")
        elsewhere = [other for other in key_paths(self.cls) if other[-1] == name]
        if elsewhere:
            meant = ("NAME" if part == "*" else part for part in min(elsewhere, key=len))
            return Problem(path, f"unknown key here, did you mean {dotted(tuple(meant))}?")
        return Problem(path, f"unknown key, must be one of {', '.join(siblings)}")
