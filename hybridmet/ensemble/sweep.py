"""Sweeps: which key of a scenario varies over an ensemble, and over what."""

import math
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hybridmet.errors import ScenarioError
from hybridmet.scenario.model import Scenario
from hybridmet.scenario.override import Override, parse_override, parse_value
from hybridmet.scenario.schema import hint_at
from hybridmet.scenario.toml_text import toml_value
from hybridmet.units import SIGNIFICANT_DIGITS, Quantity, quantity_of

SHAPE = "must be key=start:stop:count, key=start:stop:count:log or key=value,value,..."
MOST_VALUES = 100_000
"""Values of one sweep [1]: ASSUMED; more is a slip of the pen."""


@dataclass(frozen=True)
class Sweep:
    """The values of one key: a list of them, or an interval.

    Values are numbers in internal units where the key is a quantity, else as TOML reads them.
    """

    path: tuple[str, ...]
    key: str
    """The key path as the user wrote it."""
    quantity: Quantity | None
    listed: tuple[Any, ...] = ()
    """Its values, unless it is an interval."""
    start: float = 0.0
    stop: float = 0.0
    count: int | None = None
    """Values of the interval on a grid; None where a sampling chooses them."""
    log: bool = False
    """Whether they are spaced evenly in the logarithm."""

    def grid(self) -> tuple[Any, ...]:
        """All values, in order."""
        if self.listed:
            return self.listed
        assert self.count is not None
        return tuple(self._between(k / (self.count - 1)) for k in range(self.count))

    def at(self, u: float) -> Any:
        """The value at a share `u` in [0, 1) of the list or interval; integers and list items are
        all equally wide."""
        if self.listed:
            return self.listed[int(u * len(self.listed))]
        if self.quantity is not None and self.quantity.whole:
            return int(self.start + math.floor(u * (self.stop - self.start + 1)))
        return self._between(u)

    def override(self, value: Any) -> Override:
        """The change of the scenario that gives the key this value."""
        written = value if self.quantity is None else self.quantity.format(value)
        return Override(self.path, written, self.label)

    @property
    def label(self) -> str:
        """How a message names it."""
        return f"--vary {self.key}"

    def _between(self, u: float) -> float:
        if u == 0.0 or u == 1.0:
            return self.stop if u else self.start
        if self.log:
            value = math.exp(math.log(self.start) * (1 - u) + math.log(self.stop) * u)
        else:
            value = self.start * (1 - u) + self.stop * u
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}")


def parse_sweep(text: str) -> Sweep:
    """A sweep as after `--vary`: `primary.cells.radius=100 um:200 um:5`, with `:log` at its end
    for logarithmic spacing, without the count for a random sampling, or a list `a,b,c`.

    Raises ScenarioError for text that is none of these, and for values out of the key's range.
    An unknown key passes: only the whole scenario knows the keys of its dictionaries.
    """
    key, equals, values = (part.strip() for part in text.partition("="))
    if not (equals and key and values):
        raise ScenarioError(f'--vary: got "{text}", {SHAPE}')
    path = _path(key, text)
    if path == ("random_seed",):
        raise ScenarioError(
            f'--vary {key}: got "{values}", every member has a seed of its own (-n, --seed)'
        )
    quantity = quantity_of(hint_at(Scenario, path))
    if _is_interval(values):
        return _interval(key, path, quantity, values)
    return _list(key, path, quantity, _items(values))


def sweep_of(key: str, values: str | Iterable[Any]) -> Sweep:
    """A sweep of the Python interface: an interval as text, or a list of values."""
    if isinstance(values, str):
        return parse_sweep(f"{key}={values}")
    path = _path(key, key)
    return _list(key, path, quantity_of(hint_at(Scenario, path)), list(values))


