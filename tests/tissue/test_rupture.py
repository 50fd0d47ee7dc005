"""Walls tear by pressure and protease, new walls sooner; collapsed ones are left alone."""

import numpy as np
import pytest

from hybridmet.tissue.fields import FieldParameters
from hybridmet.tissue.rupture import Rupture
from hybridmet.tissue.vessels import COLLAPSED, IMMATURE, INTACT, RUPTURED
from tests.tissue.vessel_problems import around, many, shuffled

N = 4000
MMP2 = {"mmp2": FieldParameters("transient", diffusivity=1.0, initial=3.0)}


@pytest.mark.parametrize(
    ("state", "maturity", "share", "fields", "load"),
    [
        (INTACT, 1.0, 1.0, None, 1.0),
        (IMMATURE, 0.0, 1.0, None, 5.0),
        (INTACT, 1.0, 0.0, MMP2, 0.75),
        (IMMATURE, 0.5, 1.0, MMP2, 1.75 * 3.0),
    ],
)
def test_walls_tear_at_the_rate_of_their_load(state, maturity, share, fields, load):
    """1 - exp(-rate length load dt)."""
    network = many(N, state=state, maturity=maturity)
    surroundings = around(share=share, fields=fields, dt=6.0)
    after, events = Rupture(rate=2e-4, half_maximum=1.0).step(network, surroundings)
    chance = 1.0 - np.exp(-2e-4 * 60.0 * load * 6.0)
    assert abs(events["ruptured"] - N * chance) < 4 * np.sqrt(N * chance * (1.0 - chance))
    assert np.count_nonzero(after.state == RUPTURED) == events["ruptured"]


def test_a_wall_that_nobody_touches_holds():
    network = many(100, state=IMMATURE, maturity=0.0)
    assert Rupture(rate=100.0).step(network, around(share=0.0)) == (network, {})
    no_protease = Rupture(rate=100.0, protease=None)
    assert no_protease.step(network, around(share=0.0, fields=MMP2))[0] is network


@pytest.mark.parametrize("state", [RUPTURED, COLLAPSED])
def test_the_torn_and_the_shut_do_not_tear(state):
    network = many(100, state=state)
    assert Rupture(rate=100.0).step(network, around(share=1.0)) == (network, {})


def test_who_tears_does_not_depend_on_storage():
    network = many(N)
    other, order = shuffled(network)
    first, second = (Rupture(rate=1e-4).step(n, around(share=1.0))[0] for n in (network, other))
    np.testing.assert_array_equal(second.state, first.state[order])
    assert 0 < np.count_nonzero(first.state == RUPTURED) < N
