"""Means from the sparse system against theory, and against the event-driven walk.

The two solvers share the network and the parameters, nothing else.
"""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from hybridmet.circulation.capillary_bed import CirculationParameters, capillary_beds
from hybridmet.circulation.circulation import Circulation
from hybridmet.circulation.expected import Expected
from hybridmet.circulation.network import BodyNetwork
from hybridmet.circulation.transit import Transit
from hybridmet.tables import BLOOD_EVENTS

SITES = sorted(BodyNetwork.load().primary_sites)
P_VALUE = 1e-4
FOR_EVER = 2000.0
"""[h]: all walks are over (mean arrest 12 h)."""


def walked(body, start: dict, n: int, seed: int, cells=1, diameter=15.0, threads=2):
    """Events of n clusters over their whole walks, and their final columns."""
    transit = Transit(*body, seed=seed, threads=threads)
    serial = np.arange(1, n + 1, dtype=np.uint64)
    transit.place(serial, np.full(n, cells), np.full(n, diameter), np.zeros(n), start)
    events, _ = transit.advance(FOR_EVER)
    assert transit.ended().all()
    return events, transit.columns


def by_node(events: np.ndarray, name: str, nodes: int) -> np.ndarray:
    rows = events["event"] == BLOOD_EVENTS.index(name)
    return np.bincount(events["node"][rows], minlength=nodes)


def agreement_of_fates(body, start: dict, n: int, seed: int, cells=1, diameter=15.0) -> float:
    """p of the chi-square test over all ends: extravasated and died arrested by bed, died in
    blood by compartment (ends expected fewer than five times are pooled)."""
    events, _ = walked(body, start, n, seed, cells, diameter)
    fate = Expected(*body, diameter=diameter, cells=cells).fate(start)
    names = ("extravasation", "death_arrested", "death_in_blood")
    counts = np.concatenate([by_node(events, name, len(body[0].names)) for name in names])
    means = n * np.concatenate([fate.extravasated, fate.died_arrested, fate.died_in_blood])
    assert counts.sum() == n and means.sum() == pytest.approx(n, rel=1e-9)
    for count, mean in zip(counts.reshape(3, -1).sum(1), means.reshape(3, -1).sum(1), strict=True):
        assert count == pytest.approx(mean, abs=4 * math.sqrt(mean * (1 - mean / n)))
    assert counts[means == 0].sum() == 0
    common = means >= 5
    counts = np.append(counts[common], counts[~common].sum())
    means = np.append(means[common], means[~common].sum())
    if means[-1] < 5:
        counts[-2], means[-2] = counts[-2:].sum(), means[-2:].sum()
        counts, means = counts[:-1], means[:-1]
    return stats.chisquare(counts, means * counts.sum() / means.sum()).pvalue


@pytest.mark.parametrize("site", SITES)
def test_fates_from_every_primary_site_agree_with_the_walk(body, site):
    assert agreement_of_fates(body, body[0].drainage(site), 50_000, seed=101) > P_VALUE


@pytest.mark.slow
@pytest.mark.parametrize("site", SITES)
def test_fates_of_a_million_ctcs_agree_with_the_walk(body, site):
    assert agreement_of_fates(body, body[0].drainage(site), 1_000_000, seed=102) > P_VALUE


@pytest.mark.parametrize(("cells", "diameter"), [(5, 15.0), (1, 9.0), (3, 21.0)])
def test_fates_of_other_sizes_agree_with_the_walk(body, cells, diameter):
    start = {"ivc": 0.5, "svc": 0.5}
    assert agreement_of_fates(body, start, 50_000, 103, cells, diameter) > P_VALUE


def test_fates_in_the_female_agree_with_the_walk():
    network = BodyNetwork.load("female")
    female = network, capillary_beds(network), CirculationParameters(sex="female")
    assert agreement_of_fates(female, network.drainage("breast"), 50_000, seed=104) > P_VALUE


def test_ctcs_that_start_in_a_bed_enter_it(body):
    """As through the Batson route: arrest is drawn in the bed where they start."""
    start = body[0].drainage("prostate", ["batson"])
    assert agreement_of_fates(body, start, 50_000, seed=105) > P_VALUE


def test_arrests_in_every_bed_agree_with_the_walk(body):
    n, nodes, start = 100_000, len(body[0].names), {"portal_vein": 0.5, "ivc": 0.5}
    events, _ = walked(body, start, n, seed=106)
    expected = Expected(*body, diameter=15.0).arrests(start)
    for node in np.flatnonzero(body[0].is_bed):
        rows = (events["event"] == 0) & (events["node"] == node)
        each = np.bincount(events["cluster"][rows].astype(int), minlength=n + 1)[1:]
        error = max(each.std(), math.sqrt(expected[node])) / math.sqrt(n)
        assert each.mean() == pytest.approx(expected[node], abs=4 * error)
    assert by_node(events, "arrest", nodes)[~body[0].is_bed].sum() == 0


def test_passes_and_lifetimes_agree_with_the_walk(body):
    n, start = 100_000, body[0].drainage("colon")
    _, columns = walked(body, start, n, seed=107)
    expected = Expected(*body, diameter=15.0)
    entered = expected.entries(start)[body[0].is_bed].sum()
    residence = expected.residence(start)
    for column, mean in (
        (columns["passes"], entered),
        (columns["next_time"], expected.lifetime(start)),
        (columns["time_arrested"], residence.arrested.sum()),
        (columns["next_time"] - columns["time_arrested"], residence.free.sum()),
    ):
        error = column.std() / math.sqrt(n)
        assert column.mean() == pytest.approx(mean, abs=4 * error)