def check_sweeps(sweeps: Iterable[Sweep]) -> None:
    """Raise ScenarioError where a key varies twice."""
    seen: dict[tuple[str, ...], Sweep] = {}
    for sweep in sweeps:
        for path, other in seen.items():
            length = min(len(path), len(sweep.path))
            if path[:length] == sweep.path[:length]:
                raise ScenarioError(f"{sweep.label}: varies already with {other.label}")
        seen[sweep.path] = sweep


def _path(key: str, text: str) -> tuple[str, ...]:
    try:
        return tuple(str(part) for part in parse_override(f"{key}=0").path)
    except ScenarioError:
        raise ScenarioError(f'--vary: got "{text}", {SHAPE}') from None


def _is_interval(values: str) -> bool:
    """Whether there is a colon outside of quotes and brackets."""
    return ":" in values and values[0] not in "\"'[{"


def _interval(
    key: str, path: tuple[str, ...], quantity: Quantity | None, values: str
) -> Sweep:
    parts = [part.strip() for part in values.split(":")]
    log = parts[-1] == "log"
    numbers = parts[:-1] if log else parts
    if len(numbers) not in (2, 3):
        raise _wrong(key, values, SHAPE.replace("key=", ""))
    if quantity is None:
        if hint_at(Scenario, path) is not None:
            raise _wrong(key, values, "must be a list value,value,...: this key is no number")
        return Sweep(path, key, None, (parse_value(numbers[0]),))
    start, stop = (_number(key, quantity, part) for part in numbers[:2])
    count = None if len(numbers) == 2 else _count(key, values, numbers[2])
    if not start < stop:
        raise _wrong(key, values, "must not be empty: start must be below stop")
    if log and start <= 0:
        raise _wrong(key, values, "must be > 0 throughout for logarithmic spacing")
    sweep = Sweep(path, key, quantity, (), start, stop, count, log)
    return _rounded(sweep, values) if quantity.whole and count is not None else sweep


def _rounded(sweep: Sweep, values: str) -> Sweep:
    """The same with integers, where its values are that."""
    numbers = sweep.grid()
    if any(number != int(number) for number in numbers):
        raise _wrong(sweep.key, values, "must meet integers only: choose another count or a list")
    return Sweep(sweep.path, sweep.key, sweep.quantity, tuple(int(number) for number in numbers))


def _count(key: str, values: str, text: str) -> int:
    try:
        count = int(text)
    except ValueError:
        count = 0
    if not 2 <= count <= MOST_VALUES:
        allowed = f"the count must be an integer >= 2 and <= {MOST_VALUES}"
        raise _wrong(key, values, allowed)
    return count


def _items(values: str) -> list[Any]:
    """The items of a list; words need no quotes."""
    try:
        items = tomllib.loads(f"items = [{values}]")["items"]
    except tomllib.TOMLDecodeError:
        return [parse_value(part.strip()) for part in values.split(",")]
    return items[0] if len(items) == 1 and values.startswith("[") else items


def _list(key: str, path: tuple[str, ...], quantity: Quantity | None, items: list) -> Sweep:
    if not items or any(item == "" for item in items):
        raise _wrong(key, ",".join(map(str, items)), "must hold a value between all commas")
    if quantity is not None:
        items = [_parsed(key, quantity, item) for item in items]
    for n, item in enumerate(items):
        if item in items[:n]:
            raise _wrong(key, _shown(item), "must hold each value once")
    return Sweep(path, key, quantity, tuple(items))


def _number(key: str, quantity: Quantity, text: str) -> float:
    return _parsed(key, quantity, parse_value(text))


def _parsed(key: str, quantity: Quantity, value: Any) -> float:
    try:
        return quantity.parse(value)
    except ValueError as error:
        raise ScenarioError(f"--vary {key}: got {toml_value(value)}, {error}") from None


def _wrong(key: str, values: str, allowed: str) -> ScenarioError:
    return ScenarioError(f'--vary {key}: got "{values}", {allowed}')


def _shown(item: Any) -> str:
    return item if isinstance(item, str) else toml_value(item)
