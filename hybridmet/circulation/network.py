"""The body network: compartments of blood and the flows between them.

Flows are integer basis points (bp, 1/10000) of the cardiac output and volumes integer basis
points of the blood volume, so that conservation is exact and tested in integers. Reference
adults of ICRP Publication 89 (2002); the sources of each number are in the data file.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from hybridmet.circulation.sexes import SEXES, as_female
from hybridmet.errors import ScenarioError, unknown_name

BASIS_POINTS = 10_000
"""Basis points in the whole cardiac output or blood volume."""
MAX_NODES = 65_535
"""Node numbers are stored in 16 bits."""
SHEAR_STRESS = {"mixing": 2.0, "capillary": 15.0}
"""Wall shear stress by kind of compartment where the data gives none [dyn/cm^2]: veins 0.5-4
(Wirtz et al. 2011, doi:10.1038/nrc3080), capillaries 10-20 (ASSUMED)."""
DATA_FILE = "body_network_icrp89.json"


@dataclass(frozen=True)
class PrimarySite:
    """Where a primary can sit."""

    host: str
    """The capillary bed whose tissue it grows in."""
    drains_to: dict[str, float]
    """Share of its venous outflow [1] by compartment."""
    optional_route: str | None = None
    """A further route that its outflow may take."""
    default_routes: tuple[str, ...] = ()
    """Optional routes that are open unless a scenario says otherwise."""


@dataclass(frozen=True, eq=False)
class BodyNetwork:
    """A balanced network of well-mixed compartments; build it with `load` or `from_dict`."""

    name: str
    sex: str
    names: tuple[str, ...]
    """Names of the n compartments, in the order of the data."""
    is_bed: np.ndarray
    """(n,) bool: capillary beds, where CTCs can be arrested."""
    volume_bp: np.ndarray
    """(n,) int64 [bp of the blood volume]."""
    edge_source: np.ndarray
    """(m,) int32 index of the compartment an edge leaves."""
    edge_target: np.ndarray
    """(m,) int32."""
    edge_flow_bp: np.ndarray
    """(m,) int64 [bp of the cardiac output]."""
    blood_volume: float
    """[mL]."""
    cardiac_output: float
    """[mL/h]."""
    shear_stress: np.ndarray
    """(n,) float64: wall shear stress [dyn/cm^2]."""
    edge_names: tuple[str, ...] = ()
    """(m,) names of the vessels; `SOURCE -> TARGET` where the data gives none."""
    whole: int = BASIS_POINTS
    """Parts of the cardiac output and of the blood volume in which flows and volumes are
    stated: basis points, or finer where a tumour's vein asks for it."""
    primary_sites: dict[str, PrimarySite] = field(default_factory=dict)
    clinical_vessels: dict[str, dict[str, float]] = field(default_factory=dict)
    """What a needle in a vessel samples: flow-weighted shares [1] of compartments."""
    routes: dict[str, tuple[str, float]] = field(default_factory=dict)
    """Optional routes: target compartment, share of the tumour's outflow [1]."""
    bed_data: dict[str, dict] = field(default_factory=dict)
    """Raw entries of `capillary_beds` in the data; read by `capillary_bed.capillary_beds`."""
    sources: dict[str, str] = field(default_factory=dict)
    """Texts of the source keys."""

    def __post_init__(self):
        for array in (self.is_bed, self.volume_bp, self.edge_source, self.edge_target):
            array.setflags(write=False)
        self.edge_flow_bp.setflags(write=False)
        self.shear_stress.setflags(write=False)
        _check_volumes(self)
        _check_balance(self)
        _check_connected(self)

    @classmethod
    def load(cls, sex: str = "male") -> "BodyNetwork":
        """The reference adult of ICRP Publication 89 (2002): 30 compartments, 57 edges."""
        return cls.from_dict(reference_data(), sex)

    @classmethod
    def from_dict(cls, data: dict, sex: str = "male") -> "BodyNetwork":
        """A network from a mapping laid out like the data file.

        Needs `nodes` (id, kind "mixing" or "capillary", volume_bp), `edges` (source, target,
        flow_bp), `cardiac_output_L_min` and `total_blood_volume_mL`; the rest is optional.
        """
        if sex not in SEXES:
            raise unknown_name("sex", sex, SEXES)
        try:
            return cls.from_data(as_female(data) if sex == "female" else data, sex)
        except KeyError as error:
            raise ScenarioError(f"body network: the key {error} is missing") from None

    @classmethod
    def from_data(cls, data: dict, sex: str) -> "BodyNetwork":
        """A network from data of the person it is for; the sex is a label."""
        try:
            return _read(cls, data, sex)
        except KeyError as error:
            raise ScenarioError(f"body network: the key {error} is missing") from None
        except (TypeError, AttributeError):
            raise ScenarioError(
                "body network: nodes and edges must be arrays of tables, all others tables"
            ) from None

    @cached_property
    def flow_bp(self) -> np.ndarray:
        """(n,) int64: flow through each compartment [bp of the cardiac output]."""
        return _sums(self.edge_source, self.edge_flow_bp, len(self.names))

    @cached_property
    def volume(self) -> np.ndarray:
        """(n,) float64 [mL]."""
        return self.volume_bp * (self.blood_volume / self.whole)

    @cached_property
    def flow(self) -> np.ndarray:
        """(n,) float64 [mL/h]."""
        return self.flow_bp * (self.cardiac_output / self.whole)

    @cached_property
    def exit_rate(self) -> np.ndarray:
        """(n,) float64 [1/h]: flow / volume, the inverse of the mean transit time."""
        return self.flow / self.volume

    @cached_property
    def beds(self) -> tuple[str, ...]:
        """Names of the capillary beds, in the order of `names`."""
        return tuple(name for name, bed in zip(self.names, self.is_bed, strict=True) if bed)

    def index(self, name: str) -> int:
        """The number of a compartment."""
        if name not in self.names:
            raise unknown_name("compartment", name, self.names)
        return self.names.index(name)

    def outflow_of(self, name: str) -> dict[str, float]:
        """Compartments that the blood leaving `name` enters, with their shares [1] of it."""
        node = self.index(name)
        edges = np.flatnonzero(self.edge_source == node)
        shares = self.edge_flow_bp[edges] / self.flow_bp[node]
        targets = [self.names[target] for target in self.edge_target[edges]]
        return dict(zip(targets, shares.tolist(), strict=True))

    def site(self, name: str) -> PrimarySite:
        """A primary site by name."""
        if name not in self.primary_sites:
            raise unknown_name("primary site", name, self.primary_sites)
        return self.primary_sites[name]

    def vessel(self, name: str) -> dict[str, float]:
        """What a needle in a vessel samples: shares [1] of compartments; a clinical vessel or a
        compartment."""
        if name in self.clinical_vessels:
            return self.clinical_vessels[name]
        if name not in self.names:
            known = dict.fromkeys((*self.clinical_vessels, *self.names))
            raise unknown_name("vessel", name, known)
        return {name: 1.0}

    def drainage(self, site: str, routes: Collection[str] | None = None) -> dict[str, float]:
        """Compartments that a primary at `site` sheds into, with their shares [1].

        `routes` names optional routes to open (`"batson"`: a prostate primary's venous plexus
        to the spine); a route takes its share from the ordinary drainage. None opens those that
        are ordinarily open.
        """
        place = self.site(site)
        drains = dict(place.drains_to)
        for route in place.default_routes if routes is None else routes:
            if route != place.optional_route:
                known = [place.optional_route] if place.optional_route else []
                raise unknown_name(f"optional route of {site}", route, known)
            target, share = self.routes[route]
            drains = {node: part * (1 - share) for node, part in drains.items()}
            drains[target] = drains.get(target, 0.0) + share
        return drains


