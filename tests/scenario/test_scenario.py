"""The scenario of the house: defaults, consistency of its parts, mistakes that users make."""

from dataclasses import replace

import pytest

from hybridmet.circulation.network import BodyNetwork
from hybridmet.errors import ScenarioError
from hybridmet.organs import PrimaryParameters
from hybridmet.scenario import Scenario, load_scenario, loads_scenario, resolved_toml
from hybridmet.scenario.preset import presets
from hybridmet.simulation import Simulation

HEAD = 'name = "test"\nduration = "2 d"\n'


def read(text="", *overrides):
    return loads_scenario(HEAD + text, overrides, name="a.toml")


def mistake(text="", *overrides):
    with pytest.raises(ScenarioError) as caught:
        read(text, *overrides)
    lines = str(caught.value).splitlines()
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize("name", sorted(presets()))
def test_a_preset_is_valid_commented_and_survives_being_resolved(name):
    preset = presets()[name]
    scenario = loads_scenario(preset.text, name=name)
    assert preset.summary
    assert scenario.name == name
    again = loads_scenario(resolved_toml(scenario))
    assert again == scenario
    assert list(again.phenotypes) == list(scenario.phenotypes)


def test_a_scenario_is_built_from_objects_too():
    scenario = Scenario(name="x", duration=48.0, primary=PrimaryParameters(site="breast"))
    assert loads_scenario(resolved_toml(scenario)) == scenario


def test_every_primary_site_is_one_line():
    for site in BodyNetwork.load().primary_sites:
        assert read(f'primary.site = "{site}"').primary.site == site


def test_an_organ_starts_from_the_default_organ():
    organs = read(
        '[organs.lung.soil]\ngrowth = 2.0\n[organs.default]\nshape = [20, 30]\nspacing = "10 um"'
    ).organs
    assert organs["lung"].shape == (20, 30)
    assert organs["lung"].spacing == 10.0
    assert organs["lung"].soil.growth == 2.0
    assert organs["default"].soil.growth == 1.0


def test_a_field_and_a_phenotype_are_added_as_data():
    scenario = read(
        '[fields.drug]\nkind = "quasi-steady"\ndiffusivity = "1000 um^2/s"\n'
        'decay_rate = "1 / h"\n'
        "[phenotypes.hybrid]\n"
        'uptake_rates = { drug = "1 / h" }\ntransition_rates = { epithelial = "1e-3 / h" }\n'
        "[[phenotypes.hybrid.responses]]\n"
        'behaviour = "death"\nfield = "drug"\nwhen = "high"\nhalf_maximum = 1.0\nextreme = 5.0\n'
    )
    assert list(scenario.fields) == ["oxygen", "mmp2", "ecm", "drug"]
    assert list(scenario.phenotypes) == ["epithelial", "mesenchymal", "hybrid"]
    assert loads_scenario(resolved_toml(scenario)) == scenario


def test_a_new_phenotype_keeps_what_cells_take_up_unless_told_otherwise():
    phenotypes = read('phenotypes.a.uptake_rates.mmp2 = "1 / h"\n[phenotypes.b]').phenotypes
    assert phenotypes["a"].uptake_rates == phenotypes["b"].uptake_rates | {"mmp2": 1.0}


