"""The preset as it stands: sprouts cross the slice, branch near the tumour, and fuse."""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from tests.tissue.sprout_world import loops
from tests.validation.anderson_chaplain_1998.continuum import UNIT_UM, turning_point
from tests.validation.anderson_chaplain_1998.measure import ANGIOGENESIS, births, simulation

SEEDS = range(1, 7)
CHEMOTAXIS_ONLY = (f"{ANGIOGENESIS}.haptotaxis=0 um^2/h",)
SLABS = np.linspace(0.0, 2000.0, 9)
"""Eighths of the way from the parent vessel to the tumour [um]."""


def run(seed: int, overrides: tuple[str, ...] = ()) -> dict:
    sim = simulation(seed, overrides)
    sim.run()
    network = sim.patient.primary.vessels
    return {
        "farthest": network.nodes[:, 0].max(),
        "births": np.histogram(births(sim), SLABS)[0],
        "events": dict(sim.patient.primary.vasculature.events),
        "loops": loops(network),
    }


def run_all(overrides: tuple[str, ...] = ()) -> list[dict]:
    """Runs of all seeds over 20 days."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        return list(pool.map(run, SEEDS, [overrides] * len(SEEDS)))


@pytest.fixture(scope="module")
def runs() -> list[dict]:
    return run_all()


@pytest.mark.slow
def test_sprouts_pass_the_point_at_which_the_drift_of_the_equation_turns(runs):
    """In the initial fields the pull of fibronectin outweighs that of VEGF in the last quarter;
    tips go on there by what they take up."""
    turn = UNIT_UM * turning_point()
    assert 0.7 * UNIT_UM < turn < 0.8 * UNIT_UM
    assert all(one["farthest"] > turn for one in runs)
    assert np.mean([one["farthest"] for one in runs]) > 0.8 * UNIT_UM


@pytest.mark.slow
def test_branching_becomes_dense_towards_the_tumour(runs):
    """The brush border: births of sprouts by eighths of the way, summed over seeds, rise up to
    where the drift turns, and most are in the half at the tumour."""
    count = sum(one["births"] for one in runs)
    assert np.all(np.diff(count[1:6]) > 0)
    assert count[4:].sum() > 2 * count[:4].sum()


@pytest.mark.slow
def test_without_haptotaxis_sprouts_reach_the_tumour_itself():
    """The paper's other case: straight to the tumour, and most branching in the last quarter."""
    runs = run_all(CHEMOTAXIS_ONLY)
    assert all(one["farthest"] == 1995.0 for one in runs)
    for one in runs:
        assert one["births"][6:].sum() > one["births"][:6].sum()


@pytest.mark.slow
def test_sprouts_fuse_and_close_loops(runs):
    """Each anastomosis closes one loop, in every seed."""
    for one in runs:
        assert one["events"]["anastomoses"] > 20
        assert one["loops"] == one["events"]["anastomoses"]


def test_seed_makes_the_network():
    """The same seed gives the same digest, another seed another."""
    digests = []
    for seed in (1, 1, 2):
        sim = simulation(seed)
        sim.run(until=72.0)
        digests.append(sim.patient.digest())
    assert digests[0] == digests[1] != digests[2]
