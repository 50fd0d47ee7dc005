"""Kinetics: phenotypes as the kernel reads them, and how many sub-steps they need."""

import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.tissue import kinetics
from hybridmet.tissue.cells import DEBRIS, DORMANT, kind_of
from hybridmet.tissue.phenotypes import (
    BEHAVIOURS,
    DEFAULT_PHENOTYPES,
    Behaviour,
    Phenotype,
    Response,
)
from tests.tissue.worlds import Run, World, fill

FIELDS = ("oxygen", "mmp2", "ecm")
CUBE = Lattice((20, 20, 20))


def test_behaviours_are_numbered_as_in_the_kernel():
    header = (Path(__file__).parents[2] / "csrc" / "hm_cells.h").read_text()
    body = re.search(r"enum hm_behaviour \{(.*?)\}", header, re.DOTALL)[1]
    declared = [name.lower() for name in re.findall(r"HM_(\w+)", body)]
    assert declared == [*BEHAVIOURS, "behaviours"]
    assert get_args(Behaviour) == (*BEHAVIOURS, "secretion")


def test_the_kernel_table_carries_every_parameter():
    phenotypes = DEFAULT_PHENOTYPES | {
        "hybrid": Phenotype(
            chemotaxis={"oxygen": 3.0},
            transition_rates={"epithelial": 0.1},
            responses=(Response("death", "mmp2", "high", 2.0, 5.0, 3.0, "threshold"),),
        )
    }
    table = kinetics.kernel_table(phenotypes, FIELDS)
    hybrid = phenotypes["hybrid"]
    rates = dict(zip(BEHAVIOURS, table[2]["rates"], strict=True))
    assert rates.pop("transition") == rates.pop("taxis") == 0.0
    assert rates.pop("motility") == hybrid.motility
    assert rates == {name: getattr(hybrid, f"{name}_rate") for name in rates}
    assert table[2]["transitions"] == [0.1, 0.0, 0.0]
    assert table[2]["taxis"] == [(2, hybrid.haptotaxis), (0, 3.0)]
    assert table[2]["responses"] == [(BEHAVIOURS.index("death"), 1, 1, 0, 2.0, 3.0, 5.0)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"transition_rates": {"stem": 0.1}}, "transition_rates: got 'stem', must be one of"),
        ({"transition_rates": {"epithelial": 0.1}}, "must be another phenotype"),
        ({"chemotaxis": {"egf": 1.0}}, "chemotaxis: got 'egf', must be one of oxygen"),
        ({"responses": (Response("death", "egf", "high", 1.0, 2.0),)}, "got 'egf'"),
    ],
)  # fmt: skip
def test_a_name_that_does_not_exist_is_refused(change, message):
    wrong = DEFAULT_PHENOTYPES | {
        "epithelial": replace(DEFAULT_PHENOTYPES["epithelial"], **change)
    }
    with pytest.raises(ScenarioError, match=message):
        kinetics.kernel_table(wrong, FIELDS)


@pytest.mark.parametrize(
    ("phenotypes", "message"),
    [
        ({}, "phenotypes: got 0, must be 1 to 16"),
        ({str(i): Phenotype() for i in range(17)}, "phenotypes: got 17"),
        ({"a": Phenotype(chemotaxis=dict.fromkeys("abcd", 1.0))}, "a.chemotaxis: got 4 entries"),
        ({"a": Phenotype(responses=(Response("death", "b", "low", 1.0, 1.0),) * 17)}, "at most 16"),
    ],
)  # fmt: skip
def test_more_than_the_kernel_holds_is_refused(phenotypes, message):
    with pytest.raises(ScenarioError, match=message):
        kinetics.check_limits(phenotypes)


def happened(run: Run) -> int:
    quiet = ("drawn", "skipped", "clamped")
    return sum(value for name, value in run.flows.items() if name not in quiet)


@pytest.mark.parametrize("share", [0.05, 0.5])
def test_substeps_keep_events_rare(share):
    """Steepest matrix, no oxygen or plenty, wide vessels: an event in at most a fifth."""
    checkered = np.indices(CUBE.shape).sum(axis=0) // 2 % 2
    for oxygen in (0.1, 40.0):
        walls = dict.fromkeys(range(0, CUBE.sites, 3), (0.0, 900.0))
        world = World(
            CUBE,
            kinetics.kernel_table(DEFAULT_PHENOTYPES, FIELDS),
            fill(CUBE, share, [kind_of(0), kind_of(1), kind_of(1, DORMANT), kind_of(0, DEBRIS)]),
            fields=[np.full(CUBE.shape, oxygen), np.zeros(CUBE.shape), checkered.astype(float)],
            walls=walls,
            division_neighbours=6,
        )
        n_sub = kinetics.substeps(DEFAULT_PHENOTYPES, CUBE, {"ecm": 1.0}, 900.0, 1.0)
        run = Run(world)
        run.step(1.0, n_sub)
        assert 0 < happened(run) <= kinetics.EVENT_PROBABILITY * run.flows["drawn"]


def test_the_bound_on_moves_is_reached_by_a_steep_field_and_not_passed():
    """Weights D + v and D - v, clamped: 2 D while v < D, else D + v."""
    walker = Phenotype(motility=10.0, haptotaxis=60.0)
    h2 = CUBE.spacing**2
    for difference in (0.0, 0.5, 1.0):
        drift = 60.0 * difference / 4
        expected = 3 * (10.0 + max(10.0, drift)) / h2
        got = kinetics.largest_move_rate(walker, CUBE, {"ecm": difference})
        assert got == pytest.approx(expected, rel=1e-12)


def test_dormant_and_necrotic_cells_count_in_the_bound():
    quiet = Phenotype(division_rate=0.0, death_rate=0.0, necrosis_rate=0.0, motility=0.0)
    for change in ({"reactivation_rate": 7.0}, {"clearance_rate": 7.0}):
        busy = replace(quiet, **change)
        assert kinetics.largest_event_rate(busy, CUBE, {}, 0.0) >= 7.0
        assert kinetics.substeps({"a": busy}, CUBE, {}, 0.0, 1.0) >= 35


def test_a_phenotype_that_does_nothing_needs_one_substep():
    idle = Phenotype(
        division_rate=0.0, death_rate=0.0, necrosis_rate=0.0, clearance_rate=0.0,
        dormant_death_rate=0.0, reactivation_rate=0.0, motility=0.0, haptotaxis=0.0,
    )  # fmt: skip
    assert kinetics.substeps({"a": idle}, CUBE, {}, 0.0, 1.0) == 1


def test_rates_per_cell_byte_leave_debris_out():
    table = kinetics.per_kind(DEFAULT_PHENOTYPES, "uptake_rates", "oxygen")
    assert table[kind_of(0)] == table[kind_of(1, DORMANT)] == 780.0
    assert table[kind_of(0, DEBRIS)] == table[0] == table[255] == 0.0
    assert np.count_nonzero(table) == 4
