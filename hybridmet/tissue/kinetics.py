"""Kinetics: phenotypes as the kernel reads them, and how finely a macro step is divided."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from hybridmet._core import cells as kernel
from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.tissue.cells import ACTIVE, DORMANT, kind_of
from hybridmet.tissue.fields import RespondingSecretion
from hybridmet.tissue.phenotypes import BEHAVIOURS, Phenotype, Response

EVENT_PROBABILITY = 0.2
"""Largest probability of an event in a sub-step [1]: synchronous updating lowers effective
rates where it is crowded. Were all of it division, a flat front would run 19 % slow (4
neighbours; 24 % with 8, measured in tests/tissue/test_cells_exact.py); the error falls in
proportion to the division probability, 0.6 % a sub-step for the default rates."""


def rates(phenotype: Phenotype) -> list[float]:
    """Rates in the order of BEHAVIOURS; `transition` and `taxis` have tables of their own."""
    table = {
        "transition": 0.0,
        "taxis": 0.0,
        "motility": phenotype.motility,
    }
    return [table[b] if b in table else getattr(phenotype, f"{b}_rate") for b in BEHAVIOURS]


def taxis(phenotype: Phenotype) -> dict[str, float]:
    """Taxis coefficient by field [um^2/h per unit]; haptotaxis is taxis to ecm."""
    out = {"ecm": phenotype.haptotaxis} | dict(phenotype.chemotaxis)
    return {name: value for name, value in out.items() if value > 0.0}


def kernel_table(phenotypes: Mapping[str, Phenotype], fields: Sequence[str]) -> list[dict]:
    """Phenotypes for `CellKernel`; names become numbers.

    Raises ScenarioError for a field or phenotype that does not exist.
    """
    names = list(phenotypes)
    return [_kernel_entry(name, p, names, list(fields)) for name, p in phenotypes.items()]


def _kernel_entry(name: str, phenotype: Phenotype, names: list[str], fields: list[str]) -> dict:
    def number(what: str, wanted: str, known: list[str]) -> int:
        if wanted not in known:
            raise ScenarioError(
                f"phenotypes.{name}.{what}: got {wanted!r}, must be one of {', '.join(known)}"
            )
        return known.index(wanted)

    transitions = [0.0] * len(names)
    for target, rate in phenotype.transition_rates.items():
        if target == name:
            raise ScenarioError(
                f"phenotypes.{name}.transition_rates: got {target!r}, must be another phenotype"
            )
        transitions[number("transition_rates", target, names)] = rate
    drifts = taxis(phenotype)
    if "ecm" not in fields:
        drifts.pop("ecm", None)
    return {
        "rates": rates(phenotype),
        "cohesion": phenotype.cohesion,
        "transitions": transitions,
        "taxis": [(number("chemotaxis", f, fields), value) for f, value in drifts.items()],
        "responses": [
            (
                BEHAVIOURS.index(r.behaviour),
                number("responses.field", r.field, fields),
                int(r.shape == "threshold"),
                int(r.when == "low"),
                r.half_maximum,
                r.power,
                r.extreme,
            )
            for r in _chances(phenotype)
        ],
    }


def _chances(phenotype: Phenotype) -> list[Response]:
    """Responses of what a cell does by chance."""
    return [r for r in phenotype.responses if r.behaviour in BEHAVIOURS]


def check_limits(phenotypes: Mapping[str, Phenotype]) -> None:
    """Raise ScenarioError where the kernel's tables are too small."""
    limits = {"responses": kernel.MAX_RESPONSES, "chemotaxis": kernel.MAX_TAXIS - 1}
    if not 1 <= len(phenotypes) <= kernel.MAX_PHENOTYPES:
        raise ScenarioError(
            f"phenotypes: got {len(phenotypes)}, must be 1 to {kernel.MAX_PHENOTYPES}"
        )
    for name, phenotype in phenotypes.items():
        for key, limit in limits.items():
            if len(getattr(phenotype, key)) > limit:
                raise ScenarioError(
                    f"phenotypes.{name}.{key}: got {len(getattr(phenotype, key))} entries, "
                    f"must be at most {limit}"
                )


def _extreme(phenotype: Phenotype, behaviour: str) -> float:
    """Largest factor that responses can put on a behaviour."""
    return math.prod(max(1.0, r.extreme) for r in phenotype.responses if r.behaviour == behaviour)


def largest_move_rate(
    phenotype: Phenotype, lattice: Lattice, ranges: Mapping[str, float]
) -> float:
    """Upper bound of the sum of the weights of all moves [1/h].

    The two weights of an axis are D + v and D - v, clamped at zero, with the drift
    v = chi (difference of the field) / 4: together the larger of 2 D and D + v.
    """
    motility = phenotype.motility * _extreme(phenotype, "motility")
    drift = _extreme(phenotype, "taxis") * sum(
        0.25 * value * ranges.get(name, 0.0) for name, value in taxis(phenotype).items()
    )
    return lattice.dim * (motility + max(motility, drift)) / lattice.spacing**2


def largest_hazard(phenotype: Phenotype, behaviours: Sequence[str]) -> float:
    """Upper bound of the sum of some hazards, whatever the fields that responses read [1/h]."""
    return sum(getattr(phenotype, f"{b}_rate") * _extreme(phenotype, b) for b in behaviours)


