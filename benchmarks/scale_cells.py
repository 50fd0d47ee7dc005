"""Cells at scale: updates a second, against NumPy, threads, quiescent cells, growth with their number."""

from rows import row
from timing import alternate

from benchmarks.benchmark_cells_ratios import ratios, sized, timed

SIZES = (32, 64, 96, 152)
"""Sites an axis; 30 % of them hold a cell."""


def growth() -> list[dict]:
    """Updates a second on one thread as the number of cells grows."""
    cases = [sized(sites) for sites in SIZES]
    seconds = alternate(*(timed(case, 1) for case in cases), samples=5)
    rates = [case.flows["drawn"] / t for case, t in zip(cases, seconds, strict=True)]
    out = [
        row(f"cells: {case.n_cells} scattered, 1 thread", rate / 1e6, "M updates/s")
        for case, rate in zip(cases, rates, strict=True)
    ]
    return [*out, row("cells: update rate at 152^3 over 64^3", rates[3] / rates[1], "ratio")]


def rows(meter) -> list[dict]:
    f = ratios()
    rate = "million_updates_per_second"
    return [
        row("cells: 10^6 scattered, 1 thread", f[f"{rate}_scattered"], "M updates/s", at_least=20),
        row("cells: 10^6 in a ball, 1 thread", f[f"{rate}_ball"], "M updates/s", at_least=20),
        row("cells: over NumPy, scattered, 1 thread", f["over_numpy"], "ratio", at_least=30),
        row("cells: over NumPy, in a ball, 1 thread", f["over_numpy_ball"], "ratio", at_least=30),
        row("cells: 2 threads over 1", f["two_threads"], "ratio", at_least=1.4),
        row(
            "cells: quiescent over active, no hazard but division",
            f["quiescent_over_active"],
            "ratio",
            at_least=5,
        ),
        row(
            "cells: quiescent over active, default hazards",
            f["quiescent_over_active_default_hazards"],
            "ratio",
            at_least=5,
        ),
        *growth(),
    ]
