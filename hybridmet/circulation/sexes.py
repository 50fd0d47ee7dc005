"""The reference female from the reference male's data.

ICRP Publication 89 (2002) states, for the adult female, other volumes and arterial supplies of
some beds; the flows of the veins follow from balance, exactly in integers.
"""

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

from hybridmet.errors import ScenarioError, unknown_name

SEXES = ("male", "female")
ARTERIES = "arteries"
"""The compartment whose outgoing flows are the arterial supplies."""
ARTERIAL_EDGES = {"hepatic_artery": "liver"}
"""Arterial supplies that the override does not name after their bed."""


def as_female(data: dict) -> dict:
    """The data with its `female_override` applied.

    The override states volumes and arterial supplies; every other flow follows from balance,
    split among the outgoing edges of a compartment as in the male (ASSUMED).
    """
    override = data["female_override"]
    flows = _balanced_flows(data["edges"], override["flow_bp"])
    return {
        **data,
        "cardiac_output_L_min": override["cardiac_output_L_min"],
        "total_blood_volume_mL": override["total_blood_volume_mL"],
        "nodes": _with_volumes(data["nodes"], override["volume_bp"]),
        "edges": [
            {**edge, "flow_bp": flow} for edge, flow in zip(data["edges"], flows, strict=True)
        ],
    }


def _with_volumes(nodes: list[dict], volumes: dict[str, int]) -> list[dict]:
    """The nodes with other volumes; their stated flows are the male's and are left out."""
    known = [node["id"] for node in nodes]
    for name in volumes:
        if name not in known:
            raise unknown_name("female_override.volume_bp", name, known)
    male = [{key: node[key] for key in node if key != "flow_through_bp"} for node in nodes]
    return [{**node, "volume_bp": volumes.get(node["id"], node["volume_bp"])} for node in male]


def _balanced_flows(edges: list[dict], supplies: dict[str, int]) -> list[int]:
    """Integer flows of all edges for given arterial supplies."""
    flows = _with_supplies(edges, supplies)
    before = {edge["target"]: set() for edge in edges}
    for edge in edges:
        if edge["source"] != ARTERIES:
            before[edge["target"]].add(edge["source"])
    for node in _downstream(before):
        if node != ARTERIES:
            _pass_on(node, edges, flows)
    return flows


def _with_supplies(edges: list[dict], supplies: dict[str, int]) -> list[int]:
    flows = [edge["flow_bp"] for edge in edges]
    arterial = {edge["target"]: e for e, edge in enumerate(edges) if edge["source"] == ARTERIES}
    for name, flow in supplies.items():
        bed = ARTERIAL_EDGES.get(name, name)
        if bed not in arterial:
            raise unknown_name("female_override.flow_bp", name, arterial)
        flows[arterial[bed]] = flow
    return flows


def _downstream(before: dict[str, set]) -> Iterable[str]:
    try:
        return list(TopologicalSorter(before).static_order())
    except CycleError:
        raise ScenarioError(
            f"female_override: every circuit of the network must pass through {ARTERIES}"
        ) from None


def _pass_on(node: str, edges: list[dict], flows: list[int]) -> None:
    """Share a compartment's inflow among its outgoing edges in their present proportions."""
    inflow = sum(flow for edge, flow in zip(edges, flows, strict=True) if edge["target"] == node)
    leaving = [e for e, edge in enumerate(edges) if edge["source"] == node]
    for e, flow in zip(leaving, _apportioned(inflow, [flows[e] for e in leaving]), strict=True):
        flows[e] = flow


def _apportioned(total: int, weights: list[int]) -> list[int]:
    """Integers in proportion to the weights that add up to the total (largest remainders)."""
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts
