"""What is wrong with a scenario, in one line: where, what was found, what is allowed."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hybridmet.errors import shortened
from hybridmet.scenario.locate import Path, line_of
from hybridmet.scenario.override import Override
from hybridmet.scenario.toml_text import toml_key, toml_value

NOTHING = object()
"""Stands for "no value" in a Problem."""


@dataclass(frozen=True)
class Problem:
    """One mistake."""

    path: Path
    text: str
    """What is allowed: `must be > 0 um`."""
    value: Any = NOTHING

    def describe(self) -> str:
        """`key.path: got "VALUE", must be ...`."""
        found = "" if self.value is NOTHING else f"got {shown(self.value)}, "
        key = f"{dotted(self.path)}: " if self.path else ""
        return f"{key}{found}{self.text}"


@dataclass(frozen=True)
class Source:
    """Where the values of a scenario come from."""

    name: str
    lines: dict[Path, int]
    overrides: Sequence[Override] = ()

    def report(self, problems: Iterable[Problem]) -> str:
        """All problems, one a line, in the order of the file."""
        ordered = sorted(problems, key=lambda problem: line_of(problem.path, self.lines) or 0)
        return "\n".join(self._line(problem) for problem in ordered)

    def _line(self, problem: Problem) -> str:
        override = self._override_of(problem.path)
        if override is None:
            return f"{self._place(problem.path)}: {problem.describe()}"
        if override.path == problem.path:
            return f"{override.label}: {Problem((), problem.text, problem.value).describe()}"
        return f"{override.label}: {problem.describe()}"

    def _place(self, path: Path) -> str:
        line = line_of(path, self.lines)
        return self.name if line is None else f"{self.name}:{line}"

    def _override_of(self, path: Path) -> Override | None:
        """The last override at, above or below a key path."""
        for override in reversed(self.overrides):
            length = min(len(path), len(override.path))
            if length and override.path[:length] == path[:length]:
                return override
        return None


def dotted(path: Path) -> str:
    """`primary.shape[1]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{toml_key(part)}" if text else toml_key(part)
    return text


def shown(value: Any) -> str:
    """A value as TOML writes it, cut to a readable length."""
    return shortened(toml_value(value))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`, if any is."""
    folded = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def one_of(word: str, known: Sequence[str]) -> str:
    """`must be one of a, b, c (did you mean "b"?)`."""
    close = nearest(word, known)
    hint = "" if close is None else f' (did you mean "{close}"?)'
    return f"must be one of {', '.join(known)}{hint}"
