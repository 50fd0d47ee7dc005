"""Packed cells press vessels shut; they open again where there is room."""

import numpy as np
import pytest

from hybridmet.tissue.compression import Compression
from hybridmet.tissue.vessels import COLLAPSED, IMMATURE, INTACT, RUPTURED, VesselNetwork
from tests.tissue.vessel_problems import LATTICE, around, many, shuffled

N = 4000
LENGTH = 60.0
"""Of the segments of `many` [um]."""


def test_vessels_collapse_at_the_rate_of_their_packing():
    """Among cells without a gap: 1 - exp(-rate length dt) of the new, a fifth of the rate if mature."""
    for state, maturity, factor in ((IMMATURE, 0.0, 1.0), (INTACT, 1.0, 0.2), (IMMATURE, 0.5, 0.6)):
        network = many(N, state=state, maturity=maturity)
        after, events = Compression(rate=0.05 / LENGTH).step(network, around(share=1.0, dt=6.0))
        chance = 1.0 - np.exp(-0.05 * factor * 6.0)
        spread = np.sqrt(N * chance * (1.0 - chance))
        assert abs(events["collapsed"] - N * chance) < 4 * spread
        assert np.count_nonzero(after.state == COLLAPSED) == events["collapsed"]


@pytest.mark.parametrize("parts", [1, 3, 12])
def test_a_vessel_collapses_alike_however_it_is_cut(parts):
    """Chance that a vessel of 60 um is shut somewhere, for any number of segments."""
    whole = many(N)
    first, last = whole.nodes[0::2, None], whole.nodes[1::2, None]
    along = (np.arange(parts + 1) / parts)[None, :, None]
    nodes = (first + along * (last - first)).reshape(-1, 3)
    number = np.arange(N * (parts + 1)).reshape(N, parts + 1)
    segments = np.stack([number[:, :-1], number[:, 1:]], axis=2).reshape(-1, 2)
    cut = VesselNetwork(
        nodes,
        segments,
        np.full(N * parts, 5.0),
        np.full(N * parts, IMMATURE),
        maturity=np.zeros(N * parts),
    )
    after, _ = Compression(rate=0.05 / LENGTH).step(cut, around(share=1.0, dt=6.0))
    shut = np.any((after.state == COLLAPSED).reshape(N, parts), axis=1)
    chance = 1.0 - np.exp(-0.05 * 6.0)
    assert abs(np.count_nonzero(shut) - N * chance) < 4 * np.sqrt(N * chance * (1.0 - chance))


def test_without_packed_cells_nothing_is_pressed():
    network = many(50)
    assert Compression(rate=100.0).step(network, around(share=0.0)) == (network, {})
    loose = around(share=0.0)
    LATTICE.interior(loose.kind)[::2] = 1  # every other layer: two thirds or one third are taken
    assert Compression(rate=100.0, packing=0.7).step(network, loose)[0] is network


def test_the_shut_open_again_as_mature_as_they_were():
    network = many(N, state=COLLAPSED, maturity=np.where(np.arange(N) % 2, 1.0, 0.3))
    after, events = Compression(reopening_rate=0.1).step(network, around(share=0.0, dt=5.0))
    chance = 1.0 - np.exp(-0.5)
    assert abs(events["reopened"] - N * chance) < 4 * np.sqrt(N * chance * (1.0 - chance))
    opened = after.state != COLLAPSED
    np.testing.assert_array_equal(
        after.state[opened], np.where(np.arange(N) % 2, INTACT, IMMATURE)[opened]
    )
    pressed = Compression(reopening_rate=100.0).step(network, around(share=1.0))
    assert pressed[0] is network


def test_a_torn_wall_heals_while_shut_and_opens_as_a_new_one():
    network = many(N, state=np.where(np.arange(N) % 2, INTACT, RUPTURED))
    shut, _ = Compression(rate=100.0).step(network, around(share=1.0))
    assert np.all(shut.state == COLLAPSED)
    opened, _ = Compression(reopening_rate=100.0).step(shut, around(share=0.0))
    torn = network.state == RUPTURED
    np.testing.assert_array_equal(opened.state, np.where(torn, IMMATURE, INTACT))
    np.testing.assert_array_equal(opened.maturity, np.where(torn, 0.0, 1.0))


def test_halving_the_clock_changes_nothing_on_the_mean():
    shut = []
    for steps in (1, 8):
        network = many(N)
        for step in range(steps):
            network, _ = Compression(rate=0.1 / LENGTH).step(
                network, around(share=1.0, dt=24.0 / steps, step=step)
            )
        shut.append(np.count_nonzero(network.state == COLLAPSED) / N)
    chance = 1.0 - np.exp(-0.1 * 0.2 * 24.0)
    assert shut == pytest.approx([chance] * 2, abs=4 * np.sqrt(chance * (1.0 - chance) / N))


def test_who_collapses_does_not_depend_on_storage():
    network = many(N)
    other, order = shuffled(network)
    surroundings = around(share=1.0)
    first, second = (Compression(rate=0.1 / LENGTH).step(n, surroundings)[0] for n in (network, other))
    np.testing.assert_array_equal(second.state, first.state[order])
    assert 0 < np.count_nonzero(first.state == COLLAPSED) < N


@pytest.mark.parametrize("change", [{"seed": 2}, {"step": 1}, {"tissue": 1}])
def test_draws_depend_on_seed_step_and_tissue(change):
    first, second = (
        Compression(rate=0.1 / LENGTH).step(many(N), around(share=1.0, **each))[0].state
        for each in ({}, change)
    )
    assert np.any(first != second)
