"""Run by pvbatch: colour a block of a series by an array and save a picture of each time.

Arguments: .pvd, block selector ("//cells"), POINTS or CELLS, array, folder of the pictures.
"""

import sys

from paraview import simple


def main(path, selector, place, array, folder):
    reader = simple.OpenDataFile(path)
    view = simple.CreateView("RenderView")
    view.ViewSize = [300, 400]
    block = simple.ExtractBlock(Input=reader, Selectors=[selector])
    shown = simple.Show(block, view)
    shown.SetRepresentationType("Surface")
    shown.PointSize = 4
    scene = simple.GetAnimationScene()
    scene.UpdateAnimationUsingDataTimeSteps()
    for index, time in enumerate(reader.TimestepValues):
        scene.AnimationTime = time
        simple.ColorBy(shown, (place, array))
        simple.ResetCamera(view)
        simple.Render(view)
        simple.SaveScreenshot(f"{folder}/{index}.png", view)


main(*sys.argv[1:])
