"""The bloodstream: events a second of individual CTCs, against a plain multinomial leap in NumPy."""

from time import perf_counter

from benchmark_circulation import BEDS, CTCS, NETWORK, PARAMETERS, leap, placed
from rows import row

from hybridmet.circulation.circulation import Circulation
from hybridmet.circulation.expected import Expected
from hybridmet.circulation.transit import body_arrays

SAMPLES = 5


def events_per_second(threads: int) -> float:
    """Events of the first hour of many CTCs, with all bookkeeping."""
    best = 0.0
    for _ in range(SAMPLES):
        circulation = Circulation(NETWORK, BEDS, PARAMETERS, seed=1, threads=threads)
        circulation.inject("svc", CTCS, 0.0, 0, 15.0)
        start = perf_counter()
        circulation.step(1.0)
        best = max(best, circulation.work.updates / (perf_counter() - start))
    return best


def lifetimes_per_second() -> float:
    best = 0.0
    for _ in range(SAMPLES):
        transit = placed(CTCS)
        start = perf_counter()
        transit.advance(2000.0)
        best = max(best, CTCS / (perf_counter() - start))
    return best


def leaps_per_second() -> float:
    """Events of an hour of the same CTCs as numbers in NumPy, in steps of a second."""
    arrays = body_arrays(NETWORK, BEDS, PARAMETERS)
    start = perf_counter()
    events = leap(arrays, CTCS, 1.0)
    return events / (perf_counter() - start)


def solve_seconds() -> float:
    expected, start = Expected(NETWORK, BEDS, PARAMETERS, diameter=15.0), NETWORK.drainage("colon")
    times = []
    for _ in range(50):
        begin = perf_counter()
        expected.fate(start)
        times.append(perf_counter() - begin)
    return min(times)


def rows(meter) -> list[dict]:
    one, two = events_per_second(1), events_per_second(2)
    return [
        row("circulation: events of individuals, 1 thread", one / 1e6, "M/s"),
        row("circulation: 2 threads over 1", two / one, "ratio"),
        row("circulation: over a multinomial leap in NumPy", one / leaps_per_second(), "ratio"),
        row("circulation: whole lifetimes of CTCs, 1 thread", lifetimes_per_second() / 1e6, "M/s"),
        row("circulation: a linear solve of all means", 1e3 * solve_seconds(), "ms"),
    ]
