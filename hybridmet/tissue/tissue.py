"""Tissue: one lattice with its fields, cells and vessels.

Primary tumour and metastases are the same class: a primary is a tissue that starts with cells.
"""

from collections.abc import Mapping

import numpy as np

from hybridmet import tables
from hybridmet._core import cells as kernel
from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.tissue import kinetics, seeding
from hybridmet.tissue.cell_ledger import cell_ledger, check_cell_ledger
from hybridmet.tissue.cells import ACTIVE as ACTIVE_CONDITION
from hybridmet.tissue.cells import DEBRIS, Cells, InitialCells, kind_of
from hybridmet.tissue.cells import DORMANT as DORMANT_CONDITION
from hybridmet.tissue.clones import Clones
from hybridmet.tissue.contact_entry import ContactDoor
from hybridmet.tissue.fields import CellTables, FieldParameters, Fields, SolveLog
from hybridmet.tissue.founders import Founder, Founders
from hybridmet.tissue.leavers import as_ctcs
from hybridmet.tissue.phenotypes import Phenotype
from hybridmet.tissue.synchronous_division import SynchronousDivision
from hybridmet.tissue.tissue_parameters import TissueParameters
from hybridmet.tissue.vasculature import Vasculature
from hybridmet.tissue.vessel_parameters import VesselParameters
from hybridmet.tissue.vessels import VesselNetwork
from hybridmet.work import Work

FIRST_LEAVERS = 1024
"""Rows of the table of leavers to begin with; it doubles when full."""
IDLE = frozenset(("drawn", "skipped", "blocked", "clamped"))
"""Flows that leave the cells as they are."""


