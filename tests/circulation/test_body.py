"""The body of a patient: mass, own files, routes, draining veins, embolized beds."""

import copy
import json

import numpy as np
import pytest

from hybridmet.circulation.anatomy import with_embolized, with_mass, with_tumour_vein
from hybridmet.circulation.body import body_network
from hybridmet.circulation.capillary_bed import CirculationParameters, capillary_beds
from hybridmet.circulation.expected import Expected
from hybridmet.circulation.network import BodyNetwork, reference_data
from hybridmet.errors import ScenarioError
from hybridmet.measures.blood_draw import concentrations

SITES = sorted(BodyNetwork.load().primary_sites)


def body(sites=(), **changes) -> BodyNetwork:
    return body_network(CirculationParameters(**changes), sites)


def balances(network: BodyNetwork) -> bool:
    n = len(network.names)
    inflow = np.bincount(network.edge_target, network.edge_flow_bp, n)
    return np.array_equal(inflow, network.flow_bp) and network.volume_bp.sum() == network.whole


def test_the_reference_body_is_that_of_the_reference_mass():
    assert body(body_mass=73.0).blood_volume == pytest.approx(5300)
    assert body(body_mass=60.0, sex="female").cardiac_output == pytest.approx(5.9 * 60_000)


def test_volume_scales_with_mass_and_flow_with_its_three_quarter_power():
    light, heavy = body(body_mass=50.0), body(body_mass=100.0)
    assert heavy.blood_volume / light.blood_volume == pytest.approx(2)
    assert heavy.cardiac_output / light.cardiac_output == pytest.approx(2**0.75)
    assert np.array_equal(light.volume_bp, heavy.volume_bp)


def test_a_heavier_body_carries_a_lower_concentration():
    found = []
    for mass in (50.0, 100.0):
        network = body(["colon"], body_mass=mass)
        means = Expected(network, capillary_beds(network), CirculationParameters(), 15.0)
        found.append(means.concentration(network.drainage("colon"))[network.index("portal_vein")])
    assert found[0] > 1.5 * found[1]


@pytest.mark.parametrize("sex", ["male", "female"])
@pytest.mark.parametrize("site", SITES)
def test_every_draining_vein_leaves_flows_and_volumes_exact(sex, site):
    network = body([site], sex=sex)
    assert balances(network)
    assert network.drainage(site) == {f"{site}_tumour_vein": 1.0}
    assert network.vessel("tumour_vein") == {f"{site}_tumour_vein": 1.0}
    assert network.outflow_of(f"{site}_tumour_vein") == pytest.approx(
        BodyNetwork.load(sex).drainage(site), abs=2e-3
    )


def test_the_vein_carries_its_share_of_the_host_beds_blood():
    network = body(["lung"], draining_vein_fraction=0.25)
    assert network.outflow_of("lung")["lung_tumour_vein"] == pytest.approx(0.25)
    whole = BodyNetwork.load()
    assert network.flow[network.index("lung")] == pytest.approx(whole.flow[whole.index("lung")])


def test_a_lung_primary_shows_ten_times_more_in_its_vein_than_in_the_arm():
    """Okumura et al. 2009: 81 in the draining pulmonary vein against mostly none."""
    network = body(["lung"])
    means = Expected(network, capillary_beds(network), CirculationParameters(), 15.0)
    found = concentrations(network, means.concentration(network.drainage("lung")))
    assert found["tumour_vein"] > 10 * found["cubital_vein"]
    assert found["tumour_vein"] > 3 * found["pulmonary_vein"]


def test_several_tumours_have_a_vein_each_and_the_first_gives_its_name():
    network = body(["colon", "liver"])
    assert {"colon_tumour_vein", "liver_tumour_vein"} <= set(network.names)
    assert network.vessel("tumour_vein") == {"colon_tumour_vein": 1.0}
    assert balances(network)


def test_the_hosts_clinical_vein_gathers_the_tumours_vein():
    hepatic = body(["liver"]).vessel("hepatic_vein")
    assert hepatic == pytest.approx({"liver": 2 / 3, "liver_tumour_vein": 1 / 3}, abs=1e-3)


def test_batson_opens_by_name_and_takes_a_tenth():
    closed, opened = body(["prostate"]), body(["prostate"], routes=("batson",))
    assert closed.outflow_of("prostate_tumour_vein") == {"ivc": 1.0}
    assert opened.outflow_of("prostate_tumour_vein") == pytest.approx(
        {"ivc": 0.9, "red_marrow": 0.1}, abs=1e-4
    )
    assert balances(opened)


def test_the_rectal_split_is_open_unless_closed():
    assert BodyNetwork.load().drainage("rectum") == {"portal_vein": 0.5, "ivc": 0.5}
    closed = body(["rectum"], routes=())
    assert closed.outflow_of("rectum_tumour_vein") == {"portal_vein": 1.0}
    portal = [n.flow[n.index("portal_vein")] for n in (closed, body(["rectum"]))]
    assert portal[0] > portal[1]


def test_batson_brings_more_ctcs_to_the_marrow():
    arrests = []
    for routes in ((), ("batson",)):
        network = body(["prostate"], routes=routes)
        means = Expected(network, capillary_beds(network), CirculationParameters(), 15.0)
        start = network.drainage("prostate")
        arrests.append(means.arrests(start)[network.index("red_marrow")])
    assert arrests[1] > 2 * arrests[0]


@pytest.mark.parametrize("bed", ["spleen", "kidneys", "muscle", "brain"])
def test_a_removed_bed_gives_its_blood_to_the_others(bed):
    network, whole = body(embolized={bed: 1.0}), BodyNetwork.load()
    assert bed not in network.names and balances(network)
    for other in ("heart", "skin"):
        gained = network.flow[network.index(other)] / whole.flow[whole.index(other)]
        assert gained == pytest.approx(1 / (1 - whole.flow_bp[whole.index(bed)] / 10_000), rel=1e-3)


