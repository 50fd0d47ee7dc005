"""The plan of an ensemble: its points, its members and what tells it from any other."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from hybridmet._version import __version__
from hybridmet.ensemble.sampling import points
from hybridmet.ensemble.sweep import Sweep, check_sweeps
from hybridmet.errors import ScenarioError
from hybridmet.output.run_json import commit
from hybridmet.random import Stream, uniform
from hybridmet.scenario import Scenario, load_scenario, loads_scenario, resolved_toml
from hybridmet.scenario.input_file import input_files
from hybridmet.scenario.override import Override, parse_override
from hybridmet.units import Quantity

Replicates = Annotated[int, Quantity("1", "200", gt=0, le=1_000_000, whole=True)]
MOST_MEMBERS = 1_000_000
"""Members of an ensemble [1]: ASSUMED; each is a directory."""
REDUCED = (
    Override(("output", "vtk"), False, "ensemble"),
    Override(("output", "events"), False, "ensemble"),
    Override(("output", "every"), "876600 h", "ensemble"),
)
"""What a member writes unless the user says otherwise: tables at its start and end, no frames
and no single events, which are 96 % of the bytes of a surrogate patient."""


@dataclass(frozen=True)
class Point:
    """A place in the space of the sweeps: a scenario of its own."""

    values: tuple[Any, ...]
    """Of the sweeps, in their order."""
    scenario: Scenario
    digest: str
    """SHA-256 of the resolved scenario and of the files that it names."""


@dataclass(frozen=True)
class Member:
    """One virtual patient; identified by its point's digest and its seed."""

    number: int
    point: int
    seed: int


@dataclass(frozen=True)
class Plan:
    """Every member of an ensemble, before anything runs.

    Members are numbered so that more replicates only add members: number n stands at the point
    n modulo the number of points, and its seed is drawn from the scenario's random_seed by a
    counter-based key (stream MEMBER_SEEDS, identity n), below 2^53 so that every program that
    reads tables reads it exactly.
    """

    scenario: Scenario
    """Without any sweep."""
    sweeps: tuple[Sweep, ...]
    sampling: str
    points: tuple[Point, ...]
    replicates: int
    until: float
    """End of each run [h]."""

    def __len__(self) -> int:
        return self.replicates * len(self.points)

    def members(self) -> Iterator[Member]:
        seeds = member_seeds(self.scenario.random_seed, len(self))
        for number, seed in enumerate(seeds):
            yield Member(number, number % len(self.points), seed)

    def identity(self) -> dict[str, Any]:
        """What two ensembles must share to be one, as JSON holds it."""
        return {
            "version": __version__,
            "commit": commit(),
            "random_seed": self.scenario.random_seed,
            "until_h": self.until,
            "vary": [sweep.key for sweep in self.sweeps],
            "sampling": self.sampling,
            "points": [
                {"values": list(point.values), "digest": point.digest} for point in self.points
            ],
        }


def make_plan(
    source: str | Path | Scenario,
    replicates: int,
    sweeps: Sequence[Sweep] = (),
    *,
    sampling: str = "grid",
    samples: int | None = None,
    until: float | None = None,
    overrides: Iterable[str | Override] = (),
) -> Plan:
    """The plan of an ensemble; reads and checks the scenario of every point.

    Raises ScenarioError for anything that is wrong with any of them.
    """
    changes = [one if isinstance(one, Override) else parse_override(one) for one in overrides]
    base = _read(source, changes)
    check_sweeps(sweeps)
    for sweep in sweeps:  # its key must exist before its values are counted
        _read(source, [*changes, sweep.override(sweep.at(0.0))])
    values = points(sweeps, sampling, samples, base.random_seed)
    if len(values) * replicates > MOST_MEMBERS:
        raise ScenarioError(
            f"-n: got {replicates}, with {len(values)} points that is over {MOST_MEMBERS} members"
        )
    return Plan(
        base,
        tuple(sweeps),
        sampling,
        tuple(_point(source, changes, sweeps, one) if one else _plain(base) for one in values),
        replicates,
        base.duration if until is None else until,
    )


def member_seeds(random_seed: int, n: int) -> list[int]:
    """Seeds of the first `n` members."""
    return [int(u) for u in np.ldexp(uniform(random_seed, Stream.MEMBER_SEEDS, n), 53)]


def scenario_digest(scenario: Scenario) -> str:
    """SHA-256 of a resolved scenario and of the contents of the files that it names."""
    sha = hashlib.sha256(resolved_toml(scenario).encode())
    for path in input_files(scenario):
        sha.update(Path(path).read_bytes())
    return sha.hexdigest()


def _read(source: str | Path | Scenario, changes: Sequence[Override]) -> Scenario:
    """The scenario with some changes; members write no frames unless a change says so."""
    every = [*REDUCED, *changes]
    if isinstance(source, Scenario):
        return loads_scenario(resolved_toml(source), every)
    return load_scenario(source, every)


def _point(
    source: str | Path | Scenario,
    changes: Sequence[Override],
    sweeps: Sequence[Sweep],
    values: tuple[Any, ...],
) -> Point:
    own = [sweep.override(value) for sweep, value in zip(sweeps, values, strict=True)]
    scenario = _read(source, [*changes, *own])
    return Point(values, scenario, scenario_digest(scenario))


def _plain(base: Scenario) -> Point:
    """The only point of an ensemble without sweeps."""
    return Point((), base, scenario_digest(base))
