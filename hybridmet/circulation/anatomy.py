"""Changes of a body network's data: body mass, embolized beds, the draining vein of a tumour.

Each takes data laid out like the network file and returns new data; flows stay integers that
balance exactly at each compartment.
"""

from collections.abc import Iterable, Mapping

from hybridmet.circulation.balance import ARTERIES, apportioned, balanced_flows
from hybridmet.errors import ScenarioError, unknown_name

BASIS_POINTS = 10_000
"""Basis points in the whole cardiac output or blood volume."""
FINENESS = 1000
"""Into how many parts a basis point is divided where a tumour's vein carries less than one."""
VOLUME_EXPONENT, FLOW_EXPONENT = 1.0, 0.75
"""Powers of body mass: blood volume is a fixed share of it, cardiac output follows metabolism
(West, Brown & Enquist 1997, doi:10.1126/science.276.5309.122)."""
VEIN_TRANSIT_SECONDS = 1.0
"""Mean transit time of a tumour's draining vein [s]: ASSUMED, 10 cm at 10 cm/s. Its blood is
taken from the compartments that it joins."""


def with_mass(data: dict, mass: float) -> dict:
    """Blood volume and cardiac output of a body of `mass` [kg]."""
    if "body_mass_kg" not in data:
        raise ScenarioError("body_mass: the body network states no body_mass_kg to scale from")
    ratio = mass / data["body_mass_kg"]
    return {
        **data,
        "body_mass_kg": mass,
        "total_blood_volume_mL": data["total_blood_volume_mL"] * ratio**VOLUME_EXPONENT,
        "cardiac_output_L_min": data["cardiac_output_L_min"] * ratio**FLOW_EXPONENT,
    }


def with_embolized(data: dict, embolized: Mapping[str, float]) -> dict:
    """Take shares of arterial supplies [1] away and give them to the other beds.

    The others gain in proportion to what they have (ASSUMED: cardiac output does not change);
    veins follow from balance. A share of 1 removes a bed that has no other supply, and its
    blood goes to the other compartments in proportion.
    """
    if not embolized:
        return data
    data = _finer(data)
    edges, flows = data["edges"], [edge["flow_bp"] for edge in data["edges"]]
    supply = {edge["target"]: e for e, edge in enumerate(edges) if edge["source"] == ARTERIES}
    for bed in embolized:
        if bed not in supply:
            raise unknown_name("embolized", bed, supply)
    taken = {bed: round(flows[supply[bed]] * share) for bed, share in embolized.items()}
    others = [e for bed, e in supply.items() if bed not in embolized]
    if not others:
        raise ScenarioError("embolized: names every arterial supply, must leave one")
    for bed, flow in taken.items():
        flows[supply[bed]] -= flow
    gained = apportioned(sum(taken.values()), [flows[e] for e in others])
    for e, flow in zip(others, gained, strict=True):
        flows[e] += flow
    flows = balanced_flows(edges, flows, "embolized")
    edges = [{**edge, "flow_bp": flow} for edge, flow in zip(edges, flows, strict=True)]
    return _without_dry({**data, "edges": [edge for edge in edges if edge["flow_bp"] > 0]})


def _without_dry(data: dict) -> dict:
    """Drop compartments that no blood enters, and all that names them."""
    wet = {edge["target"] for edge in data["edges"]}
    dry = {node["id"] for node in data["nodes"]} - wet
    if not dry:
        return _unstated(data)
    nodes = [node for node in data["nodes"] if node["id"] in wet]
    volumes = apportioned(_whole(data), [node["volume_bp"] for node in nodes])
    nodes = [{**node, "volume_bp": v} for node, v in zip(nodes, volumes, strict=True)]
    kept = _entries(data, "primary_sites")
    kept = {name: entry for name, entry in kept.items() if entry["host"] not in dry}
    beds = {name: bed for name, bed in data.get("capillary_beds", {}).items() if name not in dry}
    changed = {"nodes": nodes, "primary_sites": kept, "capillary_beds": beds}
    changed["clinical_vessels"] = _vessels_without(_entries(data, "clinical_vessels"), dry)
    return _unstated({**data, **changed})


def _vessels_without(vessels: dict, dry: set) -> dict:
    out = {}
    for name, entry in vessels.items():
        beds = [bed for bed in entry.get("outflow_of", [entry.get("node")]) if bed not in dry]
        if beds:
            out[name] = {**entry, "outflow_of": beds} if "outflow_of" in entry else entry
    return out


def tumour_vein(site: str) -> str:
    """Name of the compartment that drains a tumour at a primary site."""
    return f"{site}_tumour_vein"


