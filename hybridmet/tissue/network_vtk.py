"""Vessel networks as VTK polydata: nodes are points, segments lines, columns their arrays.

Read: .vtp and legacy .vtk; a line through several points is a chain of segments. The radius is a
cell array `segment_radius`, `radius` or `diameter`, or a point array of the same name, of which a
segment takes the mean of its ends. Written: .vtp, binary, with a point array `radius` for tubes.
`vtkmodules` is imported on first use.
"""

from contextlib import contextmanager
from pathlib import Path

import numpy as np

from hybridmet.errors import ScenarioError, WriteError
from hybridmet.tissue.network_table import (
    BLANK,
    NODE_NUMBERS,
    SEGMENT_NUMBERS,
    Columns,
    NetworkTable,
    line_columns,
)
from hybridmet.tissue.vessels import (
    FLOW_BOUNDARY,
    PRESSURE_BOUNDARY,
    VESSEL_STATES,
    VesselNetwork,
)

SUFFIXES = (".vtp", ".vtk")
UNITS = {
    **{name: unit for name, (_, _, unit) in (NODE_NUMBERS | SEGMENT_NUMBERS).items()},
    "segment_radius": "um",
}


def read_polydata(path: str | Path) -> NetworkTable:
    """Raises ScenarioError naming file and point or cell (from 0, as ParaView counts)."""
    path = Path(path)
    data = _load(path)
    pieces, line = _segments(data)
    first = data.GetNumberOfVerts()
    points = _arrays(data.GetPointData(), 0, data.GetNumberOfPoints())
    cells = _arrays(data.GetCellData(), first, data.GetNumberOfLines())
    cells = {name: values[line] for name, values in cells.items()}
    lines = {name: cells[name] for name in SEGMENT_NUMBERS if name in cells}
    lines["radius"] = _radius(path, points, cells, pieces)
    table = NetworkTable(
        path=str(path),
        points=_points(data),
        segments=pieces.astype(np.int32),
        node_place=lambda k: f"{path}, point {k}",
        segment_place=lambda k: f"{path}, cell {first + line[k]}",
        nodes={name: points[name] for name in NODE_NUMBERS if name in points},
        lines=lines,
    )
    if "state" in cells:
        lines["state"] = _states(table, cells["state"])
    return table


def _load(path: Path):
    """The polydata of a file; VTK's own words about what it cannot read are kept back."""
    from vtkmodules import vtkIOLegacy, vtkIOXML

    try:
        with open(path, "rb") as file:
            file.read(1)
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from None
    xml = path.suffix == ".vtp"
    reader = vtkIOXML.vtkXMLPolyDataReader() if xml else vtkIOLegacy.vtkPolyDataReader()
    if not xml:
        reader.ReadAllScalarsOn()
    reader.SetFileName(str(path))
    with _quiet():
        reader.Update()
    data = reader.GetOutput()
    if reader.GetErrorCode() or data.GetNumberOfPoints() == 0:
        raise ScenarioError(f"{path}: must be a VTK polydata file with points and lines")
    if data.GetNumberOfLines() == 0:
        raise ScenarioError(f"{path}: holds no lines, must hold vessels as lines")
    return data


@contextmanager
def _quiet():
    """VTK prints ten lines where its status says all."""
    from vtkmodules.vtkCommonCore import vtkObject

    before = vtkObject.GetGlobalWarningDisplay()
    vtkObject.SetGlobalWarningDisplay(0)
    try:
        yield
    finally:
        vtkObject.SetGlobalWarningDisplay(before)


def _points(data) -> np.ndarray:
    from vtkmodules.util.numpy_support import vtk_to_numpy

    return vtk_to_numpy(data.GetPoints().GetData()).astype(np.float64)


def _segments(data) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of points that follow each other on a line (m, 2), and the line of each (m,)."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    table = data.GetLines()
    offsets = vtk_to_numpy(table.GetOffsetsArray()).astype(np.int64)
    ends = vtk_to_numpy(table.GetConnectivityArray()).astype(np.int64)
    pairs = np.stack([ends[:-1], ends[1:]], axis=1)
    line = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    inside = line[:-1] == line[1:]
    return pairs[inside], line[:-1][inside]


