"""Clones: numbers and traits as the oracle has them, whatever the threads."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybridmet.errors import KernelError, ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.scenario import loads_scenario
from hybridmet.scenario.build import build_patient
from hybridmet.tissue.cells import kind_of
from hybridmet.tissue.clones import MutationParameters
from hybridmet.tissue.phenotypes import BEHAVIOURS
from tests.tissue.test_cells_oracle import assert_same, busy_world
from tests.tissue.worlds import Run, World, full, phenotype

WILD = MutationParameters(
    probability=0.5,
    spread={"division": 0.4, "motility": 0.8, "death": 0.3, "intravasation": 0.5, "taxis": 0.2},
    drift={"division": 0.1, "transition": -0.2},
    limit=4.0,
)


def mutable(world: World, mutation: MutationParameters = WILD) -> World:
    world.mutation = mutation
    return world


def clone_rows(run: Run) -> list[tuple]:
    c = run.clones
    return [
        (int(c.parent[i]), int(c.tissue[i]), float(c.time[i]), c.trait[i].tolist())
        for i in range(run.world.highest_clone + 1, c.n)
    ]


@pytest.mark.parametrize("boundary", ["closed", "periodic"])
@pytest.mark.parametrize("slots", [1, 3])
@pytest.mark.parametrize("shape", [(9, 11), (4, 5, 6)])
def test_clones_agree_with_the_oracle(shape, slots, boundary):
    world = mutable(busy_world(shape, boundary, slots, True, 0.5, tissue=5))
    oracle = world.oracle()
    run = Run(world)
    for step in range(8):
        run.step(1.0, 4)
        for sub in range(4):
            oracle.substep(step, sub, 0.25, step + (sub + 1) * 0.25)
    expected = [
        (parent, tissue, time, [float(traits[b]) for b in BEHAVIOURS])
        for parent, tissue, time, traits in oracle.clones[world.highest_clone + 1 :]
    ]
    assert len(expected) > 5
    assert clone_rows(run) == expected


@given(seed=st.integers(0, 2**32 - 1), slots=st.integers(1, 4), share=st.floats(0.1, 0.9))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_cells_with_traits_go_the_way_of_the_oracle(seed, slots, share):
    assert_same(mutable(busy_world((7, 9), "closed", slots, True, share, seed)), steps=3)


@pytest.mark.parametrize("shape", [(185, 190), (33, 32, 34)])
def test_clone_numbers_do_not_depend_on_threads(shape):
    states = []
    for threads in (1, 2, 3):
        run = Run(mutable(busy_world(shape, "closed", 1, True, 0.4)))
        for _ in range(2):
            run.step(1.0, 4, threads)
        assert run.flows["mutated"] > 1000
        states.append(run.state())
    assert states[0] == states[1] == states[2]


def test_a_table_of_clones_that_overflows_does_not_change_the_result():
    wide, narrow = (Run(mutable(busy_world((40, 40), slots=2))) for _ in range(2))
    wide.clones.reserve(100_000)
    assert narrow.clones.wanted == 0
    for run in (wide, narrow):
        before = len(run.clones.parent)
        for _ in range(4):
            run.step(1.0, 4)
    assert len(narrow.clones.parent) > before and len(wide.clones.parent) == 100_000
    assert wide.state() == narrow.state()
    assert wide.clones.parent.max() > wide.world.highest_clone, "no clone founded another"


def test_without_mutation_a_table_changes_nothing():
    plain, tabled = Run(busy_world((20, 20))), Run(
        mutable(busy_world((20, 20)), MutationParameters(spread={"division": 1.0}))
    )
    for run in (plain, tabled):
        run.step(1.0, 4)
    np.testing.assert_array_equal(plain.kind, tabled.kind)
    assert tabled.flows["mutated"] == 0 and plain.flows == tabled.flows


def divided(mutation: MutationParameters, spacing: int = 3, side: int = 300) -> Run:
    """Lone cells far apart, each of which divides once."""
    lattice = Lattice((side, side))
    sites = [y * side + x for y in range(1, side, spacing) for x in range(1, side, spacing)]
    world = World(lattice, [phenotype(division=1e6)], {(s, 0): kind_of(0) for s in sites})
    world.mutation = mutation
    run = Run(world)
    run.step(1.0, 1)
    return run


def test_mutants_are_as_frequent_as_stated():
    run = divided(MutationParameters(probability=0.1))
    n, p = run.flows["born"], 0.1
    assert n == 10_000
    assert abs(run.flows["mutated"] - n * p) < 4 * math.sqrt(n * p * (1 - p))


def test_the_logarithm_of_a_trait_is_normal():
    mutation = MutationParameters(probability=1.0, spread={"division": 0.3}, drift={"death": 0.5})
    run = divided(mutation)
    first = run.world.highest_clone + 1
    traits = run.clones.trait[first : run.clones.n]
    z = np.log(traits[:, BEHAVIOURS.index("division")].astype(float)) / 0.3
    n = len(z)
    assert n == 10_000
    assert abs(z.mean()) < 4 / math.sqrt(n) and abs(z.var() - 1) < 4 * math.sqrt(2 / n)
    np.testing.assert_allclose(traits[:, BEHAVIOURS.index("death")], math.exp(0.5), rtol=1e-6)
    others = [i for i, b in enumerate(BEHAVIOURS) if b not in ("division", "death")]
    assert np.all(traits[:, others] == 1.0)


def test_traits_stay_within_the_limit():
    run = divided(MutationParameters(probability=1.0, spread={"division": 3.0}, limit=2.0))
    traits = run.clones.trait[1 : run.clones.n, BEHAVIOURS.index("division")]
    assert traits.min() == 0.5 and traits.max() == 2.0


def test_a_trait_multiplies_the_rate_of_its_clone_alone():
    """Of two clones side by side, the one with trait 0 does not die."""
    lattice = Lattice((100, 100))
    world = World(lattice, [phenotype(death=0.5)], full(lattice))
    world.mutation = MutationParameters(spread={"death": 0.1})
    run = Run(world)
    immortal = np.arange(1, run.clones.n, 2)
    run.clones.trait[immortal, BEHAVIOURS.index("death")] = 0.0
    run.clones.least[BEHAVIOURS.index("death")] = 0.0
    run.step(1.0, 4)
    left = run.cells.column("clone").reshape(-1)
    assert np.isin(immortal, left).all()
    dead = 1.0 - np.isin(np.arange(2, run.clones.n, 2), left).mean()
    assert abs(dead - (1.0 - math.exp(-0.5))) < 4 * math.sqrt(0.24 / 5000)


def test_a_clone_outside_the_table_is_refused():
    world = mutable(busy_world((10, 10)))
    run = Run(world)
    run.cells.column("clone")[run.cells.column("kind") > 0] = 10_000
    with pytest.raises(KernelError, match="an index lies outside its table"):
        for _ in range(5):
            run.step(1.0, 1)


def test_an_unknown_behaviour_is_refused_with_the_nearest():
    with pytest.raises(ScenarioError, match='spread: got "divison", did you mean "division"'):
        MutationParameters(spread={"divison": 0.1})


def test_clones_of_sources_are_in_the_table():
    """More of them than the primary has: they come from no tissue."""
    text = 'name = "x"\nduration = "1 d"\nprimary.shape = [8, 8]\nprimary.cells.radius = "20 um"\n'
    text += '[[sources]]\nplace = "breast"\nrate = "1 / h"\nclones = 20\n'
    patient = build_patient(loads_scenario(text), 1, 1)
    rows = patient.clones.rows(patient.tissues, patient.clone_sizes())
    own = 8
    assert [row[3] for row in rows] == ["liver"] * own + ["source"] * (20 - own)
    assert sum(row[4] for row in rows[:own]) == patient.primary.living
