"""The organ catalogue: complete, sourced, and overridden by whatever a scenario says."""

import numpy as np
import pytest

from hybridmet.circulation.network import BodyNetwork
from hybridmet.organ_catalogue import catalogue, completed, value_at
from hybridmet.organs import OrganField, OrganParameters, Soil
from hybridmet.scenario import Scenario, loads_scenario, resolved_toml
from hybridmet.scenario.derived import derived
from hybridmet.tissue.capillary_mesh import largest_length_density
from hybridmet.tissue.fields import DEFAULT_FIELDS
from hybridmet.tissue.phenotypes import DEFAULT_PHENOTYPES
from hybridmet.tissue.tissue import Tissue
from hybridmet.tissue.tissue_parameters import TissueParameters
from hybridmet.tissue.vessel_parameters import VesselParameters

HEAD = 'name = "organs"\nduration = "1 d"\n'
KEYS = {
    ("shape",),
    ("spacing",),
    ("vessels", "length_density"),
    ("vessels", "radius"),
    ("fields", "oxygen", "blood_value"),
    ("fields", "ecm", "initial"),
    ("soil", "survival"),
    ("soil", "dormant_death"),
    ("soil", "reactivation"),
    ("soil", "growth"),
}
BEDS = BodyNetwork.load().beds


def test_every_bed_has_every_number_and_its_source():
    assert set(catalogue()) == set(BEDS)
    for bed, values in catalogue().items():
        assert {one.path for one in values} == KEYS, bed
        assert len(values) == len(KEYS), bed
        assert all(len(one.source) >= len("ASSUMED") for one in values), bed


def test_lattices_of_the_catalogue_are_the_house_s():
    house = OrganParameters()
    for values in catalogue().values():
        for one in values:
            if one.path in {("shape",), ("spacing",)}:
                assert one.value == value_at(house, one.path)


@pytest.mark.parametrize("bed", BEDS)
def test_every_bed_makes_a_valid_organ(bed):
    organ = completed(bed, OrganParameters(), said={})
    assert organ.vessels.length_density <= largest_length_density(organ.lattice())
    assert organ.fields["oxygen"].blood_value > 0
    assert set(organ.local(DEFAULT_FIELDS)) == set(DEFAULT_FIELDS)


def test_what_default_says_holds_for_every_organ():
    scenario = loads_scenario(
        HEAD + "[organs.default]\nshape = [12, 12, 12]\n[organs.default.vessels]\n"
        'radius = "4 um"\n[organs.default.fields.oxygen]\nblood_value = 30.0\n'
    )
    for bed in ("brain", "lung"):
        organ = scenario.organ(bed)
        assert organ.shape == (12, 12, 12)
        assert organ.vessels.radius == 4.0
        assert organ.fields["oxygen"].blood_value == 30.0
    assert scenario.organ("brain").vessels.length_density == 5e-4
    assert scenario.organ("brain").fields["ecm"].initial == 0.2


def test_what_an_organ_s_own_table_says_holds_even_where_it_is_the_house_s_default():
    scenario = loads_scenario(
        HEAD + '[organs.brain.vessels]\nlength_density = "100 mm/mm^3"\n[organs.brain.soil]\n'
        "growth = 0.5\n"
    )
    brain = scenario.organ("brain")
    assert brain.vessels.length_density == VesselParameters().length_density
    assert brain.soil.growth == 0.5
    assert brain.vessels.radius == 3.0
    assert brain.fields["oxygen"].blood_value == 33.8


def test_the_catalogue_can_be_left_out():
    scenario = loads_scenario(f"organ_catalogue = false\n{HEAD}[organs.lung]\n")
    assert scenario.organ("lung") == scenario.organ("brain") == OrganParameters()


def test_organs_left_out_stay_left_out():
    scenario = loads_scenario(f"{HEAD}organs.default = false\n[organs.lung]\n")
    assert scenario.organ("brain") is None
    assert scenario.organ("lung").fields["oxygen"].blood_value == 42.8


