"""A step of the Franssen problem against metaspread: 201^2 sites, 388 cells, one thread, no output.

metaspread is taken as shipped, and with its field update replaced by the same formula in array
operations (the first ratio alone would mostly say that arrays beat loops). All samples are taken
in turn, in one run. Install what is compared with by `pip install '.[bench]'`.
"""

import contextlib
import io
import os
import warnings
from statistics import quantiles
from time import perf_counter

import numpy as np
import pytest

from hybridmet import Simulation
from hybridmet.scenario import loads_scenario
from hybridmet.scenario.preset import preset_named

ROUNDS = 15
STEPS = {"hybridmet": 25, "fields by arrays": 4, "as shipped": 1}
"""Steps of a sample: the first division comes at step 2000, before it there are 388 cells."""


@pytest.fixture
def metaspread_model(tmp_path, monkeypatch):
    """The model with its own default configuration: 3 grids, of which 2 stay empty."""
    pytest.importorskip(
        "metaspread", reason="needs metaspread: pip install '.[bench]'", exc_type=ImportError
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    return load_metaspread(tmp_path)


def load_metaspread(directory, grids=3):
    """Its model as shipped; it reads and writes its configuration in the working directory."""
    with quiet():
        from metaspread import configs

        configs.generate_default_configs()
        from metaspread.cancermodel import CancerModel

        return CancerModel(388, 201, 201, grids, 10**9, 10**9, os.fspath(directory), seed=1)


@contextlib.contextmanager
def quiet():
    """Neither its progress on standard output nor its warnings."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def mesenchymal_counts(model) -> np.ndarray:
    """Mesenchymal cells of each site: (grids, width, height) float64."""
    counts = np.zeros((model.grids_number, model.width, model.height))
    for agent in model.schedule.agents:
        if agent.agent_type == "cell" and agent.phenotype == "mesenchymal":
            counts[(agent.grid_id - 1, *agent.pos)] += 1.0
    return counts


def update_by_arrays(model, mmp2, ecm) -> None:
    """What `calculate_environment` computes, site by site there, with slices here."""
    from metaspread import configs as c

    spread = c.dmmp * c.tha / c.xha**2
    for grid, counts in enumerate(mesenchymal_counts(model)):
        m, w = mmp2[grid][0], ecm[grid][0]
        padded = np.pad(m, 1, mode="reflect")
        around = padded[2:, 1:-1] + padded[:-2, 1:-1] + padded[1:-1, 2:] + padded[1:-1, :-2]
        m[:] = spread * around + m * (1.0 - 4.0 * spread - c.th * c.Lambda)
        m += c.tha * c.theta * counts
        w *= 1.0 - c.tha * (c.gamma1 * counts + c.gamma2 * m)


def sample(step, n: int) -> float:
    """Seconds a step, over n steps."""
    start = perf_counter()
    for _ in range(n):
        step()
    return (perf_counter() - start) / n


def stepper(model, update=None):
    """A step of metaspread; `update` in place of its field update."""

    def step():
        if update is None:
            model.__dict__.pop("calculate_environment", None)
        else:
            model.calculate_environment = lambda mmp2, ecm: update(model, mmp2, ecm)
        model.step()

    return step


def our_step():
    sim = Simulation(loads_scenario(preset_named("franssen2019").text), threads=1)
    assert sim.patient.primary.living == 388
    return lambda: sim.patient.step(sim.scenario.time_step)


def test_the_update_by_arrays_is_the_update_of_metaspread(metaspread_model):
    model = metaspread_model
    for _ in range(2):
        mmp2 = [m.copy() for m in model.mmp2]
        ecm = [w.copy() for w in model.ecm]
        update_by_arrays(model, mmp2, ecm)
        model.calculate_environment(model.mmp2, model.ecm)
        for ours, theirs in zip(mmp2 + ecm, model.mmp2 + model.ecm, strict=True):
            np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-12, atol=1e-300)


def test_step_against_metaspread(benchmark, metaspread_model):
    """Seconds a step (lower quartiles) and ratios; targets 1000 (as shipped) and 30 (arrays)."""
    steps = {
        "hybridmet": our_step(),
        "fields by arrays": stepper(metaspread_model, update_by_arrays),
        "as shipped": stepper(metaspread_model),
    }
    seconds = {name: [] for name in steps}
    with quiet():
        for _ in range(ROUNDS):
            for name, step in steps.items():
                seconds[name].append(sample(step, STEPS[name]))
    low = {name: quantiles(values, n=4)[0] for name, values in seconds.items()}
    benchmark.extra_info |= {f"seconds_per_step, {name}": s for name, s in low.items()}
    for name in ("as shipped", "fields by arrays"):
        benchmark.extra_info[f"times faster than metaspread, {name}"] = (
            low[name] / low["hybridmet"]
        )
    print({name: round(value, 7) for name, value in benchmark.extra_info.items()})
    benchmark.pedantic(steps["hybridmet"], rounds=200)


def test_step_of_the_franssen_problem(benchmark):
    """Our step alone, where metaspread is not installed."""
    benchmark.pedantic(our_step(), rounds=500, warmup_rounds=100)
