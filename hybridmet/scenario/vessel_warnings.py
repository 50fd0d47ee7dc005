"""Vessels that are allowed but will not do what a scenario seems to want of them."""

from collections.abc import Iterator

from hybridmet.organs import OrganParameters
from hybridmet.tissue.poiseuille import Circuit
from hybridmet.tissue.vasculature import first_network

MESHES = 5
"""Meshes looked at for organs, whose place in the order of arrivals, and with it whose mesh, no one
knows in advance [1]: ASSUMED."""
PRESENT = ("network", "lines", "flow", "sprouting", "angiogenesis", "compression", "rupture")
PRESENT += ("pruning", "maturation", "adaptation", "transport")
"""Keys of vessels that a surrogate does not know: its vessels are means without place or change."""


def unperfused(organs: dict[str, OrganParameters], seed: int) -> Iterator[str]:
    """Lattices with `flow` whose vessels carry none at the start, as small meshes may."""
    for path, organ in organs.items():
        if organ.vessels.flow is None:
            continue
        numbers = (0,) if path == "primary" else range(1, MESHES + 1)
        still = sum(not _carries_blood(organ, seed, number) for number in numbers)
        if still:
            some = "" if path == "primary" else f" in {still} of {MESHES} meshes"
            yield (
                f"{path}.vessels.flow: got vessels without a way from inlet to outlet{some}, should "
                f"have one: else no blood flows; {_remedy(organ)} would do"
            )


def _carries_blood(organ: OrganParameters, seed: int, number: int) -> bool:
    """Whether anything can flow in the first vessels of a patient's lattice of that number."""
    lattice, vessels = organ.lattice(), organ.vessels
    network = first_network(lattice, vessels, seed, number)
    if not network.boundary.any():
        network = vessels.flow.with_pressures(network, lattice)
    return len(Circuit(network).rows) > 0


def _remedy(organ: OrganParameters) -> str:
    vessels = organ.vessels
    if vessels.network is not None or vessels.points is not None or vessels.lines:
        return "open ends on the inlet side and opposite, or pressures given at ends,"
    return "another random_seed, a higher length_density or a larger shape"


def ignored(organs: dict[str, OrganParameters]) -> Iterator[str]:
    """What a surrogate does not know of the vessels of its organs."""
    for path, organ in organs.items():
        given = [key for key in PRESENT if getattr(organ.vessels, key)]
        if given:
            yield (
                f"{path}.vessels: got {', '.join(given)}, should be left out where the model is "
                '"surrogate": vessels are means there, without place, flow or change'
            )
