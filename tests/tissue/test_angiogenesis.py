"""Tip cells: motion, branching, anastomosis, and what they change."""

import math
from dataclasses import replace

import numpy as np
import pytest

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.tissue.angiogenesis import Angiogenesis
from hybridmet.tissue.field_parameters import FieldParameters
from hybridmet.tissue.tip_walk import MOVE_PROBABILITY
from hybridmet.tissue.vessel_line import VesselLine, vessel_lines
from hybridmet.tissue.vessels import IMMATURE, VesselNetwork
from tests.tissue.sprout_world import (
    around,
    drawn,
    fields_of,
    grown,
    lone_tips,
    loops,
    shuffled,
)

WALK = Angiogenesis(
    motility=36.0, chemotaxis=4e4, saturation=0.0, haptotaxis=0.0, branching_rate=0.0
)


def slope(lattice: Lattice, gradient: float) -> np.ndarray:
    """A field that rises along x [1/um], 1 at its lowest."""
    x = (np.arange(lattice.shape[-1]) + 0.5) * lattice.spacing
    return np.broadcast_to(1.0 + gradient * x, lattice.shape)


def world(sprouts=5, n=40, gradient=5e-4):
    """A parent vessel along the left side of a square lattice, VEGF rising to the right."""
    lattice = Lattice((n, n), 10.0)
    half = 5.0 * n
    line = VesselLine((5.0 - half, -half), (5.0 - half, half), sprouts=sprouts)
    fields = fields_of(lattice, vegf=slope(lattice, gradient), ecm=0.0)
    return lattice, fields, vessel_lines(lattice, (line,))


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("peclet", [0.5, 3.0])
def test_a_tip_drifts_and_spreads_as_its_equation_says(dim, peclet):
    """Mean displacement v T; along each axis variance 2 D T, or |v| h T where that is more, less
    the square of the drift of a sub-step; within 3 standard errors."""
    gap, h = (50, 10.0) if dim == 2 else (24, 10.0)
    lattice = Lattice((20 * gap, 20 * gap) if dim == 2 else (7 * gap,) * 3, h)
    velocity = peclet * WALK.motility / h
    fields = fields_of(lattice, vegf=slope(lattice, velocity / WALK.chemotaxis))
    network, time = lone_tips(lattice, gap), 4.0 if peclet > 1 else 16.0
    after, _ = WALK.step(network, around(lattice, fields, dt=time))
    spread = [max(2.0 * WALK.motility, velocity * h), *[2.0 * WALK.motility] * (dim - 1)]
    n_sub = math.ceil(sum(spread) / h**2 * time / MOVE_PROBABILITY)
    moved = _displacements(network, after)[:, :dim]
    n = len(moved)
    variance = np.array(spread) * time
    variance[0] -= (velocity * time) ** 2 / n_sub
    mean = np.array([velocity * time, *[0.0] * (dim - 1)])
    assert n == 400 if dim == 2 else 343
    assert np.all(np.abs(moved.mean(axis=0) - mean) < 3.0 * np.sqrt(variance / n))
    squares = (moved - mean) ** 2
    error = squares.std(axis=0, ddof=1) / math.sqrt(n)
    assert np.all(np.abs(squares.mean(axis=0) - variance) < 3.0 * error)


def _displacements(before, after) -> np.ndarray:
    """How far the tip of each sprout went: (n, 3) [um]."""
    tips = after.tip.astype(bool)
    assert np.count_nonzero(tips) == len(before.nodes)
    order = np.argsort(after.sprout[tips])
    return after.nodes[tips][order] - before.nodes[np.argsort(before.sprout)]


