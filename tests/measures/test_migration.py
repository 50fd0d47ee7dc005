"""The migration graph is what a list of events says."""

import csv
from pathlib import Path

import numpy as np
import pytest

from hybridmet import Simulation, tables
from hybridmet.arrivals import Arrivals
from hybridmet.measures.migration import Migration, by_kind, migration_graph, migration_rows

ROOT = Path(__file__).parents[2]
EVENTS = [
    ("liver", "lung"),
    ("liver", "lung"),
    ("liver", "brain"),
    ("lung", "brain"),
    ("lung", "liver"),
    ("liver", "liver"),
    ("lung", "lung"),
    ("lung", "lung.2"),
    ("source", "lung"),
]
COLONIES = [
    ("lung", "liver", 30),
    ("lung", "liver", 0),
    ("brain", "lung", 7),
    ("lung.2", "lung", 2),
]


def arrivals():
    out = Arrivals()
    for origin, place in EVENTS:
        out.note(origin, place)
    return out.table()


def colonies():
    out = np.zeros(len(COLONIES), tables.COLONY)
    for row, (organ, parent, cells) in zip(out, COLONIES, strict=True):
        row["organ"], row["parent_organ"], row["cells"] = organ, parent, cells
    return out


def test_the_graph_is_what_the_events_say():
    assert migration_graph(arrivals(), colonies(), {"liver", "source"}) == [
        Migration("liver", "brain", "primary", 1, 0, 0),
        Migration("liver", "liver", "self", 1, 0, 0),
        Migration("liver", "lung", "primary", 2, 2, 30),
        Migration("lung", "brain", "secondary", 1, 1, 7),
        Migration("lung", "liver", "secondary", 1, 0, 0),
        Migration("lung", "lung", "self", 1, 0, 0),
        Migration("lung", "lung.2", "secondary", 1, 1, 2),
        Migration("source", "lung", "primary", 1, 0, 0),
    ]


def test_kinds_add_up():
    graph = migration_graph(arrivals(), colonies(), {"liver", "source"})
    assert by_kind(graph) == {"primary": (4, 2, 30), "secondary": (3, 2, 9), "self": (2, 0, 0)}


def test_nothing_has_moved_in_the_beginning():
    assert migration_graph(Arrivals().table(), colonies()[:0], {"liver"}) == []


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("migration") / "out"
    sim = Simulation.from_scenario(ROOT / "examples/quickstart_2d/scenario.toml", threads=1)
    return sim.run(until="16 d", output=out), out


def test_the_file_holds_the_graph_of_the_run(finished):
    sim, out = finished
    patient = sim.patient
    graph = migration_graph(patient.arrivals.table(), patient.colonies(), patient.primaries)
    with open(out / "migration.csv", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["from", "to", "kind", "arrivals", "colonies", "cells"]
    assert rows == [[str(value) for value in row] for row in migration_rows(graph)]


def test_the_graph_accounts_for_every_arrival_and_every_colony(finished):
    sim, _ = finished
    patient = sim.patient
    graph = migration_graph(patient.arrivals.table(), patient.colonies(), patient.primaries)
    assert sum(edge.arrivals for edge in graph) == sim.ledger["body"]["extravasated"] > 20
    assert sum(edge.colonies for edge in graph) == len(patient.colonies()) > 0
    assert all(edge.colonies <= edge.arrivals for edge in graph)


def test_the_graph_agrees_with_the_recorded_events(finished):
    """Arrivals counted again from events.h5."""
    import h5py

    _, out = finished
    with h5py.File(out / "events.h5") as file:
        left, landed = file["extravasations"][:], file["seedings"][:]
        names = list(file.attrs["tissues"])
    origin = dict(zip(left["ctc"].tolist(), left["tissue"].tolist(), strict=True))
    seen = Arrivals()
    for ctc, tissue in zip(landed["ctc"].tolist(), landed["tissue"].tolist(), strict=True):
        seen.note(names[origin[ctc]], names[tissue])
    with open(out / "migration.csv", newline="") as file:
        rows = {(r["from"], r["to"]): int(r["arrivals"]) for r in csv.DictReader(file)}
    assert rows == dict(seen.routes)
