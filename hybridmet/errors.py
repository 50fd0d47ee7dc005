"""Exceptions of the house, all of them a `HybridmetError`."""

import difflib
from collections.abc import Iterable


class HybridmetError(Exception):
    """Something hybridmet can explain in one line."""


class ScenarioError(HybridmetError, ValueError):
    """The scenario or the command line is wrong (exit code 2).

    The message names the file and line where known, the key path, the value found and
    what is allowed. A parameter class raises it from `__post_init__` as
    `CLASS.FIELD: got VALUE, must be RANGE` (or with a key path below itself in place of
    CLASS.FIELD); the scenario reader replaces the class by file, line and key path.
    """


class OutputError(HybridmetError):
    """The output directory cannot be used (exit code 2)."""


class WriteError(HybridmetError):
    """A file of a run could not be written, as on a full disk (exit code 1)."""


class KernelError(HybridmetError):
    """A C kernel reported an error."""

    def __init__(self, where: str, status: int, reason: str):
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.status = status


class ConvergenceError(HybridmetError):
    """A field could not be solved to its tolerance."""


class RoomError(HybridmetError):
    """The lattice of a further organ does not fit into memory (exit code 1); the step is whole."""


class LedgerError(HybridmetError):
    """Stocks and flows of cells do not balance: a defect of hybridmet itself."""


LONGEST_VALUE = 60
"""Of a value that a message repeats [characters]."""


def shortened(text: str) -> str:
    """A value as found, cut to a readable length."""
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 3]}..."


def printable(text: str) -> str:
    """A message in one line without control codes, whatever an input file held."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def unknown_name(what: str, got: object, known: Iterable[str]) -> ScenarioError:
    """The error for a name that does not exist, offering the nearest one."""
    known = list(known)
    near = difflib.get_close_matches(str(got), known, n=1)
    hint = f'did you mean "{near[0]}"? ' if near else ""
    return ScenarioError(f'{what}: got "{got}", {hint}must be one of {", ".join(known)}')
