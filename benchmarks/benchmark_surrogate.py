"""Patients without lattices: how many a minute, how many events a second, against the lattice.

The patients are those of examples/population (a liver primary that grows to 260,000 cells, some
20 organs, 60 days in 120 steps), one after another in this process.
"""

from dataclasses import replace
from pathlib import Path
from time import process_time

from rows import row

from hybridmet import Simulation
from hybridmet.scenario import load_scenario, loads_scenario

POPULATION = Path(__file__).parents[1] / "examples" / "population" / "scenario.toml"
PATIENTS = 8
SMALL = """
name = "small"
duration = "10 d"
[tissue]
model = "surrogate"
[primary]
shape = [32, 32, 32]
[organs.default]
shape = [24, 24, 24]
"""


def patient_seconds(scenario, seed: int) -> tuple[float, Simulation]:
    """Processor time of a patient from its scenario to its end [s]."""
    start = process_time()
    simulation = Simulation(scenario, seed=seed, threads=1).run()
    return process_time() - start, simulation


def population() -> list[dict]:
    """Whole patients, circulation and set-up included."""
    scenario = load_scenario(POPULATION)
    patient_seconds(scenario, 1)  # what is loaded on first use
    runs = [patient_seconds(scenario, seed) for seed in range(1, PATIENTS + 1)]
    seconds = sum(time for time, _ in runs)
    cells = [s.performance()["cells"] for _, s in runs]
    events = sum(c["updates"] for c in cells) / sum(c["seconds"] for c in cells)
    steps = sum(s.steps for _, s in runs)
    return [
        row(
            "surrogate: patients a minute, one core",
            60.0 * PATIENTS / seconds,
            "1/min",
            at_least=100,
        ),
        row("surrogate: a step of a patient", 1e3 * seconds / steps, "ms"),
        row("surrogate: events of cells, all organs", events, "1/s"),
    ]


def against_lattice() -> list[dict]:
    """The same small patient both ways."""
    scenario = loads_scenario(SMALL)
    counted = min(patient_seconds(scenario, seed)[0] for seed in (1, 2, 3))
    lattice = replace(scenario, tissue=replace(scenario.tissue, model="lattice"))
    placed = min(patient_seconds(lattice, seed)[0] for seed in (1, 2))
    return [row("surrogate: lattice over surrogate, 32^3, 10 days", placed / counted, "ratio")]


def rows(meter) -> list[dict]:
    return population() + against_lattice()
