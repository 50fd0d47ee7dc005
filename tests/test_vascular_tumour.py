"""A tumour with its own vessels, as a scenario says it: fields, cells, sprouts and blood together.

Most of it on a slice between two capillaries; the preset itself where it says what it shows.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from hybridmet.scenario import loads_scenario
from hybridmet.scenario.preset import preset_named
from hybridmet.simulation import Simulation
from hybridmet.tissue.vessels import VesselNetwork
from tests.vascular_phases import SPROUTLESS, measures
from tests.vascular_phases import columns as columns_of

PRESET = preset_named("vascular_tumour").text
GROWTH = """
[{place}.vessels.flow]
[{place}.vessels.sprouting]
half_maximum = 0.1
threshold = 0.02
[{place}.vessels.angiogenesis]
haptotaxis = "1000 um^2/h"
branching_rate = "0.05 / h"
branching_half_maximum = 0.3
radius = "5 um"
[{place}.vessels.maturation]
[{place}.vessels.pruning]
wall_shear_stress = "1 dyn/cm^2"
time = "48 h"
[{place}.vessels.compression]
rate = "1e-4 / (um h)"
mature_factor = 0.0
[{place}.vessels.rupture]
[{place}.vessels.adaptation]
rate = "0.001 / h"
"""
LINES = """
vessels.lines = [
  { start = ["-640 um", "-400 um"], end = ["640 um", "-400 um"], radius = "6 um" },
  { start = ["-640 um", "400 um"], end = ["640 um", "400 um"], radius = "6 um" },
]
"""
FIELDS = """
name = "slice"
duration = "20 d"
[fields.vegf]
[fields.oxygen]
background_uptake_rate = "60 / h"
"""
TUMOUR = f'[primary]\nsite = "breast"\nshape = [64, 64]\ncells.radius = "80 um"{LINES}'
SLICE = f"{FIELDS}[organs]\ndefault = false\n{TUMOUR}{GROWTH.format(place='primary')}"
STILL = [
    f"primary.vessels.{name}=false"
    for name in ("sprouting", "angiogenesis", "maturation", "pruning", "compression", "rupture",
                 "adaptation")
]  # fmt: skip


def ran(until: float, *overrides: str, text: str = SLICE, seed=1, threads=1) -> Simulation:
    return Simulation(loads_scenario(text, overrides), seed=seed, threads=threads).run(until=until)


def facts(sim: Simulation) -> dict[str, float]:
    """What a tumour has come to."""
    tissue = sim.patient.primary
    counts = tissue.counts()
    return {
        "cells": counts["cells"],
        "proliferating": counts["proliferating"],
        "hypoxic": counts["hypoxic"] / counts["cells"],
        "intravasated": tissue.flows.get("intravasated", 0),
        "length": tissue.vessels.lengths.sum(),
    }


def columns(network: VesselNetwork) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in network.state_arrays()}


SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def courses() -> tuple[list, list]:
    """The preset over its 21 d with sprouting and without, a course for each seed."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    arms = [(seed, arm) for arm in ((), (SPROUTLESS,)) for seed in SEEDS]
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        found = [measures.Course(**run) for run in pool.map(columns_of, *zip(*arms, strict=True))]
    return found[: len(SEEDS)], found[len(SEEDS) :]


@pytest.mark.slow
def test_the_phases_of_the_preset_come_in_their_order(courses):
    """Hypoxia, sprouts, perfusion, entry of cells, in each seed; the slowest day lies between
    hypoxia and perfusion, the fastest after it."""
    for run in courses[0]:
        found = measures.phases(run)
        assert run.hypoxic[0] < 0.1
        assert found.hypoxia < found.sprouts < found.perfusion < found.intravasation
        assert found.hypoxia < found.slowest_day <= found.perfusion
        assert found.slowest_day < found.fastest_day


@pytest.mark.slow
def test_the_preset_grows_fast_then_slowly_then_faster_again(courses):
    """Growth falls to less than half of that of the first days in each seed, then rises again: over
    seeds by a factor that is above 1 by 3 standard errors. By then the share of proliferating cells
    is three times its least before perfusion. Without sprouts it is lower, and growth slower."""
    ratios = []
    for run, starved in zip(*courses, strict=True):
        found = measures.phases(run)
        assert found.early > 0.4 and found.slowest < 0.5 * found.early
        ratios.append(found.fastest / found.slowest)
        before, fast = run.day <= found.perfusion, run.day == found.fastest_day
        assert run.proliferating[fast] > 3.0 * run.proliferating[before].min()
        assert run.proliferating[fast] > starved.proliferating[fast]
        assert run.growth[fast] > starved.growth[fast]
    assert np.mean(ratios) - 1.0 > 3.0 * np.std(ratios, ddof=1) / np.sqrt(len(ratios))


@pytest.mark.slow
def test_vessels_of_the_preset_grow_by_half_or_more(courses):
    """All of them and those with blood, in each seed; without sprouting none does."""
    for run, starved in zip(*courses, strict=True):
        assert run.length[-1] > 1.5 * run.length[0]
        assert run.perfused[-1] > 1.5 * run.perfused[0]
        assert run.perfused[-1] > 0.35 * run.length[-1]
        assert starved.length[-1] <= starved.length[0]


@pytest.mark.slow
def test_without_sprouts_the_tumour_of_the_preset_stays_smaller_and_starves(courses):
    """At the end, in each seed: fewer cells, of which more are hypoxic and fewer divide; fewer have
    entered the blood."""
    for run, starved in zip(*courses, strict=True):
        assert starved.cells[-1] < run.cells[-1]
        assert starved.hypoxic[-1] > run.hypoxic[-1]
        assert starved.proliferating[-1] < run.proliferating[-1]
        assert starved.intravasated[-1] < run.intravasated[-1]


