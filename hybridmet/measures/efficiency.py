"""The metastatic efficiency index: how many metastases a flow of CTCs brings about.

MEI_ij = N_ij / phi_ij, the incidence N of metastases of primary i in organ j over the relative
flow phi of CTCs into that organ (Weiss 1992; Scott et al. 2014, doi:10.1016/j.ejca.2014.08.019).
An organ with a high index is good soil, one with a low index is bad soil, as far as phi is right.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from hybridmet.circulation.capillary_bed import CapillaryBed
from hybridmet.circulation.expected import Expected
from hybridmet.circulation.network import BodyNetwork

MICROMETASTASES = {
    "none": (),
    "lung": ("lung",),
    "liver": ("liver",),
    "lung and liver": ("lung", "liver"),
}
"""The four assumptions of Scott et al. 2014 about where micrometastases sit."""


DIAMETER = 15.0
"""Of a CTC in these measures [um]: the middle of those measured (12-25 um), ASSUMED."""


@dataclass(frozen=True)
class Agreement:
    """How well flow alone orders the organs of one primary."""

    spearman: float
    """Rank correlation of relative arrests and incidence [1]."""
    p: float
    """Chance of as high a correlation, in either direction, without any relation [1]."""
    organs: int


def first_entries(means: Expected, start: Mapping[str, float]) -> dict[str, float]:
    """Relative flow of CTCs [1] into each bed: mean entries, over their sum."""
    return _by_bed(means.network, means.entries(dict(start)))


def relative_arrests(means: Expected, start: Mapping[str, float]) -> dict[str, float]:
    """Arrests in each bed over all arrests [1], under flow and filters alone."""
    return _by_bed(means.network, means.arrests(dict(start)))


def _by_bed(network: BodyNetwork, by_node: np.ndarray) -> dict[str, float]:
    return _shares({bed: float(by_node[network.index(bed)]) for bed in network.beds})


def shedding_start(
    network: BodyNetwork,
    primary: Mapping[str, float],
    organs: Collection[str],
    relative_shedding: float = 1.0,
) -> dict[str, float]:
    """Where CTCs enter when micrometastases in `organs` shed too, each `relative_shedding` times
    as much as the primary [1]: shares [1] of compartments."""
    out = dict(primary)
    for organ in organs:
        for node, share in network.outflow_of(organ).items():
            out[node] = out.get(node, 0.0) + relative_shedding * share
    return _shares(out)


def with_perfect_pass(
    beds: dict[str, CapillaryBed], pass_probability: float
) -> dict[str, CapillaryBed]:
    """Beds that let a CTC pass with one probability [1] and never release what they arrested."""
    arrest = 1.0 - pass_probability
    return {
        name: replace(bed, arrest_probability=arrest, reversible_fraction=0.0)
        for name, bed in beds.items()
    }


def efficiency_index(
    incidence: Mapping[str, float], flow: Mapping[str, float]
) -> dict[str, float]:
    """MEI by bed: incidence over relative flow, for the beds that both name."""
    return {bed: incidence[bed] / flow[bed] for bed in incidence if flow.get(bed, 0.0) > 0}


def agreement(predicted: Mapping[str, float], observed: Mapping[str, float]) -> Agreement:
    """Rank correlation over the organs that both name; NaN where all of one are equal."""
    from scipy import stats  # loaded on use: it takes 70 MB

    organs = [organ for organ in observed if organ in predicted]
    pairs = np.array([[predicted[o], observed[o]] for o in organs])
    if len(pairs) < 2 or np.any(np.ptp(pairs, axis=0) == 0):  # no ranks to compare
        return Agreement(float("nan"), float("nan"), len(organs))
    result = stats.spearmanr(pairs[:, 0], pairs[:, 1])
    return Agreement(float(result.statistic), float(result.pvalue), len(organs))


def _shares(values: dict[str, float]) -> dict[str, float]:
    total = sum(values.values())
    return {name: value / total for name, value in values.items()}