@pytest.mark.parametrize("bed", ["liver", "lung", "brain"])
def test_first_passages_agree_with_the_walk(body, bed):
    """Seen in the walk by a bed that arrests all, where no other bed arrests any."""
    network, beds, parameters = body
    only = {
        name: replace(b, arrest_probability=float(name == bed)) for name, b in beds.items()
    }
    mortal = replace(parameters, death_rate=20.0)
    n, start = 100_000, {"portal_vein": 0.6, "svc": 0.4}
    events, _ = walked((network, only, mortal), start, n, seed=108)
    arrests = events[events["event"] == 0]
    time = arrests["time"][np.unique(arrests["cluster"], return_index=True)[1]]
    passage = Expected(network, only, mortal, diameter=15.0).first_passage(bed, start)
    p = passage.probability
    assert 0.3 < p < 0.999
    assert len(time) / n == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / n))
    error = time.std() / math.sqrt(len(time))
    assert time.mean() == pytest.approx(passage.mean_time, abs=4 * error)


def test_steady_stocks_agree_with_a_constant_influx(body):
    """Arrivals at a constant rate: stocks at the end are Poisson with the expected means."""
    network, rate, hours = body[0], 4000.0, 150.0
    circulation = Circulation(*body, seed=109, threads=2)
    n = np.random.default_rng(1).poisson(rate * hours)
    time = np.sort(np.random.default_rng(2).uniform(0.0, hours, n))
    circulation.inject("portal_vein", n, time, 0, 15.0)
    circulation.step(hours)
    expected = Expected(*body, diameter=15.0)
    residence = expected.residence({"portal_vein": rate})
    assert circulation.free.sum() == pytest.approx(
        residence.free.sum(), abs=4 * math.sqrt(residence.free.sum())
    )
    means = residence.arrested[network.is_bed]
    z = (circulation.arrested[network.is_bed] - means) / np.sqrt(means)
    assert stats.chi2(len(z)).sf((z**2).sum()) > P_VALUE
    concentration = expected.concentration({"portal_vein": rate})
    assert concentration == pytest.approx(residence.free / network.volume)


@pytest.mark.parametrize("sex", ["male", "female"])
@pytest.mark.parametrize("site", SITES)
def test_fates_are_certain(sex, site):
    network = BodyNetwork.load(sex)
    expected = Expected(
        network, capillary_beds(network), CirculationParameters(sex=sex), diameter=15.0
    )
    fate = expected.fate(network.drainage(site))
    total = fate.extravasated.sum() + fate.died_arrested.sum() + fate.died_in_blood.sum()
    assert total == pytest.approx(1.0, abs=1e-12)
    assert np.all(fate.extravasated[~network.is_bed] == 0)


def test_life_in_one_compartment(ring):
    expected = Expected(ring("mixing"), {}, CirculationParameters(death_rate=2.0), diameter=15.0)
    assert expected.lifetime({"n0": 1.0}) == pytest.approx(0.5)
    assert expected.apparent_half_life() == pytest.approx(math.log(2) / 2)
    assert expected.concentration({"n0": 12_000.0}) == pytest.approx([1.0])


def test_two_compartments_in_series(ring, bed):
    network = ring("mixing", "mixing", "capillary", volumes=[6666, 1667, 1667])
    immortal = CirculationParameters(death_rate=0.0)
    expected = Expected(network, {"n2": bed(arrest_probability=1.0)}, immortal, diameter=15.0)
    passage = expected.first_passage("n2", {"n0": 1.0})
    assert passage.probability == pytest.approx(1.0)
    assert passage.mean_time == pytest.approx((1 / network.exit_rate[:2]).sum())


def test_a_bed_that_is_started_in_is_passed_at_once(body):
    expected = Expected(*body, diameter=15.0)
    passage = expected.first_passage("lung", {"lung": 1.0})
    assert (passage.probability, passage.mean_time) == (pytest.approx(1.0), 0.0)


def test_a_bed_behind_a_perfect_filter_is_never_passed(ring, bed):
    """n0 -> n1 (arrests all, for good) -> n2 -> n0."""
    beds = {"n1": bed(arrest_probability=1.0, reversible_fraction=0.0), "n2": bed()}
    network = ring("mixing", "capillary", "capillary")
    passage = Expected(network, beds, CirculationParameters(), diameter=15.0).first_passage(
        "n2", {"n0": 1.0}
    )
    assert passage.probability == 0.0 and math.isnan(passage.mean_time)


def test_means_of_an_endless_walk_are_refused(ring, bed):
    beds = {"n1": bed(arrest_probability=0.0)}
    with pytest.raises(ValueError, match="no CTC ever dies or extravasates"):
        Expected(ring("mixing", "capillary"), beds, CirculationParameters(death_rate=0.0), 15.0)


def test_larger_cells_and_clusters_are_arrested_more(body):
    small, large = Expected(*body, diameter=10.0), Expected(*body, diameter=20.0)
    cluster = Expected(*body, diameter=10.0, cells=5)
    beds = body[0].is_bed
    assert np.all(small.arrest_probability[beds] < large.arrest_probability[beds])
    assert np.all(small.arrest_probability[beds] < cluster.arrest_probability[beds])
    assert np.all(small.arrest_probability[~beds] == 0)
