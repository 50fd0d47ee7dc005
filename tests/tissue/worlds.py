"""Small worlds for tests of the cell kernel: one description, run by the kernel or the oracle."""

from dataclasses import dataclass, field

import numpy as np

from hybridmet._core.cells import LEAVER, CellKernel
from hybridmet._core.lattice import halo_fill
from hybridmet.lattice import Lattice
from hybridmet.tissue.cells import Cells, kind_of
from hybridmet.tissue.clones import Clones, MutationParameters
from hybridmet.tissue.phenotypes import BEHAVIOURS
from tests.tissue.oracle_cells import Cell, OracleTissue, Place

RATES = tuple(name for name in BEHAVIOURS if name not in ("transition", "taxis"))


def phenotype(*, cohesion=0.0, transitions=(), taxis=(), responses=(), **rates) -> dict:
    """Rules of one phenotype; rates by the name of the behaviour, all others zero."""
    unknown = set(rates) - set(RATES)
    assert not unknown, unknown
    return {
        "rates": {name: rates.get(name, 0.0) for name in RATES},
        "cohesion": cohesion,
        "transitions": list(transitions),
        "taxis": list(taxis),
        "responses": list(responses),
    }


def response(behaviour, number, half_maximum, *, extreme, power=4.0, low=False, threshold=False):
    """A response to field `number`."""
    return {
        "behaviour": behaviour, "field": number, "half_maximum": half_maximum,
        "extreme": extreme, "power": power, "low": low, "threshold": threshold,
    }  # fmt: skip


def kernel_entry(rules: dict) -> dict:
    """The same phenotype as `CellKernel` reads it; an entry of `kernel_table` stays as it is."""
    if not isinstance(rules["rates"], dict):
        return rules
    responses = [
        (
            BEHAVIOURS.index(r["behaviour"]), r["field"], int(r["threshold"]), int(r["low"]),
            r["half_maximum"], r["power"], r["extreme"],
        )
        for r in rules["responses"]
    ]  # fmt: skip
    return rules | {
        "rates": [rules["rates"].get(name, 0.0) for name in BEHAVIOURS],
        "responses": responses,
    }


@dataclass
class World:
    """A lattice with cells, fields and vessel walls.

    `fields` interior arrays; `walls` maps a global site to (intact, ruptured) area [um^2];
    `occupants` maps (global site, slot) to the byte of a cell.
    """

    lattice: Lattice
    phenotypes: list[dict]
    occupants: dict = field(default_factory=dict)
    fields: list = field(default_factory=list)
    walls: dict = field(default_factory=dict)
    slots: int = 1
    division_neighbours: int = 4
    tissue: int = 0
    seed: int = 1
    mutation: MutationParameters | None = None

    def vessels(self) -> dict[str, np.ndarray]:
        sites = np.array(sorted(self.walls), dtype=np.int64)
        padded = Cells(self.lattice, 1).padded_index(sites, np.zeros_like(sites))
        mask = self.lattice.padded(0, np.uint8)
        mask.reshape(-1)[padded] = 1
        areas = np.array([self.walls[s] for s in sites.tolist()], float).reshape(-1, 2)
        return {
            "mask": mask,
            "sites": padded,
            "intact_area": areas[:, 0].copy(),
            "ruptured_area": areas[:, 1].copy(),
        }

    def padded_fields(self) -> list[np.ndarray]:
        out = []
        for values in self.fields:
            array = self.lattice.padded(0.0)
            self.lattice.interior(array)[...] = np.reshape(values, self.lattice.shape)
            halo_fill(self.lattice, array)
            out.append(array)
        return out

    def cells(self) -> Cells:
        cells = Cells(self.lattice, self.slots)
        if self.occupants:
            sites, slots = np.array(list(self.occupants)).T
            kinds = np.array(list(self.occupants.values()))
            numbers = 1 + sites * self.slots + slots
            cells.put(sites, slots, kinds, numbers, numbers % 7, 0.0)
        return cells

    @property
    def highest_clone(self) -> int:
        """Each occupant is a clone of its own."""
        return self.lattice.sites * self.slots

    def oracle(self) -> OracleTissue:
        nz, ny, nx = shape = self.lattice.shape3
        coordinates = [tuple(c) for c in np.ndindex(nz, ny, nx)]
        cells = {}
        for (site, slot), kind in self.occupants.items():
            number = 1 + site * self.slots + slot
            cells[Place(*coordinates[site], slot)] = Cell(
                (kind - 1) >> 2, (kind - 1) & 3, number, number % 7, 0.0
            )
        return OracleTissue(
            shape=shape, dim=self.lattice.dim, periodic=self.lattice.periodic,
            spacing=self.lattice.spacing, slots=self.slots,
            division_neighbours=self.division_neighbours, tissue=self.tissue,
            phenotypes=self.phenotypes, fields=[np.reshape(f, shape) for f in self.fields],
            walls={coordinates[s]: areas for s, areas in self.walls.items()}, seed=self.seed,
            cells=cells,
            mutation=self.mutation and self.mutation.kernel_entry(),
            clones=[(0, self.tissue, 0.0, dict.fromkeys(BEHAVIOURS, np.float32(1.0)))]
            * (self.highest_clone + 1),
        )  # fmt: skip


