"""A picture of a tumour and its vessels at some moments, for ParaView 5.11 or later.

    pvbatch docs/render_vessels.py RUN_DIRECTORY PICTURE.png ORGAN TIME_D [TIME_D ...]

Without a display put `xvfb-run -a -s "-noreset -screen 0 1280x1024x24"` in front. Above: tumour cut
open, proliferating, hypoxic and necrotic cells, with its vessels. Below: vessels as tubes by
radius, coloured by the flow they carry; those that carry none are grey, collapsed ones black.
"""

import sys
from pathlib import Path

from paraview import servermanager, simple

WIDTH, HEIGHT = 700, 650
"""Of one view [pixels]."""
INK, PAPER = [0.12, 0.14, 0.18], [1.0, 1.0, 1.0]
STATES = {
    "proliferating": (0.20, 0.55, 0.30),
    "quiescent": (0.60, 0.75, 0.45),
    "hypoxic": (0.85, 0.50, 0.20),
    "necrotic": (0.30, 0.28, 0.28),
    "dormant": (0.95, 0.80, 0.25),
}
WALL = [0.70, 0.12, 0.14]
BLIND, COLLAPSED = [0.72, 0.72, 0.75], [0.10, 0.10, 0.10]
DIRECTION = (0.55, 0.45, 1.0)


def block(reader, organ, kind, time):
    """Points and lines of one organ as a single data set."""
    found = simple.ExtractBlock(Input=reader, Selectors=[f'/Root/*[@label="{organ}"]/{kind}'])
    found = simple.MergeBlocks(Input=found, OutputDataSetType="Polygonal Mesh")
    found.UpdatePipeline(time)
    return found


def view():
    made = simple.CreateView("RenderView")
    made.ViewSize = [WIDTH, HEIGHT]
    made.UseColorPaletteForBackground = 0
    made.Background = PAPER
    made.OrientationAxesVisibility = 0
    return made


def look(target, bounds):
    """Look at a box from obliquely above."""
    centre = [(bounds[2 * a] + bounds[2 * a + 1]) / 2 for a in range(3)]
    size = max(bounds[2 * a + 1] - bounds[2 * a] for a in range(3))
    norm = sum(c * c for c in DIRECTION) ** 0.5
    target.CameraFocalPoint = centre
    target.CameraPosition = [c + 2.9 * size * d / norm for c, d in zip(centre, DIRECTION)]
    target.CameraViewUp = [0.0, 1.0, 0.0]
    target.CameraViewAngle = 30


def words(target, text, place, size=20):
    shown = simple.Show(simple.Text(Text=text), target)
    shown.WindowLocation = place
    shown.FontSize, shown.Color, shown.Bold = size, INK, 0


def tubes(vessels, target, column, low, high, colour=None, flow=None):
    """Segments whose column lies from low to high as tubes by radius, in one colour or by flow."""
    sized = simple.Calculator(Input=vessels, AttributeType="Cell Data", ResultArrayName="flow_size")
    sized.Function = "abs(flow)"
    chosen = simple.Threshold(Input=sized, Scalars=["CELLS", column])
    chosen.LowerThreshold, chosen.UpperThreshold = low, high
    chosen.UpdatePipeline()
    if chosen.GetDataInformation().GetNumberOfCells() == 0:
        return
    tube = simple.Tube(Input=simple.ExtractSurface(Input=chosen), Scalars=["POINTS", "radius"])
    tube.VaryRadius, tube.NumberofSides = "By Absolute Scalar", 10
    shown = simple.Show(tube, target)
    if colour is not None:
        shown.ColorArrayName = ["POINTS", ""]
        shown.AmbientColor = shown.DiffuseColor = colour
        return
    simple.ColorBy(shown, ("CELLS", "flow_size"))
    table = simple.GetColorTransferFunction("flow_size")
    table.ApplyPreset("Viridis (matplotlib)", True)
    table.RescaleTransferFunction(0.0, flow)