def test_a_default_field_can_be_left_out():
    scenario = read("fields.mmp2 = false\nfields.ecm = false\n")
    assert list(scenario.fields) == ["oxygen"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('primary.site = "brest"', 'a.toml:3: primary.site: got "brest", did you mean "breast"?'),
        ('primary.site = "mars"', 'a.toml:3: primary.site: got "mars", '),
        ("[organs.lungs]", 'a.toml:3: organs.lungs: unknown organ, did you mean "lung"? must be'),
        (
            "[circulation.beds.livr]",
            'a.toml:3: circulation.beds.livr: unknown capillary bed, did you mean "liver"?',
        ),
        ('circulation.sex = "femal"', 'must be one of male, female (did you mean "female"?)'),
        ("primary.shape = [0, 64]", "a.toml:3: primary.shape: got [0, 64], must be 2 or 3 sizes"),
        ("primary.shape = [-1, 64]", "a.toml:3: primary.shape: got [-1, 64], must be"),
        ("primary.shape = [64]", "a.toml:3: primary.shape: got [64], must be"),
        ("primary.shape = [64.5, 2]", "a.toml:3: primary.shape[0]: got 64.5, must be an integer"),
        ('primary.boundary = "open"', "must be one of closed, periodic"),
        ("tissue.slots = 0", "a.toml:3: tissue.slots: got 0, must be 1 to "),
        ("tissue.slots = 1000000", "a.toml:3: tissue.slots: got 1000000, must be 1 to "),
        (
            "primary.cells.phenotypes.epithelial = 0.5",
            "a.toml:3: primary.cells.phenotypes: got {'epithelial': 0.5},"
            " must be fractions whose sum is 1, not 0.5",
        ),
        (
            "primary.cells.phenotypes = { epithelial = 0.8, mesenchymal = 0.1, epitelial = 0.1 }",
            'unknown phenotype, did you mean "epithelial"?',
        ),
        ('primary.cells.radius = "5 um"', "must be >= 17.32 um (one cell) and <= 1109 um"),
        ('primary.cells.radius = "9 mm"', "must be >= 17.32 um (one cell) and <= 1109 um"),
        (
            'phenotypes.mesenchymal.secretion_rates.mmp3 = "1 / h"',
            'unknown field, did you mean "mmp2"?',
        ),
        (
            'phenotypes.epithelial.transition_rates.mesenchyml = "1 / h"',
            'unknown phenotype, did you mean "mesenchymal"?',
        ),
        ('time_step = "1e-6 s"', 'a.toml:3: time_step: got "1e-6 s", must be at least'),
        ('time_step = "30 d"', "must be > 0 h and <= 24 h"),
        ('duration = "200 y"', "a.toml:3: not valid TOML: Cannot overwrite a value"),
        (
            'phenotypes.epithelial.division_rate = "9e5 / h"',
            "sub-steps of the cells in a macro step, must be at most",
        ),
        (
            'primary.vessels.length_density = "30000 mm/mm^3"',
            'a.toml:3: primary.vessels.length_density: got "30000 mm/mm^3", must be <= ',
        ),
        (
            'organs.default.vessels.length_density = "30000 mm/mm^3"',
            "a.toml:3: organs.default.vessels.length_density: got",
        ),
        (
            "fields.mmp2 = false",
            "a.toml:3: fields.ecm.degraded_by: got 'mmp2', must be one of oxygen",
        ),
        (
            'fields.oxygen.fixed_sides = { "w-" = 20.0 }',
            "must be one of z-, z+, y-, y+, x-, x+",
        ),
        (
            'organs.default.shape = [9, 9]\nfields.oxygen.fixed_sides = { "z-" = 20.0 }',
            "must be one of y-, y+, x-, x+",
        ),
        (
            'fields.oxygen.background_uptake_rate = "0 / h"\n'
            'fields.oxygen.vessel_permeability = "0 um/h"',
            "fields.oxygen: has no steady state in the lattice primary, must have",
        ),
        ("name = 'x'", "a.toml:3: not valid TOML: Cannot overwrite a value"),
        ("output.every = 12", 'a.toml:3: output.every: got 12, must carry a unit, such as "30 d"'),
    ],
)
def test_a_mistake_says_where_what_was_found_and_what_is_allowed(text, message):
    line = mistake(text)
    assert message in line
    assert "must" in line or "not valid TOML" in line


def test_an_unknown_site_on_the_command_line_is_named_so():
    assert mistake("", "primary.site=brest").startswith('--set primary.site: got "brest", did you')


def test_a_name_must_be_printable():
    with pytest.raises(ScenarioError, match="a.toml:1: name: got"):
        loads_scenario('name = " "\nduration = "1 d"', name="a.toml")


def test_an_object_that_contradicts_itself_is_refused():
    with pytest.raises(ScenarioError, match="primary.site: got"):
        Scenario(name="x", duration=1.0, primary=PrimaryParameters(site="mars"))
    with pytest.raises(ScenarioError, match="primary: must be given where there are no sources"):
        Scenario(name="x", duration=1.0, primary=None)
    with pytest.raises(ScenarioError, match="Scenario.duration: got -1.0"):
        replace(Scenario(name="x", duration=1.0), duration=-1.0)


def test_a_scenario_file_is_loaded(tmp_path):
    (tmp_path / "a.toml").write_text(HEAD)
    assert load_scenario(tmp_path / "a.toml", ["random_seed=7"]).random_seed == 7
    assert load_scenario(str(tmp_path / "a.toml")).duration == 48.0


def test_a_lattice_without_vessels_runs():
    scenario = read(
        "primary.shape = [8, 8]\nprimary.cells.radius = '50 um'\n"
        "primary.vessels.length_density = '0 mm/mm^3'\n"
    )
    assert Simulation(scenario, threads=1).run(until=1.0).ledger["body"]["imbalance"] == 0
