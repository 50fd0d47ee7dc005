"""What a mean depends on: elasticities with respect to each parameter of the circulation.

The elasticity of a quantity f with respect to a parameter p is d ln f / d ln p: by how many per
cent f changes when p changes by one per cent. Computed by central differences of the linear
solve, which is exact to rounding and takes under a millisecond.
"""

import math
from collections.abc import Callable
from dataclasses import replace

from hybridmet.circulation.capillary_bed import CapillaryBed, CirculationParameters
from hybridmet.circulation.expected import Expected
from hybridmet.circulation.network import BodyNetwork

STEP = 1e-4
"""Relative change of a parameter [1]: errors of differences and of rounding are about equal."""
GLOBAL = ("death_rate", "immune_death_rate", "shear_death_rate", "mean_arrest_time")
GLOBAL += ("arrest_per_diameter", "arrest_per_log_size")
OF_BEDS = ("arrest_probability", "reversible_fraction", "release_half_life")
OF_BEDS += ("extravasation_probability",)

Quantity = Callable[[Expected], float]


def elasticities(
    quantity: Quantity,
    network: BodyNetwork,
    beds: dict[str, CapillaryBed],
    parameters: CirculationParameters,
    diameter: float,
    cells: int = 1,
) -> dict[str, float]:
    """d ln `quantity` / d ln parameter [1] by parameter, largest first.

    `quantity` maps an Expected to a positive number, such as
    `lambda e: e.first_passage("lung", {"portal_vein": 1.0}).mean_time`. Parameters that are 0
    are left out; a probability of 1 is varied downwards only.
    """

    def value(changed_network, changed_beds, changed_parameters) -> float:
        made = Expected(changed_network, changed_beds, changed_parameters, diameter, cells)
        return quantity(made)

    out = {}
    for name in GLOBAL:
        at = getattr(parameters, name)
        if at > 0:
            out[name] = _elasticity(
                at, lambda x, name=name: value(network, beds, replace(parameters, **{name: x}))
            )
    for bed, name in ((bed, name) for bed in beds for name in OF_BEDS):
        at = getattr(beds[bed], name)
        if at > 0:
            out[f"beds.{bed}.{name}"] = _elasticity(
                at,
                lambda x, bed=bed, name=name: value(
                    network, beds | {bed: replace(beds[bed], **{name: x})}, parameters
                ),
                most=math.inf if name == "release_half_life" else 1.0,
            )
    for name in ("cardiac_output", "blood_volume"):
        out[name] = _elasticity(
            getattr(network, name),
            lambda x, name=name: value(replace(network, **{name: x}), beds, parameters),
        )
    return dict(sorted(out.items(), key=lambda item: -abs(item[1])))


def _elasticity(at: float, value: Callable[[float], float], most: float = math.inf) -> float:
    high, low = min(at * (1 + STEP), most), at * (1 - STEP)
    return math.log(value(high) / value(low)) / math.log(high / low)
