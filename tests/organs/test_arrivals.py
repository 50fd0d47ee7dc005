"""Arrivals: who survives the soil, how lattices of one bed share them, and the ledger of it."""

import math

import numpy as np
import pytest

from hybridmet import Simulation, tables
from hybridmet.arrivals import Arrivals, survives
from hybridmet.scenario import loads_scenario

TEXT = """
name = "arrivals"
duration = "3 d"
primary = false
[organs.default]
shape = [16, 16, 16]
flow_fraction = {flow}
soil.survival = {survival}
[[sources]]
place = "breast"
rate = "60 / h"
"""


def run(survival=1.0, flow=1.0, seed=1):
    text = TEXT.format(survival=survival, flow=flow)
    return Simulation.from_scenario(loads_scenario(text), seed=seed, threads=1).run()


def test_dtcs_survive_at_the_rate_of_the_soil():
    n, share = 40_000, 0.3
    alive = survives(5, np.arange(1, n + 1), share).sum()
    assert abs(alive - n * share) < 3 * math.sqrt(n * share * (1 - share))


def test_neutral_soil_lets_everyone_live_and_barren_soil_no_one():
    serials = np.arange(1, 1000)
    assert survives(1, serials, 1.0).all()
    assert not survives(1, serials, 0.0).any()


def test_survival_is_a_cell_s_own_and_rises_with_the_soil():
    serials = np.arange(1, 2000)
    poor, good = survives(3, serials, 0.2), survives(3, serials, 0.6)
    assert np.all(good[poor])
    assert np.array_equal(survives(3, serials[::-1], 0.2), poor[::-1])


def test_who_dies_of_the_soil_is_in_the_ledger_and_among_the_events():
    sim = run(survival=0.25)
    body = sim.ledger["body"]
    assert body["imbalance"] == 0
    assert body["failed_soil"] > 0
    assert body["extravasated"] == body["seeded"] + body["failed_soil"] + body["failed_no_room"]
    events = np.concatenate(sim.patient.drain_events()["seedings"])
    assert (events["outcome"] == tables.SOIL).sum() == body["failed_soil"]
    assert np.all(events["site"][events["outcome"] == tables.SOIL] == -1)
    assert sim.patient.arrivals.table()["arrivals"].sum() == body["extravasated"]


def test_barren_organs_get_no_lattice():
    sim = run(survival=0.0)
    assert not sim.patient.tissues
    assert sim.ledger["body"]["failed_soil"] == sim.ledger["body"]["extravasated"] > 100
    assert set(sim.patient.arrivals.table()["from"]) == {"source"}


def test_each_lattice_of_a_bed_takes_its_share_of_the_flow():
    sim = run(flow=0.25)
    table = sim.patient.arrivals.table()
    names = [f"lung{end}" for end in ("", ".2", ".3", ".4")]
    assert [name for name in sim.patient.tissues if name.startswith("lung")] == names
    counts = np.array([table["arrivals"][table["to"] == name].sum() for name in names])
    n = counts.sum()
    assert n > 400
    assert np.all(np.abs(counts - n / 4) < 4 * np.sqrt(n * 0.25 * 0.75))


def test_arrivals_are_state():
    one, other = Arrivals(), Arrivals()
    one.note("liver", "lung", 2)
    other.note("liver", "lung")
    assert not np.array_equal(one.state_arrays()[0][1], other.state_arrays()[0][1])
    assert one.table().tolist() == [("liver", "lung", 2)]


@pytest.mark.parametrize("survival", ["1.5", "-0.1"])
def test_survival_is_a_probability(survival):
    with pytest.raises(ValueError, match="organs.default.soil.survival: got"):
        loads_scenario(TEXT.format(survival=survival, flow=1.0))
