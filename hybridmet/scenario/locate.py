"""Where a key stands in a TOML text, for messages that name the line.

The text has been accepted by tomllib before, so this scanner only follows headers, keys and
brackets; it need not find mistakes.
"""

import re

Path = tuple[str | int, ...]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SCALAR = re.compile(r"[^,\]}#\r\n]+")
_STRINGS = [
    re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}', re.DOTALL),
    re.compile(r"'''(?:[^']|'(?!''))*'{3,5}", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
]


def line_numbers(text: str) -> dict[Path, int]:
    """Line (from 1) at which each key, table and array element of a valid TOML text stands."""
    return _Scanner(text).scan()


def line_of(path: Path, lines: dict[Path, int]) -> int | None:
    """The line of a key path, or of the innermost table that is to hold it."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


class _Scanner:
    def __init__(self, text: str):
        self.text = text
        self.at = 0
        self.line = 1
        self.lines: dict[Path, int] = {}
        self.elements: dict[Path, int] = {}  # tables seen so far in each array of tables

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        self._take(_BLANK)
        while self.at < len(self.text):
            if self._next() == "[":
                table = self._header()
            else:
                self._pair(table)
            self._take(_BLANK)
        return self.lines

    def _next(self) -> str:
        return self.text[self.at : self.at + 1]

    def _take(self, pattern: re.Pattern) -> str:
        """Move over what the pattern matches here, counting its lines."""
        match = pattern.match(self.text, self.at)
        found = match.group() if match else ""
        self.at += len(found)
        self.line += found.count("\n")
        return found

    def _skip(self, count: int = 1) -> None:
        self.at += count

    def _note(self, path: Path) -> None:
        for length in range(1, len(path) + 1):
            self.lines.setdefault(path[:length], self.line)

    def _header(self) -> Path:
        brackets = 2 if self.text.startswith("[[", self.at) else 1
        self._skip(brackets)
        path = self._resolve(self._key())
        if brackets == 2:
            index = self.elements.get(path, 0)
            self.elements[path] = index + 1
            path = (*path, index)
        self._note(path)
        self._skip(brackets)
        return path

    def _resolve(self, key: Path) -> Path:
        """A header names the last element of each array of tables on its way."""
        path: Path = ()
        for position, part in enumerate(key, start=1):
            path = (*path, part)
            if path in self.elements and position < len(key):
                path = (*path, self.elements[path] - 1)
        return path

    def _key(self) -> Path:
        parts = []
        while True:
            self._take(_SPACE)
            parts.append(self._key_part())
            self._take(_SPACE)
            if self._next() != ".":
                return tuple(parts)
            self._skip()

    def _key_part(self) -> str:
        quote = self._next()
        if quote == "'":
            return self._string()[1:-1]
        if quote == '"':
            import tomllib

            return tomllib.loads(f"key = {self._string()}")["key"]
        found = self._take(_BARE_KEY)
        if not found:
            self._skip()
        return found

    def _string(self) -> str:
        for pattern in _STRINGS:
            if found := self._take(pattern):
                return found
        self._skip()
        return '""'

    def _pair(self, table: Path) -> None:
        path = (*table, *self._key())
        self._note(path)
        self._skip()  # =
        self._take(_SPACE)
        self._value(path)

    def _value(self, path: Path) -> None:
        first = self._next()
        if first == "[":
            self._array(path)
        elif first == "{":
            self._inline_table(path)
        elif first in ("'", '"'):
            self._string()
        elif not self._take(_SCALAR):
            self._skip()  # never stand still, whatever the text

    def _array(self, path: Path) -> None:
        self._skip()
        index = 0
        while self._inside("]"):
            self._note((*path, index))
            self._value((*path, index))
            index += 1

    def _inline_table(self, path: Path) -> None:
        self._skip()
        while self._inside("}"):
            self._pair(path)

    def _inside(self, closing: str) -> bool:
        """Move over blanks and commas; whether another item follows before `closing`."""
        self._take(_BLANK)
        while self._next() == ",":
            self._skip()
            self._take(_BLANK)
        if self._next() == closing:
            self._skip()
            return False
        return self.at < len(self.text)