def largest_event_rate(
    phenotype: Phenotype, lattice: Lattice, ranges: Mapping[str, float], wall_area: float
) -> float:
    """Upper bound of the sum of all hazards of a cell, active, dormant or necrotic [1/h].

    `ranges`: largest difference of a field between two sites, by name; a field without a range
    is not on the lattice. `wall_area` [um^2]: largest in a site.
    """
    entry = wall_area * max(largest_hazard(phenotype, [b]) for b in ("intravasation", "shedding"))
    change = sum(phenotype.transition_rates.values()) * _extreme(phenotype, "transition")
    active = largest_hazard(phenotype, ("division", "death", "necrosis")) + entry + change
    dormant = largest_hazard(phenotype, ("dormant_death", "reactivation", "necrosis"))
    return max(
        largest_move_rate(phenotype, lattice, ranges) + active,
        dormant,
        largest_hazard(phenotype, ("clearance",)),
    )


def raised(phenotype: Phenotype, traits: Mapping[str, float]) -> Phenotype:
    """A phenotype whose rates are multiplied by the traits of a clone."""
    changes = {
        f"{b}_rate": getattr(phenotype, f"{b}_rate") * factor
        for b, factor in traits.items()
        if b not in ("transition", "taxis", "motility")
    }
    along = traits["taxis"]
    return replace(
        phenotype,
        motility=phenotype.motility * traits["motility"],
        haptotaxis=phenotype.haptotaxis * along,
        chemotaxis={name: value * along for name, value in phenotype.chemotaxis.items()},
        transition_rates={
            name: value * traits["transition"] for name, value in phenotype.transition_rates.items()
        },
        **changes,
    )


def substeps(
    phenotypes: Mapping[str, Phenotype],
    lattice: Lattice,
    ranges: Mapping[str, float],
    wall_area: float,
    dt: float,
    traits: Mapping[str, float] | None = None,
) -> int:
    """Equal sub-steps of a macro step `dt` [h] that keep events below EVENT_PROBABILITY.

    `traits`: largest factor of any clone on each behaviour.
    """
    if traits and any(value != 1.0 for value in traits.values()):
        phenotypes = {name: raised(p, traits) for name, p in phenotypes.items()}
    rate = max(largest_event_rate(p, lattice, ranges, wall_area) for p in phenotypes.values())
    return max(1, math.ceil(rate * dt / EVENT_PROBABILITY))


def saturable_per_kind(phenotypes: Mapping[str, Phenotype], field: str) -> np.ndarray | None:
    """Saturable uptake of a field by cell byte: (2, 256) float64 maximum [unit/h] and
    half-maximum [unit]; None where no phenotype has one."""
    out = np.stack([np.zeros(256), np.ones(256)])
    for number, phenotype in enumerate(phenotypes.values()):
        if field in phenotype.saturable_uptake:
            uptake = phenotype.saturable_uptake[field]
            for condition in (ACTIVE, DORMANT):
                out[:, kind_of(number, condition)] = uptake.maximum_rate, uptake.half_maximum
    return out if out[0].any() else None


def per_kind(
    phenotypes: Mapping[str, Phenotype], key: str, field: str, conditions=(ACTIVE, DORMANT)
) -> np.ndarray:
    """Per-cell rate of a field by cell byte: (256,) float64; `key` names the dict of rates."""
    out = np.zeros(256)
    for number, phenotype in enumerate(phenotypes.values()):
        for condition in conditions:
            out[kind_of(number, condition)] = getattr(phenotype, key).get(field, 0.0)
    return out


def plain_secretion(phenotypes: Mapping[str, Phenotype], field: str) -> np.ndarray:
    """Secretion of a field that responds to nothing, by cell byte: (256,) float64 [unit/h]."""
    out = per_kind(phenotypes, "secretion_rates", field)
    for number, phenotype in enumerate(phenotypes.values()):
        if _secretion_responses(phenotype, field):
            out[[kind_of(number, condition) for condition in (ACTIVE, DORMANT)]] = 0.0
    return out


def responding_secretion(
    phenotypes: Mapping[str, Phenotype], field: str
) -> RespondingSecretion | None:
    """Secretion of a field that responds to others; None where no phenotype has one."""
    rate, first, end = np.zeros(256), np.zeros(256, np.uint8), np.zeros(256, np.uint8)
    responses: list[Response] = []
    for number, phenotype in enumerate(phenotypes.values()):
        own = _secretion_responses(phenotype, field)
        if own:
            kinds = [kind_of(number, condition) for condition in (ACTIVE, DORMANT)]
            rate[kinds] = phenotype.secretion_rates.get(field, 0.0)
            first[kinds], end[kinds] = len(responses), len(responses) + len(own)
            responses += own
    if not rate.any():
        return None
    signals = tuple(dict.fromkeys(r.field for r in responses))
    rows = tuple(
        (
            signals.index(r.field),
            int(r.shape == "threshold"),
            int(r.when == "low"),
            r.half_maximum,
            r.power,
            r.extreme,
        )
        for r in responses
    )
    return RespondingSecretion(rate, first, end, rows, signals)


def _secretion_responses(phenotype: Phenotype, field: str) -> list[Response]:
    return [r for r in phenotype.responses if r.behaviour == "secretion" and r.target == field]
