"""One picture of a run for ParaView 5.11 or later: the body, the primary, its metastases.

    pvbatch docs/render_patient.py RUN_DIRECTORY PICTURE.png [TIME_H]

Without a display put `xvfb-run -a -s "-noreset -screen 0 1280x1024x24"` in front. The last output
time is drawn unless one is given.
"""

import sys
from pathlib import Path

from paraview import servermanager, simple

SIZE = [2000, 1300]
BODY_WIDTH = 0.4
"""Share of the picture that the body takes."""
ABOVE = 0.57
"""Share of the height that the upper row takes."""
PANELS = 3
"""Metastases shown, those with most cells."""
INK, PAPER, GREY = [0.12, 0.14, 0.18], [1.0, 1.0, 1.0], [0.62, 0.65, 0.70]
VESSEL = [0.75, 0.18, 0.16]
PALE, DEEP = [0.80, 0.85, 0.90], [0.02, 0.30, 0.65]
"""Few and many arrested CTCs."""
COLOURS = [
    (0.20, 0.47, 0.72),
    (0.90, 0.45, 0.10),
    (0.30, 0.62, 0.30),
    (0.55, 0.35, 0.65),
    (0.85, 0.35, 0.60),
    (0.45, 0.35, 0.25),
]
"""Of phenotypes, in their order."""
SPECIAL = {"necrotic": (0.25, 0.25, 0.25), "dormant": (0.95, 0.80, 0.25)}
"""States that matter more than the phenotype, and their colours."""
OBLIQUE = (0.45, 0.35, 1.0)
"""Direction from which organs are seen."""
DECADES = 3
"""Orders of magnitude of CTC concentration that have a colour of their own."""


class Run:
    """What there is to draw: blocks of patient.pvd at one time."""

    def __init__(self, directory, time=None):
        self.reader = simple.OpenDataFile(str(Path(directory) / "vtk" / "patient.pvd"))
        times = list(self.reader.TimestepValues) or [0.0]
        self.time = times[-1] if time is None else min(times, key=lambda each: abs(each - time))
        scene = simple.GetAnimationScene()
        scene.UpdateAnimationUsingDataTimeSteps()
        scene.AnimationTime = self.time
        self.reader.UpdatePipeline(self.time)
        self.data = servermanager.Fetch(self.reader)
        lattices = simple.OpenDataFile(str(Path(directory) / "vtk" / "fields.pvd"))
        lattices.UpdatePipeline(self.time)
        self.lattices = servermanager.Fetch(lattices)  # whole, where patient.pvd has slices
        count = self.data.GetNumberOfBlocks()
        names = [self.data.GetMetaData(i).Get(self.data.NAME()) for i in range(count)]
        self.organs = names[1:]  # the first block is the body
        cells = self.data.GetBlock(1).GetBlock(1).GetFieldData() if self.organs else None
        self.phenotypes = strings(cells, "phenotype_names") if cells else []
        self.states = strings(cells, "state_names") if cells else []
        body = self.data.GetBlock(0).GetBlock(0)
        self.scale = body.GetFieldData().GetArray("body_scale").GetValue(0)

    def extract(self, organ, kind):
        """A source with one block; found by label, as ParaView drops dots from node names."""
        selector = f'/Root/*[@label="{organ}"]/{kind}'
        found = simple.ExtractBlock(Input=self.reader, Selectors=[selector])
        found.UpdatePipeline(self.time)
        return found

    def drawing(self, organ, kind):
        """A block of points and lines as a single data set."""
        found = self.extract(organ, kind)
        found = simple.MergeBlocks(Input=found, OutputDataSetType="Polygonal Mesh")
        found.UpdatePipeline(self.time)
        return found

    def blocks_of(self, organ):
        """The fetched blocks of an organ: fields, cells, vessels."""
        return self.data.GetBlock(1 + self.organs.index(organ))

    def number_of_cells(self, organ):
        """Living cells: debris has a point, too."""
        state = self.blocks_of(organ).GetBlock(1).GetPointData().GetArray("state")
        dead = self.states.index("necrotic")
        return sum(state.GetValue(i) != dead for i in range(state.GetNumberOfTuples()))

    def bounds(self, organ):
        return self.lattice(organ).GetBounds()

    def lattice(self, organ):
        """The fetched fields of an organ, on its whole lattice."""
        return self.lattices.GetBlock(self.organs.index(organ))

    def unit(self, organ, field):
        array = self.lattice(organ).GetCellData().GetArray(field)
        return array.GetInformation().Get(array.UNITS_LABEL())

    def arrested(self, organ):
        """CTCs arrested in the organ's bed: the bed that its lattice stands at, seen in front."""
        body = self.data.GetBlock(0).GetBlock(0)
        x, y, _ = middle(self.bounds(organ))
        is_bed = body.GetPointData().GetArray("capillary_bed")
        beds = [point for point in range(body.GetNumberOfPoints()) if is_bed.GetValue(point)]
        places = {bed: body.GetPoint(bed) for bed in beds}
        nearest = min(beds, key=lambda bed: max(abs(places[bed][0] - x), abs(places[bed][1] - y)))
        return body.GetPointData().GetArray("ctc_arrested").GetValue(nearest)

    def spacing(self, organ):
        return self.lattice(organ).GetSpacing()[0]


