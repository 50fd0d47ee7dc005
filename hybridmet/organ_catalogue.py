"""The organ catalogue: what is known of each capillary bed, as data with sources.

`data/organs.toml` names keys of a scenario's [organs.BED]. A value of the catalogue holds where
the scenario says nothing else: neither for the bed itself nor, other than the house's own default,
for every organ ([organs.default]).
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass, replace
from functools import cache
from importlib import resources
from typing import Any, get_args

from hybridmet.circulation.network import reference_data
from hybridmet.lattice import Lattice
from hybridmet.organs import OrganParameters
from hybridmet.tissue.capillary_mesh import largest_length_density
from hybridmet.units import hints_of, quantity_of, without_none

DATA_FILE = "organs.toml"
RADIUS, DENSITY = ("vessels", "radius"), ("vessels", "length_density")

Path = tuple[str, ...]


@dataclass(frozen=True)
class CatalogueValue:
    """One number of the catalogue."""

    bed: str
    path: Path
    """Where it stands below [organs.BED]."""
    value: Any
    """In internal units."""
    source: str
    """Where it is from; ASSUMED where it is our choice."""


@cache
def catalogue() -> dict[str, tuple[CatalogueValue, ...]]:
    """Every value of every capillary bed of the reference network."""
    text = resources.files("hybridmet.data").joinpath(DATA_FILE).read_text(encoding="utf-8")
    data = tomllib.loads(text)
    return {bed: tuple(_values(bed, own, data)) for bed, own in data["beds"].items()}


def _values(bed: str, own: Mapping[str, Any], data: Mapping[str, Any]) -> Iterator[CatalogueValue]:
    for key, (written, source) in (data["every"] | own).items():
        path = tuple(key.split("."))
        yield CatalogueValue(bed, path, parsed(path, written), data["sources"][source])
    body = reference_data()
    here = body["capillary_beds"][bed]
    source = body["sources"][here["capillary_diameter_source"]]
    yield CatalogueValue(bed, RADIUS, here["capillary_diameter_um"] / 2.0, source)


def completed(bed: str, organ: Any, said: Mapping[str, Any]) -> Any:
    """An organ with the catalogue's values where neither `said` nor `organ` says anything else.

    `organ` is an OrganParameters, or its table as a scenario writes it; `said` are keys that the
    scenario gives for this very bed. Capillaries are no denser than the lattice can hold.
    """
    for one in catalogue().get(bed, ()):
        there = value_at(organ, one.path)
        if not _is_said(said, one.path) and _same(one.path, there, _house_value(one.path)):
            value = _fitting(one, organ)
            if not _same(one.path, there, value):
                organ = with_value(organ, one.path, value)
    return organ


@cache
def _house_value(path: Path) -> Any:
    """What stands at a path of an organ of which nothing is said."""
    return value_at(OrganParameters(), path)


def _fitting(one: CatalogueValue, organ: Any) -> Any:
    """A value of the catalogue as the lattice of `organ` can hold it."""
    if one.path != DENSITY:
        return one.value
    try:
        spacing = parsed(("spacing",), value_at(organ, ("spacing",)))
        lattice = Lattice(tuple(value_at(organ, ("shape",))), spacing)
        return min(one.value, largest_length_density(lattice))
    except (TypeError, ValueError):  # a mistake of the scenario, which is reported elsewhere
        return one.value


def is_cut(bed: str, organ: OrganParameters) -> bool:
    """Whether an organ has fewer capillaries than its bed because the lattice holds no more."""
    published = next(one.value for one in catalogue()[bed] if one.path == DENSITY)
    held = organ.vessels.length_density
    return held < published and held == largest_length_density(organ.lattice())


def _is_said(table: Any, path: Path) -> bool:
    """Whether a table of a scenario speaks of a key; `x = {}` or `x = false` speak of all below."""
    for depth, part in enumerate(path):
        if not isinstance(table, Mapping):
            return True
        if part not in table:
            return depth > 0 and not table
        table = table[part]
    return True


def _same(path: Path, value: Any, other: Any) -> bool:
    """Whether two values of a key are equal, as text with units or as numbers."""
    try:
        return parsed(path, value) == parsed(path, other)
    except (TypeError, ValueError):
        return False


def parsed(path: Path, written: Any) -> Any:
    """A value of an organ's key in internal units; arrays as tuples, text read with its unit."""
    quantity = quantity_of(_hint(path))
    if quantity is not None and isinstance(written, str):
        return quantity.parse(written)
    return tuple(written) if isinstance(written, list) else written


@cache
def _hint(path: Path) -> Any:
    hint: Any = OrganParameters
    for part in path:
        hint = without_none(hint)
        hint = hints_of(hint)[part] if is_dataclass(hint) else get_args(hint)[1]
    return hint


def value_at(node: Any, path: Path) -> Any:
    """What stands at a path of parameters or of their table; None where there is nothing."""
    for part in path:
        if node is None:
            return None
        node = node.get(part) if isinstance(node, Mapping) else getattr(node, part, None)
    return node


def with_value(organ: Any, path: Path, value: Any) -> Any:
    """An organ with another value at a path; its table takes it as text with its unit."""
    if isinstance(organ, Mapping):
        quantity = quantity_of(_hint(path))
        written = list(value) if isinstance(value, tuple) else value
        return _in_table(organ, path, written if quantity is None else quantity.format(value))
    return _in_object(organ, path, value, OrganParameters)


def _in_table(table: Mapping[str, Any], path: Path, value: Any) -> dict[str, Any]:
    key, below = path[0], path[1:]
    there = table.get(key)
    inner = there if isinstance(there, Mapping) else {}
    return {**table, key: _in_table(inner, below, value) if below else value}


def _in_object(node: Any, path: Path, value: Any, hint: Any) -> Any:
    """`node` is a parameter object, a dictionary of them or, yet to be made, None."""
    key, below, hint = path[0], path[1:], without_none(hint)
    if node is None:
        node = hint()
    inner_hint = hints_of(hint)[key] if is_dataclass(hint) else get_args(hint)[1]
    if below:
        value = _in_object(value_at(node, (key,)), below, value, inner_hint)
    return {**node, key: value} if isinstance(node, Mapping) else replace(node, **{key: value})
