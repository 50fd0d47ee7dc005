"""The event-driven walk: its law, its analytic special cases, and its determinism."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit

from hybridmet._core import transit as kernel
from hybridmet.circulation.capillary_bed import CirculationParameters
from hybridmet.circulation.transit import COLUMNS, EXTRAVASATED, REVERSIBLE, Transit
from hybridmet.errors import KernelError
from hybridmet.tables import BLOOD_EVENTS

MANY = 100_000
P_VALUE = 1e-4


def placed(transit: Transit, n: int, drains: dict, first: int = 1, cells=1, diameter=15.0):
    serial = np.arange(first, first + n, dtype=np.uint64)
    transit.place(serial, np.full(n, cells), np.full(n, diameter), np.zeros(n), drains)
    return transit


def at(events: np.ndarray, name: str) -> np.ndarray:
    return events[events["event"] == BLOOD_EVENTS.index(name)]


def first_arrests(events: np.ndarray) -> np.ndarray:
    """The first arrest of each cluster; events come in order of time."""
    arrests = at(events, "arrest")
    return arrests[np.unique(arrests["cluster"], return_index=True)[1]]


def same_state(a: Transit, b: Transit) -> bool:
    return all(np.array_equal(a.columns[name], b.columns[name]) for name in COLUMNS)


def test_events_are_numbered_as_in_the_tables():
    assert tuple(kernel.EVENTS) == BLOOD_EVENTS
    assert list(kernel.EVENTS.values()) == list(range(len(BLOOD_EVENTS)))


@pytest.mark.parametrize(("diameter", "cells"), [(15.0, 1), (9.0, 1), (22.0, 7)])
def test_arrest_follows_the_logit_law(body, diameter, cells):
    network, beds, parameters = body
    transit = Transit(network, beds, parameters, seed=1)
    for name, bed in beds.items():
        shift = parameters.arrest_per_diameter * (diameter - parameters.reference_diameter)
        shift += parameters.arrest_per_log_size * np.log(cells)
        found = transit.arrest_probability(name, diameter, cells)
        assert found == pytest.approx(expit(logit(bed.arrest_probability) + shift), rel=1e-12)


def test_life_in_one_compartment_is_exponential(ring):
    """It leaves and comes back 60 times an hour, and dies at 2 / h whatever it does."""
    transit = Transit(ring("mixing"), {}, CirculationParameters(death_rate=2.0), seed=3)
    events, _ = placed(transit, MANY, {"n0": 1.0}).advance(100.0)
    assert len(events) == MANY and np.all(events["event"] == BLOOD_EVENTS.index("death_in_blood"))
    assert stats.kstest(events["time"], stats.expon(scale=0.5).cdf).pvalue > P_VALUE
    assert events["time"].mean() == pytest.approx(0.5, abs=3 * 0.5 / np.sqrt(MANY))


def test_the_number_alive_in_one_compartment_decays_exponentially(ring):
    transit = Transit(ring("mixing"), {}, CirculationParameters(death_rate=2.0), seed=4)
    placed(transit, MANY, {"n0": 1.0})
    for time in (0.1, 0.5, 1.0):
        transit.advance(time)
        expected = np.exp(-2.0 * time)
        error = np.sqrt(expected * (1 - expected) / MANY)
        assert (~transit.ended()).mean() == pytest.approx(expected, abs=3 * error)


def test_two_compartments_in_series_delay_by_the_sum_of_two_exponentials(ring, bed):
    """n0 (90 / h) -> n1 (360 / h) -> a bed that arrests everything."""
    network = ring("mixing", "mixing", "capillary", volumes=[6666, 1667, 1667])
    transit = Transit(
        network, {"n2": bed(arrest_probability=1.0)}, CirculationParameters(death_rate=0.0), seed=5
    )
    events, _ = placed(transit, MANY, {"n0": 1.0}).advance(10.0)
    time = first_arrests(events)["time"]
    a, b = network.exit_rate[:2]

    def probability(t):
        return 1 - (b * np.exp(-a * t) - a * np.exp(-b * t)) / (b - a)

    assert len(time) == MANY
    assert time.mean() == pytest.approx(1 / a + 1 / b, abs=3 * time.std() / np.sqrt(MANY))
    assert stats.kstest(time, probability).pvalue > P_VALUE


def test_arrest_is_reversible_with_its_fraction(ring, bed):
    beds = {"n1": bed(arrest_probability=1.0, reversible_fraction=0.1)}
    transit = Transit(ring("mixing", "capillary"), beds, CirculationParameters(), seed=15)
    placed(transit, MANY, {"n1": 1.0}).advance(1e-9)
    share = (transit.columns["mode"] == REVERSIBLE).mean()
    assert share == pytest.approx(0.1, abs=3 * np.sqrt(0.09 / MANY))


def test_irreversible_arrest_ends_after_its_mean_time_in_extravasation_or_death(ring, bed):
    beds = {"n1": bed(arrest_probability=1.0, reversible_fraction=0.0)}
    transit = Transit(ring("mixing", "capillary"), beds, CirculationParameters(), seed=16)
    placed(transit, MANY, {"n1": 1.0}).advance(1000.0)
    time, out = transit.columns["time_arrested"], transit.columns["mode"] == EXTRAVASATED
    assert out.mean() == pytest.approx(0.8, abs=3 * np.sqrt(0.16 / MANY))
    for rows in (out, ~out):
        assert stats.kstest(time[rows], stats.expon(scale=12.0).cdf).pvalue > P_VALUE


def test_the_reversibly_arrested_die_like_the_others(ring, bed):
    """Death at (1 - 0.8) / 12 h against release at ln 2 / 1.7 h."""
    beds = {"n1": bed(arrest_probability=1.0, reversible_fraction=1.0)}
    transit = Transit(ring("mixing", "capillary"), beds, CirculationParameters(), seed=17)
    events, _ = placed(transit, MANY, {"n1": 1.0}).advance(1000.0)
    deaths, releases = len(at(events, "death_arrested")), len(at(events, "release"))
    death_rate, release_rate = 0.2 / 12, np.log(2) / 1.7
    expected, n = death_rate / (death_rate + release_rate), deaths + releases
    assert deaths / n == pytest.approx(expected, abs=3 * np.sqrt(expected * (1 - expected) / n))


def test_reversible_arrest_ends_with_its_half_life(ring, bed):
    """Without deaths among the arrested the release times have a half-life of 1.7 h."""
    certain = dict.fromkeys(
        ("arrest_probability", "reversible_fraction", "extravasation_probability"), 1.0
    )
    beds = {"n1": bed(**certain)}
    transit = Transit(ring("mixing", "capillary"), beds, CirculationParameters(), seed=6)
    events, _ = placed(transit, MANY, {"n1": 1.0}).advance(1.7)
    assert np.all(at(events, "arrest")["time"][:MANY] == 0.0)
    released = np.unique(at(events, "release")["cluster"])
    assert len(released) / MANY == pytest.approx(0.5, abs=3 * 0.5 / np.sqrt(MANY))


def test_flow_divides_ctcs_in_proportion(body):
    """Straight out of the arteries, with every bed arresting: arrests are as the flows."""
    network, beds, parameters = body
    full = {name: replace(bed, arrest_probability=1.0) for name, bed in beds.items()}
    transit = Transit(network, full, replace(parameters, death_rate=0.0), seed=7)
    events, _ = placed(transit, MANY, {"arteries": 1.0}).advance(1.0)
    counts = np.bincount(first_arrests(events)["node"], minlength=len(network.names))
    shares = network.outflow_of("arteries")
    expected = np.array([shares.get(name, 0.0) for name in network.names]) * MANY
    supplied = expected > 0
    assert counts[~supplied].sum() == 0
    assert stats.chisquare(counts[supplied], expected[supplied]).pvalue > P_VALUE


def test_drains_are_drawn_in_proportion_whatever_their_order(body):
    forward = placed(Transit(*body, seed=8), MANY, {"svc": 0.3, "ivc": 0.7})
    backward = placed(Transit(*body, seed=8), MANY, {"ivc": 0.7, "svc": 0.3})
    assert same_state(forward, backward)
    share = (forward.columns["node"] == body[0].index("svc")).mean()
    assert share == pytest.approx(0.3, abs=3 * np.sqrt(0.21 / MANY))


@pytest.mark.parametrize("drains", [{}, {"svc": 0.5}, {"svc": 1.5, "ivc": -0.5}])
def test_drains_that_are_no_shares_are_refused(body, drains):
    with pytest.raises(ValueError, match="must be shares >= 0 that add up to 1"):
        placed(Transit(*body, seed=1), 1, drains)


def test_the_walk_does_not_depend_on_threads(body):
    one = placed(Transit(*body, seed=9, threads=1), 20_000, {"portal_vein": 1.0})
    two = placed(Transit(*body, seed=9, threads=2), 20_000, {"portal_vein": 1.0})
    for end in (0.5, 6.0):
        (events1, n1), (events2, n2) = one.advance(end), two.advance(end)
        assert np.array_equal(events1, events2) and n1 == n2
        assert same_state(one, two)


def test_the_walk_does_not_depend_on_the_step(body):
    whole = placed(Transit(*body, seed=10), 3000, {"portal_vein": 1.0})
    parts = placed(Transit(*body, seed=10), 3000, {"portal_vein": 1.0})
    events, transitions = whole.advance(8.0)
    steps = [parts.advance(0.25 * (k + 1)) for k in range(32)]
    assert same_state(whole, parts)
    assert np.array_equal(events, np.concatenate([step[0] for step in steps]))
    assert transitions == sum(step[1] for step in steps)


def test_the_walk_does_not_depend_on_the_row_it_is_stored_in(body):
    together = placed(Transit(*body, seed=11), 2000, {"ivc": 1.0})
    alone = placed(Transit(*body, seed=11), 500, {"ivc": 1.0}, first=1501)
    together.advance(3.0), alone.advance(3.0)
    for name in COLUMNS:
        assert np.array_equal(together.columns[name][1500:], alone.columns[name])


def test_another_seed_walks_otherwise(body):
    a = placed(Transit(*body, seed=12), 100, {"ivc": 1.0})
    b = placed(Transit(*body, seed=13), 100, {"ivc": 1.0})
    a.advance(1.0), b.advance(1.0)
    assert not same_state(a, b)


def test_removed_rows_leave_the_others_alone(body):
    transit = placed(Transit(*body, seed=14), 1000, {"ivc": 1.0})
    transit.advance(20.0)
    gone = transit.ended()
    assert 0 < gone.sum() < 1000
    removed = transit.remove(gone)
    assert len(removed["serial"]) + len(transit.columns["serial"]) == 1000
    assert np.all(np.diff(transit.columns["serial"].astype(int)) > 0)
    assert not transit.ended().any()


def test_a_missing_bed_is_refused(body):
    network, beds, parameters = body
    with pytest.raises(ValueError, match="beds: liver is missing"):
        Transit(network, {n: b for n, b in beds.items() if n != "liver"}, parameters, seed=1)


def test_the_bridge_checks_types_and_sizes(body):
    transit = placed(Transit(*body, seed=1), 10, {"ivc": 1.0})
    wrong = transit.columns | {"mode": np.zeros(10)}
    with pytest.raises(TypeError, match="mode: got dtype float64, must be uint8"):
        kernel.count(transit._body, 1, 1.0, wrong, 1)
    short = transit.columns | {"node": np.zeros(9, np.uint16)}
    with pytest.raises(ValueError, match="node: got 9 elements, must be 10"):
        kernel.count(transit._body, 1, 1.0, short, 1)
    outside = transit.columns | {"node": np.full(10, 30, np.uint16)}
    with pytest.raises(KernelError, match="an index lies outside its table"):
        kernel.count(transit._body, 1, 1.0, outside, 1)
