"""A tissue as grids: its fields, its cells and its vessels, at their place in the world."""

from typing import Any

import numpy as np

from hybridmet.output.vtk_grid import Array, Drawing, Image
from hybridmet.tables import STATES
from hybridmet.tissue.vessels import VESSEL_STATES

SEGMENT_UNITS = {
    "flow": "nL/min",
    "haematocrit": "1",
    "wall_shear_stress": "dyn/cm^2",
    "age": "h",
    "maturity": "1",
}
"""Columns of a segment that are drawn as they are, with their units."""


def draw_fields(tissue: Any, origin: np.ndarray) -> Image:
    """Concentrations as cell data, float32; a 2-D lattice is a flat image through its cells."""
    nz = tissue.lattice.shape3[0]
    if tissue.lattice.dim == 2:
        return _image(tissue, origin, 0.5, 1, slice(None))
    return _image(tissue, origin, 0.0, nz + 1, slice(None))


def draw_slice(tissue: Any, origin: np.ndarray) -> Image:
    """The sites in the middle of z as a flat image: a solid block would hide cells and vessels."""
    if tissue.lattice.dim == 2:
        return draw_fields(tissue, origin)
    middle = tissue.lattice.shape3[0] // 2
    return _image(tissue, origin, middle + 0.5, 1, middle)


def _image(tissue: Any, origin: np.ndarray, lift: float, points: int, part: Any) -> Image:
    """Part of the fields: `lift` [sites] above the origin, `points` in z."""
    lattice = tissue.lattice
    _, ny, nx = lattice.shape3
    return Image(
        dimensions=(nx + 1, ny + 1, points),
        origin=(float(origin[0]), float(origin[1]), float(origin[2]) + lift * lattice.spacing),
        spacing=lattice.spacing,
        cell_data={
            name: Array(
                values[part].astype(np.float32).ravel(), tissue.fields.parameters[name].unit
            )
            for name, values in tissue.fields.items()
        },
    )


def draw_cells(tissue: Any, origin: np.ndarray) -> Drawing:
    """Each cell as a vertex at the centre of its site, with its traits as point data."""
    table = tissue.cells_table()
    columns = ("phenotype", "state", "clone", "founder", "age")
    return Drawing(
        points=tissue.lattice.positions(table["site"]) + origin,
        vertices=len(table),
        point_data={
            name: Array(np.ascontiguousarray(table[name]), "h" if name == "age" else "1")
            for name in columns
        }
        | _traits(tissue.clones, table["clone"]),
        field_data={
            "phenotype_names": Array(np.array(tissue.phenotype_names, dtype=str)),
            "state_names": Array(np.array(STATES)),
        },
    )


def _traits(clones: Any, clone: np.ndarray) -> dict[str, Array]:
    """Parent clone of each cell and its factors on rates, where clones can differ."""
    if not clones.mutate:
        return {}
    traits = {f"trait_{b}": Array(clones.traits(clone, b)) for b in clones.mutation.behaviours}
    return {"parent_clone": Array(clones.parent[clone])} | traits


def draw_vessels(tissue: Any, origin: np.ndarray) -> Drawing:
    """Each segment as a line with its columns; a node has its pressure and, for tubes, the largest
    radius of its segments."""
    vessels = tissue.vessels
    columns = {name: _single(getattr(vessels, name), unit) for name, unit in SEGMENT_UNITS.items()}
    for name, values in tissue.blood.items():
        columns[f"blood_{name}"] = _single(values, tissue.fields.parameters[name].unit)
    return Drawing(
        points=vessels.nodes + origin,
        lines=vessels.segments,
        point_data={
            "radius": _single(_node_radius(vessels), "um"),
            "pressure": _single(vessels.pressure, "mmHg"),
            "tip": Array(np.asarray(vessels.tip, dtype=np.uint8)),
        },
        cell_data={
            "segment_radius": _single(vessels.radius, "um"),
            "state": Array(np.asarray(vessels.state, dtype=np.uint8)),
            "perfused": Array(np.asarray(vessels.perfused, dtype=np.uint8)),
        }
        | columns,
        field_data={"state_names": Array(np.array(VESSEL_STATES))},
    )


def _single(values: np.ndarray, unit: str) -> Array:
    return Array(np.asarray(values, dtype=np.float32), unit)


def _node_radius(vessels: Any) -> np.ndarray:
    radius = np.zeros(len(vessels.nodes))
    for end in (0, 1):
        np.maximum.at(radius, vessels.segments[:, end], vessels.radius)
    return radius
