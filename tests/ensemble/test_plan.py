"""Members are told apart by scenario and seed, and do not depend on how many there are."""

import pytest

from hybridmet.ensemble.plan import make_plan, member_seeds
from hybridmet.ensemble.sweep import parse_sweep
from hybridmet.errors import ScenarioError
from hybridmet.scenario import load_scenario

SITES = parse_sweep("primary.site=liver,breast")


def test_seeds_are_keyed_by_number_and_exact_in_any_program():
    seeds = member_seeds(5, 1000)
    assert seeds[:10] == member_seeds(5, 10)
    assert len(set(seeds)) == 1000
    assert all(0 < seed < 2**53 and float(seed) == seed for seed in seeds)
    assert not set(seeds) & set(member_seeds(6, 1000))


def test_more_replicates_only_add_members(folder):
    few = make_plan("small.toml", 2, [SITES])
    many = make_plan("small.toml", 5, [SITES])
    assert list(many.members())[: len(few)] == list(few.members())
    assert [member.point for member in many.members()] == [0, 1] * 5


def test_each_point_has_its_scenario_and_its_digest(folder):
    plan = make_plan("small.toml", 1, [SITES], overrides=['duration="2 h"'])
    assert [point.scenario.primary.site for point in plan.points] == ["liver", "breast"]
    assert all(point.scenario.duration == 2.0 for point in plan.points)
    assert len({point.digest for point in plan.points}) == 2


def test_a_scenario_object_plans_like_its_file(folder):
    of_file = make_plan("small.toml", 2, [SITES])
    of_object = make_plan(load_scenario("small.toml"), 2, [SITES])
    assert of_object.identity() == of_file.identity()


def test_members_write_no_frames_unless_told_to(folder):
    assert not make_plan("small.toml", 1).scenario.output.vtk
    assert make_plan("small.toml", 1, overrides=["output.vtk=true"]).scenario.output.vtk


def test_what_stands_in_a_file_of_cells_belongs_to_the_identity(folder):
    (folder / "cells.csv").write_text("x,y,z,type\n0,0,0,epithelial\n")
    changes = ["primary.cells.radius=false", 'primary.cells.files=["cells.csv"]']
    first = make_plan("small.toml", 1, overrides=changes).points[0]
    (folder / "cells.csv").write_text("x,y,z,type\n20,0,0,epithelial\n")
    second = make_plan("small.toml", 1, overrides=changes).points[0]
    assert first.scenario == second.scenario
    assert first.digest != second.digest


@pytest.mark.parametrize(
    ("sweep", "message"),
    [
        (
            "primary.spacin=1:2:3",
            "--vary primary.spacin: unknown key, did you mean primary.spacing?",
        ),
        ("primry.spacing=1,2", "did you mean primary"),
        ("primary.site=liver,livr", '--vary primary.site: got "livr", did you mean "liver"?'),
        ("primary.cells.radius=100 um:9 mm:3", "must be >= 14.14 um (one cell)"),
        ("primary.shape=[16, 16],[0, 16]", "must be 2 or 3 sizes >= 1"),
    ],
)
def test_every_point_is_checked_before_anything_runs(folder, sweep, message):
    with pytest.raises(ScenarioError) as raised:
        make_plan("small.toml", 1, [parse_sweep(sweep)])
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
