"""Cells without identity follow the law of the walk."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from hybridmet.circulation.counts import Counts
from hybridmet.circulation.course import Course
from hybridmet.circulation.expected import Expected
from hybridmet.circulation.transit import Transit

N = 200_000
START = {"portal_vein": 0.5, "svc": 0.5}


def chi_square(counts: np.ndarray, means: np.ndarray) -> float:
    common = means >= 5
    counts = np.append(counts[common], counts[~common].sum())
    means = np.append(means[common], means[~common].sum())
    keep = means > 1e-9
    return stats.chisquare(counts[keep], means[keep] * counts.sum() / means.sum()).pvalue


@pytest.mark.parametrize("stages", [1, 2])
@pytest.mark.parametrize("dt", [0.01, 1.0, 12.0])
def test_a_step_has_the_means_of_the_linear_solver(body, stages, dt):
    network, beds, parameters = body
    parameters = replace(parameters, arrest_stages=stages, shear_death_rate=2.0)
    counts = Counts(network, beds, parameters, 301, 0, 15.0)
    counts.enter(N, START)
    counts.step(dt)
    curve = Course(Expected(network, beds, parameters, 15.0)).pulse(
        {name: N * share for name, share in START.items()}, [dt]
    )
    living = np.concatenate([counts.free, counts.arrested])
    means = np.concatenate([curve.free[0], curve.arrested[0]])
    ended = N - means.sum()
    assert chi_square(np.append(living, counts.ends.sum()), np.append(means, ended)) > 1e-4


def test_ends_agree_with_the_walk_of_individuals(body):
    """Two samples of one law: numbers by bed, in a contingency table."""
    network, beds, parameters = body
    counts = Counts(network, beds, parameters, 302, 0, 18.0, cells=3)
    counts.enter(N, START)
    counts.step(500.0)
    assert counts.state.sum() == 0
    transit = Transit(network, beds, parameters, seed=303, threads=2)
    transit.place(np.arange(1, N + 1), np.full(N, 3), np.full(N, 18.0), np.zeros(N), START)
    events, _ = transit.advance(2000.0)
    walked = np.bincount(events["node"][events["event"] == 4], minlength=len(network.names))
    table = np.stack([walked, counts.extravasated // 3])[:, network.is_bed]
    assert stats.chi2_contingency(table).pvalue > 1e-4


def test_an_influx_during_a_step_enters_evenly(body):
    network, beds, parameters = body
    counts = Counts(network, beds, parameters, 304, 0, 15.0)
    entered = counts.step(2.0, influx=N / 2, start={"svc": 1.0})
    curve = Course(Expected(network, beds, parameters, 15.0)).onset({"svc": N / 2}, [2.0])
    assert entered == pytest.approx(N, abs=5 * np.sqrt(N))
    living = np.concatenate([counts.free, counts.arrested])
    means = np.concatenate([curve.free[0], curve.arrested[0]]) * entered / N
    both = np.append(living, counts.ends.sum()), np.append(means, entered - means.sum())
    assert chi_square(*both) > 1e-4


def test_no_cell_is_lost_however_many(body):
    counts = Counts(*body, 305, 0, 15.0)
    counts.enter(10**15, START)
    for _ in range(30):
        counts.step(1.0)
        assert counts.state.sum() + counts.ends.sum() == 10**15
        assert counts.state.min() >= 0


def test_equal_seeds_equal_numbers_and_populations_differ(body):
    def run(seed, identity):
        counts = Counts(*body, seed, identity, 15.0)
        counts.enter(N, START)
        counts.step(1.0)
        return counts.state

    assert np.array_equal(run(1, 0), run(1, 0))
    assert not np.array_equal(run(1, 0), run(1, 1))
    assert not np.array_equal(run(1, 0), run(2, 0))


def test_a_filter_removes_its_share(body):
    network, beds, parameters = body
    rate = np.full(len(network.names), 50.0)
    counts = Counts(network, beds, parameters, 306, 0, 15.0)
    counts.set_filter(rate)
    counts.enter(N, START)
    counts.step(500.0)
    fate = Expected(network, beds, parameters, 15.0, filter_rate=rate).fate(START)
    mean = N * fate.filtered.sum()
    assert counts.ended["filtered"] == pytest.approx(mean, abs=5 * np.sqrt(mean))
