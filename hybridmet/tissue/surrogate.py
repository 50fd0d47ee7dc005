"""SurrogateTissue: an organ's cells as numbers, for populations of patients.

It does what Tissue does, with the same rates, where nothing depends on place: colonies are
stochastic birth-death-dormancy processes in continuous time (docs/surrogate.md). A primary is a
tissue that starts with cells, here too.
"""

import math
from collections.abc import Mapping

import numpy as np

from hybridmet import tables
from hybridmet._core.cells import LEAVER
from hybridmet._core.population import CHANGE, PopulationKernel
from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.tissue import kinetics
from hybridmet.tissue.ball_rates import ball_rates
from hybridmet.tissue.cell_ledger import cell_ledger, check_cell_ledger
from hybridmet.tissue.cells import ACTIVE, DEBRIS, DORMANT
from hybridmet.tissue.clones import Clones
from hybridmet.tissue.colony_census import colony_census
from hybridmet.tissue.colony_leaps import ColonyLeaps
from hybridmet.tissue.colony_room import Shells
from hybridmet.tissue.field_parameters import FieldParameters
from hybridmet.tissue.founders import Founder, Founders
from hybridmet.tissue.initial_cells import InitialCells
from hybridmet.tissue.initial_numbers import initial_numbers
from hybridmet.tissue.leavers import as_ctcs
from hybridmet.tissue.lines import Lines
from hybridmet.tissue.mean_field import EvenVessels, cell_rates
from hybridmet.tissue.phenotypes import Phenotype
from hybridmet.tissue.tissue_parameters import TissueParameters
from hybridmet.tissue.vessel_parameters import VesselParameters
from hybridmet.work import Work

FIRST_ROWS = 64
"""Rows of the tables of leavers and changes to begin with; they double when full."""
INITIAL = 0
"""Founder of the initial cells: they are one colony."""


