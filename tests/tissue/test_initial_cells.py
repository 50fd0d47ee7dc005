"""Initial cells: balls, boxes and CSV files, in the places where PhysiCell would put them."""

import numpy as np
import pytest

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.tissue.cell_file import read_cells
from hybridmet.tissue.cell_shapes import CellBall, CellBox
from hybridmet.tissue.cells import Cells, InitialCells, kind_of

NAMES = ("a", "b")
HALF = {"a": 0.5, "b": 0.5}


def placed(lattice, initial, slots=1) -> Cells:
    cells = Cells(lattice, slots)
    cells.place_initial(initial, NAMES, seed=1, tissue=0)
    return cells


def write(tmp_path, text: str):
    path = tmp_path / "cells.csv"
    path.write_text(text)
    return path


@pytest.mark.parametrize("slots", [1, 4])
def test_a_box_fills_the_sites_between_its_corners(slots):
    box = CellBox(lower=(-20.0, 0.0, -10.0), upper=(20.0, 10.0, 10.0), phenotypes={"b": 1.0})
    initial = InitialCells(radius=None, phenotypes=HALF, boxes=(box,), per_site=slots)
    cells = placed(Lattice((4, 6, 8), 10.0), initial, slots)
    expected = np.zeros((4, 6, 8, slots), bool)
    expected[1:3, 3, 2:6] = True
    np.testing.assert_array_equal(cells.column("kind") > 0, expected)
    assert set(cells.column("kind")[expected]) == {kind_of(1)}


def test_in_2d_the_third_coordinate_is_left_out():
    box = CellBox(lower=(-20.0, -20.0, 500.0), upper=(20.0, 20.0, 600.0))
    cells = placed(Lattice((6, 8), 10.0), InitialCells(radius=None, phenotypes=HALF, boxes=(box,)))
    assert np.count_nonzero(cells.column("kind")) == 16


def test_where_shapes_overlap_the_first_holds():
    initial = InitialCells(
        radius=30.0,
        phenotypes={"a": 1.0},
        balls=(CellBall(30.0, (20.0, 0.0), {"b": 1.0}),),
    )
    kind = placed(Lattice((21, 21), 10.0), initial).column("kind")[..., 0]
    ball = placed(Lattice((21, 21), 10.0), InitialCells(radius=30.0, phenotypes={"a": 1.0}))
    middle = ball.column("kind")[..., 0] > 0
    assert set(kind[middle]) == {kind_of(0)}
    moved = np.roll(middle, 2, axis=1)
    assert set(kind[moved & ~middle]) == {kind_of(1)}
    assert not kind[~moved & ~middle].any()


def test_a_file_places_cells_about_the_middle(tmp_path):
    """Columns by name or by number, as PhysiCell writes either."""
    lattice = Lattice((4, 6, 8), 10.0)
    named = read_cells(write(tmp_path, "x,y,z,type\n-35,25,-15,b\n0,0,0,a\n"), NAMES, lattice, 1)
    plain = read_cells(write(tmp_path, "-35,25,-15,1\n0,0,0,0\n"), NAMES, lattice, 1)
    expected = [np.ravel_multi_index(p, lattice.shape) for p in [(0, 5, 0), (2, 3, 4)]]
    assert (
        named[:, :3].tolist() == plain[:, :3].tolist() == [[expected[0], 1, 1], [expected[1], 0, 1]]
    )
    assert named[:, 3].tolist() == [2, 3] and plain[:, 3].tolist() == [1, 2]


def test_columns_may_stand_in_any_order_and_name_clones(tmp_path):
    text = "// a comment\n\ntype,clone,z,y,x\nb,7,0,0,15\n"
    rows = read_cells(write(tmp_path, text), NAMES, Lattice((4, 4), 10.0), 1)
    assert rows.tolist() == [[2 * 4 + 3, 1, 7, 4]]


def test_cells_of_files_take_the_free_slots_left_by_shapes(tmp_path):
    path = write(tmp_path, "5,5,0,b\n5,5,0,b\n25,5,0,a\n")
    initial = InitialCells(radius=8.0, phenotypes={"a": 1.0}, files=(str(path),))
    cells = Cells(Lattice((6, 6), 10.0), 3)
    assert cells.place_initial(initial, NAMES, seed=1, tissue=0) == 8
    kind = cells.column("kind")
    assert kind[3, 3].tolist() == [kind_of(0), kind_of(1), kind_of(1)]
    assert kind[3, 5].tolist() == [kind_of(0), 0, 0]
    with pytest.raises(ScenarioError, match="other initial cells fill"):
        Cells(Lattice((6, 6), 10.0), 2).place_initial(initial, NAMES, seed=1, tissue=0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x,y,z,type\n0,0,0,a\n0,zero,0,a\n", 'row 3, column y: got "zero", must be a number'),
        ("x,y,z,type\n0,0,nan,a\n", 'row 2, column z: got "nan", must be a number'),
        ("0,0,0,a\n0,0,99,a\n", 'row 2, column z: got "99", must lie in the lattice, -20 to 20'),
        ("x,y,z,type\n0,0,0,c\n", 'row 2, column type: got "c", must be one of a (0), b (1)'),
        ("x,y,z,type\n0,0,0\n", "row 2, column 4: got"),
        ("x,y,z,type,volume\n0,0,0,a,1\n", 'row 1, column 5: got "volume", must be one of x, y'),
        ("x,y,type\n0,0,a\n", "row 1, column z: got"),
        ("0,0,0,a\n1,1,1,a\n", "row 2, column x: got"),
        ("x,y,z,type,clone\n0,0,0,a,0\n", 'row 2, column clone: got "0", must be an integer'),
        ("x,y,z,type\n", "must hold at least one cell"),
    ],
)
def test_a_malformed_file_is_refused_with_row_and_column(tmp_path, text, message):
    path = write(tmp_path, text)
    with pytest.raises(ScenarioError) as error:
        read_cells(path, NAMES, Lattice((4, 4, 4), 10.0), 1)
    assert str(error.value).startswith(str(path)) and message in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ScenarioError, match="none.csv: cannot be read: No such file"):
        read_cells(tmp_path / "none.csv", NAMES, Lattice((4, 4)), 1)