def _arrays(attributes, first: int, count: int) -> Columns:
    """Arrays of one number a row, by name; text is left out."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    out = {}
    for index in range(attributes.GetNumberOfArrays()):
        array = attributes.GetArray(index)
        if array is not None and array.GetNumberOfComponents() == 1:
            out[array.GetName()] = vtk_to_numpy(array)[first : first + count].astype(np.float64)
    return out


def _radius(path: Path, points: Columns, cells: Columns, pieces: np.ndarray) -> np.ndarray:
    for name, factor in (("segment_radius", 1.0), ("radius", 1.0), ("diameter", 0.5)):
        if name in cells:
            return factor * cells[name]
    for name, factor in (("radius", 1.0), ("diameter", 0.5)):
        if name in points:
            return factor * points[name][pieces].mean(axis=1)
    raise ScenarioError(
        f"{path}: has no radii, must have an array segment_radius, radius or diameter"
    )


def _states(table: NetworkTable, values: np.ndarray) -> np.ndarray:
    wrong = np.flatnonzero(~np.isin(values, np.arange(len(VESSEL_STATES))))
    if len(wrong):
        k = int(wrong[0])
        raise ScenarioError(
            f'{table.segment_place(k)}, column state: got "{values[k]:g}", must be 0 to '
            f"{len(VESSEL_STATES) - 1}: {', '.join(VESSEL_STATES)}"
        )
    return values.astype(np.uint8)


def write_polydata(path: str | Path, network: VesselNetwork) -> None:
    """Write a .vtp with every column, in double precision. Flow and wall shear stress are left
    out where flow was never solved."""
    from vtkmodules import vtkIOXML
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    data, points = vtkPolyData(), vtkPoints()
    points.SetData(numpy_to_vtk(network.nodes, deep=True))
    data.SetPoints(points)
    data.SetLines(_lines(network.segments))
    _attach(data.GetPointData(), _point_arrays(network))
    _attach(data.GetCellData(), _cell_arrays(network))
    writer = vtkIOXML.vtkXMLPolyDataWriter()
    writer.SetFileName(str(path))
    writer.SetInputData(data)
    writer.SetDataModeToAppended()
    writer.EncodeAppendedDataOff()
    with _quiet():
        done = writer.Write()
    if done != 1 or writer.GetErrorCode() != 0:
        raise WriteError(f"{path}: could not be written")


def _lines(segments: np.ndarray):
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import VTK_INT
    from vtkmodules.vtkCommonDataModel import vtkCellArray

    cells = vtkCellArray()
    offsets = np.arange(0, 2 * len(segments) + 1, 2, dtype=np.int32)
    cells.SetData(
        numpy_to_vtk(offsets, deep=True, array_type=VTK_INT),
        numpy_to_vtk(np.ascontiguousarray(segments.ravel()), deep=True, array_type=VTK_INT),
    )
    return cells


def _point_arrays(network: VesselNetwork) -> Columns:
    kind, value = network.boundary, network.boundary_value
    widest = np.zeros(len(network.nodes))
    for end in (0, 1):
        np.maximum.at(widest, network.segments[:, end], network.radius)
    return {
        "radius": widest,
        "boundary_pressure": np.where(kind == PRESSURE_BOUNDARY, value, np.nan),
        "boundary_flow": np.where(kind == FLOW_BOUNDARY, value, np.nan),
    } | {name: getattr(network, name) for name in NODE_NUMBERS if name not in BLANK}


def _cell_arrays(network: VesselNetwork) -> Columns:
    return {"segment_radius": network.radius, "state": network.state} | line_columns(network)


def _attach(attributes, columns: Columns) -> None:
    """Numbers keep their unit in the array's information."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import vtkDataArray

    for name, values in columns.items():
        array = numpy_to_vtk(np.ascontiguousarray(values), deep=True)
        array.SetName(name)
        array.GetInformation().Set(vtkDataArray.UNITS_LABEL(), UNITS.get(name) or "1")
        attributes.AddArray(array)