def with_tumour_vein(
    data: dict, site: str, drains: Mapping[str, float], fraction: float | None = None
) -> dict:
    """Insert the draining vein of a tumour as a compartment of its own.

    A share `fraction` [1] of the host bed's outflow leaves by it (None: the data's
    `vein_flow_fraction`) and goes on to `drains`, shares [1] by compartment; what a share
    diverts from its ordinary way is balanced downstream.
    """
    data, vein = _finer(data), tumour_vein(site)
    entry = _entries(data, "primary_sites")[site]
    fraction = entry.get("vein_flow_fraction", 1.0) if fraction is None else fraction
    edges, vein_flow = _split_outflow(data["edges"], entry["host"], vein, fraction)
    for node, flow in zip(drains, _shared(vein_flow, drains.values()), strict=True):
        edges.append({"source": vein, "target": node, "flow_bp": flow})
    if _unbalanced(edges):
        flows = balanced_flows(edges, [e["flow_bp"] for e in edges], f"tumour vein of {site}")
        edges = [{**e, "flow_bp": flow} for e, flow in zip(edges, flows, strict=True)]
    sites = _entries(data, "primary_sites")
    sites[site] = {**entry, "drains_to": {vein: 1.0}, "optional_route": None, "default_routes": []}
    vessels = _joined(_entries(data, "clinical_vessels"), entry["host"], vein)
    nodes = _with_vein_volume(data, vein, vein_flow, list(drains))
    changed = {"nodes": nodes, "edges": [e for e in edges if e["flow_bp"] > 0]}
    return _unstated({**data, **changed, "primary_sites": sites, "clinical_vessels": vessels})


def _joined(vessels: dict, host: str, vein: str) -> dict:
    """Clinical vessels with the tumour's vein: one that gathers the host's outflow gathers it."""
    out = {"tumour_vein": {"node": vein}}
    for name, entry in vessels.items():
        beds = entry.get("outflow_of", [])
        more = {"outflow_of": [*beds, vein]} if host in beds else {}
        out[name] = out.get(name, {**entry, **more})
    return out


def _split_outflow(
    edges: list[dict], host: str, vein: str, fraction: float
) -> tuple[list[dict], int]:
    """Edges with a share of the host's outflow led into the vein, and that flow."""
    flow = sum(edge["flow_bp"] for edge in edges if edge["source"] == host)
    into_vein = max(1, round(flow * fraction))
    leaving = [edge for edge in edges if edge["source"] == host]
    rest = apportioned(flow - into_vein, [edge["flow_bp"] for edge in leaving])
    left = iter(rest)
    out = [{**e, "flow_bp": next(left)} if e["source"] == host else dict(e) for e in edges]
    return [*out, {"source": host, "target": vein, "flow_bp": into_vein}], into_vein


def _shared(total: int, shares: Iterable[float]) -> list[int]:
    return apportioned(total, [round(share * 10**9) for share in shares])


def _unbalanced(edges: list[dict]) -> bool:
    net: dict[str, int] = {}
    for edge in edges:
        net[edge["target"]] = net.get(edge["target"], 0) + edge["flow_bp"]
        net[edge["source"]] = net.get(edge["source"], 0) - edge["flow_bp"]
    return any(net.values())


def _with_vein_volume(data: dict, vein: str, flow: int, targets: list[str]) -> list[dict]:
    """The vein holds its flow for its transit time; its targets give that blood."""
    circuit = 0.06 * data["total_blood_volume_mL"] / data["cardiac_output_L_min"]  # [s]
    room = {node["id"]: node["volume_bp"] for node in data["nodes"] if node["id"] in targets}
    volume = round(flow * VEIN_TRANSIT_SECONDS / circuit)
    volume = min(max(1, volume), sum(room.values()) // 2)
    given = dict(zip(room, apportioned(volume, list(room.values())), strict=True))
    nodes = [
        {**node, "volume_bp": node["volume_bp"] - given.get(node["id"], 0)}
        for node in data["nodes"]
    ]
    source = "ASSUMED; see hybridmet/circulation/anatomy.py"
    return [*nodes, {"id": vein, "kind": "mixing", "volume_bp": volume, "source": source}]


def _whole(data: dict) -> int:
    return data.get("whole", BASIS_POINTS)


def _finer(data: dict) -> dict:
    """The same data in parts of a basis point."""
    if _whole(data) > BASIS_POINTS:
        return data
    nodes = [{**node, "volume_bp": node["volume_bp"] * FINENESS} for node in data["nodes"]]
    edges = [{**edge, "flow_bp": edge["flow_bp"] * FINENESS} for edge in data["edges"]]
    finer = {**data, "whole": _whole(data) * FINENESS, "nodes": nodes, "edges": edges}
    return _unstated(finer)


def _unstated(data: dict) -> dict:
    """Without flows stated at compartments: they were those before the change."""
    nodes = [{k: v for k, v in node.items() if k != "flow_through_bp"} for node in data["nodes"]]
    return {**data, "nodes": nodes}


def _entries(data: dict, key: str) -> dict:
    return {name: entry for name, entry in data.get(key, {}).items() if name != "note"}
