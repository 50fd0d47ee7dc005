"""What happens depends on identity and step alone; nothing is lost or made."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybridmet.lattice import Lattice
from hybridmet.tissue.cells import kind_of
from tests.tissue.test_cells_oracle import busy_world
from tests.tissue.worlds import Run, World, full, phenotype


def ran(world: World, *, steps=3, n_sub=4, threads=1, capacity=4096) -> Run:
    run = Run(world, capacity)
    for _ in range(steps):
        run.step(1.0, n_sub, threads)
    return run


# Above 32768 sites, where the kernel uses the threads it is given.
@pytest.mark.parametrize("boundary", ["closed", "periodic"])
@pytest.mark.parametrize(
    ("shape", "slots", "everywhere"),
    [((185, 190), 1, False), ((185, 190), 4, True), ((33, 32, 34), 1, True), ((33, 32, 34), 4, False)],
)  # fmt: skip
def test_the_result_does_not_depend_on_the_number_of_threads(shape, slots, everywhere, boundary):
    one, two, three = (
        ran(busy_world(shape, boundary, slots, everywhere, 0.4), steps=2, threads=threads)
        for threads in (1, 2, 3)
    )
    assert one.flows["moved"] > 1000 and one.flows["intravasated"] > 100
    assert one.state() == two.state() == three.state()


@pytest.mark.parametrize("capacity", [0, 1, 7, 30])
def test_a_table_of_leavers_that_overflows_does_not_change_the_result(capacity):
    world = busy_world((40, 40), slots=2)
    wide, narrow = ran(world), ran(world, capacity=capacity)
    assert len(wide.leavers) > 60
    assert wide.state() == narrow.state()


@given(cuts=st.lists(st.integers(1, 7), max_size=4, unique=True))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_a_macro_step_can_be_left_and_resumed_at_any_substep(cuts):
    world = busy_world((20, 20))
    whole, parts = Run(world), Run(world)
    left = whole.step(1.0, 8)
    table, n = np.zeros_like(left, shape=4096), 0
    for begin, end in zip([0, *sorted(cuts)], [*sorted(cuts), 8], strict=True):
        done, n, _ = parts.kernel.step(0, begin, end, 0.0, 1.0 / 8, 1, table, n)
        assert done == end
    np.testing.assert_array_equal(parts.kind, whole.kind)
    np.testing.assert_array_equal(table[:n], left)


def test_lattices_and_seeds_have_fates_of_their_own():
    base = ran(busy_world((20, 20), tissue=0)).kind
    other_tissue = ran(busy_world((20, 20), tissue=1)).kind
    world = busy_world((20, 20), tissue=0)
    world.seed = 2
    assert np.any(base != other_tissue) and np.any(base != ran(world).kind)


def test_each_macro_step_draws_anew():
    lattice = Lattice((60, 60))
    run = Run(World(lattice, [phenotype(reactivation=0.5)], full(lattice, kind_of(0, 1))))
    run.step(1.0, 1)
    first = run.kind.copy()
    run.cells.column("kind")[...] = kind_of(0, 1)
    run.step(1.0, 1)
    assert np.any(first != run.kind)


def test_cells_out_of_reach_do_not_change_what_a_cell_does():
    """Proposals look one site far, contests two, claims three: no more than four a sub-step."""
    world = busy_world((60, 41), everywhere=True)
    other = busy_world((60, 41), everywhere=True)
    column = 20
    for site, slot in list(other.occupants):
        if site % 41 == column:
            del other.occupants[site, slot]
    assert len(other.occupants) < len(world.occupants)
    n_sub = 3
    one, two = (ran(w, steps=1, n_sub=n_sub).kind.reshape(60, 41) for w in (world, other))
    differs = np.flatnonzero(np.any(one != two, axis=0))
    assert len(differs) > 2
    assert np.abs(differs - column).max() <= 4 * n_sub


def debris(kind: np.ndarray) -> int:
    return int(np.count_nonzero((kind > 0) & ((kind - 1) % 4 == 2)))


@given(
    shape=st.one_of(
        st.tuples(st.integers(1, 30), st.integers(1, 30)), st.tuples(*[st.integers(1, 9)] * 3)
    ),
    boundary=st.sampled_from(["closed", "periodic"]),
    slots=st.integers(1, 8),
    everywhere=st.booleans(),
    share=st.floats(0.0, 1.0),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_no_cell_is_lost_or_made(shape, boundary, slots, everywhere, share, seed):
    run = Run(busy_world(shape, boundary, slots, everywhere, share, seed), capacity=16)
    began, rotten = run.number, debris(run.kind)
    for _ in range(3):
        run.step(1.0, 3)
    f = run.flows
    lost = f["died_apoptosis"] + f["died_dormant"] + f["cleared"] + f["intravasated"]
    assert began + f["born"] == run.number + lost
    assert rotten + f["died_necrosis"] == debris(run.kind) + f["cleared"]
    assert f["intravasated"] == len(run.leavers)
    counted = run.kernel.count(None, 0.0, 1)
    assert counted.sum() == run.number and counted[:, 3].sum() == debris(run.kind)
    assert not run.cells.columns["proposal"].any() and not run.cells.columns["outcome"].any()


def test_without_division_every_cell_stays_itself():
    """Each clone is here, in the blood or dead: never twice."""
    world = busy_world((30, 30), "periodic", slots=3)
    for rules in world.phenotypes:
        rules["rates"]["division"] = 0.0
    run = ran(world)
    here = run.cells.column("clone").reshape(-1)
    here = here[here > 0]
    everywhere = np.concatenate([here, run.leavers["clone"]])
    assert len(np.unique(everywhere)) == len(everywhere)
    began = [1 + site * 3 + slot for site, slot in world.occupants]
    assert np.isin(everywhere, began).all()
    dead = sum(run.flows[n] for n in ("died_apoptosis", "died_dormant", "cleared"))
    assert len(everywhere) + dead == len(began)


def test_a_daughter_inherits_and_both_are_new_born():
    lattice = Lattice((9, 9))
    world = World(lattice, [phenotype(division=1e6)], {(40, 0): kind_of(0)})
    run = Run(world)
    run.step(2.0, 1)
    assert run.flows["born"] == 1 and run.number == 2
    taken = run.cells.column("kind") != 0
    assert set(run.cells.column("clone")[taken]) == {41}
    assert set(run.cells.column("founder")[taken]) == {41 % 7}
    assert set(run.cells.column("born")[taken]) == {2.0}


def test_a_contested_site_goes_to_one_and_the_losers_are_counted():
    lattice = Lattice((3, 3))
    around = {(1, 0), (3, 0), (5, 0), (7, 0)}
    corners = {(0, 0), (2, 0), (6, 0), (8, 0)}
    occupants = dict.fromkeys(around | corners, kind_of(0))
    run = Run(World(lattice, [phenotype(division=1e6)], occupants))
    run.step(1.0, 1)
    assert run.flows["born"] == 1 and run.flows["blocked"] == 3 and run.number == 9


def test_cells_that_can_do_nothing_do_not_draw():
    lattice = Lattice((20, 20))
    world = World(lattice, [phenotype(), phenotype(death=0.1)], full(lattice))
    world.occupants |= {(site, 0): kind_of(1) for site in range(100)}
    run = Run(world)
    run.step(1e-9, 1)
    assert run.flows["drawn"] == 100 and run.flows["skipped"] == 300


def test_nothing_moves_in_a_full_lattice():
    """In a full lattice nothing moves and nothing is born, whatever the rates."""
    lattice = Lattice((12, 12))
    run = Run(World(lattice, [phenotype(division=5.0, motility=500.0)], full(lattice)))
    before = run.cells.column("clone").copy()
    run.step(5.0, 5)
    np.testing.assert_array_equal(run.cells.column("clone"), before)
    assert run.flows["moved"] == run.flows["born"] == run.flows["blocked"] == 0
