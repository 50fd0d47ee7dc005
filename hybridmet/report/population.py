"""A population: the members of an ensemble at one point of its sweeps, as their files tell."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hybridmet.circulation.capillary_bed import capillary_beds
from hybridmet.circulation.expected import Expected
from hybridmet.ensemble.outcome import METASTATIC
from hybridmet.errors import OutputError
from hybridmet.measures.efficiency import DIAMETER, first_entries
from hybridmet.measures.migration import Migration, migration_of
from hybridmet.report.names import shown_place
from hybridmet.report.read import Row, grouped, number, table
from hybridmet.scenario import Scenario, load_scenario
from hybridmet.scenario.blood import scenario_network

FIRST_COLUMNS = ("member", "seed")
"""Columns of results.csv before the keys of the sweeps, which end with `organ`."""
NONE = float("nan")


@dataclass(frozen=True)
class Population:
    """Members of one point."""

    directory: Path
    """Of the ensemble."""
    point: Mapping[str, str]
    """Values of the sweeps' keys, as results.csv has them."""
    rows: tuple[Row, ...]
    """Of results.csv."""
    until: float
    """[h]."""

    @property
    def title(self) -> str:
        return ", ".join(f"{key} = {value}" for key, value in self.point.items()) or "all members"

    @cached_property
    def members(self) -> dict[str, list[Row]]:
        return grouped(self.rows, "member")

    def _place(self, member: str) -> Path:
        return self.directory / "members" / f"{int(member):05d}"

    @cached_property
    def scenario(self) -> Scenario:
        """Of its first member; but for the seed all have the same."""
        return load_scenario(self._place(next(iter(self.members))) / "scenario.toml")

    @property
    def site(self) -> str | None:
        """The primary's."""
        return None if self.scenario.primary is None else self.scenario.primary.site

    @cached_property
    def colonies(self) -> dict[str, list[Row]]:
        """Metastases by member: colonies anywhere but in the primary."""
        out = {}
        for member in self.members:
            rows = table(self._place(member) / "colonies.csv")
            out[member] = [row for row in rows if row["organ"] != self.site]
        return out

    def first_times(self, column: str, names: Mapping[str, str]) -> dict[str, list[float]]:
        """By organ, for each member the first time [h] in a column of its metastases, NaN for
        none; `names` of capillary beds that go by another name."""
        organs = dict.fromkeys(names.get(bed, bed) for bed in scenario_network(self.scenario).beds)
        out: dict[str, list[float]] = {organ: [] for organ in organs}
        for rows in self.colonies.values():
            first: dict[str, float] = {}
            for row in rows:
                if row[column]:
                    organ = names.get(row["bed"], row["bed"])
                    first[organ] = min(first.get(organ, float("inf")), float(row[column]))
            for organ, times in out.items():
                times.append(first.get(organ, NONE))
        return out

    def first_anywhere(self, column: str) -> list[float]:
        """The first time [h] in any organ, for each member; NaN for none."""
        each = ([number(row[column]) for row in rows] for rows in self.colonies.values())
        return [min((t for t in times if t == t), default=NONE) for times in each]

    def arrivals(self, names: Mapping[str, str]) -> dict[str, list[int]]:
        """DTCs by organ and member, the primary's own left out."""
        out: dict[str, list[int]] = {}
        for rows in self.members.values():
            found: Counter[str] = Counter()
            for row in rows:
                if row["tissue"] != "primary":
                    found[names.get(row["organ"], row["organ"])] += int(row["arrivals"])
            for organ, n in found.items():
                out.setdefault(organ, []).append(n)
        return out

    def dormancy(self) -> dict[str, tuple[int, int, int, int]]:
        """By capillary bed, over all members: DTCs that were seeded, and of these woke, died
        asleep, sleep at the end; beds without any are left out."""
        out: dict[str, tuple[int, ...]] = {}
        for row in self.rows:
            if row["tissue"] == METASTATIC:
                new = [int(row[name]) for name in ("seeded", "reactivated", "died_dormant", "dormant")]
                before = out.get(row["organ"], (0, 0, 0, 0))
                out[row["organ"]] = tuple(a + b for a, b in zip(before, new, strict=True))
        return {bed: stocks for bed, stocks in out.items() if stocks[0] > 0}

    def relative_flow(self) -> dict[str, float]:
        """Relative flow of CTCs [1] into each bed, from the primary or the sources."""
        scenario = self.scenario
        network = scenario_network(scenario)
        start: Counter[str] = Counter()
        if scenario.primary is not None:
            start.update(network.drainage(scenario.primary.site))
        for source in [] if scenario.primary is not None else scenario.sources:
            place = source.place
            drains = network.drainage(place) if place in network.primary_sites else {place: 1.0}
            for node, share in drains.items():
                start[node] += source.rate * share
        beds = capillary_beds(network, scenario.circulation.beds)
        return first_entries(Expected(network, beds, scenario.circulation, DIAMETER), start)

    def _tissue(self, name: str) -> str:
        """The primary, or the organ of a lattice such as lung.2, in words."""
        return shown_place(name if name == self.site else name.split(".")[0], self.site)

    def migration(self) -> list[Migration]:
        """The migration graph of all members together; lattices of one bed are one."""
        out: dict[tuple[str, str, str], tuple[int, ...]] = {}
        for member in self.members:
            for row in table(self._place(member) / "migration.csv"):
                one = migration_of(row)
                edge = (self._tissue(one.origin), self._tissue(one.place), one.kind)
                counts = (one.arrivals, one.colonies, one.cells)
                before = out.get(edge, (0, 0, 0))
                out[edge] = tuple(a + b for a, b in zip(before, counts, strict=True))
        return [Migration(*edge, *counts) for edge, counts in out.items()]


def populations(directory: Path, until: float) -> list[Population]:
    """The populations of an ensemble's directory, in the order of their first members."""
    rows = table(directory / "results.csv")
    if not rows:
        raise OutputError(f"{directory}: results.csv holds no member that is finished")
    columns = list(rows[0])
    keys = columns[len(FIRST_COLUMNS) : columns.index("organ")]
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    return [
        Population(directory, dict(zip(keys, values, strict=True)), tuple(mine), until)
        for values, mine in groups.items()
    ]
