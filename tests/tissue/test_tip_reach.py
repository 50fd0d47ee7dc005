"""Tips that find a vessel ahead of them with their filopodia."""

from dataclasses import replace

import numpy as np
import pytest

from hybridmet.lattice import Lattice
from hybridmet.tissue.angiogenesis import Angiogenesis
from hybridmet.tissue.growth import Growth
from hybridmet.tissue.pieces import cut
from hybridmet.tissue.tip_reach import Reach
from hybridmet.tissue.vessel_map import NONE
from hybridmet.tissue.vessels import VesselNetwork
from tests.tissue.sprout_world import around, drawn, fields_of, grown, shuffled

H = 20.0
LATTICES = {2: Lattice((30, 30), H), 3: Lattice((30, 30, 30), H)}
REACHING = Angiogenesis(
    motility=0.0,
    chemotaxis=1000.0,
    haptotaxis=0.0,
    branching_rate=0.0,
    anastomosis_age=10.0,
    reach=60.0,
)


def site(lattice: Lattice, *xyz: int) -> np.ndarray:
    """The centre of a site [um]."""
    return (np.array([*xyz, 0][:3]) + 0.5) * H


def tip_and_vessel(lattice, start, end, *, tip=(15, 15, 15)) -> VesselNetwork:
    """A lone tip of sprout 1, and a vessel of neither sprout from one site to another."""
    points = [site(lattice, *each[: lattice.dim]) for each in (tip, start, end)]
    return VesselNetwork(
        np.array(points), np.array([[1, 2]], np.int32), np.array([5.0]), np.zeros(1, np.uint8),
        tip=np.array([1, 0, 0]), sprout=np.array([1, 0, 0]),
    )  # fmt: skip


