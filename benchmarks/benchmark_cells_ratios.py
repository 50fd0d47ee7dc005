"""Ratios of the cell kernel in one run: NumPy, threads, quiescent cells, growth with size.

`python -m benchmarks.benchmark_cells_ratios` prints one JSON object; `pytest
benchmarks/benchmark_cells_ratios.py` shows the same ratios as `extra_info`. Times are the least
of several samples of at least one macro step, the samples of both sides of a ratio taken in turn.
"""

import json
from time import perf_counter

import numpy as np
import pytest

from benchmarks import benchmark_cells
from benchmarks.benchmark_cells import DT, FIELDS, Case, field_arrays
from benchmarks.numpy_cells import NumpyCells
from benchmarks.timing import alternate
from hybridmet._core.cells import LEAVER, CellKernel
from hybridmet.lattice import Lattice
from hybridmet.tissue import kinetics
from hybridmet.tissue.cells import Cells
from hybridmet.tissue.phenotypes import DEFAULT_PHENOTYPES, Phenotype

LARGE = 152
"""Sites an axis of a lattice that holds over 10^6 cells at 30 % [1]."""


def timed(case: Case, threads: int):
    """A sample of a macro step from the same state."""

    def sample() -> float:
        case.restore()
        start = perf_counter()
        case.flows = case.step(threads)
        return perf_counter() - start

    return sample


def numpy_step(case: Case):
    """A sample of the first sub-step in NumPy, from the same state: seconds per cell update."""

    def sample() -> float:
        plain = NumpyCells(
            case.lattice, 0, case.start, case.rules, case.fields, case.vessels, 1
        )
        start = perf_counter()
        drawn = plain.substep(0, 0, DT / case.n_sub, DT / case.n_sub)
        return (perf_counter() - start) / drawn

    return sample


def sized(sites: int, arrangement: str = "scattered") -> Case:
    """A case on a cube of another size."""
    before, benchmark_cells.SITES = benchmark_cells.SITES, sites
    try:
        return Case(arrangement)
    finally:
        benchmark_cells.SITES = before


def full_lattice(rules: Phenotype, sites: int, share: float):
    """Seconds per cell of a sub-step of a lattice filled to a share; sub-steps as long as those of
    the default phenotypes."""
    lattice = Lattice((sites,) * 3)
    cells = Cells(lattice)
    taken = np.flatnonzero(np.random.default_rng(1).random(lattice.sites) < share)
    cells.put(taken, np.zeros(len(taken), int), 1, 1, 0, 0.0)
    none = np.zeros(0)
    vessels = {"mask": lattice.padded(0, np.uint8), "sites": none.astype("i8")}
    kernel = CellKernel(
        lattice, 1, 6, 0, cells.columns, kinetics.kernel_table({"a": rules}, FIELDS),
        field_arrays(lattice), vessels | {"intact_area": none, "ruptured_area": none}, 1,
    )  # fmt: skip
    n_sub = kinetics.substeps(DEFAULT_PHENOTYPES, lattice, {"ecm": 1.0}, 0.0, DT)
    start_kind = cells.columns["kind"].copy()

    def sample() -> float:
        cells.columns["kind"][...] = start_kind
        start = perf_counter()
        kernel.step(0, 0, n_sub, 0.0, DT / n_sub, 1, np.zeros(0, LEAVER), 0)
        return (perf_counter() - start) / len(taken) / n_sub

    return sample


def ratios() -> dict[str, float]:
    """All figures."""
    scattered, ball = sized(LARGE), sized(LARGE, "ball")
    one, two, in_ball, plain, plain_ball = alternate(
        timed(scattered, 1),
        timed(scattered, 2),
        timed(ball, 1),
        numpy_step(scattered),
        numpy_step(ball),
        samples=5,
    )
    rules = Phenotype(
        death_rate=0.0, necrosis_rate=0.0, shedding_rate=0.0, responses=()
    )
    quiet, active = alternate(full_lattice(rules, 96, 1.0), full_lattice(rules, 96, 0.5))
    default = Phenotype()
    full, half = alternate(full_lattice(default, 96, 1.0), full_lattice(default, 96, 0.5))
    small, sparse = sized(64), sized(LARGE, "ball")
    small_time, _ = alternate(timed(small, 1), timed(sparse, 1), samples=3)
    drawn = scattered.flows["drawn"]
    return {
        "cells": int(np.count_nonzero(scattered.start["kind"] % 255)),
        "million_updates_per_second_scattered": drawn / one / 1e6,
        "million_updates_per_second_ball": ball.flows["drawn"] / in_ball / 1e6,
        "over_numpy": plain / (one / drawn),
        "over_numpy_ball": plain_ball / (in_ball / ball.flows["drawn"]),
        "two_threads": one / two,
        "quiescent_over_active": active / quiet,
        "quiescent_over_active_default_hazards": half / full,
        "time_per_update_152_over_64": (one / drawn) / (small_time / small.flows["drawn"]),
    }


@pytest.fixture(scope="module")
def measured():
    return ratios()


TARGETS = [
    ("cells", 1e6),
    ("million_updates_per_second_scattered", 20.0),
    pytest.param(
        "over_numpy",
        30.0,
        marks=pytest.mark.xfail(strict=True, reason="about 25: docs/performance.md"),
    ),
    ("over_numpy_ball", 30.0),
    ("two_threads", 1.4),
    ("quiescent_over_active", 5.0),
]
"""What is wanted at least; of a quiet machine with two cores."""


@pytest.mark.parametrize(("name", "least"), TARGETS)
def test_ratios(benchmark, measured, name, least):
    benchmark.pedantic(lambda: None, rounds=1)
    benchmark.extra_info[name] = measured[name]
    assert measured[name] >= least


if __name__ == "__main__":
    print(json.dumps(ratios(), indent=2))
