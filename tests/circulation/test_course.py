"""Means in time against theory, against the steady state and against the walk."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from hybridmet.circulation.capillary_bed import CirculationParameters
from hybridmet.circulation.circulation import Circulation
from hybridmet.circulation.course import Course
from hybridmet.circulation.expected import Expected
from hybridmet.circulation.sensitivity import elasticities
from hybridmet.circulation.transit import FREE, Transit


def test_one_compartment_decays_exponentially(ring):
    expected = Expected(ring("mixing"), {}, CirculationParameters(death_rate=2.0), 15.0)
    curve = Course(expected).pulse({"n0": 100.0}, [0.0, 0.5, 1.0, 3.0])
    assert curve.free[:, 0] == pytest.approx(100 * np.exp(-2 * curve.time), rel=1e-10)


def test_two_compartments_in_series_follow_the_two_exponentials(ring, bed):
    network = ring("mixing", "mixing", "capillary", volumes=[6666, 1667, 1667])
    parameters = CirculationParameters(death_rate=0.0)
    trap = bed(arrest_probability=1.0, reversible_fraction=0.0)
    expected = Expected(network, {"n2": trap}, parameters, 15.0)
    a, b = network.exit_rate[:2]
    curve = Course(expected).pulse({"n0": 1.0}, [0.001, 0.01, 0.05])
    second = a / (b - a) * (np.exp(-a * curve.time) - np.exp(-b * curve.time))
    assert curve.free[:, 0] == pytest.approx(np.exp(-a * curve.time), rel=1e-9)
    assert curve.free[:, 1] == pytest.approx(second, rel=1e-8)


def test_an_onset_reaches_the_steady_state_and_a_resection_leaves_it(body):
    expected, influx = Expected(*body, diameter=15.0), {"portal_vein": 1000.0}
    steady = expected.residence(influx)
    late = Course(expected).onset(influx, [500.0])
    assert late.free[0] == pytest.approx(steady.free, rel=1e-6)
    assert late.arrested[0] == pytest.approx(steady.arrested, rel=1e-6)
    after = Course(expected).resection(influx, [0.0, 1000.0])
    assert after.free[0] == pytest.approx(steady.free)
    assert after.free[1].sum() < 1e-6 * steady.free.sum()


def test_the_slow_phase_has_the_half_life_of_the_slowest_mode(body):
    expected = Expected(*body, diameter=15.0)
    found = Course(expected).half_life({"svc": 1.0}, "arteries", 20.0, 22.0)
    assert found == pytest.approx(expected.apparent_half_life(), rel=0.02)
    assert 1.0 < found < 2.4


@pytest.mark.parametrize("stages", [1, 3])
def test_curves_after_a_pulse_agree_with_the_walk(body, stages):
    """Free and arrested by compartment at several times, with 4 standard errors."""
    network, beds, parameters = body
    parameters = replace(parameters, arrest_stages=stages, immune_death_rate=1.0)
    n, start, times = 100_000, {"svc": 0.5, "portal_vein": 0.5}, [0.002, 0.02, 0.3, 3.0, 12.0]
    transit = Transit(network, beds, parameters, seed=201, threads=2)
    transit.place(np.arange(1, n + 1), np.ones(n), np.full(n, 15.0), np.zeros(n), start)
    curve = Course(Expected(network, beds, parameters, 15.0)).pulse(
        {name: n * share for name, share in start.items()}, times
    )
    for k, time in enumerate(times):
        transit.advance(time)
        for modes, means in (((FREE,), curve.free[k]), ((2, 3), curve.arrested[k])):
            counts = transit.cells_in(*modes)
            common = means > 10
            z = (counts - means)[common] / np.sqrt(means * (1 - means / n))[common]
            assert np.all(np.abs(z) < 4.5), (time, modes)


def test_stages_give_a_gamma_distributed_arrest(ring, bed):
    """Three stages: time until extravasation or death is gamma with shape 3 and the same mean."""
    parameters = CirculationParameters(death_rate=0.0, arrest_stages=3)
    trap = bed(arrest_probability=1.0, reversible_fraction=0.0)
    transit = Transit(ring("mixing", "capillary"), {"n1": trap}, parameters, seed=202)
    n = 20_000
    transit.place(np.arange(1, n + 1), np.ones(n), np.full(n, 15.0), np.zeros(n), {"n1": 1.0})
    events, _ = transit.advance(1000.0)
    ends = events[events["event"] != 0]
    law = stats.gamma(3, scale=parameters.mean_arrest_time / 3)
    assert len(ends) == n and stats.kstest(ends["time"], law.cdf).pvalue > 1e-4
    assert (ends["event"] == 4).mean() == pytest.approx(0.8, abs=4 * math.sqrt(0.16 / n))


def test_elasticities_of_life_in_one_compartment(ring):
    parameters = CirculationParameters(death_rate=2.0)
    found = elasticities(
        lambda e: e.lifetime({"n0": 1.0}), ring("mixing"), {}, parameters, 15.0
    )
    assert found["death_rate"] == pytest.approx(-1, abs=1e-6)
    assert found["cardiac_output"] == pytest.approx(0, abs=1e-6)


def test_first_passage_times_scale_with_volume_over_flow(body):
    """Without death in blood, time in the blood is proportional to volume / flow."""
    network, beds, parameters = body
    mortal = replace(parameters, death_rate=0.0)
    beds = {name: replace(b, reversible_fraction=0.0) for name, b in beds.items()}
    found = elasticities(
        lambda e: e.first_passage("lung", {"portal_vein": 1.0}).mean_time,
        network,
        beds,
        mortal,
        15.0,
    )
    assert found["blood_volume"] == pytest.approx(1, abs=1e-6)
    assert found["cardiac_output"] == pytest.approx(-1, abs=1e-6)
    assert abs(found["beds.liver.arrest_probability"]) < 0.1


def test_the_portal_ratio_depends_most_on_the_arrests_in_its_way(body):
    def ratio(e):
        c = e.concentration({"portal_vein": 1.0})
        return c[e.network.index("portal_vein")] / c[e.network.index("muscle")]

    found = list(elasticities(ratio, *body, 15.0))
    assert set(found[:2]) == {"beds.liver.arrest_probability", "beds.lung.arrest_probability"}


@pytest.mark.parametrize("times", [[-1.0], [2.0, 1.0]])
def test_times_ascend_from_zero(body, times):
    with pytest.raises(ValueError, match="times: "):
        Course(Expected(*body, diameter=15.0)).pulse({"svc": 1.0}, times)


def test_each_cause_of_death_takes_its_share(body):
    network, beds, parameters = body
    changes = {"death_rate": 2.0, "immune_death_rate": 4.0, "shear_death_rate": 3.0}
    parameters = replace(parameters, arrest_per_diameter=10.0, reference_diameter=99.0, **changes)
    circulation = Circulation(network, beds, parameters, seed=203, threads=2)
    circulation.inject("svc", 20_000, 0.0, 0, 15.0)
    for _ in range(3):
        circulation.step(1.0)
    events = np.concatenate(circulation.drain_events())["event"]
    residence = Expected(network, beds, parameters, 15.0).residence({"svc": 1.0}).free
    hazard = np.array([2.0, 4.0, 3.0])
    weight = [residence.sum(), residence.sum(), residence @ network.shear_stress / 15.0]
    means = hazard * weight * 20_000
    counts = np.array([(events == k).sum() for k in (2, 5, 6)])
    assert np.all(np.abs(counts - means) < 4.5 * np.sqrt(means))
    assert circulation.ledger["died_in_blood"] == counts.sum()


def test_smaller_death_factors_live_longer(body):
    lives = [
        Expected(*body, 15.0, death_factor=f).residence({"svc": 1.0}).free.sum() for f in (0, 9)
    ]
    assert lives[0] > lives[1]