def found(lattice, network, drift, reach=60.0) -> list[int] | None:
    """Site (x, y[, z]) the tip finds."""
    growth = Growth(lattice, network, cut(lattice, network), 5.0)
    direction = np.array([drift[: lattice.dim]], float)
    (where,) = Reach(lattice, reach).ahead(growth, np.array([0]), direction)
    if where == NONE:
        return None
    (position,) = lattice.positions(lattice.global_sites(np.array([where])))
    return list((position[: lattice.dim] // H).astype(int))


@pytest.mark.parametrize("dim", [2, 3])
def test_a_tip_finds_what_lies_ahead_within_its_reach(dim):
    lattice = LATTICES[dim]
    for gap, seen in ((1, True), (3, True), (4, False)):
        network = tip_and_vessel(lattice, (15 + gap, 5, 15), (15 + gap, 25, 15))
        assert found(lattice, network, (1, 0, 0)) == ([15 + gap, 15, 15][:dim] if seen else None)
        assert found(lattice, network, (-1, 0, 0)) is None
        assert found(lattice, network, (0, 0, 0)) is None


def test_it_finds_up_to_sixty_degrees_off_its_way():
    lattice = LATTICES[2]
    network = tip_and_vessel(lattice, (17, 15), (18, 15))
    for degrees, seen in ((0, True), (59, True), (61, False), (180, False)):
        angle = np.radians(degrees)
        assert (found(lattice, network, (np.cos(angle), np.sin(angle))) is not None) == seen


def test_it_takes_the_nearest_and_not_its_own_sprout():
    lattice = LATTICES[2]
    points = [site(lattice, x, 15) for x in (15, 16, 17, 18)]
    network = VesselNetwork(
        np.array(points), np.array([[1, 2], [2, 3]], np.int32), np.full(2, 5.0), np.zeros(2, np.uint8),
        tip=np.array([1, 0, 0, 0]), sprout=np.array([1, 1, 0, 0]),
    )  # fmt: skip
    assert found(lattice, network, (1, 0)) == [17, 15]
    assert found(lattice, replace(network, sprout=np.array([1, 2, 0, 0])), (1, 0)) == [16, 15]


def test_what_its_node_is_linked_to_already_is_not_found():
    lattice = LATTICES[2]
    points = [site(lattice, 15, 15), site(lattice, 17, 15)]
    network = VesselNetwork(
        np.array(points), np.array([[0, 1]], np.int32), np.full(1, 5.0), np.zeros(1, np.uint8),
        tip=np.array([1, 0]), sprout=np.array([1, 0]),
    )  # fmt: skip
    assert found(lattice, network, (1, 0)) is None


def towards(lattice: Lattice, x: float) -> np.ndarray:
    """VEGF that is highest at x [sites]."""
    level = 10.0 - 0.02 * np.abs(np.arange(lattice.shape[-1]) - x)
    return np.broadcast_to(level, lattice.shape)


def two_tips(lattice, first, second) -> VesselNetwork:
    return VesselNetwork(
        np.array([site(lattice, *first), site(lattice, *second)]), np.empty((0, 2), np.int32),
        np.empty(0), np.empty(0, np.uint8), tip=np.ones(2), sprout=np.array([1, 2]),
    )  # fmt: skip


@pytest.mark.parametrize("dim", [2, 3])
def test_two_tips_that_find_each_other_both_end_and_are_linked_once(dim):
    lattice = LATTICES[dim]
    tips = two_tips(lattice, [14, 15, 15][:dim], [16, 15, 15][:dim])
    fields = fields_of(lattice, vegf=towards(lattice, 15.0))
    young, none = REACHING.step(tips, around(lattice, fields, dt=0.001, time=9.0))
    assert young is tips and "anastomoses" not in none
    after, events = REACHING.step(tips, around(lattice, fields, dt=0.001, time=10.0))
    assert events == {"anastomoses": 1, "met_tips": 1}
    assert len(after.segments) == 1 and not after.tip.any() and after.lengths[0] == 2 * H


def test_a_vessel_without_a_node_is_cut_where_it_is_found():
    lattice = LATTICES[3]
    network = tip_and_vessel(lattice, (17, 5, 15), (17, 25, 15))
    fields = fields_of(lattice, vegf=towards(lattice, 25.0))
    after, events = REACHING.step(network, around(lattice, fields, dt=0.001, time=10.0))
    assert events == {"anastomoses": 1} and len(after.segments) == 3 and not after.tip.any()
    np.testing.assert_allclose(after.nodes[3], site(lattice, 17, 15, 15))


def side_by_side(reach: float | None, seed: int) -> int:
    """Anastomoses in 40 h of 100 sprouts that grow up the same slope, four sites apart at first."""
    lattice = Lattice((40, 40, 60), H)
    points = [site(lattice, 2, y, z) for y in range(2, 40, 4) for z in range(2, 40, 4)]
    n = len(points)
    tips = VesselNetwork(
        np.array(points), np.empty((0, 2), np.int32), np.empty(0), np.empty(0, np.uint8),
        tip=np.ones(n), sprout=1 + np.arange(n),
    )  # fmt: skip
    fields = fields_of(lattice, vegf=np.broadcast_to(1.0 + 0.02 * np.arange(60), lattice.shape))
    rules = replace(REACHING, chemotaxis=6000.0, saturation=0.0, motility=36.0, reach=reach)
    after, events = grown(rules, tips, lattice, fields, steps=40, seed=seed)
    met = events.get("anastomoses", 0)
    assert len(after.segments) - len(after.nodes) + n == met
    return met


def test_in_three_dimensions_sprouts_that_pass_each_other_meet_by_their_reach():
    """Over three seeds, each anastomosis adds one link and no end."""
    blind, seeing = (
        np.mean([side_by_side(reach, seed) for seed in (1, 2, 3)]) for reach in (None, 60.0)
    )
    assert seeing > 2 * blind


def test_what_is_found_does_not_depend_on_storage():
    lattice = Lattice((40, 40), 10.0)
    rng = np.random.default_rng(3)
    sites = rng.choice(1600, 80, replace=False)
    n = len(sites)
    network = VesselNetwork(
        lattice.positions(sites), np.empty((0, 2), np.int32), np.empty(0), np.empty(0, np.uint8),
        tip=np.ones(n), sprout=1 + np.arange(n),
    )  # fmt: skip
    y, x = np.mgrid[:40, :40]
    fields = fields_of(lattice, vegf=np.exp(-((x - 20.0) ** 2 + (y - 20.0) ** 2) / 400.0))
    rules = replace(REACHING, anastomosis_age=0.0, reach=35.0, motility=36.0)
    first, events = grown(rules, network, lattice, fields, steps=5)
    second, _ = grown(rules, shuffled(network, 5), lattice, fields, steps=5)
    assert events["anastomoses"] > 5
    assert drawn(first) == drawn(second)


def test_a_sprout_that_has_met_nobody_stops_at_the_end_of_its_life():
    lattice = LATTICES[2]
    tips = replace(two_tips(lattice, (3, 3), (25, 25)), sprout_start=np.array([0.0, 30.0]))
    fields = fields_of(lattice, vegf=1.0)
    rules = replace(REACHING, lifetime=48.0)
    for time, left in ((47.9, 2), (48.0, 1), (77.0, 1), (78.0, 0)):
        after, events = rules.step(tips, around(lattice, fields, dt=0.001, time=time))
        assert np.count_nonzero(after.tip) == left
        assert events.get("stopped_tips", 0) == 2 - left
