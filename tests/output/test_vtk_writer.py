"""What is written is read back with VTK's own readers."""

import time

import numpy as np
import pytest
from vtkmodules import vtkIOXML
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkDataArray

from hybridmet.errors import WriteError
from hybridmet.output.vtk_grid import Array, Drawing, Image
from hybridmet.output.vtk_writer import write_blocks, write_grid

READERS = {".vti": vtkIOXML.vtkXMLImageDataReader, ".vtp": vtkIOXML.vtkXMLPolyDataReader}


def read(path):
    reader = READERS[path.suffix]()
    reader.SetFileName(str(path))
    reader.Update()
    assert reader.GetErrorCode() == 0
    return reader.GetOutput()


def written(tmp_path, grid):
    path = tmp_path / f"grid{grid.suffix}"
    write_grid(path, grid)
    return read(path)


def cell_at(data, position):
    """The cell of an image that holds a position."""
    index, local = [0, 0, 0], [0.0, 0.0, 0.0]
    assert data.ComputeStructuredCoordinates(position, index, local) == 1
    return data.ComputeCellId(index)


def image(values, unit="mmHg"):
    nz, ny, nx = values.shape
    data = {"oxygen": Array(values.astype(np.float32).ravel(), unit)}
    return Image((nx + 1, ny + 1, nz + 1), (1.0, 2.0, 3.0), 20.0, data)


def test_an_image_keeps_values_axes_geometry_and_unit(tmp_path):
    values = np.arange(24.0).reshape(2, 3, 4)
    data = written(tmp_path, image(values))
    assert data.GetDimensions() == (5, 4, 3)
    assert data.GetOrigin() == (1.0, 2.0, 3.0)
    assert data.GetSpacing() == (20.0, 20.0, 20.0)
    array = data.GetCellData().GetArray("oxygen")
    np.testing.assert_array_equal(vtk_to_numpy(array), np.arange(24.0))
    assert array.GetInformation().Get(vtkDataArray.UNITS_LABEL()) == "mmHg"
    assert cell_at(data, (1 + 3.5 * 20, 2 + 10, 3 + 10)) == 3


def test_a_drawing_keeps_points_cells_strings_and_types(tmp_path):
    grid = Drawing(
        np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [2, 1, 5.0]]),
        vertices=2,
        lines=(np.array([0, 2, 3]), np.array([1, 3])),
        point_data={"name": Array(np.array(["a", "lung", "", "µ"]))},
        cell_data={"state": Array(np.array([0, 1, 2, 255], np.uint8))},
    )
    data = written(tmp_path, grid)
    assert (data.GetNumberOfVerts(), data.GetNumberOfLines()) == (2, 2)
    assert data.GetCell(2).GetNumberOfPoints() == 3
    assert data.GetPoint(3) == (2.0, 1.0, 5.0)
    names = data.GetPointData().GetAbstractArray("name")
    assert [names.GetValue(i) for i in range(4)] == ["a", "lung", "", "µ"]
    state = vtk_to_numpy(data.GetCellData().GetArray("state"))
    assert state.dtype == np.uint8
    np.testing.assert_array_equal(state, [0, 1, 2, 255])


def test_a_drawing_without_anything_opens(tmp_path):
    empty = Drawing(np.empty((0, 3)), point_data={"age": Array(np.empty(0, np.float32), "h")})
    data = written(tmp_path, empty)
    assert (data.GetNumberOfPoints(), data.GetNumberOfCells()) == (0, 0)
    assert data.GetPointData().GetArray("age").GetNumberOfTuples() == 0


def test_segments_as_one_array_equal_segments_as_many(tmp_path):
    points = np.arange(12.0).reshape(4, 3)
    table = np.array([[0, 1], [1, 2], [3, 0]], np.int32)
    assert Drawing(points, lines=table).digest() == Drawing(points, lines=tuple(table)).digest()


def test_files_are_appended_raw_with_64_bit_headers_and_lz4(tmp_path):
    path = tmp_path / "grid.vti"
    write_grid(path, image(np.zeros((4, 4, 4))))
    head = path.read_bytes()[:400].decode("latin1")
    assert 'header_type="UInt64"' in head
    assert 'compressor="vtkLZ4DataCompressor"' in head
    assert b'<AppendedData encoding="raw">' in path.read_bytes()


@pytest.mark.parametrize(
    "change",
    [
        lambda v: image(np.nextafter(v.astype(np.float32), 9)),
        lambda v: image(v, unit="kPa"),
        lambda v: image(v.reshape(2, 4, 3)),
    ],
)
def test_the_digest_sees_every_change(change):
    values = np.ones((2, 3, 4))
    assert image(values).digest() == image(values.copy()).digest()
    assert image(values).digest() != change(values).digest()


def test_a_place_that_cannot_be_written_is_an_error_that_names_it(tmp_path, capfd):
    path = tmp_path / "missing" / "grid.vti"
    with pytest.raises(WriteError, match="missing/grid.vti: could not be written"):
        write_grid(path, image(np.zeros((2, 2, 2))))


def test_blocks_name_their_files_relative_to_themselves(tmp_path):
    (tmp_path / "0000").mkdir()
    (tmp_path / "0001").mkdir()
    write_grid(tmp_path / "0000" / "a.vti", image(np.ones((2, 2, 2))))
    tree = {"lung & co": {"fields": tmp_path / "0000" / "a.vti"}}
    write_blocks(tmp_path / "0001" / "all.vtm", tree)
    reader = vtkIOXML.vtkXMLMultiBlockDataReader()
    reader.SetFileName(str(tmp_path / "0001" / "all.vtm"))
    reader.Update()
    blocks = reader.GetOutput()
    assert blocks.GetMetaData(0).Get(blocks.NAME()) == "lung & co"
    assert blocks.GetBlock(0).GetBlock(0).GetNumberOfCells() == 8


def test_a_large_tissue_is_written_in_a_fifth_of_a_second(tmp_path):
    random = np.random.default_rng(1)
    field = Array(random.random(64**3, dtype=np.float32))
    fields = Image((65,) * 3, (0,) * 3, 20.0, {"oxygen": field, "ecm": field, "mmp2": field})
    age = {"age": Array(random.random(100_000, dtype=np.float32))}
    cells = Drawing(random.random((100_000, 3)), 100_000, point_data=age)
    write_grid(tmp_path / "warm.vti", fields)
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        for grid in (fields, cells):
            grid.digest()
            write_grid(tmp_path / f"grid{grid.suffix}", grid)
        best = min(best, time.perf_counter() - start)
    assert best < 0.2
