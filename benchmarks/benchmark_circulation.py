"""CTCs per second: individuals, numbers, means, against a plain NumPy multinomial leap.

    python -m pytest benchmarks/benchmark_circulation.py
"""

import numpy as np
import pytest

from hybridmet._core import transit as kernel
from hybridmet.circulation.capillary_bed import CirculationParameters, capillary_beds
from hybridmet.circulation.circulation import Circulation
from hybridmet.circulation.counts import Counts
from hybridmet.circulation.course import Course
from hybridmet.circulation.expected import Expected
from hybridmet.circulation.network import BodyNetwork
from hybridmet.circulation.transit import EVENTS_AT_ONCE, Transit, body_arrays
from hybridmet.tables import BLOOD_EVENT

NETWORK = BodyNetwork.load()
BEDS = capillary_beds(NETWORK)
PARAMETERS = CirculationParameters()
CTCS = 200_000
LEAP = 1.0 / 3600
"""Step of the multinomial leap [h]: one second, the shortest mean transit time."""


def rate(benchmark, events: int, name: str = "events") -> None:
    """Events per second of the fastest round, where the benchmark ran."""
    benchmark.extra_info[name] = events
    if benchmark.stats is not None:
        benchmark.extra_info[f"{name}_per_second"] = events / benchmark.stats.stats.min


def placed(n: int) -> Transit:
    transit = Transit(NETWORK, BEDS, PARAMETERS, seed=1)
    transit.place(np.arange(1, n + 1), np.ones(n), np.full(n, 15.0), np.zeros(n), {"svc": 1.0})
    return transit


def test_kernel_first_hour(benchmark):
    """The C kernel alone, jumps, arrests, releases and deaths recorded, on one thread."""

    def start():
        transit = placed(CTCS)
        n = CTCS * EVENTS_AT_ONCE
        return (transit, {name: np.empty(n, BLOOD_EVENT[name]) for name in BLOOD_EVENT.names}), {}

    def walk(transit, events):
        columns = transit.columns
        return kernel.attempt(transit._body, 1, 1.0, columns, 1, EVENTS_AT_ONCE, events)[1]

    rate(benchmark, benchmark.pedantic(walk, setup=start, rounds=5))


def test_whole_lifetimes(benchmark):
    """From entering the blood to extravasation or death, events sorted, on one thread."""
    walked = benchmark.pedantic(
        lambda transit: transit.advance(2000.0), setup=lambda: ((placed(CTCS),), {}), rounds=5
    )
    rate(benchmark, CTCS, "lifetimes")
    rate(benchmark, walked[1])


@pytest.mark.parametrize("threads", [1, 2])
def test_first_hour_in_the_blood(benchmark, threads):
    """A macro step in which all CTCs circulate until they are arrested or die, with all
    bookkeeping of the circulation."""

    def start():
        circulation = Circulation(NETWORK, BEDS, PARAMETERS, seed=1, threads=threads)
        circulation.inject("svc", CTCS, 0.0, 0, 15.0)
        return (circulation,), {}

    def step(circulation):
        circulation.step(1.0)
        return circulation.work.updates

    rate(benchmark, benchmark.pedantic(step, setup=start, rounds=5))