def test_receptors_saturate():
    """The drift is chi / (1 + alpha c): at alpha c = 1, half of it."""
    lattice = Lattice((1000, 1000), 10.0)
    rules = replace(WALK, saturation=1.0, motility=36.0)
    level = 1.0 + 4.5e-5 * (np.arange(1000) - 499.5)[None, :]
    fields = fields_of(lattice, vegf=np.broadcast_to(level, lattice.shape))
    network = lone_tips(lattice, 50)
    after, _ = rules.step(network, around(lattice, fields, dt=40.0))
    velocity = 0.5 * rules.chemotaxis * 4.5e-6
    moved = _displacements(network, after)[:, 0]
    assert abs(moved.mean() - 40.0 * velocity) < 3.0 * moved.std(ddof=1) / math.sqrt(len(moved))


def test_tips_follow_matrix_by_haptotaxis():
    lattice = Lattice((600, 600), 10.0)
    rules = replace(WALK, chemotaxis=0.0, haptotaxis=4e4)
    fields = fields_of(lattice, vegf=1.0, ecm=slope(lattice, 4.5e-5))
    network = lone_tips(lattice, 50)
    after, _ = rules.step(network, around(lattice, fields, dt=20.0))
    moved = _displacements(network, after)[:, 0]
    assert abs(moved.mean() - 36.0) < 3.0 * moved.std(ddof=1) / math.sqrt(len(moved))


def test_tips_branch_at_their_rate_once_old_enough():
    """n tips, each branched by T with chance 1 - exp(-r H T); daughters are too young."""
    lattice = Lattice((400, 400), 10.0)
    rules = Angiogenesis(
        motility=0.0, chemotaxis=0.0, haptotaxis=0.0, branching_rate=0.05, branching_age=100.0,
        branching_half_maximum=0.5, branching_power=1.0,
    )  # fmt: skip
    fields, network = fields_of(lattice, vegf=0.5), lone_tips(lattice, 8)
    early, none = rules.step(network, around(lattice, fields, dt=20.0, time=0.0))
    assert early is network
    assert none == {}
    old, events = network, {"branches": 0}
    for step in range(20):
        old, new = rules.step(old, around(lattice, fields, step=step, time=150.0 + step))
        events["branches"] += new.get("branches", 0)
    chance = 1.0 - math.exp(-0.025 * 20.0)
    error = math.sqrt(chance * (1.0 - chance) / 2500)
    assert abs(events["branches"] / 2500 - chance) < 3.0 * error
    assert np.count_nonzero(old.tip) == 2500 + events["branches"]
    assert len(old.segments) == events["branches"]
    assert len(np.unique(old.sprout[old.tip == 1])) == np.count_nonzero(old.tip)


def test_each_anastomosis_makes_one_loop():
    lattice, fields, network = world()
    rules = Angiogenesis(branching_rate=0.5, anastomosis_age=5.0, branching_age=5.0)
    after, events = grown(rules, network, lattice, fields, steps=80)
    assert events["anastomoses"] > 10
    assert loops(after) == events["anastomoses"]
    begun = np.count_nonzero(network.tip) + events["branches"]
    assert np.count_nonzero(after.tip) == begun - events["anastomoses"] - events.get(
        "stopped_tips", 0
    )


@pytest.mark.parametrize("seed", range(1, 9))
def test_of_two_tips_that_meet_head_on_one_goes_on(seed):
    """On a single row with the highest VEGF in the middle, at even and odd distance."""
    lattice = Lattice((1, 24 + seed % 2), 10.0)
    n = lattice.shape[1]
    level = 1.0 - 0.02 * np.abs(np.arange(n) - (n - 1) / 2)[None, :]
    fields = fields_of(lattice, vegf=level)
    ends = lattice.positions(np.array([0, n - 1]))
    network = VesselNetwork(
        ends, np.empty((0, 2), np.int32), np.empty(0), np.empty(0, np.uint8),
        tip=np.ones(2), sprout=np.array([1, 2]),
    )  # fmt: skip
    for step in range(200):
        network, events = WALK.step(
            network, around(lattice, fields, seed=seed, step=step, dt=0.02, time=100.0 + step)
        )
        if events.get("anastomoses"):
            break
    assert events["anastomoses"] == 1
    assert np.count_nonzero(network.tip) == 1
    assert network.lengths.sum() == pytest.approx(10.0 * (n - 1))
    assert len(network.segments) == n - 1


