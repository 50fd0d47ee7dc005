"""The blood of a scenario: its network, sources, filters and draws, checked and built."""

from typing import TYPE_CHECKING

from hybridmet.circulation.body import body_network
from hybridmet.circulation.capillary_bed import capillary_beds
from hybridmet.circulation.circulation import Circulation
from hybridmet.circulation.counted_source import CountedSource
from hybridmet.circulation.counts import Counts
from hybridmet.circulation.ctc_traits import CtcTraits
from hybridmet.circulation.filtration import Filtration
from hybridmet.circulation.network import BodyNetwork
from hybridmet.circulation.source import Source, SourceParameters
from hybridmet.errors import ScenarioError, unknown_name
from hybridmet.measures.blood_draw import BloodDraws, DrawParameters

if TYPE_CHECKING:
    from hybridmet.scenario.model import Scenario


def scenario_network(scenario: "Scenario") -> BodyNetwork:
    """The body network with the draining veins of all tumours that are named."""
    parameters = scenario.circulation
    plain = body_network(parameters)
    sites = [] if scenario.primary is None else [scenario.primary.site]
    if scenario.primary is not None and scenario.primary.site not in plain.primary_sites:
        raise unknown_name("primary.site", scenario.primary.site, plain.primary_sites)
    sites += [one.place for one in scenario.sources if one.place in plain.primary_sites]
    return body_network(parameters, list(dict.fromkeys(sites)))


def check_blood(scenario: "Scenario") -> None:
    """Raise ScenarioError("key.path: got VALUE, must ...") for the first mistake."""
    network = _checked("circulation", "", lambda: scenario_network(scenario))
    names = list(scenario.phenotypes)
    _checked("circulation", "", lambda: CtcTraits(scenario.circulation, names, 0))
    for index, source in enumerate(scenario.sources):
        path = f"sources[{index}]"
        known = (*network.primary_sites, *network.names)
        if source.place not in known:
            raise unknown_name(f"{path}.place", source.place, known)
        for name in source.phenotypes:
            if name not in names:
                raise unknown_name(f"{path}.phenotypes", name, names)
        _check_window(f"{path}.start", source.start, scenario)
        if not source.individual:
            _check_countable(path, scenario)
    for index, one in enumerate(scenario.filters):
        path = f"filters[{index}]"
        _check_window(f"{path}.start", one.start, scenario)
        _checked(path, "FilterParameters.", lambda one=one: one.removal_rate(network))
    for index, draw in enumerate(scenario.draws):
        _check_draw(f"draws[{index}]", draw, network, scenario)


def _check_draw(
    path: str, draw: DrawParameters, network: BodyNetwork, scenario: "Scenario"
) -> None:
    _checked(path, "DrawParameters.", lambda: draw.probability(network))
    for moment in draw.at:
        if moment > scenario.duration:
            raise ScenarioError(
                f"{path}.at: got {moment:g} h, must be within the simulated time, "
                f"<= {scenario.duration:g} h"
            )
    if draw.every is not None:
        _check_window(f"{path}.start", draw.start, scenario)


def _check_window(path: str, start: float, scenario: "Scenario") -> None:
    if start > scenario.duration:
        raise ScenarioError(
            f"{path}: got {start:g} h, must be within the simulated time, "
            f"<= {scenario.duration:g} h"
        )


def _check_countable(path: str, scenario: "Scenario") -> None:
    """Cells without identity keep their cluster and their phenotype."""
    p = scenario.circulation
    changes = any(traits.transition_rates for traits in p.phenotypes.values())
    if p.disaggregation_rate > 0 or changes:
        raise ScenarioError(
            f"{path}.individual: got false, must be true where clusters part or phenotypes change"
        )


def _checked(path: str, prefix: str, build):
    """What `build` returns; its mistakes under the key path."""
    try:
        return build()
    except ScenarioError as error:
        message = str(error).removeprefix(prefix)
        if message.startswith((f"{path}.", "primary.")):
            raise
        known = ("network: ", "routes: ", "embolized: ", "vessel: ", "flow: ", "volume: ")
        known += ("body_mass: ",)
        sign = "." if message.startswith(known) else ": "
        raise ScenarioError(f"{path}{sign}{message}") from None


def build_circulation(
    scenario: "Scenario", seed: int, threads: int
) -> tuple[Circulation, BloodDraws]:
    """The bloodstream of a scenario, with everything that happens to it, and its draws."""
    parameters, names = scenario.circulation, list(scenario.phenotypes)
    network = scenario_network(scenario)
    beds = capillary_beds(network, parameters.beds)
    circulation = Circulation(
        network, beds, parameters, seed=seed, threads=threads, phenotypes=names
    )
    for index, source in enumerate(scenario.sources):
        made = _source(source, scenario, network, index, seed)
        if source.individual:
            circulation.sources.append(made)
        else:
            circulation.counted.append(_counted(made, circulation))
    if scenario.filters:
        circulation.appointments.append(Filtration(scenario.filters, network))
    draws = BloodDraws(scenario.draws, network, names)
    circulation.appointments.append(draws)
    return circulation, draws


def _source(
    parameters: SourceParameters, scenario: "Scenario", network: BodyNetwork, index: int, seed: int
) -> Source:
    place, names = parameters.place, list(scenario.phenotypes)
    drains = network.drainage(place) if place in network.primary_sites else {place: 1.0}
    shares = parameters.phenotypes or {names[0]: 1.0}
    return Source(
        parameters,
        drains,
        [phenotype.diameter for phenotype in scenario.phenotypes.values()],
        [shares.get(name, 0.0) for name in names],
        index=index,
        seed=seed,
    )


def _counted(source: Source, circulation: Circulation) -> CountedSource:
    """A population for each phenotype and cluster size; a cluster is of one phenotype."""
    populations = []
    factors = circulation.traits.death_factors
    for phenotype, share in enumerate(source.shares):
        for size, of_size in source.parameters.cluster_sizes.items():
            if share * of_size > 0:
                counts = Counts(
                    circulation.network,
                    circulation.beds,
                    circulation.parameters,
                    circulation.seed,
                    identity=1000 * source.index + len(populations),
                    diameter=float(source.diameters[phenotype]),
                    cells=int(size),
                    death_factor=float(factors[phenotype]),
                )
                populations.append((phenotype, float(share * of_size), counts))
    return CountedSource(source, tuple(populations))
