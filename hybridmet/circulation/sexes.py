"""The reference female from the reference male's data.

ICRP Publication 89 (2002) states, for the adult female, other volumes and arterial supplies of
some beds; the flows of the veins follow from balance, exactly in integers.
"""

from hybridmet.circulation.balance import ARTERIES, balanced_flows
from hybridmet.errors import unknown_name

SEXES = ("male", "female")
ARTERIAL_EDGES = {"hepatic_artery": "liver"}
"""Arterial supplies that the override does not name after their bed."""


def as_female(data: dict) -> dict:
    """The data with its `female_override` applied.

    The override states volumes and arterial supplies; every other flow follows from balance,
    split among the outgoing edges of a compartment as in the male (ASSUMED).
    """
    override = data["female_override"]
    supplied = _with_supplies(data["edges"], override["flow_bp"])
    flows = balanced_flows(data["edges"], supplied, "female_override")
    mass = {key: override[key] for key in ("body_mass_kg",) if key in override}
    return {
        **data,
        **mass,
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


def _with_supplies(edges: list[dict], supplies: dict[str, int]) -> list[int]:
    flows = [edge["flow_bp"] for edge in edges]
    arterial = {edge["target"]: e for e, edge in enumerate(edges) if edge["source"] == ARTERIES}
    for name, flow in supplies.items():
        bed = ARTERIAL_EDGES.get(name, name)
        if bed not in arterial:
            raise unknown_name("female_override.flow_bp", name, arterial)
        flows[arterial[bed]] = flow
    return flows