def cells(points, names, target, spacing, cut):
    """Cells of the far half as spheres by state."""
    half = simple.Clip(Input=points, ClipType="Plane")
    half.ClipType.Origin, half.ClipType.Normal = cut, [0.0, 0.0, 1.0]
    for number, name in enumerate(names):
        one = simple.Threshold(Input=half, Scalars=["POINTS", "state"])
        one.LowerThreshold, one.UpperThreshold = number, number
        one.UpdatePipeline()
        if one.GetDataInformation().GetNumberOfPoints() == 0:
            continue
        shown = simple.Show(one, target, "UnstructuredGridRepresentation")
        shown.SetRepresentationType("Point Gaussian")
        shown.ColorArrayName = ["POINTS", ""]
        shown.AmbientColor = shown.DiffuseColor = STATES[name]
        shown.GaussianRadius = 0.62 * spacing
        shown.ShaderPreset = "Sphere"


def names_of(points):
    array = servermanager.Fetch(points).GetFieldData().GetAbstractArray("state_names")
    return [array.GetValue(i) for i in range(array.GetNumberOfValues())]


def largest_flow(vessels):
    array = servermanager.Fetch(vessels).GetCellData().GetArray("flow")
    low, high = array.GetRange()
    return max(abs(low), abs(high), 1e-9)


def main(directory, picture, organ, *days):
    simple._DisableFirstRenderCameraReset()
    reader = simple.OpenDataFile(str(Path(directory) / "vtk" / "patient.pvd"))
    fields = simple.OpenDataFile(str(Path(directory) / "vtk" / "fields.pvd"))
    times = [min(reader.TimestepValues, key=lambda t: abs(t - 24.0 * float(d))) for d in days]
    columns = [column(reader, fields, organ, time) for time in times]
    layout, size = arrange(columns), [WIDTH * len(columns), 2 * HEIGHT]
    layout.SetSize(*size)
    simple.SaveScreenshot(str(picture), layout, ImageResolution=size)


def arrange(columns):
    """Moments side by side, the two views of each one above the other."""
    layout = simple.CreateLayout("vessels")
    layout.AssignView(0, columns[0][0])
    for number, (left, right) in enumerate(zip(columns, columns[1:])):
        share = 1.0 / (len(columns) - number)
        layout.AssignView(layout.SplitViewHorizontal(left[0], share) + 1, right[0])
    for above, below in columns:
        layout.AssignView(layout.SplitViewVertical(above, 0.5) + 1, below)
    return layout


def column(reader, fields, organ, time):
    """Two views of one moment."""
    points, vessels = (block(reader, organ, kind, time) for kind in ("cells", "vessels"))
    # Frozen, or all views would show the time that is set last.
    points, vessels = frozen(points), frozen(vessels)
    fields.UpdatePipeline(time)
    lattice = servermanager.Fetch(
        simple.ExtractBlock(Input=fields, Selectors=[f'/Root/*[@label="{organ}"]'])
    )
    iterator = lattice.NewIterator()
    iterator.InitTraversal()
    grid = iterator.GetCurrentDataObject()
    bounds, spacing = grid.GetBounds(), grid.GetSpacing()[0]
    middle = [(bounds[2 * a] + bounds[2 * a + 1]) / 2 for a in range(3)]
    above, below = view(), view()
    cells(points, names_of(points), above, spacing, middle)
    tubes(vessels, above, "state", 0, 9, WALL)
    tubes(vessels, below, "perfused", 1, 1, flow=largest_flow(vessels))
    tubes(vessels, below, "perfused", 0, 0, BLIND)
    tubes(vessels, below, "state", 3, 3, COLLAPSED)
    bar = simple.GetScalarBar(simple.GetColorTransferFunction("flow_size"), below)
    bar.Title, bar.ComponentTitle, bar.Orientation = "flow [nL/min]", "", "Horizontal"
    bar.WindowLocation, bar.Position, bar.ScalarBarLength = "Any Location", [0.28, 0.03], 0.45
    bar.TitleColor = bar.LabelColor = INK
    bar.TitleFontSize = bar.LabelFontSize = 15
    bar.AutomaticLabelFormat, bar.LabelFormat, bar.RangeLabelFormat = 0, "%.2g", "%.2g"
    bar.Visibility = 1
    for one in (above, below):
        look(one, bounds)
    words(above, f"day {time / 24:g}", "Upper Left Corner", 26)
    return above, below


def frozen(source):
    """A copy of the data as they are now."""
    made = simple.TrivialProducer()
    made.GetClientSideObject().SetOutput(servermanager.Fetch(source))
    made.UpdatePipeline()
    return made


if __name__ == "__main__":
    main(*sys.argv[1:])