def test_a_resolved_scenario_gives_the_same_organs():
    scenario = loads_scenario(
        HEAD + '[organs.lung.soil]\nsurvival = 0.3\n[organs.heart]\nspacing = "40 um"\n'
    )
    again = loads_scenario(resolved_toml(scenario))
    assert again == scenario
    assert [again.organ(bed) for bed in BEDS] == [scenario.organ(bed) for bed in BEDS]


def test_capillaries_are_no_denser_than_the_lattice_holds():
    text = HEAD + '[organs.heart]\nspacing = "40 um"\n'
    heart = loads_scenario(text).organ("heart")
    assert heart.vessels.length_density == pytest.approx(0.75 * 0.7 / 1600.0)
    fine = completed("heart", OrganParameters(shape=(9, 9, 9), spacing=10.0), said={})
    assert fine.vessels.length_density == 2.5e-3


def test_an_organ_built_without_a_file_is_taken_as_it_is():
    scenario = Scenario(name="plain", duration=24.0, organs={"lung": OrganParameters()})
    assert scenario.organ("lung") == OrganParameters()


def test_a_field_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match=r"organs.lung.fields.oxigen: unknown field, did you mean"):
        loads_scenario(HEAD + "[organs.lung.fields.oxigen]\nblood_value = 3.0\n")


def test_a_field_left_out_of_the_scenario_is_no_mistake_of_the_catalogue():
    scenario = loads_scenario(f"{HEAD}fields.mmp2 = false\nfields.ecm = false\n[organs.lung]\n")
    assert set(scenario.organ("lung").local(scenario.fields)) == {"oxygen"}


@pytest.mark.parametrize("bed", ["brain", "kidneys", "muscle", "lymph_nodes"])
def test_tissue_oxygen_of_an_empty_organ_is_within_a_tenth_of_its_blood(bed):
    """Where capillaries are dense (200 mm/mm^3), the published tissue pO2 is the blood value."""
    organ = completed(bed, OrganParameters(shape=(20, 20, 20)), said={})
    tissue = Tissue(
        bed,
        index=1,
        bed=bed,
        lattice=organ.lattice(),
        fields=organ.local(DEFAULT_FIELDS),
        phenotypes=DEFAULT_PHENOTYPES,
        vessels=organ.vessels,
        parameters=TissueParameters(),
        seed=1,
    )
    published = organ.fields["oxygen"].blood_value
    assert np.mean(tissue.fields["oxygen"]) == pytest.approx(published, rel=0.1)
    assert np.all(tissue.fields["ecm"] == organ.local(DEFAULT_FIELDS)["ecm"].initial)


def test_soil_changes_rates_by_its_factors():
    changed = Soil(growth=2.0, dormant_death=0.5, reactivation=3.0).applied_to(DEFAULT_PHENOTYPES)
    plain, other = DEFAULT_PHENOTYPES["epithelial"], changed["epithelial"]
    assert other.division_rate == 2.0 * plain.division_rate
    assert other.dormant_death_rate == 0.5 * plain.dormant_death_rate
    assert other.reactivation_rate == 3.0 * plain.reactivation_rate


def test_what_a_field_does_not_say_stays_as_it_is():
    oxygen = OrganField(blood_value=50.0).applied_to(DEFAULT_FIELDS["oxygen"])
    assert oxygen.blood_value == 50.0
    assert oxygen.diffusivity == DEFAULT_FIELDS["oxygen"].diffusivity


def test_check_says_where_capillaries_are_cut():
    rows = derived(loads_scenario(HEAD + "[organs.heart]\n"))
    told = [value for label, value in rows if label.startswith("organ_catalogue")]
    assert told[0] == "21 beds that the scenario does not name differ from organs.default"
    assert told[1].endswith("all that the lattice holds, in lung, liver, kidneys")
    coarse = derived(loads_scenario(f"organ_catalogue = false\n{HEAD}"))
    assert not any(label.startswith("organ_catalogue") for label, _ in coarse)
