"""Run by pvpython: the vessels of an organ in a run's `vessels.pvd`, at each time, line by line and
as tubes, as JSON.

Arguments: .pvd, organ.
"""

import json
import sys

from paraview import servermanager
from paraview.simple import ExtractBlock, ExtractSurface, MergeBlocks, OpenDataFile, Tube


def values(attributes):
    """Name -> numbers of each array that is no text."""
    found = {}
    for index in range(attributes.GetNumberOfArrays()):
        array = attributes.GetArray(index)
        if array is not None and array.GetNumberOfComponents() == 1:
            count = array.GetNumberOfTuples()
            found[array.GetName()] = [array.GetTuple1(k) for k in range(count)]
    return found


def block_named(data, name):
    """The data set of a name below a composite one, as it stands in its file."""
    for index in range(data.GetNumberOfBlocks()):
        if data.GetMetaData(index).Get(data.NAME()) == name:
            return data.GetBlock(index)
    raise SystemExit(f"no block {name}")


def segments(data):
    ends = []
    for index in range(data.GetNumberOfCells()):
        cell = data.GetCell(index)
        assert cell.GetNumberOfPoints() == 2
        ends.append([cell.GetPointId(0), cell.GetPointId(1)])
    return ends


def main(path, organ):
    reader = OpenDataFile(path)
    block = ExtractBlock(Input=reader, Selectors=[f'//*[@label="{organ}"]'])
    merged = MergeBlocks(Input=block, OutputDataSetType="Polygonal Mesh")
    tubes = Tube(Input=ExtractSurface(Input=merged), Scalars=["POINTS", "radius"])
    tubes.VaryRadius, tubes.NumberofSides = "By Absolute Scalar", 12
    frames = []
    for time in reader.TimestepValues:
        merged.UpdatePipeline(time)
        tubes.UpdatePipeline(time)
        pipes = servermanager.Fetch(tubes)
        data = block_named(servermanager.Fetch(reader), organ)
        frames.append(
            {
                "time": time,
                "points": [data.GetPoint(k) for k in range(data.GetNumberOfPoints())],
                "segments": segments(data),
                "point_data": values(data.GetPointData()),
                "cell_data": values(data.GetCellData()),
                "tube_bounds": pipes.GetBounds(),
                "tube_flow": values(pipes.GetCellData())["flow"],
            }
        )
    print(json.dumps(frames))


main(*sys.argv[1:])