def test_a_tip_that_fuses_cuts_the_vessel_it_meets():
    """A vessel in the way: whoever crosses its line ends there, and the vessel keeps its length."""
    lattice, fields, _ = world(gradient=2e-3)
    lines = (
        VesselLine((-195.0, -200.0), (-195.0, 200.0), sprouts=4),
        VesselLine((-93.0, -200.0), (-87.0, 200.0), radius=7.0),
    )
    network = vessel_lines(lattice, lines)
    rules = Angiogenesis(branching_rate=0.0, anastomosis_age=1.0)
    after, events = grown(rules, network, lattice, fields, steps=30)
    assert events["anastomoses"] == 4
    assert not after.tip.any()
    assert loops(after) == 3
    across = after.radius == 7.0
    assert np.count_nonzero(across) == 5
    assert after.lengths[across].sum() == pytest.approx(
        network.lengths[network.radius == 7.0].sum()
    )


def test_new_segments_link_neighbouring_sites_and_are_immature():
    lattice, fields, network = world()
    after, _ = grown(Angiogenesis(radius=3.0), network, lattice, fields, steps=30)
    new = after.state == IMMATURE
    assert np.count_nonzero(new) > 50
    inner = new & (np.abs(after.nodes[after.segments][:, :, 0] - 5.0) > 1e-9).all(axis=1)
    np.testing.assert_allclose(after.lengths[inner], 10.0)
    np.testing.assert_array_equal(after.radius[new], 3.0)
    np.testing.assert_array_equal(after.maturity[new], 0.0)
    at = after.nodes[len(network.nodes) :] / 10.0
    np.testing.assert_allclose(at[:, :2] - np.floor(at[:, :2]), 0.5)


def test_no_two_tips_share_a_site_and_none_leaves_the_lattice():
    lattice, fields, network = world(sprouts=20, n=24, gradient=2e-3)
    rules = Angiogenesis(branching_rate=1.0, branching_age=2.0, anastomosis_age=30.0)
    for step in range(40):
        network, _ = rules.step(network, around(lattice, fields, step=step))
        sites = lattice.padded_sites(network.nodes[network.tip == 1])
        assert len(np.unique(sites)) == len(sites)
        assert np.all((network.nodes >= 0.0) & (network.nodes <= lattice.extent))


def test_a_young_tip_shuns_other_vessels():
    lattice, fields, network = world(sprouts=20)
    rules = Angiogenesis(branching_rate=0.0, anastomosis_age=1e3)
    after, events = grown(rules, network, lattice, fields, steps=40)
    assert events["refused_moves"] > 0
    assert "anastomoses" not in events
    assert np.count_nonzero(after.tip) == 20


def test_a_tip_may_go_back_along_its_own_sprout():
    """Without a gradient tips cross their own paths: no segment twice, no loop."""
    lattice = Lattice((200, 200), 10.0)
    fields = fields_of(lattice, vegf=1.0)
    after, events = grown(WALK, lone_tips(lattice, 50), lattice, fields, steps=20, dt=10.0)
    assert events == {}
    assert np.count_nonzero(after.tip) == 16
    assert loops(after) == 0
    assert len(np.unique(np.sort(after.segments, axis=1), axis=0)) == len(after.segments)


def test_network_without_tips_is_left_as_it_is():
    lattice, fields, network = world(sprouts=0)
    after, events = Angiogenesis().step(network, around(lattice, fields))
    assert after is network
    assert events == {}


def test_tips_stop_where_there_is_no_vegf():
    lattice, _, network = world()
    after, events = Angiogenesis().step(
        network, around(lattice, fields_of(lattice, vegf=0.0, ecm=1.0))
    )
    assert events == {"stopped_tips": 5}
    assert not after.tip.any()
    assert len(after.segments) == len(network.segments)
    level = fields_of(lattice, vegf=0.1, ecm=1.0)
    assert (
        Angiogenesis(stopping_level=0.2).step(network, around(lattice, level))[1]["stopped_tips"]
        == 5
    )


