"""Run by pvpython: step through each .pvd of a folder and print what ParaView finds, as JSON."""

import json
import sys
from pathlib import Path

from paraview import servermanager
from paraview.simple import OpenDataFile


def leaves(data, path=()):
    """(names, data set) of each data set below a composite one."""
    if data is None or not data.IsA("vtkMultiBlockDataSet"):
        yield path, data
        return
    for index in range(data.GetNumberOfBlocks()):
        name = data.GetMetaData(index).Get(data.NAME())
        yield from leaves(data.GetBlock(index), (*path, name))


def columns(attributes):
    """Array name -> (tuples, unit or None, range of numbers or None)."""
    found = {}
    for index in range(attributes.GetNumberOfArrays()):
        array = attributes.GetAbstractArray(index)
        number = array.IsA("vtkDataArray")
        key = type(array).UNITS_LABEL() if number else None
        unit = array.GetInformation().Get(key) if number else None
        bounds = array.GetRange() if number and array.GetNumberOfTuples() else None
        found[array.GetName()] = (array.GetNumberOfTuples(), unit, bounds)
    return found


def describe(data):
    return {
        "class": data.GetClassName(),
        "points": data.GetNumberOfPoints(),
        "cells": data.GetNumberOfCells(),
        "point_data": columns(data.GetPointData()),
        "cell_data": columns(data.GetCellData()),
        "field_data": columns(data.GetFieldData()),
    }


def frames_of(path):
    reader = OpenDataFile(str(path))
    frames = []
    for time in reader.TimestepValues:
        reader.UpdatePipeline(time)
        found = leaves(servermanager.Fetch(reader))
        frames.append((time, {"/".join(names): describe(data) for names, data in found}))
    return frames


print(json.dumps({path.stem: frames_of(path) for path in Path(sys.argv[1]).glob("*.pvd")}))
