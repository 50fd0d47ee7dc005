"""What lattices and time steps can resolve: refused, or warned, with the number that would do."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from hybridmet.errors import ScenarioError
from hybridmet.organs import OrganParameters
from hybridmet.scenario.surrogate import is_surrogate
from hybridmet.scenario.vessel_warnings import ignored, unperfused
from hybridmet.tissue import kinetics, wall_exchange
from hybridmet.tissue.field_accuracy import least_accuracy, time_error
from hybridmet.tissue.phenotypes import Phenotype

if TYPE_CHECKING:
    from hybridmet.scenario.model import Scenario

LEAST_SITES = 3
"""Sites along an axis [1]: as wide as the stencil of the fields. In fewer, both neighbours of a
site are the site itself, its mirror image or one and the same site."""
MOST_CHANGE = 0.2
"""Share of the cells that divide or die in a macro step before a warning [1]: ASSUMED, as the
probability of an event in a sub-step; uptake and secretion lag behind by up to as much."""
MOST_STEPS = 10_000_000
"""Macro steps of a run [1]: ASSUMED; more is a slip of the pen."""
MOST_FIELD_SUBSTEPS = 1000
"""Sub-steps of a transient field in a macro step [1]: ASSUMED; each may cost a solve."""
MOST_SUBSTEPS = 10_000
"""Sub-steps of the cells in a macro step [1]: ASSUMED; more is a slip of the pen."""


def check_steps(scenario: "Scenario") -> None:
    steps = scenario.duration / scenario.time_step
    if steps > MOST_STEPS:
        raise ScenarioError(
            f"time_step: got {scenario.time_step}, must be at least "
            f"{scenario.duration / MOST_STEPS:.3g} h for this duration "
            f"(it asks for {steps:.3g} steps, at most {MOST_STEPS} are allowed)"
        )


def _largest_uptake(name: str, scenario: "Scenario") -> float:
    """Fastest uptake of a field by the cells of a site [1/h]."""
    slots, phenotypes = scenario.tissue.slots, scenario.phenotypes.values()
    return slots * max(largest_uptake(p, name) for p in phenotypes)


def largest_uptake(phenotype: Phenotype, field: str) -> float:
    """Fastest uptake of a field by a cell [1/h]: of first order, and saturable where there is
    little."""
    rate = phenotype.uptake_rates.get(field, 0.0)
    if field in phenotype.saturable_uptake:
        saturable = phenotype.saturable_uptake[field]
        rate += saturable.maximum_rate / saturable.half_maximum
    return rate


def check_lattice(path: str, organ: OrganParameters, scenario: "Scenario") -> None:
    """The lattice is as wide as the stencil, and its sites resolve what cells use up."""
    if min(organ.shape) < LEAST_SITES:
        flat = len(organ.shape) == 3 and sum(n < LEAST_SITES for n in organ.shape) == 1
        hint = ", or 2-D with two sizes" if flat else ""
        raise ScenarioError(
            f"{path}.shape: got {organ.shape}, must be at least {LEAST_SITES} sites along each "
            f"axis, the width of the stencil{hint}"
        )
    for name, p in scenario.fields.items():
        uptake = max(_largest_uptake(name, scenario), p.background_uptake_rate)
        if p.kind != "quasi-steady" or uptake == 0.0:
            continue
        length = math.sqrt(p.diffusivity / uptake)
        if organ.spacing > length:
            raise ScenarioError(
                f"{path}.spacing: got {organ.spacing:g}, must be <= {length:.4g} um: in wider "
                f"sites cells use up {name} faster than it diffuses in"
            )


def check_accuracy(path: str, organ: OrganParameters, scenario: "Scenario") -> None:
    """Sub-steps of a transient field within reason."""
    lattice, fields = organ.lattice(), organ.local(scenario.fields)
    for name, p in fields.items():
        if p.kind != "transient":
            continue
        rate = p.decay_rate + max(p.background_uptake_rate, _largest_uptake(name, scenario))
        if p.vessel_permeability:
            rate = math.inf  # of one vessel that fills a site: bounded, as its error is

        def least(dt: float, p=p, rate=rate) -> float:
            error = time_error(p, lattice.spacing, lattice.dim, rate, dt)
            return least_accuracy(error, MOST_FIELD_SUBSTEPS)

        if p.accuracy < least(scenario.time_step):
            hint = _longest_hint(p.accuracy, least, scenario.time_step)
            raise ScenarioError(
                f"fields.{name}.accuracy: got {p.accuracy:g}, must be >= "
                f"{least(scenario.time_step):.3g} for this time_step on the lattice of {path}{hint}"
            )


def _longest_hint(accuracy: float, least: Callable[[float], float], time_step: float) -> str:
    """The longest time step that allows an accuracy, by bisection of its logarithm; if any does."""
    low, high = 1e-9 * time_step, time_step
    if least(low) > accuracy:
        return ""
    while high > 1.001 * low:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if least(middle) <= accuracy else (low, middle)
    return f" (or time_step <= {low:.3g} h)"


def substeps(organ: OrganParameters, scenario: "Scenario") -> int:
    """Sub-steps of the cells in a macro step, for a site crossed by one mean vessel."""
    lattice = organ.lattice()
    ranges = {name: field.largest_value for name, field in scenario.fields.items()}
    wall = 2.0 * math.pi * organ.vessels.radius * lattice.spacing
    phenotypes = organ.soil.applied_to(scenario.phenotypes)
    return kinetics.substeps(phenotypes, lattice, ranges, wall, scenario.time_step)


def check_substeps(path: str, organ: OrganParameters, scenario: "Scenario") -> None:
    n = substeps(organ, scenario)
    if n > MOST_SUBSTEPS:
        raise ScenarioError(
            f"phenotypes: rates too high for the lattice {path}: {n} sub-steps of the cells in a "
            f"macro step, must be at most {MOST_SUBSTEPS} (time_step <= "
            f"{scenario.time_step * MOST_SUBSTEPS / n:.3g} h would do)"
        )


def warnings(scenario: "Scenario") -> list[str]:
    """What is allowed but costs accuracy or does nothing: `KEY: got VALUE, should be RANGE: why`."""
    named = {f"organs.{name}": organ for name, organ in scenario.organs.items()}
    if scenario.primary is not None:
        named = {"primary": scenario.primary, **named}
    # Of numbers of cells no field follows.
    counted = {path: o for path, o in named.items() if is_surrogate(o, scenario)}
    named = {path: o for path, o in named.items() if path not in counted}
    return [
        *_of_steps(scenario, list(named.values())),
        *_of_vessels(scenario, named),
        *unperfused(named, scenario.random_seed),
        *ignored(counted),
    ]


def _of_steps(scenario: "Scenario", organs: list[OrganParameters]) -> list[str]:
    if not organs:
        return []
    growth = max(organ.soil.growth for organ in organs)
    rate = max(_turnover(name, growth, scenario) for name in scenario.phenotypes)
    if rate * scenario.time_step <= MOST_CHANGE:
        return []
    return [
        f'time_step: got "{scenario.time_step:g} h", should be <= {MOST_CHANGE / rate:.3g} h: '
        f"cells divide or die at up to {rate:.3g} / h, and fields follow once a step"
    ]


def _of_vessels(scenario: "Scenario", organs: dict[str, OrganParameters]) -> list[str]:
    """Vessels too wide for their sites, by the lattice's radius (of the mesh: its mean)."""
    lines = []
    for path, organ in organs.items():
        fields = organ.local(scenario.fields).values()
        spacing, radius = organ.lattice().spacing, organ.vessels.widest
        least = max((wall_exchange.least_spacing(radius, field) for field in fields), default=0.0)
        if spacing < least:
            lines.append(
                f'{path}.spacing: got "{spacing:g} um", should be >= {least:.3g} um: vessels of a '
                f"radius of {radius:g} um are wider than their sites allow, and exchange too little"
            )
    return lines


def _turnover(name: str, growth: float, scenario: "Scenario") -> float:
    """Fastest at which active cells of a phenotype divide or die [1/h]."""
    phenotype = scenario.phenotypes[name]
    divisions = growth * kinetics.largest_hazard(phenotype, ("division",))
    doubling = scenario.tissue.synchronous_division.get(name, math.inf)
    losses = kinetics.largest_hazard(phenotype, ("death", "necrosis"))
    return max(divisions + math.log(2.0) / doubling, losses)
