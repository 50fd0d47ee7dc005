"""Integer flows that follow from balance: arterial supplies in, everything downstream out."""

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

from hybridmet.errors import ScenarioError

ARTERIES = "arteries"
"""The compartment whose outgoing flows are the arterial supplies."""


def balanced_flows(edges: list[dict], flows: list[int], what: str) -> list[int]:
    """Flows that balance at each compartment, for the given flows out of the arteries.

    Every other compartment shares its inflow among its outgoing edges in the proportions of
    `flows`. `what` is named where a circuit does not pass through the arteries.
    """
    flows = list(flows)
    before = {edge["target"]: set() for edge in edges}
    for edge in edges:
        if edge["source"] != ARTERIES:
            before[edge["target"]].add(edge["source"])
    for node in _downstream(before, what):
        if node != ARTERIES:
            _pass_on(node, edges, flows)
    return flows


def _downstream(before: dict[str, set], what: str) -> Iterable[str]:
    try:
        return list(TopologicalSorter(before).static_order())
    except CycleError:
        raise ScenarioError(
            f"{what}: every circuit of the network must pass through {ARTERIES}"
        ) from None


def _pass_on(node: str, edges: list[dict], flows: list[int]) -> None:
    """Share a compartment's inflow among its outgoing edges in their present proportions."""
    inflow = sum(flow for edge, flow in zip(edges, flows, strict=True) if edge["target"] == node)
    leaving = [e for e, edge in enumerate(edges) if edge["source"] == node]
    for e, flow in zip(leaving, apportioned(inflow, [flows[e] for e in leaving]), strict=True):
        flows[e] = flow


def apportioned(total: int, weights: list[int]) -> list[int]:
    """Integers in proportion to the weights that add up to the total (largest remainders)."""
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts
