"""Cells that can do nothing for want of room cost no draw; empty tissue costs none either."""

import numpy as np
import pytest

from hybridmet.lattice import Lattice
from hybridmet.tissue.cells import DORMANT, kind_of
from hybridmet.tissue.clones import MutationParameters
from hybridmet.tissue.fields import DEFAULT_FIELDS
from hybridmet.tissue.phenotypes import DEFAULT_PHENOTYPES
from hybridmet.tissue.tissue import Tissue
from hybridmet.tissue.tissue_parameters import TissueParameters
from hybridmet.tissue.vessel_parameters import VesselParameters
from tests.tissue.test_cells_oracle import assert_same
from tests.tissue.worlds import World, full, phenotype


@pytest.mark.parametrize("boundary", ["closed", "periodic"])
@pytest.mark.parametrize("slots", [1, 3])
@pytest.mark.parametrize("shape", [(9, 9), (5, 5, 5)])
def test_only_cells_beside_a_hole_draw(shape, slots, boundary):
    lattice = Lattice(shape, boundary=boundary)
    middle = lattice.sites // 2
    occupants = full(lattice, kind_of(0), slots)
    del occupants[middle, slots - 1]
    world = World(
        lattice, [phenotype(division=1e-9, motility=1e-6)], occupants,
        slots=slots, division_neighbours=2 * lattice.dim,
    )  # fmt: skip
    run = assert_same(world, steps=1, n_sub=1)
    beside = 2 * lattice.dim * slots + slots - 1
    assert run.flows["drawn"] == beside
    assert run.flows["skipped"] == len(occupants) - beside


def test_enclosed_cells_of_a_full_lattice_do_not_draw_but_those_with_other_hazards_do():
    lattice = Lattice((30, 30))
    occupants = full(lattice) | {(31, 0): kind_of(1), (500, 0): kind_of(0, DORMANT)}
    rules = [phenotype(division=1.0), phenotype(division=1.0, death=1e-9)]
    run = assert_same(World(lattice, rules, occupants), steps=1, n_sub=2)
    assert run.flows["drawn"] == 2 and run.flows["skipped"] == 2 * 900 - 2


def test_the_count_of_cells_per_row_follows_births_moves_and_deaths():
    """A lone cell walks and divides into rows that were empty; none of them is passed over."""
    lattice = Lattice((40, 40))
    world = World(
        lattice, [phenotype(division=0.4, motility=60.0, death=0.05)], {(820, 0): kind_of(0)}
    )
    run = assert_same(world, steps=12, n_sub=6)
    assert len(np.unique(np.nonzero(run.kind)[0] // 40)) > 5


def tissue(**parameters) -> Tissue:
    return Tissue(
        "lung", index=0, bed="lung", lattice=Lattice((12, 12)), fields=DEFAULT_FIELDS,
        phenotypes=DEFAULT_PHENOTYPES, vessels=VesselParameters(),
        parameters=TissueParameters(**parameters), seed=1,
    )  # fmt: skip


def test_an_organ_without_cells_does_nothing():
    empty = tissue()
    for _ in range(3):
        assert len(empty.step(1.0)) == 0
        assert empty.living == 0
    assert empty.work["cells"].updates == empty.work["cells"].skipped == 0


def test_a_mutation_scales_the_number_of_substeps():
    lone = tissue()
    before = lone.substeps(1.0)
    lone.clones.mutation = MutationParameters(probability=0.1, spread={"motility": 1.0})
    lone.clones.most[:] = 3.0
    assert 2 * before < lone.substeps(1.0) <= 3 * before
