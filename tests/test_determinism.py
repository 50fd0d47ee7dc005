"""On every preset the digest is the same for 1, 2 and 3 threads, and the threads are in use.

State is columns over sites: there is no list of cells, so no storage order either.
"""

import os
import subprocess
import sys

import pytest

from hybridmet.scenario.preset import presets

PROGRAM = """
import os, sys
from hybridmet.scenario.preset import preset_named
from hybridmet.scenario.model import loads_scenario
from hybridmet.simulation import Simulation

name, threads = sys.argv[1], int(sys.argv[2])
changes = ["mutation.probability=0.5", "mutation.spread={division=0.3}"]
changes = [] if name == "franssen2019" else changes  # divides by the clock: no mutation
scenario = loads_scenario(preset_named(name).text, changes)
steps = 12 if scenario.primary.lattice().dim == 2 else 4
simulation = Simulation(scenario, threads=threads).run(until=steps * scenario.time_step)
tasks = len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 0
print(simulation.patient.digest(), simulation.patient.clones.n, tasks)
"""


def outcome(name: str, threads: int) -> tuple[str, int, int]:
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    words = subprocess.run(
        [sys.executable, "-c", PROGRAM, name, str(threads)],
        capture_output=True, text=True, check=True, env=environment,
    ).stdout.split()  # fmt: skip
    return words[0], int(words[1]), int(words[2])


@pytest.mark.parametrize("name", list(presets()))
def test_digests_do_not_depend_on_threads(name):
    one, two, three = (outcome(name, threads) for threads in (1, 2, 3))
    assert one[:2] == two[:2] == three[:2]
    if name != "franssen2019":
        assert one[1] > 9, "no mutant was born"


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="needs Linux's /proc")
def test_the_threads_are_in_use():
    one, three = outcome("liver_primary", 1), outcome("liver_primary", 3)
    assert three[2] == one[2] + 2