def strings(attributes, name):
    array = attributes.GetAbstractArray(name)
    return [array.GetValue(index) for index in range(array.GetNumberOfValues())]


def panel(title):
    """An empty view with a title."""
    view = simple.CreateView("RenderView")
    view.UseColorPaletteForBackground = 0
    view.Background = PAPER
    view.OrientationAxesVisibility = 0
    write(view, title, "Upper Left Corner")
    return view


def write(view, text, where):
    shown = simple.Show(simple.Text(Text=text), view)
    shown.WindowLocation, shown.Justification = where, "Left"
    shown.FontSize, shown.Color, shown.Bold = 17, INK, 1
    shown.BackgroundColor = [*PAPER, 0.8]


def show(source, view, colour=None, opacity=1.0, kind="Surface"):
    """Show a source in one colour."""
    shown = simple.Show(source, view)
    shown.SetRepresentationType(kind)
    shown.ColorArrayName = ["POINTS", ""]
    shown.AmbientColor = shown.DiffuseColor = colour or INK
    shown.Opacity = opacity
    return shown


def colour_bar(view, lut, title, at, length=0.3, orientation="Horizontal"):
    bar = simple.GetScalarBar(lut, view)
    bar.Title, bar.ComponentTitle, bar.Orientation = title, "", orientation
    bar.WindowLocation, bar.Position, bar.ScalarBarLength = "Any Location", at, length
    bar.TitleColor = bar.LabelColor = INK
    bar.TitleFontSize, bar.LabelFontSize, bar.TitleBold, bar.LabelBold = 14, 13, 1, 1
    bar.AutomaticLabelFormat, bar.LabelFormat, bar.RangeLabelFormat = 0, "%.3g", "%.2g"
    bar.AddRangeLabels = int(not lut.UseLogScale)
    bar.ScalarBarThickness, bar.Visibility = 18, 1


def draw_body(run):
    """The figure, its vessels by free CTCs, and the organs' lattices by arrested ones."""
    view = panel("circulation")
    outline = simple.Tube(Input=run.drawing("body", "outline"), Radius=0.25 * run.scale)
    show(outline, view, GREY)
    blood = run.drawing("body", "circulation")
    dots = large_vessels(blood, 2.6 * run.scale)
    for source in (simple.Tube(Input=blood, Radius=0.4 * run.scale), dots):
        shown = simple.Show(source, view)
        simple.ColorBy(shown, ("POINTS", "ctc_concentration"))
    lut = concentration_colours(blood)
    colour_bar(view, lut, "free CTCs per mL", [0.03, 0.08], 0.22, "Vertical")
    arrested = arrested_colours(blood)
    for organ in run.organs:
        draw_lattice(run, organ, view)
        draw_cells(run, organ, view, shape="Plain circle")
        label(run, organ, view)
    colour_bar(view, arrested, "arrested CTCs", [0.82, 0.21], 0.15, "Vertical")
    colour_bar(view, cell_colours(cell_classes(run)), "", [0.91, 0.02], 0.14, "Vertical")
    look(view, run.data.GetBlock(0).GetBlock(1).GetBounds(), (0.10, 0.03, 1.0), 0.54)
    return view


def concentration_colours(blood):
    """A logarithmic scale below the largest concentration; nothing in the blood has none."""
    largest = blood.PointData["ctc_concentration"].GetRange()[1] or 1.0
    lut = simple.GetColorTransferFunction("ctc_concentration")
    lut.ApplyPreset("Inferno (matplotlib)", True)
    lut.InvertTransferFunction()
    lut.RescaleTransferFunction(largest / 10**DECADES, largest)
    lut.MapControlPointsToLogSpace()
    lut.UseLogScale = 1
    return lut


