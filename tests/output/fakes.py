"""A small patient made of plain arrays, with the faces that outputs look at."""

import json
from collections.abc import Mapping
from importlib.resources import files
from types import SimpleNamespace

import numpy as np

from hybridmet import tables
from hybridmet.lattice import Lattice
from hybridmet.tissue.clones import Clones
from hybridmet.tissue.vessels import VesselNetwork

PHENOTYPES = ("epithelial", "mesenchymal")
UNITS = {"oxygen": "mmHg", "mmp2": "1", "ecm": "1"}


class FakeFields(Mapping):
    def __init__(self, arrays):
        self.arrays = arrays
        self.parameters = {name: SimpleNamespace(unit=UNITS[name]) for name in arrays}

    def __getitem__(self, name):
        return self.arrays[name]

    def __iter__(self):
        return iter(self.arrays)

    def __len__(self):
        return len(self.arrays)


class FakeTissue:
    """A round tumour of given radius [sites] among straight vessels."""

    def __init__(self, name, bed, index, shape=(8, 8, 8), radius=2.0, slots=1):
        self.name, self.bed, self.index = name, bed, index
        self.lattice = Lattice(shape)
        self.phenotype_names = PHENOTYPES
        self.slots = slots
        self.flows = {"seeded": 5, "reactivated": 2, "died_dormant": 1}
        self.clones = Clones()
        self.vessels = fake_vessels(self.lattice)
        self.blood = {}
        self.grow(radius)

    def grow(self, radius):
        nz, ny, nx = self.lattice.shape3
        z, y, x = np.indices((nz, ny, nx)) + 0.5
        distance = np.sqrt((x - nx / 2) ** 2 + (y - ny / 2) ** 2 + (z - nz / 2) ** 2)
        self.inside = distance.reshape(self.lattice.shape)
        self.radius = radius
        sink = np.exp(-((self.inside / max(radius, 0.5)) ** 2))
        self.fields = FakeFields(
            {"oxygen": 40.0 - 30.0 * sink, "mmp2": 0.1 * sink, "ecm": 1.0 - 0.5 * sink}
        )

    def cells_table(self):
        sites = np.flatnonzero(self.inside.ravel() < self.radius)
        table = np.zeros(len(sites) * self.slots, tables.CELL)
        table["site"] = np.repeat(sites, self.slots)
        table["slot"] = np.tile(np.arange(self.slots), len(sites))
        table["phenotype"] = table["site"] % 2
        table["state"] = table["site"] % len(tables.STATES)
        table["clone"] = 7
        table["founder"] = self.index
        table["age"] = 1.5 * table["slot"]
        return table

    def counts(self):
        table = self.cells_table()
        living = table[table["state"] != tables.NECROTIC]
        by_phenotype = np.bincount(living["phenotype"], minlength=len(PHENOTYPES))
        by_state = np.bincount(table["state"], minlength=len(tables.STATES))
        return {
            "cells": len(living),
            **dict(zip(PHENOTYPES, by_phenotype.tolist(), strict=True)),
            **dict(zip(tables.STATES, by_state.tolist(), strict=True)),
        }


def fake_vessels(lattice):
    """Lines along x through the lattice, every fourth site; the first one is ruptured."""
    nz, ny, nx = lattice.shape3
    starts = [(y, z) for z in range(0, nz, 4) for y in range(0, ny, 4)]
    nodes = [(x, y + 0.5, z + 0.5) for y, z in starts for x in (0.0, nx / 2, nx)]
    segments = [(3 * i + j, 3 * i + j + 1) for i in range(len(starts)) for j in (0, 1)]
    nodes = np.array(nodes).reshape(-1, 3) * lattice.spacing
    segments = np.array(segments, np.int32).reshape(-1, 2)
    state = np.zeros(len(segments), np.uint8)
    state[:1] = 1
    m = np.arange(len(segments), dtype=float)
    return VesselNetwork(
        nodes,
        segments,
        np.linspace(4.0, 8.0, len(segments)),
        state,
        pressure=np.linspace(20.0, 30.0, len(nodes)),
        flow=m,  # none in the first
        haematocrit=0.01 * m,
        wall_shear_stress=2.0 * m,
        flow_solved=True,
    )


def fake_network():
    """The body network as plain arrays, read from its data file."""
    text = files("hybridmet").joinpath("data/body_network_icrp89.json").read_text()
    data = json.loads(text)
    names = tuple(node["id"] for node in data["nodes"])
    index = {name: number for number, name in enumerate(names)}
    flow_bp = np.array([node["flow_through_bp"] for node in data["nodes"]])
    volume_bp = np.array([node["volume_bp"] for node in data["nodes"]])
    return SimpleNamespace(
        names=names,
        is_bed=np.array([node["kind"] == "capillary" for node in data["nodes"]]),
        volume_bp=volume_bp,
        flow_bp=flow_bp,
        volume=volume_bp * 1e-4 * data["total_blood_volume_mL"],
        flow=flow_bp * 1e-4 * data["cardiac_output_L_min"] * 60_000.0,
        edge_source=np.array([index[edge["source"]] for edge in data["edges"]]),
        edge_target=np.array([index[edge["target"]] for edge in data["edges"]]),
        edge_flow_bp=np.array([edge["flow_bp"] for edge in data["edges"]]),
    )


class FakePatient:
    def __init__(self, *tissues):
        self.time = 0.0
        self.primaries = ("liver",)
        self.tissues = {tissue.name: tissue for tissue in tissues}
        network = fake_network()
        count = len(network.names)
        free = np.arange(count, dtype=np.int64)
        self.circulation = SimpleNamespace(
            network=network,
            free=free,
            arrested=np.where(network.is_bed, 100 * free, 0),
            concentration=free / network.volume,
            ledger={"intravasated": 3, "in_blood": 3, "imbalance": 0},
        )
        self.rows = np.zeros(0, tables.COLONY)
        self.events = {"intravasations": [], "blood": [], "extravasations": [], "seedings": []}

    def ledger(self):
        return {"body": dict(self.circulation.ledger)}

    @property
    def arrivals(self):
        return SimpleNamespace(table=lambda: np.zeros(0, tables.ARRIVALS))

    def colonies(self):
        return self.rows

    def drain_events(self):
        drained = self.events
        self.events = {name: [] for name in drained}
        return drained
