"""On every preset the digest is the same for 1, 2 and 3 threads and for initial cells in any order
of rows, and the threads are in use.

State is columns over sites: there is no list of cells, so the order of the rows that bring the
initial cells is the only storage order that a user can vary.
"""

import csv
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from hybridmet.scenario import Scenario, loads_scenario
from hybridmet.scenario.preset import presets
from hybridmet.simulation import Simulation

PARALLEL = 192
"""Sites an axis of a sheet that is large enough for the kernels to share it among threads."""


WITH_CELLS = [
    name
    for name, preset in presets().items()
    if (primary := loads_scenario(preset.text).primary) is not None and primary.cells is not None
]
"""Presets that start with cells: there is an order of rows, and work to share among threads."""


def changes(name: str) -> list[str]:
    """Overrides that make a preset large enough for threads, and let its cells mutate."""
    scenario = loads_scenario(presets()[name].text)
    out = []
    if scenario.primary is not None and scenario.primary.lattice().sites < PARALLEL**2:
        out.append(f"primary.shape=[{PARALLEL}, {PARALLEL}]")
    if not scenario.tissue.synchronous_division:  # cells that divide by the clock cannot mutate
        out += ["mutation.probability=0.5", "mutation.spread={division=0.3}"]
    return out


def shortened(scenario: Scenario) -> float:
    """The end of a short run [h]."""
    flat = scenario.primary is None or scenario.primary.lattice().dim == 2
    return (12 if flat else 4) * scenario.time_step


def ran(name: str, threads: int, *more: str) -> Simulation:
    scenario = loads_scenario(presets()[name].text, [*changes(name), *more])
    return Simulation(scenario, threads=threads).run(until=shortened(scenario))


@pytest.mark.parametrize("name", list(presets()))
def test_digests_do_not_depend_on_threads(name):
    one, two, three = (ran(name, threads) for threads in (1, 2, 3))
    digest = one.patient.digest()
    assert digest == two.patient.digest() == three.patient.digest()
    born = sum(tissue.flows.get("born", 0) for tissue in one.patient.tissues.values())
    if one.scenario.mutation.probability > 0.0 and born > 20:
        founded = sum(tissue.flows["mutated"] for tissue in one.patient.tissues.values())
        assert 0 < founded < born


def write_initial_cells(name: str, path, rows: slice | None) -> str:
    """The cells that a preset starts with as a CSV file; returns the override that reads it.

    `rows` orders them; None: at random.
    """
    scenario = loads_scenario(presets()[name].text, changes(name))
    primary = Simulation(scenario, threads=1).patient.primary
    cells, lattice = primary.cells_table(), primary.lattice
    order = np.random.default_rng(1).permutation(len(cells))
    order = order if rows is None else np.arange(len(cells))[rows]
    middle = np.array(lattice.extent) / 2
    places = lattice.positions(cells["site"]) - middle
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["x", "y", "z", "type", "clone"])
        for i in order:
            writer.writerow([*places[i], int(cells["phenotype"][i]), int(cells["clone"][i])])
    return f"primary.cells.files={json.dumps([str(path)])}"


BY_FILE = ("primary.cells.radius=false", "primary.cells.balls=[]", "primary.cells.boxes=[]")


def test_only_the_vessels_of_anderson_and_chaplain_start_without_cells():
    assert set(presets()) - set(WITH_CELLS) == {"anderson_chaplain1998"}


@pytest.mark.parametrize("name", WITH_CELLS)
def test_digests_do_not_depend_on_the_order_of_the_initial_cells(name, tmp_path):
    """Row-major, reversed and random order, each with another number of threads."""
    scenario = loads_scenario(presets()[name].text, changes(name))
    orders = {"row_major": slice(None), "reversed": slice(None, None, -1), "random": None}
    digests = [
        ran(name, threads, *BY_FILE, write_initial_cells(name, tmp_path / f"{order}.csv", rows))
        .patient.digest()
        for threads, (order, rows) in enumerate(orders.items(), 1)
    ]
    assert digests[0] == digests[1] == digests[2]
    if scenario.tissue.slots == 1:
        assert digests[0] == ran(name, 2).patient.digest(), "not those of the shapes"


PROGRAM = """
import os, sys
from hybridmet.scenario import loads_scenario
from hybridmet.scenario.preset import preset_named
from hybridmet.simulation import Simulation

def seconds():
    tasks = os.listdir("/proc/self/task")
    read = (open(f"/proc/self/task/{t}/schedstat").read() for t in tasks)
    return {t: int(text.split()[0]) / 1e9 for t, text in zip(tasks, read)}

name, threads, until, *changes = sys.argv[1:]
simulation = Simulation(loads_scenario(preset_named(name).text, changes), threads=int(threads))
before = seconds()
simulation.run(until=float(until))
used = {t: after - before.get(t, 0.0) for t, after in seconds().items()}
main = used.pop(str(os.getpid()))
print(main, *used.values())
"""


def cpu_seconds(name: str, threads: int) -> list[float]:
    """Processor time that each thread of a run takes for its steps, the main thread's first."""
    environment = os.environ | {
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "OMP_WAIT_POLICY": "passive",  # waiting takes no time
    }
    until = shortened(loads_scenario(presets()[name].text, changes(name)))
    arguments = [name, str(threads), str(until), *changes(name)]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    return [float(word) for word in done.stdout.split()]


@pytest.mark.skipif(not os.path.exists("/proc/self/schedstat"), reason="needs Linux's /proc")
@pytest.mark.parametrize("name", WITH_CELLS)
def test_the_threads_are_in_use(name):
    """Each of three threads works: its own processor time is a good part of the main thread's."""
    main, *workers = cpu_seconds(name, 3)
    assert len(workers) == 2
    assert min(workers) > 0.05 * main
