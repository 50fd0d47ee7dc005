"""A whole macro step of a patient: fields, cells, circulation, ledger."""

from time import perf_counter

import pytest

from hybridmet import Simulation
from hybridmet.scenario import loads_scenario

SCENARIO = """
name = "benchmark"
duration = "100 d"
primary.shape = {shape}
primary.cells.radius = "{radius} um"
primary.vessels.length_density = "50 mm/mm^3"
organs.default.shape = [36, 36, 36]
"""


def patient(sites: int, radius: float, threads: int):
    shape = [sites] * 3
    scenario = loads_scenario(SCENARIO.format(shape=shape, radius=radius))
    sim = Simulation(scenario, threads=threads)
    sim.run(until=3.0)
    return sim.patient


@pytest.mark.parametrize("threads", [1, 2])
def test_macro_step_64(benchmark, threads):
    """64^3 sites, one third occupied, default fields and phenotypes, 1 h."""
    subject = patient(64, 550.0, threads)
    work = subject.primary.work
    before = {part: (w.seconds, w.updates) for part, w in work.items()}
    start = perf_counter()
    benchmark.pedantic(subject.step, args=(1.0,), rounds=20)
    seconds = perf_counter() - start
    cells = work["cells"].updates - before["cells"][1]
    sites = work["fields"].updates - before["fields"][1]
    benchmark.extra_info["cells"] = subject.primary.living
    benchmark.extra_info["cell_updates_per_second"] = cells / seconds
    benchmark.extra_info["field_site_updates_per_second"] = sites / seconds


def test_share_of_python(benchmark):
    """Time of a step on a lattice of 6^3 sites, where hardly anything but Python is left, over
    that of a step at 64^3 on one thread: the share of Python and of calls in a macro step."""
    small, large = patient(6, 40.0, 1), patient(64, 550.0, 1)
    shares = []
    for _ in range(20):
        start = perf_counter()
        small.step(1.0)
        middle = perf_counter()
        large.step(1.0)
        shares.append((middle - start) / (perf_counter() - middle))
    benchmark.extra_info["python_share_of_a_step_at_64"] = sorted(shares)[len(shares) // 2]
    benchmark.pedantic(small.step, args=(1.0,), rounds=20)
