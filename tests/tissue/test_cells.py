"""The columns of cells, initial cells, and what the bridge refuses."""

import numpy as np
import pytest

from hybridmet import tables
from hybridmet._core.cells import LEAVER
from hybridmet.errors import KernelError, ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.tissue.cells import DEBRIS, DORMANT, Cells, InitialCells, kind_of
from hybridmet.tissue.founders import Founder, Founders
from tests.tissue.worlds import Run, World, full, phenotype


@pytest.mark.parametrize("shape", [(7, 9), (5, 7, 9)])
def test_padded_index_finds_the_site_and_slot(shape):
    cells = Cells(Lattice(shape), slots=3)
    sites, slots = np.array([0, 11, 60]), np.array([0, 2, 1])
    cells.put(sites, slots, kind_of(1), 5, 6, 7.0)
    flat = cells.columns["kind"].reshape(-1)
    np.testing.assert_array_equal(np.flatnonzero(flat), cells.padded_index(sites, slots))
    for got, given in zip(cells.occupied(), (sites, slots), strict=True):
        np.testing.assert_array_equal(got, given)


def test_a_cell_is_not_placed_on_another():
    cells = Cells(Lattice((5, 5)))
    cells.put(np.array([3]), np.array([0]), kind_of(0), 1, 0, 0.0)
    with pytest.raises(AssertionError, match="placed on another"):
        cells.put(np.array([3]), np.array([0]), kind_of(0), 1, 0, 0.0)


@pytest.mark.parametrize(
    ("shape", "volume"), [((101, 101), np.pi * 20**2), ((61, 61, 61), 4 / 3 * np.pi * 20**3)]
)
def test_the_ball_has_the_volume_phenotypes_and_clones_asked_for(shape, volume):
    cells = Cells(Lattice(shape, 10.0))
    initial = InitialCells(radius=200.0, phenotypes={"b": 0.25, "a": 0.75}, clones=4)
    assert cells.place_initial(initial, ("a", "b"), seed=3, tissue=0) == initial.clones
    n = len(cells.occupied()[0])
    kind = cells.column("kind")
    assert n == np.count_nonzero(kind) == pytest.approx(volume, rel=0.02)
    share = np.count_nonzero(kind == kind_of(1)) / n
    assert abs(share - 0.25) <= 3 * np.sqrt(0.25 * 0.75 / n)
    counts = np.bincount(cells.column("clone")[kind > 0])
    assert counts[0] == 0 and len(counts) == 5 and counts[1:].min() > 0.15 * n
    np.testing.assert_array_equal(kind, np.flip(kind != 0) * kind)  # symmetric about the middle


def test_fractions_of_phenotypes_must_sum_to_one():
    with pytest.raises(ScenarioError, match="whose sum is 1, not 0.9"):
        InitialCells(phenotypes={"a": 0.4, "b": 0.5})


def test_the_table_lists_all_cells_in_order_with_their_state():
    lattice = Lattice((3, 3))
    occupants = full(lattice, kind_of(0))
    occupants |= {(0, 0): kind_of(1, DEBRIS), (8, 0): kind_of(1, DORMANT)}
    del occupants[1, 0]
    run = Run(World(lattice, [phenotype(), phenotype()], occupants))
    table = run.cells.table(5.0, lambda index: run.kernel.states(None, 0.0, index))
    assert table.dtype == tables.CELL
    assert table["site"].tolist() == [0, 2, 3, 4, 5, 6, 7, 8]
    assert [tables.STATES[s] for s in table["state"]] == [
        "necrotic", "proliferating", "quiescent", "proliferating", "quiescent", "quiescent",
        "quiescent", "dormant",
    ]  # fmt: skip
    assert table["age"].tolist() == [5.0] * 8


def test_hypoxia_and_crowding_decide_the_state():
    lattice = Lattice((1, 5))
    oxygen = lattice.padded(0.0)
    lattice.interior(oxygen)[...] = [[1.0, 7.9, 8.0, 9.0, 9.0]]
    run = Run(World(lattice, [phenotype()], {(s, 0): kind_of(0) for s in range(4)}))
    counts = run.kernel.count(oxygen, 8.0, 1)[0]
    assert counts.tolist() == [1, 1, 2, 0, 0]  # one has room, one has not, two lack oxygen


def test_a_count_sees_cells_placed_across_a_periodic_side():
    lattice = Lattice((1, 3), boundary="periodic")
    run = Run(World(lattice, [phenotype()], {(0, 0): kind_of(0), (1, 0): kind_of(0)}))
    assert run.kernel.count(None, 0.0, 1)[0, :2].tolist() == [2, 0]
    run.cells.put(np.array([2]), np.array([0]), kind_of(0), 1, 0, 0.0)
    assert run.kernel.count(None, 0.0, 1)[0, :2].tolist() == [0, 3]