@pytest.mark.parametrize("threads", [1, 2])
def test_without_arrest(benchmark, threads):
    """Free CTCs, too small to be arrested, for a tenth of an hour: jumps and deaths only."""
    never = CirculationParameters(arrest_per_diameter=10.0, reference_diameter=100.0)

    def start():
        circulation = Circulation(NETWORK, BEDS, never, seed=1, threads=threads)
        circulation.inject("svc", CTCS // 10, 0.0, 0, 15.0)
        return (circulation,), {}

    def step(circulation):
        circulation.step(0.1)
        return circulation.work.updates

    rate(benchmark, benchmark.pedantic(step, setup=start, rounds=5))


def test_idle_hour_of_arrested_ctcs(benchmark):
    """A macro step in which nearly all CTCs stay where they are: what a large stock costs."""
    circulation = Circulation(NETWORK, BEDS, PARAMETERS, seed=1)
    circulation.inject("svc", CTCS, 0.0, 0, 15.0)
    circulation.step(1.0)
    benchmark.pedantic(circulation.step, args=(1e-3,), rounds=20)
    benchmark.extra_info["clusters"] = int(circulation.arrested.sum())


@pytest.mark.parametrize("n", [10**3, 10**6, 10**15])
def test_an_hour_of_numbers(benchmark, n):
    """CTCs without identity: the cost does not depend on how many they are."""
    counts = Counts(NETWORK, BEDS, PARAMETERS, 1, 0, 15.0)
    counts.step(1.0)

    def start():
        counts.state[:] = 0
        counts.enter(n, {"svc": 1.0})
        return (1.0,), {}

    benchmark.pedantic(counts.step, setup=start, rounds=200)


def leap(arrays: dict, n: int, hours: float) -> int:
    """The plain way: numbers in compartments, one multinomial a compartment and second."""
    random = np.random.default_rng(1)
    nodes = len(arrays["exit_rate"])
    leave = -np.expm1(-(arrays["exit_rate"] + arrays["death_rate"]) * LEAP)
    death = arrays["death_rate"] / (arrays["exit_rate"] + arrays["death_rate"])
    arrest = arrays["arrest_probability"]
    ends = -np.expm1(-(arrays["extravasation_rate"] + arrays["arrested_death_rate"]) * LEAP)
    release = -np.expm1(-arrays["release_rate"] * LEAP)
    free, fast, slow = (
        np.zeros(nodes, np.int64),
        np.zeros(nodes, np.int64),
        np.zeros(nodes, np.int64),
    )
    free[NETWORK.index("svc")] = n
    events = 0
    for _ in range(round(hours / LEAP)):
        gone = random.binomial(free, leave)
        died = random.binomial(gone, death)
        came = np.zeros(nodes, np.int64)
        for node in np.flatnonzero(gone - died):
            edges = slice(arrays["first_edge"][node], arrays["first_edge"][node + 1])
            shares = np.diff(arrays["edge_cumulative"][edges], prepend=0.0)
            split = random.multinomial(gone[node] - died[node], shares)
            np.add.at(came, arrays["edge_target"][edges], split)
        stopped = random.binomial(came, arrest)
        freed = random.binomial(stopped, arrays["reversible_fraction"])
        back, over = random.binomial(fast, release), random.binomial(slow, ends)
        free += came - stopped + back - gone
        fast += freed - back
        slow += stopped - freed - over
        events += int(gone.sum() + back.sum() + over.sum())
    return events


def test_plain_multinomial_leap(benchmark):
    """The same hour in steps of a second in NumPy: what the solvers replace. It is inexact: a
    cell leaves one compartment a step at most."""
    arrays = body_arrays(NETWORK, BEDS, PARAMETERS)
    rate(benchmark, benchmark.pedantic(leap, args=(arrays, CTCS, 1.0), rounds=2))


def test_expected_fate(benchmark):
    """Means from scratch: rates, factorisation, one solve."""
    start = NETWORK.drainage("colon")
    fate = benchmark(lambda: Expected(NETWORK, BEDS, PARAMETERS, diameter=15.0).fate(start))
    assert fate.extravasated.sum() > 0.5


def test_linear_solve(benchmark):
    """Fluxes, fates and concentrations for one more start, with the factorisation at hand."""
    expected = Expected(NETWORK, BEDS, PARAMETERS, diameter=15.0)
    fate = benchmark(expected.fate, NETWORK.drainage("colon"))
    assert fate.extravasated.sum() > 0.5


def test_a_day_of_means(benchmark):
    """The course of all means over a day after a pulse, every quarter of an hour."""
    expected = Expected(NETWORK, BEDS, PARAMETERS, diameter=15.0)
    times = np.arange(1, 97) / 4
    curve = benchmark(lambda: Course(expected).pulse({"svc": 1.0}, times))
    assert curve.free.sum() > 0
