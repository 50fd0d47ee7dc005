"""Time series for ParaView: `vtk/patient.pvd` shows everything, the others one kind each."""

from pathlib import Path
from typing import Any

import numpy as np

from hybridmet.output.body_layout import BodyLayout
from hybridmet.output.observer import Observer
from hybridmet.output.vtk_body import BodyDrawing, body_outline
from hybridmet.output.vtk_grid import Drawing, Image
from hybridmet.output.vtk_tissue import draw_cells, draw_fields, draw_slice, draw_vessels
from hybridmet.output.vtk_writer import write_blocks, write_grid, write_series

KINDS = {"fields": draw_fields, "cells": draw_cells, "vessels": draw_vessels}
"""What is drawn of each tissue, each kind a series of its own."""


class VtkSeries(Observer):
    """Writes one folder an output time, and the series over them, each file at once.

    `patient` shows the fields as a slice through the middle of each lattice: whole blocks would
    hide cells and vessels. A grid that did not change since it was last written is not written
    again: the series names the earlier file. A tissue that appears later is a further block from
    then on. Tissues without a lattice (`tissue.model = "surrogate"`) show in the body only.
    """

    def __init__(self, directory: Path, network: Any, largest_extent: float):
        """network: a BodyNetwork; largest_extent: longest lattice edge of the run [um]."""
        super().__init__()
        self.folder = Path(directory) / "vtk"
        self.layout = BodyLayout(network.names, largest_extent, _feeders(network))
        self._body = BodyDrawing(network, self.layout)
        self._series: dict[str, list[tuple[float, Path]]] = {}
        self._written: dict[str, tuple[bytes, Path]] = {}

    def _record(self, patient: Any) -> None:
        step = self.folder / f"{len(self._series.get('patient', ())):04d}"
        step.mkdir(parents=True, exist_ok=True)
        body = self._write(step, "body", self._body.draw(patient.circulation))
        placed = {name: t for name, t in patient.tissues.items() if t.lattice is not None}
        organs = {name: self._tissue(step, tissue) for name, tissue in placed.items()}
        frames = {"body": body}
        for kind in KINDS if organs else ():
            tree = {name: files[kind] for name, files in organs.items()}
            frames[kind] = self._blocks(step, kind, tree)
        outline = self._write(step, "outline", body_outline(self.layout))
        views = {name: files | {"fields": files["slice"]} for name, files in organs.items()}
        for files in views.values():
            del files["slice"]
        tree = {"body": {"circulation": body, "outline": outline}, **views}
        frames["patient"] = self._blocks(step, "patient", tree)
        self._publish(patient.time, frames)

    def _tissue(self, step: Path, tissue: Any) -> dict[str, Path]:
        """Write what changed of a tissue; returns its files by kind."""
        extent = tissue.lattice.extent
        origin = self.layout.lattice_origin(tissue.name, tissue.bed, extent)
        return {
            kind: self._write(step, f"{kind}-{tissue.name}", draw(tissue, origin))
            for kind, draw in (KINDS | {"slice": draw_slice}).items()
        }

    def _write(self, step: Path, name: str, grid: Image | Drawing) -> Path:
        """Write a grid unless its last file still holds; returns the file that holds."""
        digest = grid.digest()
        known, path = self._written.get(name, (None, None))
        if known == digest:
            return path
        path = step / f"{name}{grid.suffix}"
        write_grid(path, grid)
        self._written[name] = (digest, path)
        return path

    def _blocks(self, step: Path, name: str, tree: dict) -> Path:
        path = step / f"{name}.vtm"
        write_blocks(path, tree)
        return path

    def _publish(self, time: float, frames: dict[str, Path]) -> None:
        """Add the finished frames to the series: data files first, so none is ever missing."""
        for kind, path in frames.items():
            entries = self._series.setdefault(kind, [])
            entries.append((time, path))
            write_series(self.folder / f"{kind}.pvd", entries)


def _feeders(network: Any) -> dict[str, str]:
    """Where most of the blood of each compartment comes from."""
    order = np.argsort(network.edge_flow_bp, kind="stable")
    names = network.names
    pairs = zip(network.edge_source[order], network.edge_target[order], strict=True)
    return {names[target]: names[source] for source, target in pairs}