def _sums(index: np.ndarray, values: np.ndarray, n: int) -> np.ndarray:
    """Integer sums of `values` by `index`."""
    out = np.zeros(n, dtype=np.int64)
    np.add.at(out, index, values)
    return out


def _whole(what: str, value: object) -> int:
    """A positive integer of basis points."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ScenarioError(f"{what}: got {value!r}, must be a whole number of basis points >= 1")
    return value


def _positive(what: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e9:
        raise ScenarioError(f"{what}: got {value!r}, must be a number > 0")
    return float(value)


def reference_data() -> dict:
    """The data file of the reference adult."""
    text = resources.files("hybridmet.data").joinpath(DATA_FILE).read_text(encoding="utf-8")
    return json.loads(text)


def _read(cls, data: dict, sex: str) -> BodyNetwork:
    nodes, edges = data["nodes"], data["edges"]
    names = tuple(node["id"] for node in nodes)
    _check_nodes(names, [node["kind"] for node in nodes])
    ends = [[_end(names, edge, end) for edge in edges] for end in ("source", "target")]
    volumes = [_whole(f"volume of {node['id']}", node["volume_bp"]) for node in nodes]
    flows = [_whole(f"flow {_label(edge)}", edge["flow_bp"]) for edge in edges]
    network = cls(
        name=data.get("name", "body network"),
        sex=sex,
        names=names,
        is_bed=np.array([node["kind"] == "capillary" for node in nodes]),
        volume_bp=np.array(volumes, dtype=np.int64),
        edge_source=np.array(ends[0], dtype=np.int32),
        edge_target=np.array(ends[1], dtype=np.int32),
        edge_flow_bp=np.array(flows, dtype=np.int64),
        blood_volume=_positive("total_blood_volume_mL", data["total_blood_volume_mL"]),
        cardiac_output=60_000.0 * _positive("cardiac_output_L_min", data["cardiac_output_L_min"]),
        shear_stress=np.array([_shear_stress(node) for node in nodes]),
        edge_names=_edge_names(edges),
        whole=_whole("whole", data.get("whole", BASIS_POINTS)),
        primary_sites=_primary_sites(names, _without_note(data, "primary_sites")),
        clinical_vessels=_clinical_vessels(nodes, edges, _without_note(data, "clinical_vessels")),
        routes=_routes(names, data.get("optional_routes", [])),
        bed_data=dict(data.get("capillary_beds", {})),
        sources=dict(data.get("sources", {})),
    )
    _check_stated_flows(network, nodes)
    return network


def _shear_stress(node: dict) -> float:
    stress = node.get("shear_stress_dyn_cm2", SHEAR_STRESS[node["kind"]])
    return _positive(f"shear_stress_dyn_cm2 of {node['id']}", stress)


def _edge_names(edges: list[dict]) -> tuple[str, ...]:
    names = tuple(edge.get("name", _label(edge)) for edge in edges)
    for name in names:
        if names.count(name) > 1:
            raise ScenarioError(f'body network: the edge "{name}" occurs more than once')
    return names


def _without_note(data: dict, key: str) -> dict:
    return {name: entry for name, entry in data.get(key, {}).items() if name != "note"}


def _label(edge: dict) -> str:
    return f"{edge['source']} -> {edge['target']}"


def _end(names: tuple[str, ...], edge: dict, end: str) -> int:
    if edge[end] not in names:
        raise unknown_name(f"{end} of edge {_label(edge)}", edge[end], names)
    return names.index(edge[end])


def _primary_sites(names: tuple[str, ...], entries: dict) -> dict[str, PrimarySite]:
    sites = {}
    for site, entry in entries.items():
        drains = {node: float(share) for node, share in entry["drains_to"].items()}
        for node in [entry["host"], *drains]:
            if node not in names:
                raise unknown_name(f"primary site {site}", node, names)
        if any(share <= 0 for share in drains.values()) or abs(sum(drains.values()) - 1) > 1e-9:
            raise ScenarioError(f"primary site {site}: got drains_to {drains}, must add up to 1")
        routes = tuple(entry.get("default_routes", ()))
        sites[site] = PrimarySite(entry["host"], drains, entry.get("optional_route"), routes)
    return sites


def _clinical_vessels(nodes: list, edges: list, entries: dict) -> dict[str, dict[str, float]]:
    """A vessel is a mixing node, or the flow-weighted outflow of beds."""
    names = [node["id"] for node in nodes]
    vessels = {}
    for vessel, entry in entries.items():
        sampled = [entry["node"]] if "node" in entry else entry["outflow_of"]
        for node in sampled:
            if node not in names:
                raise unknown_name(f"clinical vessel {vessel}", node, names)
        # What flows from one of them into another is sampled there.
        leaving = [edge for edge in edges if edge["target"] not in sampled]
        flow = dict.fromkeys(names, 0)
        for edge in leaving:
            flow[edge["source"]] += edge["flow_bp"]
        total = sum(flow[node] for node in sampled)
        vessels[vessel] = {node: flow[node] / total for node in sampled}
    return vessels


def _routes(names: tuple[str, ...], entries: list) -> dict[str, tuple[str, float]]:
    """Optional routes with a compartment as target (others in the data are remarks)."""
    return {
        entry["id"]: (entry["target"], float(entry["fraction_of_tumour_outflow"]))
        for entry in entries
        if entry.get("target") in names and "fraction_of_tumour_outflow" in entry
    }


def _check_nodes(names: tuple[str, ...], kinds: list[str]) -> None:
    if not 1 <= len(names) <= MAX_NODES:
        raise ScenarioError(f"body network: got {len(names)} nodes, must be 1 to {MAX_NODES}")
    for name, kind in zip(names, kinds, strict=True):
        if names.count(name) > 1:
            raise ScenarioError(f'body network: the node "{name}" occurs more than once')
        if kind not in ("mixing", "capillary"):
            raise unknown_name(f"kind of node {name}", kind, ("mixing", "capillary"))


def _check_volumes(network: BodyNetwork) -> None:
    total = int(network.volume_bp.sum())
    if total != network.whole:
        raise ScenarioError(
            f"body network: got volumes that add up to {total} bp, must be {network.whole}"
        )


def _check_balance(network: BodyNetwork) -> None:
    n = len(network.names)
    inflow = _sums(network.edge_target, network.edge_flow_bp, n)
    for name, into, out in zip(network.names, inflow, network.flow_bp, strict=True):
        if into != out or into == 0:
            raise ScenarioError(
                f"body network: {name} receives {into} bp and gives {out} bp "
                f"({into - out:+d}), must be equal and > 0"
            )


def _check_stated_flows(network: BodyNetwork, nodes: list[dict]) -> None:
    for node, flow in zip(nodes, network.flow_bp, strict=True):
        stated = node.get("flow_through_bp", int(flow))
        if stated != flow:
            raise ScenarioError(
                f"flow_through_bp of {node['id']}: got {stated}, must be {flow} as its edges say"
            )


def _check_connected(network: BodyNetwork) -> None:
    """Every compartment can be reached from every other one."""
    n = len(network.names)
    ends = (network.edge_source, network.edge_target)
    graph = coo_array((np.ones(len(ends[0])), ends), shape=(n, n))
    parts, label = connected_components(graph, directed=True, connection="strong")
    if parts > 1:
        apart = [name for name, part in zip(network.names, label, strict=True) if part != label[0]]
        raise ScenarioError(
            f"body network: no way from {network.names[0]} and back to {', '.join(apart)}"
        )
