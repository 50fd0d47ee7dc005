"""Who seeded whom: the migration graph among the primary tumour and its metastases.

A migration is primary seeding where the cells come from the primary (or from a source that stands
for one), secondary seeding where they come from a metastasis, and self-seeding where they return
to the tissue they left (Norton & Massague 2006, doi:10.1038/nm0806-875).
"""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, fields

import numpy as np

PRIMARY_SEEDING, SECONDARY_SEEDING, SELF_SEEDING = "primary", "secondary", "self"


@dataclass(frozen=True)
class Migration:
    """An edge of the graph."""

    origin: str
    """Tissue that the cells left."""
    place: str
    """Tissue they came to, or capillary bed where no lattice stands."""
    kind: str
    """primary, secondary or self."""
    arrivals: int
    """DTCs that left the blood there."""
    colonies: int
    """Those that grew into colonies."""
    cells: int
    """Living cells of these colonies in that tissue."""


COLUMNS = ("from", "to", *(field.name for field in fields(Migration)[2:]))
"""Columns of migration.csv."""


def migration_graph(
    arrivals: np.ndarray, colonies: np.ndarray, primaries: Iterable[str]
) -> list[Migration]:
    """Edges by name, from tables.ARRIVALS and tables.COLONY; cells that come from `primaries`
    (tissues and sources) seed primarily."""
    primaries = set(primaries)
    edges = []
    for origin, place, n in sorted(arrivals.tolist()):
        grown = colonies[(colonies["parent_organ"] == origin) & (colonies["organ"] == place)]
        kind = _kind(origin, place, primaries)
        edges.append(Migration(origin, place, kind, n, len(grown), int(grown["cells"].sum())))
    return edges


def _kind(origin: str, place: str, primaries: set[str]) -> str:
    if origin == place:
        return SELF_SEEDING
    return PRIMARY_SEEDING if origin in primaries else SECONDARY_SEEDING


def migration_rows(edges: Iterable[Migration]) -> list[tuple]:
    """Rows of COLUMNS."""
    return [astuple(edge) for edge in edges]


def migration_of(row: Mapping[str, str]) -> Migration:
    """An edge as migration.csv has it."""
    origin, place, kind, *counts = (row[name] for name in COLUMNS)
    return Migration(origin, place, kind, *map(int, counts))


def by_kind(edges: Iterable[Migration]) -> dict[str, tuple[int, int, int]]:
    """Arrivals, colonies and cells by kind of seeding."""
    out = dict.fromkeys((PRIMARY_SEEDING, SECONDARY_SEEDING, SELF_SEEDING), (0, 0, 0))
    for edge in edges:
        one = (edge.arrivals, edge.colonies, edge.cells)
        out[edge.kind] = tuple(a + b for a, b in zip(out[edge.kind], one, strict=True))
    return out