class Tissue:
    """One lattice of an organ."""

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
        """`index` numbers the patient's lattices and is part of each random identity; `time` [h]
        is the moment the lattice comes into being; `clones` is the patient's table."""
        kinetics.check_limits(phenotypes)
        self.name, self.index, self.bed, self.lattice = name, index, bed, lattice
        self.phenotypes, self.parameters = dict(phenotypes), parameters
        self.seed, self.threads, self.time, self.steps = seed, threads, time, 0
        self.work = {part: Work() for part in ("fields", "cells")}
        self.fields = Fields(lattice, dict(fields), parameters.precision)
        self.solves = SolveLog(self.fields)
        self.cells = Cells(lattice, parameters.slots)
        self.founders = Founders(sizes=parameters.colonies)
        self.clones = Clones() if clones is None else clones
        self.flows = dict.fromkeys(("initial", "seeded", "failed_no_room"), 0)
        self.vasculature = Vasculature(
            lattice,
            vessels,
            self.fields,
            self.cells.columns["kind"],
            seed=seed,
            tissue=index,
            time=time,
        )
        self.work["vessels"] = self.vasculature.work
        self._kernel = self._make_kernel()
        self._tables = self._cell_tables()
        self._leavers = np.zeros(FIRST_LEAVERS, dtype=kernel.LEAVER)
        self._substeps: dict[tuple[float, ...], int] = {}
        self._door = self._make_door()
        self._clock = SynchronousDivision(
            parameters.synchronous_division, self.phenotype_names, self.cells
        )
        self._touch()
        self._equilibrate()

    def _equilibrate(self) -> None:
        kind = self.cells.columns["kind"]
        with self.work["fields"].timed():
            self.fields.equilibrate(kind, self._tables, self.vasculature.exchange, self.threads)

    def _make_kernel(self) -> kernel.CellKernel:
        lattice = self.lattice
        faces = 2 * lattice.dim
        everywhere = 8 if lattice.dim == 2 else 26
        return kernel.CellKernel(
            lattice,
            self.parameters.slots,
            faces if self.parameters.division_neighbours == "faces" else everywhere,
            self.index,
            self.cells.columns,
            kinetics.kernel_table(self.phenotypes, list(self.fields)),
            [self.fields.padded(name) for name in self.fields],
            self.vasculature.kernel_arrays(),
            self.seed,
            self.clones.mutation.kernel_entry(),
        )

    def _make_door(self) -> ContactDoor | None:
        entry = self.parameters.contact_entry
        if entry is None:
            return None
        return ContactDoor(
            entry, self.lattice, self.cells, self.vasculature.sites, self.phenotype_names
        )

    def _cell_tables(self) -> CellTables:
        def per_field(key: str) -> dict[str, np.ndarray]:
            return {f: kinetics.per_kind(self.phenotypes, key, f) for f in self.fields}

        saturable = {f: kinetics.saturable_per_kind(self.phenotypes, f) for f in self.fields}
        responding = {f: kinetics.responding_secretion(self.phenotypes, f) for f in self.fields}
        return CellTables(
            uptake=per_field("uptake_rates"),
            saturable={f: table for f, table in saturable.items() if table is not None},
            secretion={f: kinetics.plain_secretion(self.phenotypes, f) for f in self.fields},
            degradation=per_field("degradation_rates"),
            responding={f: table for f, table in responding.items() if table is not None},
        )

    @property
    def phenotype_names(self) -> tuple[str, ...]:
        return tuple(self.phenotypes)

    @property
    def vessels(self) -> VesselNetwork:
        """The vessels as they stand."""
        return self.vasculature.network

    @property
    def blood(self) -> dict[str, np.ndarray]:
        """Mean tension of the blood along each segment, by field that it loses on its way."""
        return self.vasculature.blood()

    def start(self, initial: InitialCells) -> None:
        """Place the initial cells of a primary tumour."""
        unknown = set(initial.named_phenotypes) - set(self.phenotypes)
        if unknown:
            raise ScenarioError(
                f"cells.phenotypes: got {sorted(unknown)[0]!r}, must be one of "
                f"{', '.join(self.phenotypes)}"
            )
        highest = self.cells.place_initial(initial, self.phenotype_names, self.seed, self.index)
        self.clones.add_initial(highest, self.index)
        self.flows["initial"] += int(np.count_nonzero(self.cells.column("kind")))
        self._touch()
        self._equilibrate()

    def substeps(self, dt: float) -> int:
        """Sub-steps of the cells in a macro step of `dt` [h]; they change with the clones and
        with the largest wall area in a site."""
        key = (dt, self.vasculature.sites.largest_area, *self.clones.most)
        if key not in self._substeps:
            self._substeps = {key: self._count_substeps(dt)}
        return self._substeps[key]

    def _count_substeps(self, dt: float) -> int:
        ranges = {name: p.largest_value for name, p in self.fields.parameters.items()}
        return kinetics.substeps(
            self.phenotypes,
            self.lattice,
            ranges,
            self.vasculature.sites.largest_area,
            dt,
            self.clones.most_by_behaviour(),
        )

    def step(self, dt: float) -> np.ndarray:
        """Advance by `dt` [h]: fields, vessels, then cells. Returns the cells that entered the blood,
        a tables.CTC without serial numbers, ordered by (time, site, slot)."""
        self._step_fields(dt)
        if self.vasculature.step(self.steps, self.time, dt):
            self._take_vessels()
        with self.work["cells"].timed():
            leavers = self._step_cells(dt)
            if self._door is not None:
                leavers = self._enter_on_contact(leavers, self.time + dt)
            if self._clock.doubling_times:
                self._divide_by_the_clock(self.time + dt)
        self.steps += 1
        self.time += dt
        return as_ctcs(leavers, self.index, self.phenotypes.values())

    def _step_fields(self, dt: float) -> None:
        with self.work["fields"].timed():
            report = self.fields.step(
                dt,
                self.cells.columns["kind"],
                self._tables,
                self.vasculature.exchange,
                self.threads,
                unchanged=not self._changed,
            )
        self.work["fields"].updates += report.updates
        self.solves.add(report)
        self._changed = False

    def _take_vessels(self) -> None:
        """Let cells and, at the next step, fields see vessels that have changed."""
        self._kernel.replace_vessels(self.vasculature.kernel_arrays())
        self._door = self._make_door()
        self._changed = True

    def _step_cells(self, dt: float) -> np.ndarray:
        if self._is_empty():
            return self._leavers[:0].copy()
        n_sub = self.substeps(dt)
        clones = self.clones if self.clones.mutate else None
        done, n = 0, 0
        while True:
            done, n, flows = self._kernel.step(
                self.steps,
                done,
                n_sub,
                self.time,
                dt / n_sub,
                self.threads,
                self._leavers,
                n,
                clones,
            )
            self._count(flows)
            if done == n_sub:
                return self._leavers[:n].copy()
            self._enlarge()

    def _is_empty(self) -> bool:
        """Whether the stocks, recounted since the last change, hold no cell."""
        return self._stock == (0, 0)

    def _enlarge(self) -> None:
        """Room for what the next sub-step may add: clones or cells that leave."""
        if self.clones.wanted > len(self.clones.parent):
            self.clones.reserve(self.clones.wanted)
        else:
            self._leavers = np.concatenate([self._leavers, np.zeros_like(self._leavers)])

    def _enter_on_contact(self, leavers: np.ndarray, now: float) -> np.ndarray:
        more = self._door.step(now)
        if len(more) == 0:
            return leavers
        self.flows["intravasated"] = self.flows.get("intravasated", 0) + len(more)
        self._touch()
        return np.concatenate([leavers, more])

    def _divide_by_the_clock(self, now: float) -> None:
        born = self._clock.step(self.time, now, self.seed, self.index, self.steps)
        if born:
            self.flows["born"] = self.flows.get("born", 0) + born
            self._touch()

    def _count(self, flows: dict[str, int]) -> None:
        touched = False
        for name, value in flows.items():
            if name == "mutated" and not self.clones.mutate:  # then it is no part of the state
                continue
            self.flows[name] = self.flows.get(name, 0) + value
            touched |= value != 0 and name not in IDLE
        self.work["cells"].updates += flows["drawn"]
        self.work["cells"].skipped += flows["skipped"]
        if touched:
            self._touch()

    def _touch(self) -> None:
        """Note that cells changed: uptake, stocks and colonies are to be looked at again."""
        self._changed = True
        self._census = None
        self._stock: tuple[int, int] | None = None

    def clone_sizes(self) -> np.ndarray:
        """Living cells by clone: (clones,) int64, plane by plane to spare memory."""
        out = np.zeros(self.clones.n, dtype=np.int64)
        planes = (*self.lattice.shape3, self.cells.slots)
        for kind, clone in zip(
            self.cells.column("kind").reshape(planes),
            self.cells.column("clone").reshape(planes),
            strict=True,
        ):
            living = (kind > 0) & ((kind - 1) % 4 != DEBRIS)
            out += np.bincount(clone[living], minlength=len(out))
        return out

    def seed_cells(self, dtcs: np.ndarray) -> np.ndarray:
        """Place DTCs (tables.DTC) as dormant cells at the free site nearest their vessel.

        A cluster shares a vessel, drawn by wall length. Returns tables.SEEDING; a DTC without a
        free site within `seeding_radius` fails as "no_room".
        """
        out = np.zeros(len(dtcs), dtype=tables.SEEDING)
        out["time"], out["ctc"], out["tissue"] = self.time, dtcs["ctc"], self.index
        for row, dtc in zip(out, dtcs, strict=True):
            where = self._place_for(int(dtc["cluster"]))
            if where is None:
                row["outcome"], row["site"] = tables.NO_ROOM, -1
                self.flows["failed_no_room"] += 1
            else:
                row["outcome"], row["site"], row["slot"] = tables.SEEDED, *where
                self._place(dtc, *where)
        return out

    def _place_for(self, cluster: int) -> tuple[int, int] | None:
        site = seeding.arrest_site(
            self.lattice, self.vasculature.sites, self.seed, self.index, cluster
        )
        kind = self.cells.column("kind").reshape(*self.lattice.shape3, -1)
        radius = self.parameters.seeding_radius
        beside = self.parameters.seeding_beside
        return seeding.nearest_free_place(self.lattice, kind, site, radius, beside)

    def _place(self, dtc, site: int, slot: int) -> None:
        asleep = self.parameters.arrival == "dormant"
        kind = kind_of(int(dtc["phenotype"]), DORMANT_CONDITION if asleep else ACTIVE_CONDITION)
        self.cells.put(
            np.array([site]), np.array([slot]), kind, dtc["clone"], dtc["ctc"], self.time
        )
        self.flows["seeded"] += 1
        self._touch()
        self.founders.add(
            Founder(
                ctc=int(dtc["ctc"]),
                clone=int(dtc["clone"]),
                phenotype=int(dtc["phenotype"]),
                parent=int(dtc["tissue"]),
                arrival=self.time,
                site=site,
            )
        )

    def census(self) -> np.ndarray:
        """Stocks recounted from the columns: (phenotypes, states) int64; founders are counted
        too."""
        if self._census is None:
            counts = self._kernel.count(
                self._oxygen, self.parameters.hypoxia_threshold, self.threads
            )
            self._census = counts[: len(self.phenotypes)]
            if self.founders.rows:
                self.founders.census(
                    self._kernel.count_founders(self.founders.serials()), self.time
                )
        return self._census

    @property
    def _oxygen(self) -> np.ndarray | None:
        return self.fields.padded("oxygen") if "oxygen" in self.fields else None

    @property
    def living(self) -> int:
        """Living cells, recounted."""
        return self._stocks()[0]

    @property
    def debris(self) -> int:
        """Necrotic cells that still occupy their site, recounted."""
        return self._stocks()[1]

    def _stocks(self) -> tuple[int, int]:
        """Living and necrotic cells, recounted; founders, if any, note who lives."""
        if self._stock is None:
            self._stock = self._kernel.stock()
            if self.founders.rows:
                self.census()
        return self._stock

    def counts(self) -> dict[str, int]:
        """Living cells, then living cells by phenotype, then all cells by state."""
        census = self.census()
        alive = np.delete(census, tables.NECROTIC, axis=1).sum(axis=1)
        return (
            {"cells": self.living}
            | {n: int(v) for n, v in zip(self.phenotypes, alive, strict=True)}
            | {n: int(v) for n, v in zip(tables.STATES, census.sum(axis=0), strict=True)}
        )

    def cells_table(self) -> np.ndarray:
        """All cells as rows: tables.CELL."""
        threshold = self.parameters.hypoxia_threshold
        return self.cells.table(
            self.time, lambda index: self._kernel.states(self._oxygen, threshold, index)
        )

    def ledger(self) -> dict[str, int]:
        """See cell_ledger: `imbalance` is 0."""
        return cell_ledger(self.flows, self.living, self.debris)

    def numerics(self) -> dict[str, object]:
        """What the cells and solvers did that is no result: moves, conflicts, clamps, cycles,
        largest residuals; what happened to vessels."""
        names = ("moved", "blocked", "clamped", "transitions", "reactivated")
        return {
            "cells": {n: self.flows.get(n, 0) for n in names},
            "fields": self.solves.rows,
            "vessels": self.vasculature.numerics(),
        }

    def check_ledger(self) -> None:
        """Raise LedgerError if cells were lost or made."""
        check_cell_ledger(self.name, self.ledger())

    def state_arrays(self) -> list[tuple[str, np.ndarray]]:
        """The state in canonical order, for the digest: columns and fields are views, the rest
        are copies."""
        self.census()
        return [
            *((name, self.cells.column(name)) for name in Cells.STATE),
            *((name, self.fields[name]) for name in self.fields),
            *((f"vessels.{name}", array) for name, array in self.vasculature.state_arrays()),
            ("founders", self.founders.table()),
            ("flows", np.array([n for _, n in sorted(self.flows.items())], dtype=np.int64)),
            ("clock", np.array([self.time, self.steps])),
        ]
