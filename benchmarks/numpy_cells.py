"""The sub-step of the cells as a plain vectorised NumPy program, for comparison.

The whole rule of the kernel, read from the same tables and with the same keyed random numbers:
competing hazards of active, dormant and necrotic cells with their responses to fields, weighted
moves along gradients, entry into the blood with clusters, the lowest priority wins a site, all
columns and all flows. Its state after a step is that of the kernel, bit for bit
(tests/tissue/test_numpy_cells.py). One cell a site, closed sides, 3-D, no mutation; each kind
of active cell is able to do something even where it has no room (else the kernel need not draw).

As a competent user would write it: compact lists of cells, whole arrays at a time, work that few
cells cause (events, conflicts, clusters) on these cells only. What it has not is the kernel's
bound, by which most cells are known to stay without their hazards being looked at.
"""

from collections import Counter

import numpy as np

from benchmarks.numpy_philox import philox, stream_key, unit, unit53
from hybridmet._core.cells import LEAVER
from hybridmet.random import Stream
from hybridmet.tissue.cells import ACTIVE, DEBRIS, DORMANT, EMPTY, WALL, kind_of
from hybridmet.tissue.phenotypes import BEHAVIOURS

OFFSETS = np.array([(0, 0, -1), (0, 0, 1), (0, -1, 0), (0, 1, 0), (-1, 0, 0), (1, 0, 0)])
"""(z, y, x), in the kernel's order of directions: the opposite one is d ^ 1."""
FACES = len(OFFSETS)

NOTHING, MOVE, DIVIDE, DIE, NECROSE, ENTER, SHED, REACTIVATE, DIE_DORMANT, CLEAR, SWITCH = range(11)
"""Events; SWITCH + q is the change into phenotype q."""
B = {name: number for number, name in enumerate(BEHAVIOURS)}
LOCAL_FLOWS = {
    DIE: "died_apoptosis",
    NECROSE: "died_necrosis",
    REACTIVATE: "reactivated",
    DIE_DORMANT: "died_dormant",
    CLEAR: "cleared",
}