def test_founders_are_counted_over_the_living():
    founders = Founders()
    for ctc in (9, 2, 5):
        founders.add(Founder(ctc, clone=1, phenotype=0, parent=0, arrival=0.0, site=0))
    assert founders.serials().tolist() == [2, 5, 9]
    founders.census(np.array([1, 2, 0]), time=4.0)
    founders.census(np.array([3, 0, 0]), time=8.0)
    assert [row.ctc for row in founders.colonies()] == [2, 5]
    assert [row.first_division for row in founders.rows] == [8.0, 4.0, None]
    assert [row.cells for row in founders.rows] == [3, 0, 0]


def small_run(**changes) -> Run:
    lattice = Lattice((4, 4))
    world = World(lattice, [phenotype(death=0.1)], full(lattice), walls={3: (1.0, 0.0)})
    for name, value in changes.items():
        setattr(world, name, value)
    return Run(world)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"slots": 9}, "slots: got 9, must be 1 to 8"),
        ({"phenotypes": []}, "phenotypes: got 0, must be 1 to 16"),
        ({"phenotypes": [phenotype()] * 17}, "phenotypes: got 17"),
        ({"phenotypes": [phenotype(transitions=[1.0] * 2)]}, "transitions: got 2 entries"),
        ({"phenotypes": [phenotype(taxis=[(0, 1.0)] * 5)]}, "taxis: got 5 entries"),
        ({"phenotypes": [phenotype(taxis=[(0, 1.0)])]}, "got field 0"),
        ({"fields": [np.zeros((4, 4))] * 17}, "fields: got 17, must be at most 16"),
    ],
)  # fmt: skip
def test_the_bridge_refuses_what_does_not_fit_the_tables(changes, message):
    with pytest.raises(ValueError, match=message):
        small_run(**changes)


def test_the_bridge_refuses_vessel_sites_that_are_not_those_of_the_mask():
    world = World(Lattice((4, 4)), [phenotype()], walls={3: (1.0, 0.0), 7: (1.0, 0.0)})
    good = world.vessels()
    for sites in (good["sites"][::-1].copy(), good["sites"] + 1):
        world.vessels = lambda sites=sites: good | {"sites": sites}
        with pytest.raises(ValueError, match="sites must be those of the mask"):
            Run(world)


def test_the_bridge_refuses_a_foreign_table_of_leavers():
    run = small_run()
    with pytest.raises(TypeError, match="leavers: got dtype float64"):
        run.kernel.step(0, 0, 1, 0.0, 1.0, 1, np.zeros(10), 0)
    with pytest.raises(ValueError, match="n_leavers: got 3, must be 0 to 2"):
        run.kernel.step(0, 0, 1, 0.0, 1.0, 1, np.zeros(2, dtype=LEAVER), 3)


def test_an_unknown_byte_stops_the_step_before_anything_happens():
    run = small_run()
    run.cells.column("kind")[2, 2, 0] = kind_of(1)
    before = run.cells.column("kind").copy()
    with pytest.raises(KernelError, match="cells.step"):
        run.step(1.0, 1)
    np.testing.assert_array_equal(run.cells.column("kind"), before)


def test_states_are_told_of_cells_only():
    run = small_run(occupants={(5, 0): kind_of(0)})
    where = run.cells.padded_index(np.array([5]), np.array([0]))
    assert run.kernel.states(None, 0.0, where).tolist() == [tables.PROLIFERATING]
    for wrong in (where + 1, where - 10_000, where * 0):
        with pytest.raises(KernelError, match="cells.states"):
            run.kernel.states(None, 0.0, wrong)


def test_replaced_vessels_are_those_that_cells_meet():
    """As if they had been there from the beginning; the arrays may be gone by then."""
    lattice = Lattice((12, 12))
    before, after = {3: (50.0, 0.0)}, {17: (0.0, 90.0), 40: (30.0, 5.0), 77: (20.0, 0.0)}

    def run_with(walls) -> Run:
        cell = phenotype(intravasation=0.01, shedding=0.02)
        return Run(World(lattice, [cell], full(lattice), walls=walls))

    run, wanted = run_with(before), run_with(after)
    run.kernel.replace_vessels(wanted.world.vessels())
    for each in (run, wanted):
        each.step(2.0, 10)
    assert len(run.leavers) > 0 and run.state() == wanted.state()
    with pytest.raises(ValueError, match="sites must be those of the mask"):
        run.kernel.replace_vessels(wanted.world.vessels() | {"sites": np.array([1])})