def large_vessels(blood, size):
    """A ball for each compartment that is no capillary bed; bends of vessels hold no volume."""
    mixing = simple.Calculator(Input=blood, ResultArrayName="mixing")
    mixing.Function = "volume * (1 - capillary_bed)"
    chosen = simple.Threshold(Input=mixing, Scalars=["POINTS", "mixing"])
    chosen.ThresholdMethod, chosen.UpperThreshold = "Above Upper Threshold", 1e-9
    balls = simple.Glyph(Input=chosen, GlyphType="Sphere", ScaleFactor=size)
    balls.GlyphMode, balls.ScaleArray = "All Points", ["POINTS", "No scale array"]
    return balls


def arrested_colours(blood):
    """A logarithmic scale of cell numbers, from one cell."""
    largest = max(10.0, blood.PointData["ctc_arrested"].GetRange()[1])
    lut = simple.GetColorTransferFunction("arrested")
    lut.RGBPoints = [1.0, *PALE, largest, *DEEP]
    lut.UseLogScale = 1
    return lut


def draw_lattice(run, organ, view):
    """The edges of a lattice, coloured by the CTCs arrested in its capillary bed."""
    edges = simple.Calculator(Input=box(run.bounds(organ)), ResultArrayName="arrested_here")
    edges.Function = str(run.arrested(organ))
    shown = simple.Show(edges, view)
    shown.SetRepresentationType("Wireframe")
    shown.LineWidth = 4
    # Not by ColorBy, which would fit the colours to the range of one organ.
    shown.ColorArrayName = ["POINTS", "arrested_here"]
    shown.LookupTable = simple.GetColorTransferFunction("arrested")


def box(bounds):
    low, high = bounds[::2], bounds[1::2]
    centre = [(a + b) / 2 for a, b in zip(low, high)]
    return simple.Box(
        Center=centre,
        XLength=high[0] - low[0],
        YLength=high[1] - low[1],
        ZLength=high[2] - low[2],
    )


def label(run, organ, view):
    """The organ's name above its first lattice, one word a line."""
    if "." in organ:
        return
    bounds, size, words = run.bounds(organ), 2.0 * run.scale, organ.split("_")
    text = simple.Transform(Input=simple.a3DText(Text="\n".join(words)))
    text.Transform.Scale = [size] * 3
    height = bounds[3] + (0.4 + 1.2 * (len(words) - 1)) * size
    text.Transform.Translate = [bounds[0], height, bounds[5]]
    show(text, view)


def draw_cells(run, organ, view, cut=None, shape="Sphere"):
    """Cells as balls, coloured by phenotype, dormant and necrotic ones apart.

    cut: position of a plane; cells between it and the viewer are left out.
    """
    if run.number_of_cells(organ) == 0:
        return
    classes = cell_classes(run)
    formula = "phenotype"
    for name in SPECIAL:
        formula = f"if(state == {run.states.index(name)}, {classes.index(name)}, {formula})"
    cells = simple.Calculator(Input=run.drawing(organ, "cells"), Function=formula)
    cells.ResultArrayName = "cell"
    shown = simple.Show(cells if cut is None else behind(cells, cut), view)
    shown.SetRepresentationType("Point Gaussian")
    shown.GaussianRadius, shown.ShaderPreset = 0.5 * run.spacing(organ), shape
    simple.ColorBy(shown, ("POINTS", "cell"))
    cell_colours(classes)


def cell_classes(run):
    return [*run.phenotypes, *SPECIAL]


def cell_colours(classes):
    lut = simple.GetColorTransferFunction("cell")
    lut.InterpretValuesAsCategories = 1
    lut.AnnotationsInitialized = 1
    lut.Annotations = [text for i, name in enumerate(classes) for text in (str(i), name)]
    colours = [SPECIAL.get(name, COLOURS[i % len(COLOURS)]) for i, name in enumerate(classes)]
    lut.IndexedColors = [channel for colour in colours for channel in colour]
    return lut


def behind(source, origin):
    """What lies beyond an upright plane that faces the viewer."""
    clip = simple.Clip(Input=source)
    clip.ClipType.Origin, clip.ClipType.Normal = origin, [0.45, 0.0, 1.0]
    return clip


def draw_vessels(run, organ, view, opacity=1.0, cut=None):
    """Vessels as tubes of their radius."""
    vessels = run.drawing(organ, "vessels")
    tubes = simple.Tube(Input=vessels, Scalars=["POINTS", "radius"])
    tubes.VaryRadius = "By Absolute Scalar"
    show(tubes if cut is None else behind(tubes, cut), view, VESSEL, opacity)


