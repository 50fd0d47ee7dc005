"""Initial cells of a scenario: shapes that reach the lattice, files that can be placed."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from hybridmet.errors import ScenarioError
from hybridmet.tissue.initial_cells import cells_of_files

if TYPE_CHECKING:
    from hybridmet.scenario.model import Scenario


def check_initial_cells(scenario: "Scenario") -> None:
    """Raise ScenarioError where initial cells would not be what the scenario says."""
    if scenario.primary is None or scenario.primary.cells is None:
        return
    cells = scenario.primary.cells
    if cells.radius is not None:
        _check_radius(scenario, cells.radius)
    if not (cells.shapes or cells.files):
        raise ScenarioError(
            "primary.cells.radius: must be given, or balls, boxes or files (primary.cells = false: "
            "no tumour)"
        )
    if cells.per_site > scenario.tissue.slots:
        raise ScenarioError(
            f"primary.cells.per_site: got {cells.per_site}, must be at most tissue.slots, "
            f"{scenario.tissue.slots}"
        )
    _check_shapes(scenario)
    _check_files(scenario)


def _check_shapes(scenario: "Scenario") -> None:
    """Each ball and box holds the centre of a site."""
    lattice = scenario.primary.lattice()
    for kind in ("balls", "boxes"):
        for index, shape in enumerate(getattr(scenario.primary.cells, kind)):
            try:
                shape.check_within(lattice)
            except ScenarioError as error:
                text = str(error).removeprefix(f"{type(shape).__name__}.")
                raise ScenarioError(f"primary.cells.{kind}[{index}].{text}") from None


def _check_files(scenario: "Scenario") -> None:
    """The files are well formed, and their cells find room beside the shapes and each other."""
    cells, lattice = scenario.primary.cells, scenario.primary.lattice()
    try:
        cells_of_files(cells, list(scenario.phenotypes), lattice, scenario.tissue.slots)
    except ScenarioError as error:
        message = str(error)
        named = [path for path in cells.files if message.startswith(str(Path(path)))]
        path = max(named, key=len)
        key = f"primary.cells.files[{cells.files.index(path)}]"
        raise ScenarioError(file_message(key, path, message)) from None


def file_message(key: str, path: str, message: str) -> str:
    """`KEY: got "PATH", NAME, row 3, column x: ...` from a reader's message that begins with the file."""
    text = message.removeprefix(str(Path(path))).lstrip(",: ")
    return f'{key}: got "{path}", {Path(path).name}, {text}'


def _check_radius(scenario: "Scenario", radius: float) -> None:
    """The ball reaches a site's centre and does not outgrow the lattice."""
    lattice = scenario.primary.lattice()
    sizes = lattice.shape3[-lattice.dim :]
    even = sum(n % 2 == 0 for n in sizes)
    least = lattice.spacing * math.sqrt(even) / 2
    most = math.hypot(*sizes) * lattice.spacing / 2
    if not least <= radius <= most:
        smallest = f">= {least:.4g} um (one cell) and " if least else ""
        raise ScenarioError(
            f"primary.cells.radius: got {radius}, must be {smallest}"
            f"<= {most:.4g} um (the whole lattice)"
        )
