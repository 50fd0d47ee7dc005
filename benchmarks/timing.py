"""Least seconds of what is timed: other programs only ever make it longer."""

from collections.abc import Callable
from time import perf_counter


def seconds_of(run: Callable, clock: Callable = perf_counter) -> float:
    """Seconds of one call."""
    start = clock()
    run()
    return clock() - start


def least_seconds(
    run: Callable,
    prepare: Callable = lambda: None,
    samples: int = 9,
    clock: Callable = perf_counter,
) -> float:
    """The shortest of some runs, each after `prepare`. With `thread_time`, for work of one thread,
    time slices of other programs do not count."""
    seconds = []
    for _ in range(samples):
        prepare()
        seconds.append(seconds_of(run, clock))
    return min(seconds)


def in_turn(*samplers: Callable, samples: int) -> list[list[float]]:
    """Times of each sampler (it returns its own time), sampled in turn so that all meet the same
    machine."""
    times = [[sampler() for sampler in samplers] for _ in range(samples)]
    return [list(column) for column in zip(*times, strict=True)]


def alternate(*samplers: Callable, samples: int = 7) -> list[float]:
    """Least time of each sampler, sampled in turn."""
    return [min(times) for times in in_turn(*samplers, samples=samples)]
