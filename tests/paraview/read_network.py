"""Run by pvpython: what ParaView finds in a file, as tubes too, as JSON."""

import json
import sys

from paraview import servermanager
from paraview.simple import OpenDataFile, Tube

reader = OpenDataFile(sys.argv[1])
data = servermanager.Fetch(reader)
tubes = Tube(Input=reader)
tubes.Scalars = ["POINTS", "radius"]
tubes.VaryRadius = "By Absolute Scalar"
pipes = servermanager.Fetch(tubes)
cells = data.GetCellData()
found = {
    "lines": data.GetNumberOfLines(),
    "points": data.GetNumberOfPoints(),
    "tubes": pipes.GetNumberOfCells(),
    "cell_arrays": {
        cells.GetArrayName(k): cells.GetArray(k).GetRange()
        for k in range(cells.GetNumberOfArrays())
    },
}
print(json.dumps(found))