@pytest.mark.slow
def test_over_seeds_sprouts_make_a_tumour_larger_less_hypoxic_and_more_metastatic():
    """On a slice after 20 d, in each of four seeds and, for hypoxia, on their mean."""
    with_sprouts, without = (
        [facts(ran(480.0, *changes, seed=seed)) for seed in (1, 2, 3, 4)]
        for changes in ([], [SPROUTLESS])
    )
    for found, starved in zip(with_sprouts, without, strict=True):
        assert found["cells"] > starved["cells"]
        assert found["intravasated"] > starved["intravasated"]
        assert found["length"] > 1.5 * starved["length"]
    means = [np.mean([each["hypoxic"] for each in group]) for group in (with_sprouts, without)]
    assert means[0] < means[1]


def test_a_hypoxic_nodule_calls_vessels_that_carry_blood():
    """On day 14 each process has had its part; some sprouts are perfused, some are blind."""
    sim = ran(336.0)
    tissue, events = sim.patient.primary, sim.numerics()["breast"]["vessels"]
    for name in ("sprouts", "anastomoses", "collapsed", "ruptured", "flow_solves", "adapted"):
        assert events[name] > 0, name
    vessels = tissue.vessels
    perfused = vessels.lengths[vessels.perfused].sum()
    parents = 2 * 64 * 20.0
    assert vessels.lengths.sum() > 1.5 * parents
    assert np.any(vessels.perfused & (vessels.sprout[vessels.segments].max(axis=1) > 0))
    assert perfused < vessels.lengths.sum()
    assert all(row["imbalance"] == 0 for row in sim.ledger.values())


def test_without_vegf_there_are_no_sprouts():
    silent = [f"phenotypes.{p}.secretion_rates.vegf=false" for p in ("epithelial", "mesenchymal")]
    sim = ran(240.0, *silent)
    assert not sim.patient.primary.fields["vegf"].any()
    assert "sprouts" not in sim.numerics()["breast"]["vessels"]
    assert sim.patient.primary.counts()["hypoxic"] > 0


def test_with_all_processes_but_flow_left_out_the_network_stays_bitwise():
    start = ran(1.0, *STILL).patient.primary.vessels
    end = ran(240.0, *STILL).patient.primary.vessels
    assert columns(start) == columns(end) and start.flow_solved


def test_with_nothing_at_all_the_network_is_that_of_the_start():
    sim = Simulation(loads_scenario(SLICE, [*STILL, "primary.vessels.flow=false"]), threads=1)
    before = sim.patient.primary.vessels
    assert sim.run(until=240.0).patient.primary.vessels is before


@pytest.mark.slow
def test_digests_do_not_depend_on_threads_with_everything_on():
    """On a lattice large enough for threads, from a nodule that is hypoxic at once."""
    changes = [
        "primary.cells.radius=600 um", "primary.vessels.adaptation={}",
        "primary.vessels.compression.rate=1e-3 / (um h)", "organs.default=false",
    ]  # fmt: skip
    runs = [ran(72.0, *changes, text=PRESET, threads=threads) for threads in (1, 2, 3)]
    assert len({sim.patient.digest() for sim in runs}) == 1
    events = runs[0].numerics()["breast"]["vessels"]
    assert events["sprouts"] > 0 and events["adapted"] > 0 and events["collapsed"] > 0


DRUG = [
    'fields.drug={kind="quasi-steady", unit="uM", diffusivity="2e-6 cm^2/s", decay_rate="20 / h",'
    ' vessel_permeability="1e-4 cm/s", blood_value=2.0}',
    'phenotypes.epithelial.responses=[{behaviour="death", field="drug", when="high",'
    " half_maximum=0.2, extreme=100.0}]",
]


def test_a_drug_comes_by_the_blood_and_kills():
    sim, untreated = ran(48.0, *STILL, *DRUG), ran(48.0, *STILL)
    drug = sim.patient.primary.fields["drug"]
    assert 0.0 < drug.min() and drug.max() < 2.0  # most beside the vessels, at rows 12 and 52
    assert drug[12].min() > 2.0 * drug[32].max()
    died = [s.patient.primary.flows["died_apoptosis"] for s in (sim, untreated)]
    assert died[0] > 3 * died[1]


def test_without_a_difference_of_pressure_there_is_neither_flow_nor_drug_nor_entry():
    level = [
        "primary.vessels.flow.inlet_pressure=15 mmHg",
        "primary.vessels.flow.outlet_pressure=15 mmHg",
    ]
    tissue = ran(48.0, *STILL, *DRUG, *level).patient.primary
    assert tissue.vessels.flow_solved and not tissue.vessels.flow.any()
    assert not tissue.vessels.perfused.any()
    assert not tissue.fields["drug"].any() and not tissue.fields["oxygen"].any()
    assert tissue.vasculature.sites.largest_area == 0.0


COLONY = f"""primary = false
{FIELDS}
[tissue]
arrival = "active"
[[sources]]
place = "breast"
rate = "100 / h"
end = "1 h"
[organs]
default = false
[organs.lung]
shape = [64, 64]{LINES}{GROWTH.format(place="organs.lung")}"""


@pytest.mark.slow
def test_a_colony_that_grows_calls_in_its_own_vessels():
    """The same processes in a metastasis: none while it is small, sprouts when it is hypoxic."""
    small, large = (ran(until, text=COLONY).patient.tissues["lung"] for until in (72.0, 360.0))
    parents = 2 * 64 * 20.0
    assert small.vessels.lengths.sum() == pytest.approx(parents)
    assert large.flows["seeded"] > 0 and large.counts()["hypoxic"] > 100
    assert large.numerics()["vessels"]["sprouts"] > 0
    assert large.vessels.lengths.sum() > 1.2 * parents