class Run:
    """The kernel on a world, with clock, flows and the cells that left."""

    def __init__(self, world: World, capacity: int = 4096):
        self.world, self.cells = world, world.cells()
        self.kernel = CellKernel(
            world.lattice, world.slots, world.division_neighbours, world.tissue,
            self.cells.columns, [kernel_entry(p) for p in world.phenotypes],
            world.padded_fields(), world.vessels(), world.seed,
            world.mutation and world.mutation.kernel_entry(),
        )  # fmt: skip
        self.clones = world.mutation and Clones(world.mutation)
        if self.clones:
            self.clones.add_initial(world.highest_clone, world.tissue)
        self.capacity, self.time, self.steps = capacity, 0.0, 0
        self.flows: dict[str, int] = {}
        self.leavers = np.zeros(0, dtype=LEAVER)

    def step(self, dt: float, n_sub: int, threads: int = 1) -> np.ndarray:
        """A macro step; the table of leavers grows when the kernel asks. Returns the leavers."""
        table, n, done = np.zeros(self.capacity, dtype=LEAVER), 0, 0
        while done < n_sub:
            begun = done
            done, n, flows = self.kernel.step(
                self.steps, done, n_sub, self.time, dt / n_sub, threads, table, n,
                self.clones,
            )
            for name, value in flows.items():
                self.flows[name] = self.flows.get(name, 0) + value
            if done < n_sub and self.clones and self.clones.wanted > len(self.clones.parent):
                self.clones.reserve(self.clones.wanted)
            elif done < n_sub:
                growth = len(table) if done == begun else 0
                table = np.concatenate([table, np.zeros(growth + 1, dtype=LEAVER)])
        self.time, self.steps = self.time + dt, self.steps + 1
        self.leavers = np.concatenate([self.leavers, table[:n]])
        return table[:n]

    @property
    def kind(self) -> np.ndarray:
        """(sites, slots) uint8."""
        return np.ascontiguousarray(self.cells.column("kind")).reshape(-1, self.world.slots)

    @property
    def number(self) -> int:
        """Cells in the columns, debris included."""
        return int(np.count_nonzero(self.kind))

    def state(self) -> dict[str, bytes]:
        """All that must agree bit for bit."""
        names = (*Cells.STATE, "proposal", "outcome")
        out = {name: self.cells.column(name).tobytes() for name in names}
        left = b"".join(self.leavers[name].tobytes() for name in LEAVER.names)  # not the padding
        if self.clones:
            out |= {name: array.tobytes() for name, array in self.clones.state_arrays()}
        return out | {"leavers": left, "flows": repr(self.flows).encode()}


def fill(lattice: Lattice, share: float, kinds, slots: int = 1, seed: int = 0) -> dict:
    """Occupants at random: each slot with a chance, each kind as likely."""
    rng = np.random.default_rng(seed)
    taken = rng.random((lattice.sites, slots)) < share
    return {
        (int(site), int(slot)): int(rng.choice(kinds)) for site, slot in np.argwhere(taken)
    }


def full(lattice: Lattice, kind: int = kind_of(0), slots: int = 1) -> dict:
    """A cell in every slot."""
    return {(site, slot): kind for site in range(lattice.sites) for slot in range(slots)}
