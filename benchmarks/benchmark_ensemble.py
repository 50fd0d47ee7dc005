"""Ensembles: throughput of two workers over one, and what a member costs beyond its run.

Small patients that hardly take longer than what is around them show the overhead; larger ones, and
those of examples/population without lattices, the throughput. Workers are started before the clock.
"""

import statistics
import tempfile
from pathlib import Path
from time import perf_counter

from rows import row

from hybridmet import Simulation
from hybridmet.ensemble.directory import EnsembleDirectory
from hybridmet.ensemble.local import LocalProcesses
from hybridmet.ensemble.loop import Loop
from hybridmet.ensemble.plan import Plan, make_plan
from hybridmet.ensemble.results import write_tables
from hybridmet.scenario import load_scenario, loads_scenario

SCENARIO = """
name = "benchmark"
duration = "{duration}"
primary.shape = [{sites}, {sites}]
primary.cells.radius = "{radius} um"
organs.default.shape = [24, 24]
"""
SMALL = {"duration": "1 d", "sites": 16, "radius": 120}
POPULATION = Path(__file__).parents[1] / "examples" / "population" / "scenario.toml"
LARGE = {"duration": "10 d", "sites": 128, "radius": 500}


def plan_of(members: int, sizes: dict) -> Plan:
    return make_plan(loads_scenario(SCENARIO.format(**sizes)), members)


def ensemble_seconds(plan: Plan, workers: int) -> float:
    """Time from handing out the first member to the end of the last, tables included [s]."""
    pool = LocalProcesses(workers)
    with tempfile.TemporaryDirectory() as folder:
        warm = EnsembleDirectory(Path(folder) / "warm", plan)
        Loop(warm, list(plan.members())[: 2 * workers], pool, 1, lambda: False).run(lambda s: None)
        warm.close()
        directory = EnsembleDirectory(Path(folder) / "timed", plan)
        loop = Loop(directory, plan.members(), pool, 1, lambda: False)
        start = perf_counter()
        loop.run(lambda state: None)
        write_tables(directory, loop.failures)
        seconds = perf_counter() - start
        directory.close()
    assert loop.complete and not loop.failures
    pool.close(now=False)
    return seconds


def run_seconds(plan: Plan) -> list[float]:
    """Time of each member's run alone, without any output [s]."""
    seconds = []
    for member in plan.members():
        scenario = plan.points[member.point].scenario.with_seed(member.seed)
        start = perf_counter()
        Simulation(scenario, threads=1).run(until=plan.until)
        seconds.append(perf_counter() - start)
    return seconds


def overhead(members: int = 40) -> float:
    """Time of an ensemble on one worker beyond its runs, per member [s]."""
    plan = plan_of(members, SMALL)
    run_seconds(plan_of(2, SMALL))  # imports and caches
    return (ensemble_seconds(plan, 1) - sum(run_seconds(plan))) / members


def gain(plan: Plan) -> float:
    """Throughput of two workers over that of one [1]."""
    return ensemble_seconds(plan, 1) / ensemble_seconds(plan, 2)


def rows(meter) -> list[dict]:
    """For benchmarks/run.py; the median of three."""
    overheads = [overhead() for _ in range(3)]
    on_lattices, counted = plan_of(16, LARGE), make_plan(load_scenario(POPULATION), 24)
    gains, of_counted = ([gain(plan) for _ in range(3)] for plan in (on_lattices, counted))
    return [
        row(
            "ensemble, a member beyond its run",
            1e3 * statistics.median(overheads),
            "ms",
            at_most=50,
        ),
        row("ensemble, 1 against 2 workers", statistics.median(gains), "ratio", at_least=1.7),
        row(
            "ensemble of surrogate patients, 1 against 2 workers",
            statistics.median(of_counted),
            "ratio",
            at_least=1.7,
        ),
    ]


def test_overhead_of_a_member(benchmark):
    benchmark.extra_info["seconds_beyond_the_run"] = overhead()
    benchmark.pedantic(run_seconds, args=(plan_of(5, SMALL),), rounds=3)


def test_two_workers_against_one(benchmark):
    benchmark.extra_info["throughput_of_2_over_1"] = gain(plan_of(8, LARGE))
    benchmark.pedantic(ensemble_seconds, args=(plan_of(8, LARGE), 2), rounds=1)
