"""The body network of a patient: the reference adult or a file, with a scenario's changes."""

import json
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from hybridmet.circulation.anatomy import with_embolized, with_mass, with_tumour_vein
from hybridmet.circulation.capillary_bed import CirculationParameters
from hybridmet.circulation.network import BodyNetwork, reference_data
from hybridmet.circulation.sexes import as_female
from hybridmet.errors import ScenarioError, unknown_name

READERS = {".json": json.loads, ".toml": tomllib.loads}
"""How network files are read, by their ending."""


def body_network(parameters: CirculationParameters, sites: Sequence[str] = ()) -> BodyNetwork:
    """The network of a patient with tumours at primary `sites`, each with its draining vein.

    The vessel `tumour_vein` is the vein of the first site. Networks never change, so that of a
    reference adult is made once for all patients that are alike.
    """
    p = parameters
    routes = None if p.routes is None else tuple(p.routes)
    person = Person(
        p.sex,
        p.body_mass,
        tuple(p.embolized.items()),
        routes,
        p.draining_vein_fraction,
        tuple(sites),
    )
    return _reference(person) if p.network is None else _made(network_data(p.network), person)


class Person(NamedTuple):
    """All that tells the network of one patient from that of another."""

    sex: str
    body_mass: float | None
    embolized: tuple[tuple[str, float], ...]
    routes: tuple[str, ...] | None
    draining_vein_fraction: float | None
    sites: tuple[str, ...]


@lru_cache(maxsize=256)
def _reference(person: Person) -> BodyNetwork:
    return _made(reference_data(), person)


def _made(data: dict, person: Person) -> BodyNetwork:
    try:
        if person.sex == "female":
            data = as_female(data)
        if person.body_mass is not None:
            data = with_mass(data, person.body_mass)
        data = with_embolized(data, dict(person.embolized))
    except KeyError as error:
        raise ScenarioError(f"network: the key {error} is missing") from None
    plain = BodyNetwork.from_data(data, person.sex)
    routes = routes_of(plain, person.sites, person.routes)
    for site in reversed(dict.fromkeys(person.sites)):
        drains = plain.drainage(site, routes[site])
        data = with_tumour_vein(data, site, drains, person.draining_vein_fraction)
    return BodyNetwork.from_data(data, person.sex) if person.sites else plain


def routes_of(
    network: BodyNetwork, sites: Sequence[str], routes: Sequence[str] | None
) -> dict[str, tuple[str, ...] | None]:
    """The optional routes that are open for each site; None stands for the ordinary ones."""
    places = {site: network.site(site) for site in sites}
    if routes is None:
        return dict.fromkeys(places)
    for route in routes:
        if route not in network.routes:
            raise unknown_name("routes", route, network.routes)
        if sites and all(place.optional_route != route for place in places.values()):
            owners = [s for s, p in network.primary_sites.items() if p.optional_route == route]
            raise ScenarioError(
                f'routes: got "{route}", which drains {", ".join(owners) or "no primary site"} '
                f"and none of the scenario's sites ({', '.join(places)})"
            )
    return {
        site: tuple(route for route in routes if route == place.optional_route)
        for site, place in places.items()
    }


def network_data(path: str) -> dict:
    """The data in a network file, TOML or JSON, laid out as docs/circulation.md says."""
    file = Path(path)
    reader = READERS.get(file.suffix.lower())
    if reader is None:
        raise ScenarioError(f'network: got "{path}", must be a .toml or .json file')
    try:
        data = reader(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ScenarioError(f'network: got "{path}", must be a file that exists') from None
    except OSError as error:
        raise ScenarioError(f'network: got "{path}", cannot be read: {error.strerror}') from None
    except ValueError as error:  # JSON, TOML and Unicode errors alike
        raise ScenarioError(f"network: {path}: not valid {file.suffix[1:]}: {error}") from None
    if not isinstance(data, dict):
        raise ScenarioError(f"network: {path}: must hold a table of nodes and edges")
    return data
