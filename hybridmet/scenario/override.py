"""Values that a command line gives in place of a scenario's."""

import tomllib
from dataclasses import dataclass
from typing import Any

from hybridmet.errors import ScenarioError
from hybridmet.scenario.locate import Path
from hybridmet.scenario.toml_text import toml_value
from hybridmet.units import quantity_of


@dataclass(frozen=True)
class Override:
    """A value from the command line that takes the place of the file's."""

    path: Path
    value: Any
    label: str
    """How a message names it: `--set primary.site`, `--seed`."""


def parse_override(text: str) -> Override:
    """`key.path=value` as after `--set`."""
    key, equals, value = (part.strip() for part in text.partition("="))
    path = _key_path(key) if equals and "\n" not in text else None
    if path is None:
        raise ScenarioError(
            f'--set: got "{text}", must be key.path=value, such as primary.site=breast'
        )
    return Override(path, parse_value(value), f"--set {key}")


def parse_option(label: str, text: str, hint: Any) -> Any:
    """The quantity in an option of the command line; errors name its `label`."""
    value = parse_value(text)
    try:
        return quantity_of(hint).parse(value)
    except ValueError as error:
        raise ScenarioError(f"{label}: got {toml_value(value)}, {error}") from None


def parse_value(text: str) -> Any:
    """A TOML value, or else the text itself, so that a shell needs fewer quotes."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _key_path(key: str) -> tuple[str, ...] | None:
    try:
        table: Any = tomllib.loads(f"{key} = 0")
    except tomllib.TOMLDecodeError:
        return None
    path = []
    while isinstance(table, dict):
        part, table = next(iter(table.items()))
        path.append(part)
    return tuple(path)