class SurrogateTissue:
    """The cells of an organ, by founder, clone, phenotype and condition."""

    lattice = None
    """There is none: no cell has a place."""
    vessels = None
    fields: Mapping[str, np.ndarray] = {}

    def __init__(
        self,
        name: str,
        *,
        index: int,
        bed: str,
        lattice: Lattice,
        fields: Mapping[str, FieldParameters],
        phenotypes: Mapping[str, Phenotype],
        vessels: VesselParameters,
        parameters: TissueParameters,
        seed: int,
        threads: int = 1,
        time: float = 0.0,
        clones: Clones | None = None,
    ):
        """As Tissue; `lattice` is the one that the organ would have, `threads` are not used."""
        kinetics.check_limits(phenotypes)
        self.name, self.index, self.bed = name, index, bed
        self.phenotypes, self.parameters = dict(phenotypes), parameters
        self.seed, self.time, self.steps = seed, time, 0
        self.work = {part: Work() for part in ("fields", "cells", "vessels")}
        self.clones = Clones() if clones is None else clones
        self.flows = dict.fromkeys(("initial", "seeded", "failed_no_room"), 0)
        self.founders = Founders(sizes=parameters.colonies)
        self.lines = Lines(len(phenotypes))
        self.capacity = parameters.surrogate.capacity or lattice.sites * parameters.slots
        self._geometry = lattice
        self._founder: dict[int, Founder] = {}
        even = EvenVessels.of(vessels, lattice)
        self._lone = cell_rates(self.phenotypes, even, lattice)
        self._shells = Shells.of(list(phenotypes.values()), self._lone, lattice, parameters)
        self.rates = ball_rates(
            self.phenotypes,
            fields,
            even,
            lattice,
            self._lone,
            self._shells.front[:, 0],
            parameters.hypoxia_threshold,
        )
        self._packed_at = math.inf
        self._kernel = self._made_kernel()
        self._leaps = self._made_leaps()
        self._leavers = np.zeros(FIRST_ROWS, dtype=LEAVER)
        self._changes = np.zeros(FIRST_ROWS, dtype=CHANGE)
        self._touch()

    def _made_kernel(self) -> PopulationKernel:
        parameters = self.parameters
        return PopulationKernel(
            self.rates.table,
            [p.cohesion for p in self.phenotypes.values()],
            self._shells.grown,
            self._shells.spread,
            dim=self._geometry.dim,
            slots=parameters.slots,
            capacity=float(self.capacity),
            most=parameters.surrogate.exact_below,
            tissue=self.index,
            seed=self.seed,
            mutation=self.clones.mutation.kernel_entry(),
        )

    def _made_leaps(self) -> ColonyLeaps:
        return ColonyLeaps(
            np.array([p.cohesion for p in self.phenotypes.values()]),
            self._kernel,
            self.clones,
            accuracy=self.parameters.surrogate.leap,
            seed=self.seed,
            tissue=self.index,
        )

    @property
    def phenotype_names(self) -> tuple[str, ...]:
        return tuple(self.phenotypes)

    def start(self, initial: InitialCells) -> None:
        """Take the initial cells of a primary tumour: as many as a lattice would."""
        unknown = set(initial.named_phenotypes) - set(self.phenotypes)
        if unknown:
            raise ScenarioError(
                f"cells.phenotypes: got {sorted(unknown)[0]!r}, must be one of "
                f"{', '.join(self.phenotypes)}"
            )
        numbers = initial_numbers(
            initial,
            self._geometry,
            self.parameters.slots,
            self.phenotype_names,
            self.seed,
            self.index,
        )
        self.clones.add_initial(len(numbers) - 1, self.index)
        for clone, phenotype in zip(*np.nonzero(numbers), strict=True):
            self.lines.add(INITIAL, clone, phenotype, ACTIVE, int(numbers[clone, phenotype]))
        self.flows["initial"] += int(numbers.sum())
        self._packed_at = self.time
        self._touch()

    def step(self, dt: float) -> np.ndarray:
        """Advance by `dt` [h]. Returns the cells that entered the blood, a tables.CTC without
        serial numbers, in order of time."""
        if self.lines.n == 0:
            leavers = self._leavers[:0]
        else:
            with self.work["cells"].timed():
                leavers = self._step_cells(dt)
        self.steps += 1
        self.time += dt
        return as_ctcs(leavers, self.index, self.phenotypes.values())

    def _step_cells(self, dt: float) -> np.ndarray:
        """Small colonies by the kernel, event by event, then large ones by leaps."""
        end = self.time + dt
        if self._packed_at <= self.time:
            self._kernel.take_initial(self._shells.initial(self.time - self._packed_at))
        n, n_leavers, n_changes, n_left, flows = self._kernel_step(dt)
        if not (flows["drawn"] or n_left):
            return self._leavers[:0]
        occupied = int(self.totals.sum()) if n_left else 0
        self.lines.take_spare(n)
        self._count(flows)
        self._note(self._changes[:n_changes], end)
        leavers = self._leavers[:n_leavers].copy()
        if n_left:
            leavers = np.concatenate([leavers, *self._leap_large(dt, occupied)])
        return leavers

    def _kernel_step(self, dt: float) -> tuple:
        clones = self.clones if self.clones.mutate else None
        if len(self._changes) < self.lines.n:
            self._changes = np.zeros(2 * self.lines.n, dtype=CHANGE)
        while True:
            done = self._kernel.step(
                self.steps,
                self.time,
                dt,
                self.lines.columns,
                self.lines.n,
                self.lines.spare,
                self._leavers,
                self._changes,
                clones,
            )
            if done is not None:
                return done
            self._enlarge()

    def _enlarge(self) -> None:
        """Room for clones, else for lines and leavers: the kernel says only that it was short."""
        if self.clones.wanted > len(self.clones.parent):
            self.clones.reserve(self.clones.wanted)
            return
        self.lines.enlarge()
        self._leavers = np.zeros(2 * len(self._leavers), dtype=LEAVER)

    def _leap_large(self, dt: float, occupied: int) -> list[np.ndarray]:
        """Colonies that the kernel left; `occupied`: cells of the tissue when the step began."""
        out, claims = [], len(self._leavers)
        first, _ = self.lines.colonies()
        living = np.add.reduceat(self.lines.count[:, :, :DEBRIS].sum(axis=(1, 2)), first)
        large = living > self.parameters.surrogate.exact_below
        for founder in self.lines.founder[first[large]].copy():
            a, b = np.searchsorted(self.lines.founder, [founder, founder + 1])
            count = self.lines.count[a:b].copy()
            clone, count, leavers, flows = self._leaps.step(
                int(founder),
                self.lines.clone[a:b].copy(),
                count,
                float(occupied - count.sum()),
                self.steps,
                self.time,
                dt,
            )
            leavers["claimer"] += claims
            claims += len(leavers)
            self.lines.replace(a, b, clone, count)
            self._count(flows)
            self._note_living(int(founder), int(count[:, :, :DEBRIS].sum()), self.time + dt)
            out.append(leavers)
        return out

    def _count(self, flows: dict[str, int]) -> None:
        for name, value in flows.items():
            if value:
                self.flows[name] = self.flows.get(name, 0) + value
        self.work["cells"].updates += flows.get("drawn", 0)
        self._touch()

    def _touch(self) -> None:
        """Note that cells changed: stocks are to be counted again."""
        self._totals = self._ledger = None

    def _note(self, changes: np.ndarray, now: float) -> None:
        """Founders whose lines changed: when they became a colony, and how many live."""
        for grown, living, founder in changes.tolist():
            row = self._founder.get(founder)
            if row is not None and row.first_division is None and not math.isnan(grown):
                row.first_division = grown
            self._note_living(founder, living, now)

    def _note_living(self, founder: int, living: int, now: float) -> None:
        row = self._founder.get(founder)
        if row is not None:
            row.census(living, now, self.founders.sizes)

    def seed_cells(self, dtcs: np.ndarray) -> np.ndarray:
        """Take DTCs (tables.DTC) as cells of their own colonies, dormant unless they arrive
        active. Returns tables.SEEDING; a DTC fails as "no_room" where the organ is full."""
        out = np.zeros(len(dtcs), dtype=tables.SEEDING)
        out["time"], out["ctc"], out["tissue"] = self.time, dtcs["ctc"], self.index
        out["site"] = -1
        placed = max(0, min(len(dtcs), self.capacity - int(self.totals.sum())))
        out["outcome"][:placed], out["outcome"][placed:] = tables.SEEDED, tables.NO_ROOM
        self._place(dtcs[:placed])
        self.flows["seeded"] += placed
        self.flows["failed_no_room"] += len(dtcs) - placed
        self._touch()
        return out

    def _place(self, dtcs: np.ndarray) -> None:
        condition = DORMANT if self.parameters.arrival == "dormant" else ACTIVE
        founder = dtcs["ctc"].astype(np.uint32)
        self.lines.add_colonies(founder, dtcs["clone"], dtcs["phenotype"], condition)
        columns = (dtcs[name].tolist() for name in ("ctc", "clone", "phenotype", "tissue"))
        for ctc, clone, phenotype, parent in zip(*columns, strict=True):
            row = Founder(ctc, clone, phenotype, parent, arrival=self.time, site=-1)
            self._founder[ctc] = row
            self.founders.add(row)

    def remove(self) -> int:
        """Take all cells out, as a surgeon would; returns how many lived. Debris counts as
        cleared."""
        living, debris = self.living, self.debris
        self.lines.clear()
        self._count({"removed": living, "cleared": debris})
        for founder in self._founder:
            self._note_living(founder, 0, self.time)
        return living

    @property
    def totals(self) -> np.ndarray:
        """Cells by phenotype and condition, recounted when they changed: (phenotypes, conditions)
        int64."""
        if self._totals is None:
            self._totals = self.lines.totals()
        return self._totals

    @property
    def living(self) -> int:
        """Living cells, recounted."""
        return int(self.totals[:, :DEBRIS].sum())

    @property
    def debris(self) -> int:
        """Necrotic cells that still take room, recounted."""
        return int(self.totals[:, DEBRIS].sum())

    def census(self) -> np.ndarray:
        """Cells by phenotype and state: (phenotypes, states) int64."""
        return colony_census(
            self.lines,
            self._kernel,
            self.rates,
            self._lone.replaced,
            self.parameters.slots,
        )

    def counts(self) -> dict[str, int]:
        """Living cells, then living cells by phenotype, then all cells by state."""
        alive = self.totals[:, :DEBRIS].sum(axis=1)
        return (
            {"cells": self.living}
            | {n: int(v) for n, v in zip(self.phenotypes, alive, strict=True)}
            | {n: int(v) for n, v in zip(tables.STATES, self.census().sum(axis=0), strict=True)}
        )

    def clone_sizes(self) -> np.ndarray:
        """Living cells by clone: (clones,) int64."""
        out = np.zeros(self.clones.n, dtype=np.int64)
        np.add.at(out, self.lines.clone, self.lines.count[:, :, :DEBRIS].sum(axis=(1, 2)))
        return out

    def ledger(self) -> dict[str, int]:
        """See cell_ledger: `imbalance` is 0."""
        if self._ledger is None:
            self._ledger = cell_ledger(self.flows, self.living, self.debris)
        return dict(self._ledger)

    def check_ledger(self) -> None:
        """Raise LedgerError if cells were lost or made."""
        check_cell_ledger(self.name, self.ledger())

    def numerics(self) -> dict[str, object]:
        """What the cells did that is no result."""
        names = ("transitions", "reactivated", "leaps")
        return {"cells": {n: self.flows.get(n, 0) for n in names}, "fields": {}}

    def state_arrays(self) -> list[tuple[str, np.ndarray]]:
        """The state in canonical order, for the digest."""
        return [
            *self.lines.state_arrays(),
            ("founders", self.founders.table()),
            ("flows", np.array([n for _, n in sorted(self.flows.items())], dtype=np.int64)),
            ("clock", np.array([self.time, self.steps])),
        ]
