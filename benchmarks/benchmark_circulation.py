"""Events of CTCs per second, and the cost of expected means.

    python -m pytest benchmarks/benchmark_circulation.py
"""

import pytest

from hybridmet.circulation.capillary_bed import CirculationParameters, capillary_beds
from hybridmet.circulation.circulation import Circulation
from hybridmet.circulation.expected import Expected
from hybridmet.circulation.network import BodyNetwork

NETWORK = BodyNetwork.load()
BEDS = capillary_beds(NETWORK)
PARAMETERS = CirculationParameters()
CTCS = 200_000


def rate(benchmark, events: int) -> None:
    """Events per second of the fastest round, where the benchmark ran."""
    benchmark.extra_info["events"] = events
    if benchmark.stats is not None:
        benchmark.extra_info["events_per_second"] = events / benchmark.stats.stats.min


@pytest.mark.parametrize("threads", [1, 2])
def test_first_hour_in_the_blood(benchmark, threads):
    """A macro step in which all CTCs circulate until they are arrested or die."""

    def start():
        circulation = Circulation(NETWORK, BEDS, PARAMETERS, seed=1, threads=threads)
        circulation.inject("svc", CTCS, 0.0, 0, 15.0)
        return (circulation,), {}

    def step(circulation):
        circulation.step(1.0)
        return circulation.work.updates

    rate(benchmark, benchmark.pedantic(step, setup=start, rounds=5))


@pytest.mark.parametrize("threads", [1, 2])
def test_kernel_without_arrest(benchmark, threads):
    """Free CTCs, too small to be arrested, for a tenth of an hour: only the kernel counts."""
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


def test_expected_fate(benchmark):
    """Means from scratch: rates, factorisation, one solve."""
    start = NETWORK.drainage("colon")
    fate = benchmark(lambda: Expected(NETWORK, BEDS, PARAMETERS, diameter=15.0).fate(start))
    assert fate.extravasated.sum() > 0.5