class NumpyCells:
    """Takes what `CellKernel` takes; keeps copies of the columns as flat padded arrays."""

    def __init__(self, lattice, tissue, columns, rules, fields, vessels, seed):
        self.lattice, self.rules = lattice, rules
        self.fields = [values.reshape(-1) for values in fields]
        kind = lattice.padded(WALL, np.uint8)
        lattice.interior(kind)[...] = lattice.interior(columns["kind"][..., 0])
        self.kind = kind.reshape(-1)
        self.clone, self.founder, self.born = (
            columns[name].reshape(-1).copy() for name in ("clone", "founder", "born")
        )
        _, ny, nx = lattice.padded_shape
        self.strides = OFFSETS @ np.array([ny * nx, nx, 1])
        rank = lattice.padded(0, np.uint64)
        lattice.interior(rank)[...] = np.arange(lattice.sites).reshape(lattice.shape)
        self.rank, self.high = rank.reshape(-1), np.uint64(tissue << 48)
        self.intact, self.ruptured = np.zeros((2, kind.size))
        self.intact[vessels["sites"]] = vessels["intact_area"]
        self.ruptured[vessels["sites"]] = vessels["ruptured_area"]
        streams = (Stream.CELLS, Stream.SIEVE, Stream.PRIORITY, Stream.COHESION)
        self.keys = {stream: stream_key(seed, int(stream)) for stream in streams}
        self.flows: Counter[str] = Counter()
        self.leavers = [np.zeros(0, LEAVER)]

    def substep(self, step: int, sub: int, dt: float, now: float) -> int:
        """One sub-step of `dt` [h] that ends at `now` [h]; returns how many cells drew."""
        self.time = step, sub, now
        sites = np.flatnonzero((self.kind != EMPTY) & (self.kind != WALL))
        kinds, events, ways = (
            self.kind[sites],
            np.zeros(len(sites), "i1"),
            np.zeros(len(sites), "i1"),
        )
        u, third = self._draws(sites, step, sub)
        for phenotype in range(len(self.rules)):
            for condition in (ACTIVE, DORMANT, DEBRIS):
                own = np.flatnonzero(kinds == kind_of(phenotype, condition))
                if len(own):
                    rule = self.rules[phenotype]
                    draw = (u[own], third[own])
                    events[own], ways[own] = self._propose(sites[own], rule, condition, draw, dt)
        some = np.flatnonzero(events)
        self._settle(sites[some], events[some], ways[some])
        self.flows["drawn"] += len(sites)
        return len(sites)

    def _identity(self, sites):
        return self.high | self.rank[sites]

    # Propose

    def _draws(self, sites, step: int, sub: int):
        """A uniform and a word for each cell: (n,) each. The first 16 bits of the uniform are an
        eighth of a block that is shared by the slots of equal rank // 8."""
        words = philox(self.keys[Stream.CELLS], self._identity(sites), step, sub)
        blocks = np.arange(-(-self.lattice.sites // 8), dtype=np.uint64) | self.high >> np.uint64(3)
        shared = np.stack(philox(self.keys[Stream.SIEVE], blocks, step, sub), axis=1)
        head = shared.astype("<u4").view("<u2").reshape(-1)[self.rank[sites]]
        first = head.astype(np.uint64) << np.uint64(16) | words[0] & np.uint64(0xFFFF)
        return unit53(first, words[1]), words[2]

    def _propose(self, sites, rule, condition, draw, dt):
        """Event and direction of each cell: (n,) each."""
        u, third = draw
        if condition != ACTIVE:
            rates, events = self._resting_rates(sites, rule, condition)
            return self._choose(rates, events, u, dt), 0
        around = sites[:, None] + self.strides
        free = self.kind[around] == EMPTY
        weights = np.cumsum(self._weights(sites, rule, free, dt), axis=1)
        moving = weights[:, -1]
        self.flows["clamped"] += np.count_nonzero(moving > 1.0)
        rates, events = self._living_rates(sites, rule, free.any(axis=1))
        rest = np.where(moving < 1.0, (u - moving) / (1.0 - moving), 1.0)
        event = self._choose(rates, events, rest, dt)
        way = np.zeros(len(sites), "i1")
        moves = np.flatnonzero(u < moving)
        event[moves] = MOVE
        way[moves] = (u[moves, None] >= weights[moves]).sum(axis=1)
        mothers = np.flatnonzero(event == DIVIDE)
        room = np.cumsum(free[mothers], axis=1)
        pick = third[mothers] * room[:, -1].astype(np.uint64) >> np.uint64(32)
        way[mothers] = (room <= pick[:, None]).sum(axis=1)
        return event, way

    def _factor(self, sites, rule, behaviour):
        """Product of the responses of a behaviour: (n,), or 1."""
        out = 1.0
        for number, field, threshold, low, half, power, extreme in rule["responses"]:
            if number != B[behaviour]:
                continue
            values = self.fields[field][sites]
            if threshold:
                hill = (values > half).astype(float)
            else:
                u = (np.maximum(values, 0.0) / half) ** power
                hill = u / (1.0 + u)
            out = out * (1.0 + (extreme - 1.0) * (1.0 - hill if low else hill))
        return out

    def _weights(self, sites, rule, free, dt):
        """Probability of a move in each direction: (n, 6)."""
        out = np.empty((len(sites), FACES))
        out[...] = np.reshape(
            rule["rates"][B["motility"]] * self._factor(sites, rule, "motility"), (-1, 1)
        )
        along = self._factor(sites, rule, "taxis")
        for field, coefficient in rule["taxis"]:
            values = self.fields[field]
            for axis in range(3):
                minus, plus = self.strides[2 * axis : 2 * axis + 2]
                drift = 0.25 * coefficient * along * (values[sites + plus] - values[sites + minus])
                out[:, 2 * axis] -= drift
                out[:, 2 * axis + 1] += drift
        self.flows["clamped"] += np.count_nonzero(free & (out < 0.0))
        return np.maximum(out, 0.0) * free * (dt / self.lattice.spacing**2)

    def _living_rates(self, sites, rule, room):
        """Hazards of active cells [1/h], (n, m), and their events, (m,)."""
        def rate(behaviour):
            return rule["rates"][B[behaviour]] * self._factor(sites, rule, behaviour)

        columns = {DIVIDE: rate("division") * room, DIE: rate("death"), NECROSE: rate("necrosis")}
        change = self._factor(sites, rule, "transition")
        columns |= {SWITCH + q: r * change for q, r in enumerate(rule["transitions"]) if r > 0.0}
        columns[ENTER] = rate("intravasation") * self.intact[sites]
        columns[SHED] = rate("shedding") * self.ruptured[sites]
        return self._table(columns, len(sites))

    def _resting_rates(self, sites, rule, condition):
        """The same of dormant or necrotic cells."""
        which = {CLEAR: "clearance"} if condition == DEBRIS else {
            DIE_DORMANT: "dormant_death", REACTIVATE: "reactivation", NECROSE: "necrosis",
        }  # fmt: skip
        columns = {
            event: rule["rates"][B[name]] * self._factor(sites, rule, name)
            for event, name in which.items()
        }
        return self._table(columns, len(sites))

    @staticmethod
    def _table(columns, n):
        rates = np.empty((n, len(columns)))
        for column, values in enumerate(columns.values()):
            rates[:, column] = values
        return np.cumsum(rates, axis=1), np.array(list(columns), "i1")

    @staticmethod
    def _choose(rates, events, v, dt):
        """The hazard that a uniform picks, rates summed along the row: (n,)."""
        total = rates[:, -1]
        happens = -np.expm1(-total * dt)
        out = np.zeros(len(v), "i1")
        some = np.flatnonzero(v < happens)
        target = v[some] / happens[some] * total[some]
        out[some] = events[(target[:, None] >= rates[some]).sum(axis=1)]
        return out

    # Resolve and apply

    def _settle(self, sites, events, ways):
        gone = self._enter_blood(sites, events)
        stays = ~np.isin(sites, gone) & (events != ENTER) & (events != SHED)
        sites, events, ways = sites[stays], events[stays], ways[stays]
        spreads = events <= DIVIDE
        won = self._winners(sites[spreads], ways[spreads])
        self._vacate(gone)
        self._apply_local(sites[~spreads], events[~spreads])
        self._apply_arrivals(sites[spreads], events[spreads], ways[spreads], won)

    def _priority(self, sites):
        """Lower goes first: (n,) uint64."""
        words = philox(self.keys[Stream.PRIORITY], self._identity(sites), *self.time[:2])
        return words[0] << np.uint64(32) | words[1]

    def _winners(self, sites, ways):
        """Whether a mover or mother gets its target: (n,) bool."""
        targets = sites + self.strides[ways]
        order = np.lexsort((sites, self._priority(sites), targets))
        first = np.ones(len(sites), bool)
        first[1:] = np.diff(targets[order]) != 0
        won = np.empty(len(sites), bool)
        won[order] = first
        return won

    def _enter_blood(self, sites, events):
        """Claims and their clusters leave; returns the sites of those who left."""
        claims = np.flatnonzero((events == ENTER) | (events == SHED))
        claimers, ruptured = sites[claims], events[claims] == SHED
        owner, member = self._pairs(claimers)
        order = np.lexsort((claimers[owner], self._priority(claimers)[owner], member))
        owner, member = owner[order], member[order]
        first = np.ones(len(member), bool)
        first[1:] = np.diff(member) != 0
        owner, member = owner[first], member[first]
        keeps = np.zeros(len(claimers), bool)
        keeps[owner[member == claimers[owner]]] = True
        owner, member = owner[keeps[owner]], member[keeps[owner]]
        self.leavers.append(self._leavers(member, claimers[owner], ruptured[owner]))
        self.flows["intravasated"] += len(member)
        return member

    def _pairs(self, claimers):
        """Number of the claimer and site of each cell that a claim covers, its own included."""
        step, sub, _ = self.time
        owners, members = [np.arange(len(claimers))], [claimers]
        cohesion = np.array([rule["cohesion"] for rule in self.rules])
        for way, stride in enumerate(self.strides):
            words = philox(
                self.keys[Stream.COHESION], self._identity(claimers), step, sub << 8 | way
            )
            beside = claimers + stride
            alive = (self.kind[beside] != EMPTY) & (self.kind[beside] != WALL)
            alive &= (self.kind[beside] - 1) % 4 == ACTIVE
            holds = alive & (unit(words[0]) < cohesion[(self.kind[claimers] - 1) >> 2])
            owners.append(np.flatnonzero(holds))
            members.append(beside[holds])
        return np.concatenate(owners), np.concatenate(members)

    def _leavers(self, sites, claimers, ruptured):
        out = np.zeros(len(sites), LEAVER)
        out["time"], out["site"], out["claimer"] = (
            self.time[2],
            self.rank[sites],
            self.rank[claimers],
        )
        out["clone"], out["founder"] = self.clone[sites], self.founder[sites]
        out["phenotype"], out["ruptured"] = (self.kind[sites] - 1) >> 2, ruptured
        return out

    def _vacate(self, sites):
        for column in (self.kind, self.clone, self.founder, self.born):
            column[sites] = 0

    def _apply_local(self, sites, events):
        for event, name in LOCAL_FLOWS.items():
            own = sites[events == event]
            self.flows[name] += len(own)
            if event == NECROSE:
                self.kind[own] += DEBRIS - (self.kind[own] - 1) % 4
            elif event == REACTIVATE:
                self.kind[own] -= DORMANT
            else:
                self._vacate(own)
        changes = events >= SWITCH
        own = sites[changes]
        self.kind[own] = kind_of(events[changes] - SWITCH) + (self.kind[own] - 1) % 4
        self.flows["transitions"] += len(own)

    def _apply_arrivals(self, sites, events, ways, won):
        self.flows["blocked"] += np.count_nonzero(~won)
        sites, divides = sites[won], events[won] == DIVIDE
        targets = sites + self.strides[ways[won]]
        self.born[sites[divides]] = self.time[2]
        for column in (self.kind, self.clone, self.founder, self.born):
            column[targets] = column[sites]
        self._vacate(sites[~divides])
        self.flows["born"] += np.count_nonzero(divides)
        self.flows["moved"] += np.count_nonzero(~divides)
