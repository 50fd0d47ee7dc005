"""Where vessels send out sprouts."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist, pdist

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.tissue.angiogenesis import Angiogenesis
from hybridmet.tissue.capillary_mesh import capillary_mesh
from hybridmet.tissue.sprouting import Sprouting, shunned
from hybridmet.tissue.vessel_line import VesselLine, vessel_lines
from hybridmet.tissue.vessel_parameters import VesselParameters
from tests.tissue.sprout_world import around, drawn, fields_of, grown, shuffled

EAGER = Sprouting(rate=1e-2, exclusion=60.0)


def mesh(lattice: Lattice):
    return capillary_mesh(lattice, VesselParameters(length_density=2e-4), 1, 0)


@pytest.mark.parametrize("level", [0.0, 0.05])
def test_without_vegf_no_sprouts(level):
    """Exactly none, and the network stays the same object; up to the threshold, too."""
    lattice = Lattice((20, 20, 20), 20.0)
    network = mesh(lattice)
    for step in range(50):
        after, events = Sprouting(rate=1e3).step(
            network, around(lattice, fields_of(lattice, vegf=level), step=step)
        )
        assert after is network
        assert events == {}


def test_rate_zero_no_sprouts():
    lattice = Lattice((20, 20, 20), 20.0)
    network = mesh(lattice)
    assert (
        Sprouting(rate=0.0).step(network, around(lattice, fields_of(lattice, vegf=1.0)))[0]
        is network
    )


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32), exclusion=st.floats(1.0, 200.0), rate=st.floats(1e-4, 1.0),
    dim=st.sampled_from([2, 3]),
)  # fmt: skip
def test_exclusion_distance_always_holds(seed, exclusion, rate, dim):
    """No sprout begins within it of a tip, an immature sprout or another new one."""
    lattice = Lattice((16,) * dim, 20.0)
    fields = fields_of(lattice, vegf=1.0, ecm=1.0)
    network = mesh(lattice)
    process = Sprouting(rate=rate, exclusion=exclusion)
    for step in range(4):
        before = shunned(network)
        after, events = process.step(network, around(lattice, fields, seed=seed, step=step))
        new = after.nodes[len(network.nodes) :]
        assert len(new) == events.get("sprouts", 0)
        assert np.all(pdist(new) >= exclusion)
        if len(before) and len(new):
            assert cdist(new, before).min() >= exclusion
        network, _ = Angiogenesis().step(after, around(lattice, fields, seed=seed, step=step))


def test_number_of_sprouts_follows_length_and_vegf():
    """A vessel of N sites, each sprouts with chance 1 - exp(-rate H length dt); 3 SE."""
    lattice = Lattice((5, 4000), 10.0)
    network = vessel_lines(lattice, (VesselLine((-20000.0, 0.0), (20000.0, 0.0)),))
    process = Sprouting(rate=0.02, half_maximum=0.5, power=1.0, exclusion=1.0)
    _, events = process.step(network, around(lattice, fields_of(lattice, vegf=0.5), dt=2.0))
    chance = 1.0 - math.exp(-0.02 * 0.5 * 10.0 * 2.0)
    assert abs(events["sprouts"] - 4000 * chance) < 3.0 * math.sqrt(4000 * chance * (1 - chance))


def test_a_sprout_cuts_its_vessel_and_adds_no_length():
    lattice = Lattice((20, 20, 20), 20.0)
    network = mesh(lattice)
    after, events = EAGER.step(network, around(lattice, fields_of(lattice, vegf=1.0)))
    n = events["sprouts"]
    assert n > 5
    assert len(after.segments) == len(network.segments) + n
    assert after.lengths.sum() == pytest.approx(network.lengths.sum(), rel=1e-12)
    assert np.count_nonzero(after.tip) == n
    assert len(np.unique(after.sprout[after.tip == 1])) == n
    for state in (0, 1):
        assert after.lengths[after.state == state].sum() == pytest.approx(
            network.lengths[network.state == state].sum()
        )


def test_sprouts_do_not_depend_on_storage_order():
    lattice = Lattice((20, 20, 20), 20.0)
    fields = fields_of(lattice, vegf=1.0)
    plain = EAGER.step(mesh(lattice), around(lattice, fields))[0]
    mixed = EAGER.step(shuffled(mesh(lattice), 5), around(lattice, fields))[0]
    assert drawn(plain) == drawn(mixed)


def test_sprouts_leave_the_vessel_and_join_others():
    """Sprouting and angiogenesis together call vessels into a lattice and close loops."""
    lattice = Lattice((40, 40), 20.0)
    x = (np.arange(40) + 0.5) / 40
    fields = fields_of(lattice, vegf=np.broadcast_to(0.3 + 0.7 * x, (40, 40)), ecm=0.0)
    line = VesselLine((-390.0, -400.0), (-390.0, 400.0))
    network = vessel_lines(lattice, (line,))
    for step in range(150):
        network, _ = Sprouting(rate=1e-3).step(network, around(lattice, fields, step=step))
        network, _ = grown(
            Angiogenesis(chemotaxis=1e4, branching_age=10.0), network, lattice, fields,
            steps=1, first=step,
        )  # fmt: skip
    assert network.nodes[:, 0].max() > 600.0
    assert network.lengths.sum() > 3000.0


def test_unknown_attractant_is_refused():
    lattice = Lattice((4, 4), 20.0)
    with pytest.raises(ScenarioError, match='attractant: got "vgf", must be one of vegf'):
        Sprouting(attractant="vgf").step(
            mesh(lattice), around(lattice, fields_of(lattice, vegf=1.0))
        )
