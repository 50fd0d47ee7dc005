"""The kernel agrees with the slow oracle, bit for bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybridmet.lattice import Lattice
from hybridmet.tissue.cells import kind_of
from tests.tissue.worlds import Run, World, fill, phenotype, response

SPACING = 20.0
KINDS = [kind_of(0), kind_of(0), kind_of(1), kind_of(1, 1), kind_of(0, 1), kind_of(0, 2)]


def busy_phenotypes() -> list[dict]:
    """Everything that can happen, often enough for small lattices."""
    return [
        phenotype(
            division=0.9, death=0.15, necrosis=0.1, clearance=0.6, dormant_death=0.2,
            reactivation=0.4, motility=60.0, intravasation=1e-3, shedding=2e-3, cohesion=0.5,
            transitions=[0.0, 0.2], taxis=[(0, 900.0)],
            responses=[
                response("division", 1, 0.5, extreme=0.2, low=True),
                response("transition", 1, 0.4, extreme=6.0, power=2.5),
                response("death", 0, 0.6, extreme=3.0, threshold=True),
            ],
        ),
        phenotype(
            division=0.5, death=0.1, necrosis=0.05, clearance=0.3, dormant_death=0.1,
            reactivation=0.2, motility=90.0, intravasation=4e-3, cohesion=0.8,
            transitions=[0.3, 0.0], taxis=[(0, 300.0), (1, 500.0)],
            responses=[
                response("motility", 1, 0.5, extreme=0.0, power=8.0),
                response("taxis", 0, 0.3, extreme=2.0, power=1.0, low=True),
                response("division", 0, 0.2, extreme=0.0, threshold=True, low=True),
                response("intravasation", 1, 0.5, extreme=4.0),
            ],
        ),
    ]  # fmt: skip


def busy_world(shape, boundary="closed", slots=1, everywhere=False, share=0.5, seed=1, tissue=3):
    lattice = Lattice(shape, SPACING, boundary)
    rng = np.random.default_rng(seed)
    walls = {
        int(site): tuple(rng.uniform(0.0, 300.0, 2) * (rng.random(2) < 0.8))
        for site in np.flatnonzero(rng.random(lattice.sites) < 0.3)
    }
    faces, moore = (4, 8) if lattice.dim == 2 else (6, 26)
    return World(
        lattice=lattice,
        phenotypes=busy_phenotypes(),
        occupants=fill(lattice, share, KINDS, slots, seed),
        fields=[rng.random(lattice.shape3), rng.random(lattice.shape3)],
        walls=walls,
        slots=slots,
        division_neighbours=moore if everywhere else faces,
        tissue=tissue,
        seed=seed,
    )


def occupied_rows(run: Run) -> list[tuple]:
    """(site, slot, kind, clone, founder, born) of all cells, in order."""
    sites, slots = run.cells.occupied()
    where = (*np.unravel_index(sites, run.world.lattice.shape), slots)
    columns = [run.cells.column(name)[where].tolist() for name in run.cells.STATE]
    return list(zip(sites.tolist(), slots.tolist(), *columns, strict=True))


def oracle_rows(oracle) -> list[tuple]:
    out = []
    for place in sorted(oracle.cells):
        cell = oracle.cells[place]
        kind = kind_of(cell.phenotype, cell.condition)
        born = float(np.float32(cell.born))
        site = oracle.rank(place) // oracle.slots
        out.append((site, place.slot, kind, cell.clone, cell.founder, born))
    return out


def leaver_rows(leavers) -> list[tuple]:
    names = ("time", "site", "slot", "claimer", "clone", "founder", "phenotype", "ruptured")
    rows = [tuple(row[name] if isinstance(row, dict) else row[name].item() for name in names)
            for row in leavers]  # fmt: skip
    return sorted(rows)


def assert_same(world: World, steps: int = 3, n_sub: int = 4, dt: float = 1.0) -> Run:
    """Kernel and oracle go the same way for some macro steps."""
    run, oracle = Run(world), world.oracle()
    for step in range(steps):
        start = run.time
        left = run.step(dt, n_sub)
        expected = []
        for sub in range(n_sub):
            now = start + (sub + 1) * (dt / n_sub)
            expected += oracle.substep(step, sub, dt / n_sub, now)
            assert oracle.flows["drawn"] + oracle.flows["skipped"] > 0 or not oracle.cells
        assert occupied_rows(run) == oracle_rows(oracle)
        assert leaver_rows(left) == leaver_rows(expected)
        assert run.flows == oracle.flows
    return run


@pytest.mark.parametrize("boundary", ["closed", "periodic"])
@pytest.mark.parametrize("slots", [1, 3])
@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize("shape", [(9, 11), (4, 5, 6)])
def test_kernel_agrees_with_the_oracle(shape, everywhere, slots, boundary):
    run = assert_same(busy_world(shape, boundary, slots, everywhere, 0.6), steps=6)
    happened = ("born", "moved", "blocked", "intravasated", "transitions", "clamped")
    assert [name for name in happened if run.flows[name] == 0] == []
    local = ("died_apoptosis", "died_necrosis", "died_dormant", "cleared", "reactivated")
    assert [name for name in local if run.flows[name] == 0] == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (2, 2), (1, 2, 3), (2, 1, 2), (1, 1, 1)])
@pytest.mark.parametrize("boundary", ["closed", "periodic"])
@pytest.mark.parametrize("slots", [1, 4])
def test_thin_lattices_agree_with_the_oracle(shape, boundary, slots):
    for seed in range(1, 6):
        run = assert_same(busy_world(shape, boundary, slots, True, 0.6, seed), steps=4)
        assert run.flows["drawn"] > 0 or run.flows["skipped"] > 0 or not run.world.occupants


@given(
    shape=st.one_of(
        st.tuples(st.integers(1, 6), st.integers(1, 70)),
        st.tuples(*[st.integers(1, 4)] * 3),
    ),
    boundary=st.sampled_from(["closed", "periodic"]),
    slots=st.integers(1, 4),
    everywhere=st.booleans(),
    share=st.floats(0.0, 1.0),
    seed=st.integers(0, 2**64 - 1),
    tissue=st.integers(0, 65535),
)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_any_small_world_agrees_with_the_oracle(
    shape, boundary, slots, everywhere, share, seed, tissue
):
    world = busy_world(shape, boundary, slots, everywhere, share, seed % 2**32, tissue)
    world.seed = seed
    assert_same(world, steps=2, n_sub=3)


def test_long_substeps_agree_with_the_oracle():
    """Moves alone would happen with a probability above 1: clamped, counted, still the same."""
    run = assert_same(busy_world((8, 8)), steps=2, n_sub=1, dt=8.0)
    assert run.flows["clamped"] > 0


ALONE = {
    "division": {"division": 0.3}, "death": {"death": 0.3}, "necrosis": {"necrosis": 0.3},
    "clearance": {"clearance": 0.3}, "dormant_death": {"dormant_death": 0.3},
    "reactivation": {"reactivation": 0.3}, "intravasation": {"intravasation": 1e-3},
    "shedding": {"shedding": 1e-3}, "transition": {"transitions": [0.0, 0.3]},
    "motility": {"motility": 15.0}, "taxis": {"motility": 2.0, "taxis": [(0, 150.0), (1, -90.0)]},
}  # fmt: skip


@pytest.mark.parametrize("behaviour", ALONE)
@pytest.mark.parametrize("extreme", [0.0, 8.0])
def test_each_behaviour_alone_agrees_with_the_oracle(behaviour, extreme):
    """With nothing else to hide behind, a bound that is too low would show."""
    world = busy_world((20, 20), slots=2, share=0.5)
    raised = response(behaviour, 1, 0.4, extreme=extreme)
    world.phenotypes = [phenotype(responses=[raised], **ALONE[behaviour]), phenotype()]
    # The largest walls stand in the middle of the list.
    for site in world.walls:
        height = 900.0 if 100 < site < 300 else 9.0
        world.walls[site] = (height, height)
    run = assert_same(world, steps=3, n_sub=3)
    assert run.flows["skipped"] > 0 and run.flows["drawn"] > 0
    assert sum(n for name, n in run.flows.items() if name not in ("drawn", "skipped")) > 0


@pytest.mark.parametrize("low", [False, True])
@pytest.mark.parametrize("extreme", [0.2, 6.0])
def test_a_hazard_that_a_field_puts_down_hides_no_other_event(low, extreme):
    """Where necrosis is all but off, other hazards rise or fall with the same field."""
    world = busy_world((30, 30), share=0.7)
    responses = [
        response("necrosis", 1, 0.4, extreme=0.0, power=8.0, low=low),
        response("death", 1, 0.5, extreme=extreme, low=not low),
        response("division", 1, 0.5, extreme=extreme, low=low, threshold=True),
    ]
    rates = {"necrosis": 0.5, "death": 0.05, "division": 0.1, "dormant_death": 0.1, "motility": 20.0}
    world.phenotypes = [phenotype(responses=responses, **rates), phenotype(death=0.1)]
    run = assert_same(world, steps=4, n_sub=3)
    happened = ("died_necrosis", "died_apoptosis", "born", "died_dormant", "moved")
    assert [name for name in happened if run.flows[name] == 0] == []
