"""A whole macro step of a patient at 64^3: threads, and how much of it is not Python."""

from benchmark_patient import patient
from rows import row
from timing import in_turn, seconds_of

ROUNDS = 20


def steps_of(*patients) -> list[float]:
    """Mean seconds of the first macro steps of each, in turn: no two steps are alike, so that the
    shortest would be another one in each."""
    samplers = [lambda one=one: seconds_of(lambda: one.step(1.0)) for one in patients]
    return [sum(times) / ROUNDS for times in in_turn(*samplers, samples=ROUNDS)]


def rows(meter) -> list[dict]:
    tiny, one, two = steps_of(
        patient(6, 40.0, 1), patient(64, 550.0, 1), patient(64, 550.0, 2)
    )
    return [
        row("patient: macro step 64^3, 30 % occupied, 1 thread", 1e3 * one, "ms"),
        row("patient: macro step 64^3, 2 threads over 1", one / two, "ratio", at_least=1.4),
        row(
            "patient: macro step of 64^3 over 6^3 (Python's share inverted)",
            one / tiny,
            "ratio",
            at_least=10,
        ),
    ]