def test_an_embolized_hepatic_artery_leaves_the_portal_supply():
    network, whole = body(embolized={"liver": 1.0}), BodyNetwork.load()
    assert balances(network)
    portal = network.flow[network.index("portal_vein")]
    assert network.flow[network.index("liver")] == pytest.approx(portal)
    assert portal > whole.flow[whole.index("portal_vein")]


def test_half_an_embolization_halves_the_supply():
    network, whole = body(embolized={"kidneys": 0.5}), BodyNetwork.load()
    half = whole.flow[whole.index("kidneys")] / 2
    assert network.flow[network.index("kidneys")] == pytest.approx(half)
    assert network.outflow_of("kidneys") == {"ivc": 1.0} and balances(network)


def test_changes_leave_the_data_they_were_given_alone():
    data = reference_data()
    before = copy.deepcopy(data)
    with_tumour_vein(with_embolized(with_mass(data, 80.0), {"spleen": 1.0}), "colon", {"ivc": 1.0})
    assert data == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"routes": ("batsen",)}, 'routes: got "batsen", did you mean "batson"'),
        ({"routes": ("batson",)}, 'routes: got "batson", which drains prostate and none of'),
        ({"embolized": {"lung": 0.5}}, 'embolized: got "lung", .*must be one of brain'),
        ({"network": "nowhere.toml"}, 'network: got "nowhere.toml", must be a file that exists'),
        ({"network": "body.yaml"}, "must be a .toml or .json file"),
    ],
)
def test_mistakes_say_what_is_allowed(changes, message):
    with pytest.raises(ScenarioError, match=message):
        body(["breast"], **changes)


TOML = """
cardiac_output_L_min = 5.0
total_blood_volume_mL = 5000.0
nodes = [
  { id = "arteries", kind = "mixing", volume_bp = 4000 },
  { id = "lung", kind = "capillary", volume_bp = 2000 },
  { id = "rest", kind = "capillary", volume_bp = 4000 },
]
edges = [
  { name = "aorta", source = "arteries", target = "rest", flow_bp = 10000 },
  { source = "rest", target = "lung", flow_bp = 10000 },
  { source = "lung", target = "arteries", flow_bp = 10000 },
]
[capillary_beds]
"""
BED = {
    "capillary_diameter_um": 7.0,
    "arrest_single": 0.5,
    "reversible_fraction": 0.1,
    "release_half_life_h": 1.7,
    "p_extravasate": 0.8,
}


def test_a_network_of_ones_own_is_read_from_toml_or_json(tmp_path):
    bed = "{ " + ", ".join(f"{k} = {v}" for k, v in BED.items()) + " }"
    path = tmp_path / "body.toml"
    path.write_text(TOML + f"lung = {bed}\nrest = {bed}\n")
    network = body(network=str(path))
    assert network.names == ("arteries", "lung", "rest")
    assert network.edge_names == ("aorta", "rest -> lung", "lung -> arteries")
    means = Expected(network, capillary_beds(network), CirculationParameters(), 15.0)
    fate = means.fate({"arteries": 1.0})
    total = fate.extravasated.sum() + fate.died_arrested.sum() + fate.died_in_blood.sum()
    assert total == pytest.approx(1)
    other = tmp_path / "body.json"
    other.write_text(json.dumps(reference_data()))
    assert body(network=str(other)).names == BodyNetwork.load().names


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'target = "lung", flow_bp = 10000',
            'target = "lung", flow_bp = 9900',
            r"lung receives 9900 bp and gives 10000 bp \(-100\)|rest receives 10000 bp and gives 9900",
        ),
        (
            '  { source = "lung", target = "arteries", flow_bp = 10000 },',
            "",
            "receives 0 bp|gives 0 bp",
        ),
        ("volume_bp = 2000", "volume_bp = 0", "volume of lung: got 0, must be a whole number"),
        ("volume_bp = 2000", "volume_bp = 2001", "volumes that add up to 10001 bp, must be 10000"),
        ('target = "lung"', 'target = "lnug"', 'got "lnug", did you mean "lung"'),
        ("nodes = [", "nodes = 3\nmore = [", "nodes and edges must be arrays"),
        ("cardiac_output_L_min = 5.0", "", "the key 'cardiac_output_L_min' is missing"),
        ('kind = "capillary"', 'kind = "capilary"', 'did you mean "capillary"'),
        ("= 5.0", "= ", "not valid toml"),
    ],
)
def test_a_wrong_network_file_says_what_is_wrong(tmp_path, old, new, message):
    path = tmp_path / "body.toml"
    path.write_text(TOML.replace(old, new, 1))
    with pytest.raises(ScenarioError, match=message):
        body(network=str(path))


def test_edges_have_names_of_their_own(tmp_path):
    path = tmp_path / "body.toml"
    path.write_text(TOML.replace("{ source = ", '{ name = "aorta", source = '))
    with pytest.raises(ScenarioError, match='the edge "aorta" occurs more than once'):
        body(network=str(path))


def test_arrest_probabilities_outside_0_and_1_are_refused(tmp_path):
    bad = "{ " + ", ".join(f"{k} = {v}" for k, v in (BED | {"arrest_single": 1.2}).items()) + " }"
    path = tmp_path / "body.toml"
    path.write_text(TOML + f"lung = {bad}\nrest = {bad}\n")
    with pytest.raises(ScenarioError, match="capillary_beds.lung.*got 1.2, must be >= 0 and <= 1"):
        capillary_beds(body(network=str(path)))