def draw_organ(run, organ, title, cut=None):
    """Cells and vessels of an organ in its lattice; what lies before the cut is left out."""
    view = panel(f"{title}: {run.number_of_cells(organ):,} cells")
    show(box(run.bounds(organ)), view, GREY, kind="Wireframe")
    draw_vessels(run, organ, view, 0.35 if cut is None else 1.0, cut)
    draw_cells(run, organ, view, cut)
    look_at_organ(view, run.bounds(organ))
    return view


def middle(bounds):
    return [(bounds[i] + bounds[i + 1]) / 2 for i in (0, 2, 4)]


def draw_field(run, organ, field="oxygen"):
    """A field on a cut through the middle of an organ, with the vessels around it."""
    view = panel(f"{field} in the {organ}")
    bounds = run.bounds(organ)
    show(box(bounds), view, GREY, kind="Wireframe")
    cut = run.extract(organ, "fields")
    shown = simple.Show(cut, view)
    shown.SetRepresentationType("Surface")
    simple.ColorBy(shown, ("CELLS", field))
    lut = simple.GetColorTransferFunction(field)
    lut.ApplyPreset("Viridis (matplotlib)", True)
    shown.RescaleTransferFunctionToDataRange(False, True)
    draw_vessels(run, organ, view, 0.35)
    colour_bar(view, lut, f"{field} [{run.unit(organ, field)}]", [0.25, 0.02], 0.5)
    look_at_organ(view, bounds)
    return view


def flat(bounds):
    """Whether a lattice is two-dimensional."""
    return bounds[5] == bounds[4]


def look_at_organ(view, bounds):
    if flat(bounds):
        look(view, bounds, (0.0, 0.0, 1.0), 0.6)
    else:
        look(view, bounds, OBLIQUE, 0.74)


def look(view, bounds, direction, reach):
    """Look at a box from a direction; reach: half of the view's height in edges of the box."""
    edge = max(bounds[i + 1] - bounds[i] for i in (0, 2, 4))
    length = sum(part * part for part in direction) ** 0.5
    focus = middle(bounds)
    view.CameraFocalPoint = focus
    view.CameraPosition = [m + 4.0 * edge * d / length for m, d in zip(focus, direction)]
    view.CameraViewUp = [0, 1, 0]
    view.CameraParallelProjection = 1
    view.CameraParallelScale = reach * edge


def arrange(body, above, below):
    """The body on the left; two rows of panels on the right, narrow ones showing less high."""
    layout = simple.CreateLayout("patient")
    layout.SetSize(*SIZE)
    layout.AssignView(0, body)
    rows = [row for row in (above, below) if row]
    place(layout, rows[0][0], layout.SplitViewHorizontal(body, BODY_WIDTH))
    for row in rows[1:]:
        place(layout, row[0], layout.SplitViewVertical(rows[0][0], ABOVE))
    for row in rows:
        share = 1.0 if len(rows) == 1 else ABOVE if row is above else 1.0 - ABOVE
        width, height = SIZE[0] * (1 - BODY_WIDTH) / len(row), SIZE[1] * share
        for view in row:
            view.CameraParallelScale *= max(1.0, height / width)
        for number, (left, view) in enumerate(zip(row, row[1:])):
            place(layout, view, layout.SplitViewHorizontal(left, 1 / (len(row) - number)))
    return layout


def place(layout, view, first):
    """Put a view into the second half of a split; ParaView returns the number of the first."""
    layout.AssignView(first + 1, view)


def main(directory, picture, time=None):
    simple._DisableFirstRenderCameraReset()
    run = Run(directory, None if time is None else float(time))
    body = draw_body(run)
    write(body, f"day {run.time / 24:.1f}", "Upper Right Corner")
    primary, others = run.organs[0], run.organs[1:]
    cut = None if flat(run.bounds(primary)) else middle(run.bounds(primary))
    above = [
        draw_organ(run, primary, f"primary in the {primary}", cut),
        draw_field(run, primary),
    ]
    chosen = sorted(others, key=run.number_of_cells, reverse=True)[:PANELS]
    below = [draw_organ(run, organ, organ.replace("_", " ")) for organ in chosen]
    layout = arrange(body, above, below)
    simple.SaveScreenshot(str(picture), layout, ImageResolution=SIZE)


if __name__ == "__main__":
    main(*sys.argv[1:])
