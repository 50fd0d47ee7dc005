"""Read a scenario: TOML text and command line over the defaults, checked, as one object."""

import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path as FilePath
from typing import Any, TypeVar

from hybridmet.errors import ScenarioError, shortened
from hybridmet.scenario.input_file import with_full_paths
from hybridmet.scenario.locate import line_numbers
from hybridmet.scenario.merge import merge, overlay
from hybridmet.scenario.override import Override, parse_override
from hybridmet.scenario.problem import Source
from hybridmet.scenario.resolve import default_table
from hybridmet.scenario.validate import problem_of, validate

T = TypeVar("T")
Check = Callable[[Any], None]

_BARE_QUANTITY = re.compile(
    r"""\s*(?P<key>[\w.-]+)\s*=\s*
        (?P<value>[-+]?\.?\d[^\s"'\#]*\s*[A-Za-z\u00b5/%][^"'\#]*?)\s*(?:\#.*)?""",
    re.VERBOSE,
)
"""A line such as `spacing = 20 um`, whose value lacks its quotes."""
_POSITION = re.compile(r"\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)")


def load(
    path: str | FilePath,
    cls: type[T],
    overrides: Iterable[str | Override] = (),
    checks: Sequence[Check] = (),
) -> T:
    """The object in a scenario file.

    `overrides` are texts as after `--set` ("primary.site=breast") or Override objects; `checks`
    are called with the object and raise ScenarioError("key.path: got VALUE, must ...").
    Raises ScenarioError that lists every mistake, one a line.
    """
    folder = FilePath(path).resolve().parent
    return loads(_read(FilePath(path)), cls, overrides, checks, name=str(path), folder=folder)


def loads(
    text: str,
    cls: type[T],
    overrides: Iterable[str | Override] = (),
    checks: Sequence[Check] = (),
    *,
    name: str = "scenario",
    folder: FilePath | None = None,
) -> T:
    """The object in a scenario text; messages call the text `name`.

    Files that the text names count from `folder`.
    """
    given = _parse(text, name)
    changes = [parse_override(one) if isinstance(one, str) else one for one in overrides]
    for change in changes:
        given = overlay(given, _nested(change))
    source = Source(name, line_numbers(text), changes)
    return _build(given, cls, checks, source, folder)


def _nested(change: Override) -> dict[str, Any]:
    table = change.value
    for part in reversed(change.path):
        table = {part: table}
    return table


def _build(
    given: dict[str, Any],
    cls: type[T],
    checks: Sequence[Check],
    source: Source,
    folder: FilePath | None,
) -> T:
    merged, unknown = merge(default_table(cls), given, cls)
    if folder is not None:
        merged = with_full_paths(merged, cls, folder)
    scenario, wrong = validate(merged, cls)
    if unknown or wrong:
        raise ScenarioError(source.report([*unknown, *wrong]))
    for check in checks:
        try:
            check(scenario)
        except ScenarioError as error:
            problem = problem_of(str(error), (), merged)
            raise ScenarioError(source.report([problem])) from None
    return scenario


def _read(path: FilePath) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        raise ScenarioError(f"{path}: no such file{_similar(path)}") from None
    except IsADirectoryError:
        raise ScenarioError(f"{path}: is a directory, must be a scenario file") from None
    except UnicodeDecodeError:
        raise ScenarioError(f"{path}: must be a text file in UTF-8") from None
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from None


def _similar(path: FilePath) -> str:
    """Scenarios that do exist beside a file that does not."""
    try:
        names = sorted(other.name for other in path.parent.glob("*.toml"))
    except OSError:
        names = []
    return f"; the directory holds {', '.join(names[:5])}" if names else ""


def _parse(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(_syntax_message(str(error), text, name)) from None
    except RecursionError:
        raise ScenarioError(f"{name}: nested too deeply to be read") from None


def _syntax_message(message: str, text: str, name: str) -> str:
    """`FILE:LINE: what is wrong: the line`."""
    lines = text.splitlines() or [""]
    match = _POSITION.search(message)
    line = min(int(match["line"]) if match and match["line"] else len(lines), len(lines))
    bare = _BARE_QUANTITY.fullmatch(lines[line - 1])
    what = _POSITION.sub("", message).strip()
    if bare:
        what = f'a quantity stands in quotes, {bare["key"]} = "{bare["value"]}"'
    found = shortened(lines[line - 1].strip())
    return f"{name}:{line}: not valid TOML: {what}; the line is: {found}"
