"""Write grids as VTK XML: appended raw, UInt64 headers, LZ4; ParaView 5.11 and later open them.

`vtkmodules` is imported on first use: it takes longer than the rest of hybridmet.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np

from hybridmet.errors import WriteError
from hybridmet.output.atomic import replacing, write_text
from hybridmet.output.vtk_grid import Array, Columns, Drawing, Image


def write_grid(path: Path, grid: Image | Drawing) -> None:
    """Write an image (.vti) or a drawing (.vtp); replaces the file at once."""
    from vtkmodules import vtkIOXML

    if isinstance(grid, Image):
        _write(vtkIOXML.vtkXMLImageDataWriter(), _image(grid), path)
    else:
        _write(vtkIOXML.vtkXMLPolyDataWriter(), _drawing(grid), path)


def write_blocks(path: Path, tree: Mapping[str, Any]) -> None:
    """Write a multi-block file (.vtm): nested names, each leaf the path of a data file."""
    lines = _block_lines(tree, path.parent, indent="    ")
    write_text(path, _document("vtkMultiBlockDataSet", lines))


def write_series(path: Path, entries: Iterable[tuple[float, Path]]) -> None:
    """Write a time series (.pvd): pairs of time [h] and data file."""
    lines = [
        f"    <DataSet timestep={quoteattr(repr(float(time)))} part=\"0\""
        f" file={quoteattr(_relative(file, path.parent))}/>"
        for time, file in entries
    ]
    write_text(path, _document("Collection", lines))


def _document(kind: str, lines: Iterable[str]) -> str:
    return "\n".join(
        [
            '<?xml version="1.0"?>',
            f'<VTKFile type="{kind}" version="1.0" byte_order="LittleEndian">',
            f"  <{kind}>",
            *lines,
            f"  </{kind}>",
            "</VTKFile>",
            "",
        ]
    )


def _block_lines(tree: Mapping[str, Any], folder: Path, indent: str) -> list[str]:
    lines = []
    for index, (name, item) in enumerate(tree.items()):
        label = f'index="{index}" name={quoteattr(name)}'
        if isinstance(item, Mapping):
            inner = _block_lines(item, folder, indent + "  ")
            lines += [f"{indent}<Block {label}>", *inner, f"{indent}</Block>"]
        else:
            file = quoteattr(_relative(item, folder))
            lines.append(f"{indent}<DataSet {label} file={file}/>")
    return lines


def _relative(file: Path, folder: Path) -> str:
    return Path(os.path.relpath(file, folder)).as_posix()


def _write(writer, data, path: Path) -> None:
    """Run a VTK XML writer; VTK reports a full disk as a status, not as an exception."""
    writer.SetInputData(data)
    writer.SetDataModeToAppended()
    writer.EncodeAppendedDataOff()
    writer.SetHeaderTypeToUInt64()
    writer.SetCompressorTypeToLZ4()
    writer.GlobalWarningDisplayOff()  # the status says it; VTK would print ten lines
    with replacing(path) as draft:
        writer.SetFileName(str(draft))
        if writer.Write() != 1 or writer.GetErrorCode() != 0:
            raise WriteError(f"{path}: could not be written; is the disk full?")


def _image(grid: Image):
    from vtkmodules.vtkCommonDataModel import vtkImageData

    data = vtkImageData()
    data.SetDimensions(*grid.dimensions)
    data.SetOrigin(*grid.origin)
    data.SetSpacing(grid.spacing, grid.spacing, grid.spacing)
    _attach(data.GetCellData(), grid.cell_data)
    _attach(data.GetFieldData(), grid.field_data)
    return data


def _drawing(grid: Drawing):
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    data = vtkPolyData()
    points = vtkPoints()
    points.SetData(_vtk_array(Array(grid.points.astype(np.float32).reshape(-1, 3))))
    data.SetPoints(points)
    single = np.arange(grid.vertices + 1, dtype=np.int32)
    data.SetVerts(_cells(single, single[:-1]))
    data.SetLines(_cells(*grid.line_table()))
    _attach(data.GetPointData(), grid.point_data)
    _attach(data.GetCellData(), grid.cell_data)
    _attach(data.GetFieldData(), grid.field_data)
    return data


def _cells(offsets: np.ndarray, connectivity: np.ndarray):
    """VTK cells with 32-bit indices: half the bytes, read by every version."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import VTK_INT
    from vtkmodules.vtkCommonDataModel import vtkCellArray

    cells = vtkCellArray()
    cells.SetData(
        numpy_to_vtk(offsets, deep=True, array_type=VTK_INT),
        numpy_to_vtk(connectivity, deep=True, array_type=VTK_INT),
    )
    return cells


def _attach(attributes, columns: Columns) -> None:
    for name, column in columns.items():
        array = _vtk_array(column)
        array.SetName(name)
        attributes.AddArray(array)


def _vtk_array(column: Array):
    """Numbers keep their unit in the array's information; strings have none."""
    values = np.asarray(column.values)
    if values.dtype.kind == "U":
        return _string_array(values)
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonCore import vtkDataArray

    array = numpy_to_vtk(np.ascontiguousarray(values), deep=True)
    array.GetInformation().Set(vtkDataArray.UNITS_LABEL(), column.unit)
    return array


def _string_array(values: np.ndarray):
    from vtkmodules.vtkCommonCore import vtkStringArray

    array = vtkStringArray()
    array.SetNumberOfValues(len(values))
    for index, value in enumerate(values):
        array.SetValue(index, str(value))
    return array