def test_tips_take_up_vegf_and_turn_matrix_over_in_their_site():
    """Exact exponentials, whatever the sub-steps; other sites keep their values."""
    lattice = Lattice((9, 9), 10.0)
    fields = fields_of(lattice, vegf=0.8, ecm=0.3)
    rules = Angiogenesis(
        motility=0.0, chemotaxis=0.0, haptotaxis=0.0, branching_rate=0.0,
        uptake_rate=0.02, matrix_production_rate=0.05, matrix_degradation_rate=0.1,
    )  # fmt: skip
    network = lone_tips(lattice, 9)
    for step in range(5):
        rules.step(network, around(lattice, fields, step=step, dt=3.0))
    assert fields["vegf"][4, 4] == pytest.approx(0.8 * math.exp(-0.02 * 15.0), rel=1e-12)
    assert fields["ecm"][4, 4] == pytest.approx(0.5 - 0.2 * math.exp(-1.5), rel=1e-12)
    assert np.count_nonzero(fields["vegf"] != 0.8) == 1


def test_same_seed_same_network_other_seed_another():
    lattice, fields, network = world()
    rules = Angiogenesis(branching_rate=0.5, branching_age=5.0, anastomosis_age=5.0)
    first, again, other = (
        grown(rules, network, lattice, fields, steps=40, seed=seed)[0] for seed in (1, 1, 2)
    )
    for (_, a), (_, b) in zip(first.state_arrays(), again.state_arrays(), strict=True):
        assert a.tobytes() == b.tobytes()
    assert drawn(first) != drawn(other)


@pytest.mark.parametrize("order", [1, 2])
def test_result_does_not_depend_on_storage_order(order):
    """Stored in another order before each step: the same network up to renumbering."""
    lattice, fields, network = world(sprouts=8)
    rules = Angiogenesis(branching_rate=0.5, branching_age=5.0, anastomosis_age=5.0)
    plain, mixed = network, shuffled(network, order)
    for step in range(40):
        plain, events = rules.step(plain, around(lattice, fields, step=step))
        mixed, same = rules.step(mixed, around(lattice, fields, step=step))
        assert events == same
        mixed = shuffled(mixed, 100 * order + step)
    assert loops(plain) > 3
    assert drawn(plain) == drawn(mixed)


def test_sprouts_grow_in_three_dimensions():
    lattice = Lattice((16, 24, 24), 10.0)
    line = VesselLine((-115.0, -120.0, 0.0), (-115.0, 120.0, 0.0), sprouts=12)
    network = vessel_lines(lattice, (line,))
    fields = fields_of(lattice, vegf=slope(lattice, 5e-4), ecm=0.0)
    rules = Angiogenesis(branching_rate=0.5, branching_age=5.0, anastomosis_age=5.0)
    after, events = grown(rules, network, lattice, fields, steps=60)
    assert events["branches"] > 20
    assert loops(after) == events["anastomoses"] > 0
    assert np.ptp(after.nodes[:, 2]) > 50.0


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        (Angiogenesis(attractant="vgf"), 'attractant: got "vgf", must be one of vegf'),
        (Angiogenesis(matrix="ecm"), 'matrix: got "ecm", must be one of vegf'),
        (Angiogenesis(haptotaxis=0.0, uptake_rate=1.0), "must not be quasi-steady"),
    ],
)
def test_fields_that_do_not_fit_are_refused(rules, message):
    fields = {"vegf": FieldParameters(kind="quasi-steady", diffusivity=1e5, decay_rate=1.0)}
    with pytest.raises(ScenarioError, match=message):
        rules.check_fields(fields)
    Angiogenesis(haptotaxis=0.0).check_fields(fields)
