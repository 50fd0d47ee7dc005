"""Vessel networks as a pair of CSV files, NAME_nodes.csv and NAME_segments.csv.

Both have a header line; columns stand in any order, lines that begin with # are comments. Nodes:
`id`, `x`, `y`, `z` [um]; segments: `start`, `end` (ids of nodes), `radius` or `diameter` [um]. The
other columns of `network_table` may join them, and segments may have an `id`.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from hybridmet.errors import ScenarioError, WriteError, shortened
from hybridmet.tissue.network_table import (
    BLANK,
    NODE_NUMBERS,
    SEGMENT_NUMBERS,
    Columns,
    NetworkTable,
    line_columns,
    state_number,
)
from hybridmet.tissue.vessels import (
    FLOW_BOUNDARY,
    PRESSURE_BOUNDARY,
    VESSEL_STATES,
    VesselNetwork,
)

NODES, SEGMENTS = "_nodes.csv", "_segments.csv"
COMMENT = (
    "# lengths in um, pressures in mmHg, flows in nL/min, wall shear stress in dyn/cm^2, times in h"
)


def is_csv_pair(path: str | Path) -> bool:
    """Whether a path is one of a pair of CSV files."""
    return str(path).endswith((NODES, SEGMENTS))


def pair(path: str | Path) -> tuple[Path, Path]:
    """Both files of a pair, of which either is given: nodes, segments."""
    name = str(path)
    stem = name.removesuffix(NODES) if name.endswith(NODES) else name.removesuffix(SEGMENTS)
    return Path(stem + NODES), Path(stem + SEGMENTS)


def read_csv_pair(path: str | Path) -> NetworkTable:
    """Raises ScenarioError naming file, row (line of the file, from 1) and column."""
    node_path, segment_path = pair(path)
    nodes = _Sheet(node_path, ("id", "x", "y", "z"), (*NODE_NUMBERS,))
    lines = _Sheet(segment_path, ("start", "end"), ("id", "state", "diameter", *SEGMENT_NUMBERS))
    number = nodes.unique("id")
    if "id" in lines.cells:
        lines.unique("id")
    return NetworkTable(
        path=str(segment_path),
        points=np.stack([nodes.numbers(axis) for axis in "xyz"], axis=1).reshape(-1, 3),
        segments=np.stack([lines.looked_up(end, number) for end in ("start", "end")], axis=1),
        node_place=nodes.place,
        segment_place=lines.place,
        node_name=lambda k: nodes.cells["id"][k],
        nodes={name: nodes.numbers(name) for name in NODE_NUMBERS if name in nodes.cells},
        lines=_segment_columns(lines),
    )


def _segment_columns(lines: "_Sheet") -> Columns:
    columns = {name: lines.numbers(name) for name in SEGMENT_NUMBERS if name in lines.cells}
    if ("radius" in columns) == ("diameter" in lines.cells):
        raise ScenarioError(f"{lines.place(-1)}, column radius: must be there, or diameter instead")
    if "diameter" in lines.cells:
        columns["radius"] = 0.5 * lines.numbers("diameter")
    if "state" in lines.cells:
        columns["state"] = lines.states()
    return columns


class _Sheet:
    """The columns of a file as text: `cells` by name, and the line of each row."""

    def __init__(self, path: Path, required: tuple[str, ...], optional: tuple[str, ...]):
        self.path, self.cells, self.rows = path, {}, []
        lines = _lines(path)
        self.header_row, header = next(lines, (1, []))
        names = [name.strip().lower() for name in header]
        self._check_header(names, required, optional)
        columns: list[list[str]] = [[] for _ in names]
        for row, cells in lines:
            if len(cells) != len(names):
                allowed = f"must be {len(names)} columns: {','.join(names)}"
                got = shortened(",".join(cells))
                raise ScenarioError(f'{path}, row {row}: got "{got}", {allowed}')
            self.rows.append(row)
            for column, cell in zip(columns, cells, strict=True):
                column.append(cell.strip())
        self.cells = dict(zip(names, columns, strict=True))

    def _check_header(self, names: list[str], required, optional) -> None:
        for name in required:
            if name not in names:
                raise ScenarioError(f"{self.place(-1)}, column {name}: missing, must be there")
        for name in names:
            if name not in (*required, *optional):
                known = ", ".join((*required, *optional))
                raise self.fail(-1, name, name, f"must be one of {known}")
            if names.count(name) > 1:
                raise self.fail(-1, name, ",".join(names), "must be there once")

    def place(self, index: int) -> str:
        """Words for a row; -1: the header."""
        return f"{self.path}, row {self.header_row if index < 0 else self.rows[index]}"

    def fail(self, index: int, column: str, got: str, allowed: str) -> ScenarioError:
        return ScenarioError(f'{self.place(index)}, column {column}: got "{shortened(got)}", {allowed}')

    def numbers(self, name: str) -> np.ndarray:
        """A column as float64; blanks are NaN where none is a value."""
        out = np.empty(len(self.rows))
        for index, text in enumerate(self.cells[name]):
            if text == "" and name in BLANK:
                out[index] = np.nan
                continue
            try:
                out[index] = float(text)
            except ValueError:
                out[index] = np.nan
            if not np.isfinite(out[index]):
                raise self.fail(index, name, text, "must be a number")
        return out

    def unique(self, name: str) -> dict[str, int]:
        """Row by id; two rows of one id are refused."""
        number: dict[str, int] = {}
        for index, text in enumerate(self.cells[name]):
            if text == "" or text in number:
                known = f", the first is in row {self.rows[number[text]]}" if text else ""
                raise self.fail(index, name, text, f"must be given once{known}")
            number[text] = index
        return number

    def looked_up(self, name: str, number: dict[str, int]) -> np.ndarray:
        """A column of ids as numbers of nodes."""
        for index, text in enumerate(self.cells[name]):
            if text not in number:
                raise self.fail(index, name, text, "must be the id of a node")
        return np.array([number[text] for text in self.cells[name]], dtype=np.int32)

    def states(self) -> np.ndarray:
        found = [state_number(text) for text in self.cells["state"]]
        for index, state in enumerate(found):
            if state is None:
                allowed = f"must be one of {', '.join(VESSEL_STATES)}"
                raise self.fail(index, "state", self.cells["state"][index], allowed)
        return np.array(found, dtype=np.uint8)


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of the lines that are neither blank nor comments."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ScenarioError(f"{path}: must be a text file in UTF-8") from None
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from None
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith(("//", "#")):
            yield number, next(csv.reader([line]))


def write_csv_pair(path: str | Path, network: VesselNetwork) -> None:
    """Write both files; numbers read back as they are. Flow and wall shear stress are left out
    where flow was never solved."""
    node_path, segment_path = pair(path)
    _write(node_path, _node_columns(network))
    _write(segment_path, _line_columns(network))


def _node_columns(network: VesselNetwork) -> dict[str, list]:
    value, kind = network.boundary_value, network.boundary
    columns = {"id": list(range(len(network.nodes)))}
    columns |= {axis: _texts(network.nodes[:, k]) for k, axis in enumerate("xyz")}
    columns["boundary_pressure"] = _texts(value, kind == PRESSURE_BOUNDARY)
    columns["boundary_flow"] = _texts(value, kind == FLOW_BOUNDARY)
    names = [name for name in NODE_NUMBERS if name not in BLANK]
    return columns | {name: _texts(getattr(network, name)) for name in names}


def _line_columns(network: VesselNetwork) -> dict[str, list]:
    columns = {
        "id": list(range(len(network.segments))),
        "start": network.segments[:, 0].tolist(),
        "end": network.segments[:, 1].tolist(),
        "radius": _texts(network.radius),
        "state": [VESSEL_STATES[state] for state in network.state],
    }
    return columns | {name: _texts(values) for name, values in line_columns(network).items()}


def _texts(values: np.ndarray, there: np.ndarray | None = None) -> list[str]:
    """Shortest text of each number that reads back as the same; blank where it is not there."""
    texts = [repr(value) for value in values.tolist()]
    return texts if there is None else [t if k else "" for t, k in zip(texts, there, strict=True)]


def _write(path: Path, columns: dict[str, list]) -> None:
    try:
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(COMMENT + "\n")
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(zip(*columns.values(), strict=True))
    except OSError as error:
        raise WriteError(f"{path}: could not be written: {error.strerror}") from None
