"""The patient: all lattices and the circulation, advanced together."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hybridmet.arrivals import NOWHERE, Arrivals, deaths_in_soil, survives
from hybridmet.circulation.circulation import Circulation
from hybridmet.circulation.network import BodyNetwork
from hybridmet.circulation.source import NO_TISSUE
from hybridmet.colonies import colony_table
from hybridmet.errors import LedgerError, RoomError, unknown_name
from hybridmet.organs import DEFAULT_ORGAN, OrganParameters, PrimaryParameters
from hybridmet.random import Stream, uniform_of
from hybridmet.tissue.clones import SOURCE, Clones, MutationParameters
from hybridmet.tissue.fields import FieldParameters
from hybridmet.tissue.phenotypes import Phenotype
from hybridmet.tissue.surrogate import SurrogateTissue
from hybridmet.tissue.tissue import Tissue
from hybridmet.tissue.tissue_parameters import TissueParameters

MODELS: dict[str, type] = {"lattice": Tissue, "surrogate": SurrogateTissue}
"""What stands for an organ, by `tissue.model` or its own `model`: both have the same methods."""


@dataclass(frozen=True)
class Biology:
    """What holds in every organ: fields, phenotypes and the rules of a lattice."""

    fields: Mapping[str, FieldParameters]
    phenotypes: Mapping[str, Phenotype]
    tissue: TissueParameters = field(default_factory=TissueParameters)
    mutation: MutationParameters = field(default_factory=MutationParameters)


class Patient:
    """A primary tumour, the bloodstream, and organs that come into being when cells arrive."""

    def __init__(
        self,
        biology: Biology,
        primary: PrimaryParameters | None,
        organs: Mapping[str, OrganParameters],
        circulation: Circulation,
        *,
        seed: int,
        threads: int = 1,
        draws: Any = None,
        check_room: Callable[[OrganParameters], None] | None = None,
    ):
        """`draws` is kept for whoever wants the results of virtual blood draws
        (measures.blood_draw.BloodDraws); `check_room` raises MemoryError where a further lattice
        would not fit into memory."""
        self.draws = draws
        self.biology, self.circulation = biology, circulation
        self.seed, self.threads = seed, threads
        self.time, self.steps = 0.0, 0
        self.tissues: dict[str, Tissue] = {}
        self.clones = Clones(biology.mutation)
        self._drains: dict[str, dict[str, float]] = {}
        self._share: dict[str, float] = {}
        self._survival: list[float] = []
        """On arrival, by lattice [1]."""
        self._organs = dict(organs)
        self._events = _no_events()
        self.events_forgotten = 0
        """Rows of events that nobody drained and that were let go (`trim_events`)."""
        self.arrivals = Arrivals()
        self._check_room, self._no_room = check_room, ""
        check_organs(self._organs, self.network)
        self.primaries = (SOURCE,)
        """Names of tissues that did not grow from arrivals, and of what stands for such."""
        if primary is not None:
            self.primaries = (primary.site, SOURCE)
            self._add_primary(primary)

    @property
    def network(self) -> BodyNetwork:
        return self.circulation.network

    @property
    def primary(self) -> Tissue:
        return next(iter(self.tissues.values()))

    def _add_primary(self, parameters: PrimaryParameters) -> None:
        drains = self.network.drainage(parameters.site)
        host = self.network.primary_sites[parameters.site].host
        tissue = self._add_tissue(parameters.site, host, parameters, drains)
        if parameters.cells is not None:
            tissue.start(parameters.cells)

    def _add_tissue(
        self, name: str, bed: str, parameters: OrganParameters, drains: dict[str, float]
    ) -> Tissue:
        tissue = MODELS[parameters.model_in(self.biology.tissue)](
            name,
            index=len(self.tissues),
            bed=bed,
            lattice=parameters.lattice(),
            fields=parameters.local(self.biology.fields),
            phenotypes=parameters.soil.applied_to(self.biology.phenotypes),
            vessels=parameters.vessels,
            parameters=self.biology.tissue,
            seed=self.seed,
            threads=self.threads,
            time=self.time,
            clones=self.clones,
        )
        self.tissues[name] = tissue
        self._drains[name] = drains
        self._share[name] = parameters.flow_fraction
        self._survival.append(parameters.soil.survival)
        return tissue

    def step(self, dt: float) -> None:
        """One macro step of `dt` [h]: organs shed into the blood, the blood seeds organs."""
        for name, tissue in self.tissues.items():
            ctcs = tissue.step(dt)
            if len(ctcs):
                admitted = self.circulation.admit(ctcs, self._drains[name])
                self._events["intravasations"].append(admitted)
        arrivals = self.circulation.step(dt)
        self.steps += 1
        self.time += dt
        for bed, dtcs in arrivals.items():
            self._events["extravasations"].append(dtcs)
            self._seed(bed, dtcs)
        self._check()
        if self._no_room:
            message, self._no_room = self._no_room, ""
            raise RoomError(message)

    def _seed(self, bed: str, dtcs: np.ndarray) -> None:
        """Lead DTCs to the lattices of a bed; a cluster stays together, and who does not survive
        the soil needs no lattice."""
        places = self._places(bed, dtcs["cluster"])
        alive = self._survivors(bed, places, dtcs)
        homeless = alive & (places == NOWHERE)
        while homeless.any() and (tissue := self._found(bed)) is not None:
            founders = dtcs["cluster"] == dtcs["cluster"][homeless].min()
            found = np.where(founders, tissue.index, self._places(bed, dtcs["cluster"]))
            places = np.where(places == NOWHERE, found, places)
            homeless = alive & (places == NOWHERE)
        self.arrivals.unfollowed += np.count_nonzero(homeless)
        self._note_arrivals(bed, places, dtcs)
        if not alive.any():
            return
        tissues = list(self.tissues.values())
        for index in sorted(set(places[alive & (places != NOWHERE)].tolist())):
            rows = dtcs[alive & (places == index)]
            self._events["seedings"].append(tissues[index].seed_cells(rows))

    def _places(self, bed: str, clusters: np.ndarray) -> np.ndarray:
        """(n,) index of the lattice of a bed into which each cluster falls; NOWHERE if none
        stands for it."""
        standing = [tissue for tissue in self.tissues.values() if tissue.bed == bed]
        if not standing:
            return np.full(len(clusters), NOWHERE)
        if self._share[standing[0].name] >= 1.0:  # it stands for all of the bed: nothing to draw
            return np.full(len(clusters), standing[0].index)
        draws = uniform_of(self.seed, Stream.ROUTING, clusters)
        covered = np.cumsum([self._share[tissue.name] for tissue in standing])
        indices = np.array([*(tissue.index for tissue in standing), NOWHERE])
        return indices[np.searchsorted(covered, draws, side="right")]

    def _survivors(self, bed: str, places: np.ndarray, dtcs: np.ndarray) -> np.ndarray:
        """(n,) bool: which DTCs may seed; the others are counted by cause."""
        parameters = self._parameters_of(bed)
        unseen = np.nan if parameters is None else parameters.soil.survival
        survival = np.array([*self._survival, unseen])[places]  # NOWHERE takes the last
        followed = ~np.isnan(survival)
        alive = followed & survives(self.seed, dtcs["ctc"], survival)
        dead = followed & ~alive
        died = np.count_nonzero(dead)
        self.arrivals.unfollowed += len(dtcs) - np.count_nonzero(followed)
        self.arrivals.failed_soil += died
        if died:
            rows = deaths_in_soil(self.time, dtcs[dead], places[dead])
            self._events["seedings"].append(rows)
        return alive

    def _note_arrivals(self, bed: str, places: np.ndarray, dtcs: np.ndarray) -> None:
        names = list(self.tissues)
        pairs = Counter(zip(dtcs["tissue"].tolist(), places.tolist(), strict=True))
        for (origin, place), n in pairs.items():
            to = self._new_name(bed) if place == NOWHERE else names[place]
            self.arrivals.note(self._tissue_name(origin), to, n)

    def _parameters_of(self, bed: str) -> OrganParameters | None:
        """Parameters of a bed's lattices; None where its DTCs are only counted."""
        return self._organs.get(bed, self._organs.get(DEFAULT_ORGAN))

    def _found(self, bed: str) -> Tissue | None:
        """A new lattice for a bed; None where memory has no room, and the step is the last."""
        name, parameters = self._new_name(bed), self._parameters_of(bed)
        try:
            if self._check_room is not None:
                self._check_room(parameters)
            return self._add_tissue(name, bed, parameters, self.network.outflow_of(bed))
        except MemoryError as error:
            self._no_room = (
                f"out of memory at {self.time:g} h: the lattice {name}, {parameters.shape}, "
                f"{error or 'could not be allocated'}; organs.{bed}.shape must be smaller"
            )
            return None

    def _new_name(self, bed: str) -> str:
        """`lung`, then `lung.2`, ...: the number counts the lattices of the bed, a primary
        included, so that it tells where a frame draws them (output.body_layout)."""
        n = 1 + sum(tissue.bed == bed for tissue in self.tissues.values())
        return bed if n == 1 else f"{bed}.{n}"

    def trim_events(self, most: int) -> None:
        """Forget the oldest events of each kind beyond about `most` rows, and count them."""
        blood = self.circulation.events
        for tables_of_kind in (*self._events.values(), blood):
            rows = sum(map(len, tables_of_kind))
            while rows > most and len(tables_of_kind) > 1:
                rows -= len(tables_of_kind[0])
                self.events_forgotten += len(tables_of_kind.pop(0))

    def drain_events(self) -> dict[str, list[np.ndarray]]:
        """Events since the last call, as lists of tables: intravasations (CTC), extravasations
        (DTC), blood (BLOOD_EVENT), seedings (SEEDING)."""
        events, self._events = self._events, _no_events()
        return events | {"blood": self.circulation.drain_events()}

    def clone_sizes(self) -> np.ndarray:
        """Living cells in all organs by clone: (clones,) int64."""
        none = np.zeros(self.clones.n, dtype=np.int64)
        return sum((tissue.clone_sizes() for tissue in self.tissues.values()), start=none)

    def colonies(self) -> np.ndarray:
        """Founders that grew into colonies, tables.COLONY, by tissue and serial number."""
        return colony_table(self.tissues, self._tissue_name)

    def _tissue_name(self, index: int) -> str:
        """Name of a lattice; `source` for cells that came from none."""
        return SOURCE if index == NO_TISSUE else list(self.tissues)[index]

    def ledger(self) -> dict[str, dict[str, int]]:
        """A flat table of integers per organ and for the `body`; each `imbalance` is 0."""
        organs = {name: tissue.ledger() for name, tissue in self.tissues.items()}
        return organs | {"body": self._body_ledger(organs)}

    def _body_ledger(self, organs: dict[str, dict[str, int]]) -> dict[str, int]:
        blood = dict(self.circulation.ledger)
        left = sum(o["intravasated"] for o in organs.values())
        seeded = sum(o["seeded"] for o in organs.values())
        failed = sum(o["failed_no_room"] for o in organs.values())
        imbalance = blood.pop("imbalance")
        imbalance += abs(blood["intravasated"] - left)
        soil = self.arrivals.failed_soil
        lost = self.arrivals.unfollowed + self.circulation.extravasated_without_identity
        imbalance += abs(blood["extravasated"] - seeded - failed - soil - lost)
        ends = {"seeded": seeded, "failed_no_room": failed, "failed_soil": soil}
        return blood | ends | {"unfollowed": lost} | {"imbalance": imbalance}

    def _check(self) -> None:
        for name, ledger in self.ledger().items():
            if ledger["imbalance"] != 0:
                raise LedgerError(f"ledger.{name} at {self.time:g} h: {ledger}")

    def digest(self) -> str:
        """SHA-256 over the whole state in canonical order."""
        return digest_of(self.state_arrays())

    def state_arrays(self) -> list[tuple[str, np.ndarray]]:
        """Every state array of tissues and circulation, then the counters."""
        arrays = []
        counters: list[int] = [self.steps]
        for name, tissue in self.tissues.items():
            arrays += [(f"{name}.{key}", a) for key, a in tissue.state_arrays()]
            counters += [v for _, v in sorted(tissue.ledger().items())]
        arrays += [(f"blood.{key}", a) for key, a in self.circulation.state_arrays()]
        arrays += self.clones.state_arrays() + self.arrivals.state_arrays()
        return [*arrays, ("counters", np.array(counters, dtype=np.int64))]


def digest_of(arrays: list[tuple[str, np.ndarray]]) -> str:
    """SHA-256 over names, dtypes, shapes and bytes, in the order given."""
    sha = hashlib.sha256()
    for name, array in arrays:
        array = np.atleast_1d(array)
        sha.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        for part in array if array.ndim > 1 else (array,):  # a copy of the whole is too large
            sha.update(np.ascontiguousarray(part).data)
    return sha.hexdigest()


def check_organs(organs: Mapping[str, OrganParameters], network: BodyNetwork) -> None:
    """Raise ScenarioError for an organ that is no capillary bed of the network."""
    for name in organs:
        if name != DEFAULT_ORGAN and name not in network.beds:
            raise unknown_name("organs", name, (DEFAULT_ORGAN, *network.beds))


def _no_events() -> dict[str, list[np.ndarray]]:
    return {"intravasations": [], "extravasations": [], "seedings": []}
