"""Vessel networks in files: VTK polydata (.vtp, .vtk) or a pair of CSV files."""

from pathlib import Path

from hybridmet.errors import OutputError, ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.tissue.network_csv import NODES, SEGMENTS, is_csv_pair, read_csv_pair, write_csv_pair
from hybridmet.tissue.network_vtk import SUFFIXES, read_polydata, write_polydata
from hybridmet.tissue.vessels import VesselNetwork


def read_network(
    path: str | Path, lattice: Lattice | None = None, *, inlet: bool = True
) -> VesselNetwork:
    """The network of a file (either one of a pair), coordinates in um.

    It must lie in the lattice, if one is given, and have an inlet and given flows that add up,
    unless `inlet` is False. Tips without a number of their sprout get one (sprout_numbers.py).
    Raises ScenarioError naming file, row and reason.
    """
    if is_csv_pair(path):
        return read_csv_pair(path).network(lattice, inlet)
    if Path(path).suffix in SUFFIXES:
        return read_polydata(path).network(lattice, inlet)
    raise ScenarioError(f"{path}: must end in {SEGMENTS}, {NODES}, .vtp or .vtk")


def write_network(path: str | Path, network: VesselNetwork) -> None:
    """Write NAME.vtp, or NAME_nodes.csv and NAME_segments.csv (either is given); `read_network`
    returns an equal network, but that it numbers tips without a number. Raises OutputError for
    another ending, WriteError where the file cannot be written."""
    if is_csv_pair(path):
        write_csv_pair(path, network)
    elif Path(path).suffix == ".vtp":
        write_polydata(path, network)
    else:
        raise OutputError(f"{path}: must end in {SEGMENTS}, {NODES} or .vtp")
