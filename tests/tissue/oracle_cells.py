"""The sub-step of the cells, said slowly: propose, resolve, apply over dictionaries.

Written from the rules (design: competing hazards, one winner per free slot, clusters before
targets), not from the kernel: it groups and sorts where the kernel gathers and counts. Only what
defines a draw is shared with the kernel by convention: the order of directions and of hazards,
and which words of which Philox block are read.
"""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from hybridmet.random import Stream
from tests.philox import draw, stream_key, unit, unit53

ACTIVE, DORMANT, NECROTIC = range(3)
SELF = 26
"""Direction of a division into the own site."""

FACES = [(0, 0, -1), (0, 0, 1), (0, -1, 0), (0, 1, 0), (-1, 0, 0), (1, 0, 0)]
DIAGONALS_2D = [(0, -1, -1), (0, 1, 1), (0, -1, 1), (0, 1, -1)]
DIAGONALS_3D = [
    *DIAGONALS_2D, (-1, 0, -1), (1, 0, 1), (-1, 0, 1), (1, 0, -1),
    (-1, -1, 0), (1, 1, 0), (-1, 1, 0), (1, -1, 0),
    (-1, -1, -1), (1, 1, 1), (-1, -1, 1), (1, 1, -1),
    (-1, 1, -1), (1, -1, 1), (-1, 1, 1), (1, -1, -1),
]  # fmt: skip
"""Offsets (z, y, x) in the order of directions."""


class Place(NamedTuple):
    """A slot of a site."""

    z: int
    y: int
    x: int
    slot: int

    @property
    def site(self) -> tuple[int, int, int]:
        return self[:3]


@dataclass
class Cell:
    phenotype: int
    condition: int
    clone: int
    founder: int
    born: float


@dataclass
class Event:
    """What a cell proposes; `direction` for moves and divisions, `target` for a transition."""

    what: str
    direction: int = -1
    target: int = -1


