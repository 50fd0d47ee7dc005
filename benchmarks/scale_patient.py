"""A whole macro step of a patient at 64^3: threads, and how much of it is not Python."""

from time import perf_counter

from benchmark_patient import patient
from rows import row

ROUNDS = 20


def seconds_of(*patients) -> list[float]:
    """Least seconds of a macro step of each, sampled in turn."""
    times = []
    for _ in range(ROUNDS):
        times.append([])
        for one in patients:
            start = perf_counter()
            one.step(1.0)
            times[-1].append(perf_counter() - start)
    return [min(column) for column in zip(*times, strict=True)]


def rows(meter) -> list[dict]:
    tiny, one, two = seconds_of(
        patient(6, 40.0, 1), patient(64, 550.0, 1), patient(64, 550.0, 2)
    )
    return [
        row("patient: macro step 64^3, 30 % occupied, 1 thread", 1e3 * one, "ms"),
        row("patient: macro step 64^3, 2 threads over 1", one / two, "ratio", ">= 1.4"),
        row("patient: macro step of 64^3 over 6^3 (Python's share inverted)", one / tiny, "ratio", ">= 10"),
    ]
