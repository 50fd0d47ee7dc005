"""Cultures: many founders in one tissue, counted or on a lattice, that do not meet."""

from dataclasses import replace

import numpy as np

from hybridmet.lattice import Lattice
from hybridmet.tissue.cells import ACTIVE, DORMANT, kind_of
from hybridmet.tissue.clones import Clones, MutationParameters
from hybridmet.tissue.phenotypes import Phenotype
from hybridmet.tissue.surrogate import SurrogateTissue
from hybridmet.tissue.surrogate_parameters import SurrogateParameters
from hybridmet.tissue.tissue import Tissue
from hybridmet.tissue.tissue_parameters import TissueParameters
from hybridmet.tissue.vessel_parameters import VesselParameters

STILL = Phenotype(
    division_rate=0.0,
    death_rate=0.0,
    necrosis_rate=0.0,
    dormant_death_rate=0.0,
    reactivation_rate=0.0,
    motility=0.0,
    haptotaxis=0.0,
    uptake_rates={},
    secretion_rates={},
    shedding_rate=0.0,
    responses=(),
)
"""A cell that does nothing: tests state what it does."""
NO_VESSELS = VesselParameters(length_density=0.0)
UNBOUNDED = SurrogateParameters(shell=1e6, capacity=10**12)
"""Every cell has room."""


def surrogate(
    phenotypes: dict[str, Phenotype] | Phenotype,
    parameters: SurrogateParameters = UNBOUNDED,
    *,
    seed: int = 1,
    vessels: VesselParameters = NO_VESSELS,
    mutation: MutationParameters | None = None,
    shape: tuple[int, ...] = (40, 40, 40),
    index: int = 0,
    **rules,
) -> SurrogateTissue:
    """An organ without cells; `rules` are TissueParameters."""
    if isinstance(phenotypes, Phenotype):
        phenotypes = {"cell": phenotypes}
    return SurrogateTissue(
        "organ",
        index=index,
        bed="organ",
        lattice=Lattice(shape, 20.0),
        fields={},
        phenotypes=phenotypes,
        vessels=vessels,
        parameters=TissueParameters(model="surrogate", surrogate=parameters, **rules),
        seed=seed,
        clones=Clones(mutation or MutationParameters()),
    )


def with_founders(tissue: SurrogateTissue, n: int, cells: int = 1, condition=ACTIVE):
    """`n` colonies of so many cells of the first phenotype and clone 1."""
    tissue.clones.add_initial(1, 0)
    for founder in range(1, n + 1):
        tissue.lines.add(founder, 1, 0, condition, cells)
    tissue.flows["initial"] += n * cells
    tissue._touch()
    return tissue


def lattice_cultures(
    phenotype: Phenotype, across: int, apart: int, cells: int = 1, *, dormant=False, **rules
) -> Tissue:
    """across^2 founders on a plane of eight cells a site, so many sites apart, each of `cells`
    cells: `rules` replace TissueParameters."""
    n = across * apart
    defaults = TissueParameters(slots=8, division_neighbours="all")
    tissue = Tissue(
        "organ",
        index=0,
        bed="organ",
        lattice=Lattice((n, n), 20.0, "periodic"),
        fields={},
        phenotypes={"cell": phenotype},
        vessels=NO_VESSELS,
        parameters=replace(defaults, **rules),
        seed=1,
    )
    place = np.arange(across) * apart + apart // 2
    sites = (place[:, None] * n + place).reshape(-1)
    founder = np.repeat(1 + np.arange(len(sites)), cells)
    slot = np.tile(np.arange(cells), len(sites))
    kind = kind_of(0, DORMANT if dormant else ACTIVE)
    tissue.clones.add_initial(1, 0)
    tissue.cells.put(np.repeat(sites, cells), slot, kind, 1, founder, 0.0)
    tissue.flows["initial"] += len(founder)
    tissue._touch()
    return tissue


def living_lattice(tissue: Tissue, n: int) -> np.ndarray:
    """Living cells of founders 1 ... n: (n,) int64."""
    return tissue._kernel.count_founders(np.arange(1, n + 1, dtype=np.uint32))


def living_surrogate(tissue: SurrogateTissue, n: int) -> np.ndarray:
    """The same."""
    return tissue.lines.living_of(np.arange(1, n + 1, dtype=np.uint32))


def run(tissue, time: float, dt: float) -> None:
    """Advance by `time` in steps of `dt` [h]; the ledger holds after each."""
    for _ in range(round(time / dt)):
        tissue.step(dt)
        tissue.check_ledger()