@dataclass
class OracleTissue:
    """Cells as a dictionary from place to cell, under the same rules as `CellKernel`.

    `phenotypes` are entries as for `CellKernel` with rates by the names of behaviours; `fields`
    interior arrays (nz, ny, nx); `walls` maps a site to its (intact, ruptured) area [um^2].
    """

    shape: tuple[int, int, int]
    dim: int
    periodic: bool
    spacing: float
    slots: int
    division_neighbours: int
    tissue: int
    phenotypes: list[dict]
    fields: list
    walls: dict
    seed: int
    cells: dict[Place, Cell] = field(default_factory=dict)
    mutation: dict | None = None
    clones: list = field(default_factory=list)
    """(parent, tissue, time, traits by behaviour) by number; used where `mutation` is given."""

    def __post_init__(self):
        self.offsets = FACES[: 2 * self.dim]
        self.moore = FACES[: 2 * self.dim] + (DIAGONALS_2D if self.dim == 2 else DIAGONALS_3D)
        streams = (Stream.CELLS, Stream.SIEVE, Stream.PRIORITY, Stream.COHESION, Stream.MUTATION)
        self.keys = {stream: stream_key(self.seed, int(stream)) for stream in streams}
        self.flows = dict.fromkeys(
            ("born", "died_apoptosis", "died_necrosis", "died_dormant", "cleared",
             "intravasated", "transitions", "reactivated", "moved", "blocked", "clamped", "mutated",
             "drawn", "skipped"), 0,
        )  # fmt: skip

    # Geometry

    def neighbour(self, site, direction: int):
        """The site in a direction, or None behind a closed side."""
        if direction == SELF:
            return site
        moved = [c + o for c, o in zip(site, self.moore[direction], strict=True)]
        if self.periodic:
            return tuple(c % n for c, n in zip(moved, self.shape, strict=True))
        inside = all(0 <= c < n for c, n in zip(moved, self.shape, strict=True))
        return tuple(moved) if inside else None

    def free_slots(self, site) -> list[int]:
        return [k for k in range(self.slots) if Place(*site, k) not in self.cells]

    def free_directions(self, site) -> list[int]:
        """Directions of division that lead to a free slot, ascending."""
        around = [
            d
            for d in range(self.division_neighbours)
            if self.neighbour(site, d) is not None and self.free_slots(self.neighbour(site, d))
        ]
        return around + ([SELF] if self.slots > 1 and self.free_slots(site) else [])

    def beside(self, site, direction: int):
        """Site whose value a gradient reads: the mirror at a closed side."""
        return self.neighbour(site, direction) or site

    # Random numbers

    def rank(self, place: Place) -> int:
        _, ny, nx = self.shape
        return ((place.z * ny + place.y) * nx + place.x) * self.slots + place.slot

    def block(self, stream: Stream, place: Place, step: int, number: int):
        return draw(self.keys[stream], self.tissue << 48 | self.rank(place), step, number)

    def uniform(self, place: Place, step: int, number: int) -> tuple[float, int]:
        """What a cell draws, and the word that picks a direction. The first 16 bits are those of its
        slot among the eight that share a block."""
        first, second, third, _ = self.block(Stream.CELLS, place, step, number)
        which, slot = divmod(self.tissue << 48 | self.rank(place), 8)
        shared = draw(self.keys[Stream.SIEVE], which, step, number)
        head = shared[slot // 2] >> 16 * (slot % 2) & 0xFFFF
        return unit53(head << 16 | first & 0xFFFF, second), third

    def priority(self, place: Place, step: int, sub: int):
        """Lower comes first."""
        high, low = self.block(Stream.PRIORITY, place, step, sub)[:2]
        return (high << 32 | low, self.rank(place))

    # Propose

    def multipliers(self, phenotype: dict, site, clone: int) -> dict[str, float]:
        out = dict.fromkeys((*phenotype["rates"], "transition", "taxis"), 1.0)
        if self.mutation is not None:
            out |= {name: float(value) for name, value in self.clones[clone][3].items()}
        for r in phenotype["responses"]:
            u = float(self.fields[r["field"]][site])
            if r["threshold"]:
                h = 1.0 if u > r["half_maximum"] else 0.0
            else:
                h = 1.0 / (1.0 + (r["half_maximum"] / u) ** r["power"]) if u > 0.0 else 0.0
            out[r["behaviour"]] *= 1.0 + (r["extreme"] - 1.0) * (1.0 - h if r["low"] else h)
        return out

    def slope(self, number: int, site, axis: int) -> float:
        values = self.fields[number]
        return float(
            values[self.beside(site, 2 * axis + 1)] - values[self.beside(site, 2 * axis)]
        )

    def moves(self, phenotype: dict, factor, site, free, substep: float):
        """(direction, probability) of the moves that can happen."""
        out = []
        for d in (d for d in free if d < 2 * self.dim):
            weight = phenotype["rates"]["motility"] * factor["motility"]
            for number, coefficient in phenotype["taxis"]:
                sign = 1 if d % 2 else -1
                drift = 0.25 * coefficient * factor["taxis"] * self.slope(number, site, d // 2)
                weight += sign * drift
            self.flows["clamped"] += weight < 0.0
            if weight > 0.0:
                out.append((d, weight * (substep / (self.spacing * self.spacing))))
        return out

    def hazards(self, cell: Cell, phenotype: dict, factor, site, free):
        """(event, rate [1/h]) other than moves, in the kernel's order, positive ones only."""
        rate = {name: value * factor[name] for name, value in phenotype["rates"].items()}
        intact, ruptured = self.walls.get(site, (0.0, 0.0))
        if cell.condition == NECROTIC:
            out = [(Event("clear"), rate["clearance"])]
        elif cell.condition == DORMANT:
            out = [
                (Event("die_dormant"), rate["dormant_death"]),
                (Event("reactivate"), rate["reactivation"]),
                (Event("necrose"), rate["necrosis"]),
            ]
        else:
            out = [
                (Event("divide"), rate["division"] if free else 0.0),
                (Event("die"), rate["death"]),
                (Event("necrose"), rate["necrosis"]),
                *(
                    (Event("switch", target=q), value * factor["transition"])
                    for q, value in enumerate(phenotype["transitions"])
                ),
                (Event("enter"), rate["intravasation"] * intact),
                (Event("shed"), rate["shedding"] * ruptured),
            ]
        return [(event, value) for event, value in out if value > 0.0]

    def able(self, cell: Cell, phenotype: dict, site) -> bool:
        """Whether a cell could do anything: by its kind on this lattice, and by its room."""
        rate, walls = phenotype["rates"], list(self.walls.values())
        if cell.condition == NECROTIC:
            return rate["clearance"] > 0.0
        if cell.condition == DORMANT:
            return rate["dormant_death"] + rate["reactivation"] + rate["necrosis"] > 0.0
        entry = rate["intravasation"] * max((a for a, _ in walls), default=0.0)
        entry += rate["shedding"] * max((b for _, b in walls), default=0.0)
        if rate["death"] + rate["necrosis"] + sum(phenotype["transitions"]) + entry > 0.0:
            return True
        drift = sum(abs(coefficient) for _, coefficient in phenotype["taxis"])
        spreads = rate["division"] + rate["motility"] + drift > 0.0
        return spreads and bool(self.free_directions(site))

    def propose(self, place: Place, step: int, sub: int, substep: float) -> Event | None:
        cell = self.cells[place]
        phenotype = self.phenotypes[cell.phenotype]
        if not self.able(cell, phenotype, place.site):
            self.flows["skipped"] += 1
            return None
        self.flows["drawn"] += 1
        factor = self.multipliers(phenotype, place.site, cell.clone)
        active = cell.condition == ACTIVE
        free = self.free_directions(place.site) if active else []
        moves = self.moves(phenotype, factor, place.site, free, substep) if active else []
        hazards = self.hazards(cell, phenotype, factor, place.site, free)
        u, word = self.uniform(place, step, sub)
        event = self.choose(u, moves, hazards, substep)
        if event is not None and event.what == "divide":
            event.direction = free[word * len(free) >> 32]
        return event

    def choose(self, u: float, moves, hazards, substep: float) -> Event | None:
        """Moves take weight * dt of the unit interval, hazards (r / R)(1 - exp(-R dt)) of the
        rest."""
        moving = math.fsum(p for _, p in moves)
        self.flows["clamped"] += moving > 1.0
        if u < moving:
            for direction, probability in moves:
                if u < probability:
                    break
                u -= probability
            return Event("move", direction=direction)
        total = math.fsum(rate for _, rate in hazards)
        happens = -math.expm1(-total * substep)
        v = (u - moving) / (1.0 - moving) if moving < 1.0 else 1.0
        if v >= happens:
            return None
        target = v / happens * total
        for event, rate in hazards:
            if target < rate:
                break
            target -= rate
        return event

    # Resolve

    def around(self, place: Place):
        """(direction, place) of the slots a cell touches: face neighbours, then its own site."""
        for d in [*range(2 * self.dim), SELF]:
            site = self.neighbour(place.site, d)
            for k in range(self.slots) if site is not None else ():
                if Place(*site, k) != place:
                    yield d, Place(*site, k)

    def held(self, claimer: Place, step: int, sub: int) -> set[Place]:
        """Neighbours that a claimer takes along, itself not included."""
        cohesion = self.phenotypes[self.cells[claimer].phenotype]["cohesion"]
        out = set()
        for d, place in self.around(claimer):
            which = d * self.slots + place.slot
            word = self.block(Stream.COHESION, claimer, step, sub << 8 | which)[0]
            other = self.cells.get(place)
            if other and other.condition == ACTIVE and unit(word) < cohesion:
                out.add(place)
        return out

    def settle_claims(self, proposals, step: int, sub: int, now: float) -> list[dict]:
        """Clusters leave; their members' proposals and the lost claims become void."""
        claims = {p: e.what for p, e in proposals.items() if e.what in ("enter", "shed")}
        groups = {p: self.held(p, step, sub) | {p} for p in claims}
        owner = {}
        for claimer in sorted(claims, key=lambda p: self.priority(p, step, sub)):
            for member in groups[claimer]:
                owner.setdefault(member, claimer)
        leavers = []
        for claimer, members in groups.items():
            del proposals[claimer]
            if owner[claimer] != claimer:
                continue
            for place in sorted(m for m in members if owner[m] == claimer):
                leavers.append(self.leaver(place, claimer, claims[claimer] == "shed", now))
        for row in leavers:
            proposals.pop(row["place"], None)
        return leavers

    def leaver(self, place: Place, claimer: Place, ruptured: bool, now: float) -> dict:
        cell = self.cells[place]
        return {
            "place": place, "time": now, "site": self.rank(place) // self.slots,
            "slot": place.slot, "claimer": self.rank(claimer), "clone": cell.clone,
            "founder": cell.founder, "phenotype": cell.phenotype, "ruptured": int(ruptured),
        }  # fmt: skip

    def winners(self, proposals, step: int, sub: int) -> dict[Place, Place]:
        """From the place of a mover or mother to the slot it wins."""
        rivals: dict = {}
        for place, event in proposals.items():
            if event.what in ("move", "divide"):
                rivals.setdefault(self.neighbour(place.site, event.direction), []).append(place)
        out = {}
        for site, places in rivals.items():
            places.sort(key=lambda p: self.priority(p, step, sub))
            for place, slot in zip(places, self.free_slots(site), strict=False):
                out[place] = Place(*site, slot)
            self.flows["blocked"] += max(0, len(places) - len(self.free_slots(site)))
        return out

    # Apply

    def apply(self, proposals, winners, leavers, now: float, step: int, sub: int) -> None:
        for row in leavers:
            del self.cells[row["place"]]
            self.flows["intravasated"] += 1
        for place, event in proposals.items():
            if event.what not in ("move", "divide"):
                self.apply_local(place, event)
        for place, to in sorted(winners.items()):
            mother = self.cells[place]
            if proposals[place].what == "move":
                self.cells[to] = self.cells.pop(place)
                self.flows["moved"] += 1
            else:
                mother.born = now
                self.cells[to] = Cell(
                    mother.phenotype, mother.condition, mother.clone, mother.founder, now
                )
                if self.mutation is not None:
                    self.mutate(place, self.cells[to], now, step, sub)
                self.flows["born"] += 1

    def mutate(self, place: Place, daughter: Cell, now: float, step: int, sub: int) -> None:
        """With a chance the daughter founds a clone whose traits are its parent's times a
        log-normal factor."""
        draws = [self.block(Stream.MUTATION, place, step, sub << 8 | k) for k in range(12)]
        if unit53(*draws[0][:2]) >= self.mutation["probability"]:
            return
        limit, traits = self.mutation["limit"], {}
        for k, (name, parent) in enumerate(self.clones[daughter.clone][3].items()):
            drift, spread = self.mutation["drift"][k], self.mutation["spread"][k]
            one, two = unit53(*draws[1 + k][:2]), unit53(*draws[1 + k][2:])
            z = math.sqrt(-2.0 * math.log(one)) * math.cos(2.0 * math.pi * two)
            factor = math.exp(drift + spread * z)
            changed = np.float32(min(max(float(parent) * factor, 1.0 / limit), limit))
            traits[name] = changed if drift or spread else parent
        self.clones.append((daughter.clone, self.tissue, now, traits))
        daughter.clone = len(self.clones) - 1
        self.flows["mutated"] += 1

    def apply_local(self, place: Place, event: Event) -> None:
        cell = self.cells[place]
        if event.what in ("die", "die_dormant", "clear"):
            del self.cells[place]
        elif event.what == "necrose":
            cell.condition = NECROTIC
        elif event.what == "reactivate":
            cell.condition = ACTIVE
        elif event.what == "switch":
            cell.phenotype = event.target
        self.flows[
            {
                "die": "died_apoptosis", "die_dormant": "died_dormant", "clear": "cleared",
                "necrose": "died_necrosis", "reactivate": "reactivated", "switch": "transitions",
            }[event.what]
        ] += 1  # fmt: skip

    def substep(self, step: int, sub: int, substep: float, now: float) -> list[dict]:
        """One sub-step that ends at `now` [h]; returns the cells that left, by (site, slot)."""
        places = sorted(self.cells)
        proposed = {p: self.propose(p, step, sub, substep) for p in places}
        proposals = {p: event for p, event in proposed.items() if event is not None}
        leavers = self.settle_claims(proposals, step, sub, now)
        self.apply(proposals, self.winners(proposals, step, sub), leavers, now, step, sub)
        return sorted(leavers, key=lambda row: row["place"])
