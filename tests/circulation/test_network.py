"""The body network closes in integers, and says what is wrong with a network that does not."""

import copy
import json
from importlib import resources

import numpy as np
import pytest

from hybridmet.circulation.network import BodyNetwork
from hybridmet.errors import ScenarioError

SEXES = ("male", "female")


@pytest.fixture(scope="module")
def data() -> dict:
    path = resources.files("hybridmet.data").joinpath("body_network_icrp89.json")
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("sex", SEXES)
def test_volumes_close_exactly(sex):
    assert BodyNetwork.load(sex).volume_bp.sum() == 10_000


@pytest.mark.parametrize("sex", SEXES)
def test_flows_balance_exactly_at_each_compartment(sex):
    network = BodyNetwork.load(sex)
    for node, name in enumerate(network.names):
        inflow = network.edge_flow_bp[network.edge_target == node].sum()
        outflow = network.edge_flow_bp[network.edge_source == node].sum()
        assert inflow == outflow == network.flow_bp[node], name


@pytest.mark.parametrize("sex", SEXES)
def test_the_left_heart_pumps_the_whole_cardiac_output(sex):
    network = BodyNetwork.load(sex)
    flow = dict(zip(network.names, network.flow_bp.tolist(), strict=True))
    assert flow["left_heart"] == flow["arteries"] == 10_000
    assert flow["lung"] + flow["bronchial"] == 10_000
    assert flow["svc"] + flow["ivc"] + flow["heart"] == flow["right_heart"] == flow["lung"]


def test_the_reference_adult_has_30_compartments_and_57_edges():
    network = BodyNetwork.load()
    assert len(network.names) == 30
    assert len(network.edge_flow_bp) == 57
    assert len(network.beds) == 22


def test_one_circuit_takes_49_seconds():
    network = BodyNetwork.load()
    assert 3600 * network.blood_volume / network.cardiac_output == pytest.approx(48.92, abs=0.01)


def test_transit_times_are_those_of_the_data(data):
    stated = [node["mtt_s"] for node in data["nodes"]]
    assert 3600 / BodyNetwork.load().exit_rate == pytest.approx(stated, abs=6e-4)


def test_the_female_has_her_own_flows_and_volumes():
    network = BodyNetwork.load("female")
    flow = dict(zip(network.names, network.flow_bp.tolist(), strict=True))
    volume = dict(zip(network.names, network.volume_bp.tolist(), strict=True))
    assert network.cardiac_output == pytest.approx(5.9 * 60_000)
    assert network.blood_volume == 3900
    assert (flow["heart"], flow["muscle"], flow["fat"], flow["gonads"]) == (500, 1200, 850, 2)
    assert (volume["muscle"], volume["fat"], volume["other"]) == (1050, 850, 194)
    assert flow["portal_vein"] == 2100
    assert flow["liver"] == 2750


def test_female_beds_drain_in_the_proportions_of_the_male():
    male, female = BodyNetwork.load("male"), BodyNetwork.load("female")
    for name in male.beds:
        assert female.outflow_of(name) == pytest.approx(male.outflow_of(name), abs=3e-3)


def test_the_gut_drains_through_the_portal_vein_into_the_liver():
    network = BodyNetwork.load()
    for name in ("small_intestine", "large_intestine", "pancreas", "spleen", "stomach_oesophagus"):
        assert network.outflow_of(name) == {"portal_vein": 1.0}
    assert network.outflow_of("portal_vein") == {"liver": 1.0}


@pytest.mark.parametrize("sex", SEXES)
def test_every_primary_site_drains_completely_outside_its_own_bed(sex):
    network = BodyNetwork.load(sex)
    assert len(network.primary_sites) == 14
    for site, place in network.primary_sites.items():
        drains = network.drainage(site)
        assert sum(drains.values()) == pytest.approx(1.0)
        assert set(drains) <= set(network.names) - {place.host}


def test_the_batson_route_takes_its_share_of_the_drainage():
    network = BodyNetwork.load()
    assert network.drainage("prostate") == {"ivc": 1.0}
    batson = network.drainage("prostate", ["batson"])
    assert batson == pytest.approx({"ivc": 0.9, "red_marrow": 0.1})
    with pytest.raises(ScenarioError, match="optional route of breast"):
        network.drainage("breast", ["batson"])


def test_clinical_vessels_sample_mixing_nodes_or_weighted_outflows():
    network = BodyNetwork.load()
    assert network.clinical_vessels["radial_artery"] == {"arteries": 1.0}
    cubital = network.clinical_vessels["cubital_vein"]
    assert cubital == pytest.approx({"muscle": 1700 / 2200, "skin": 500 / 2200})
    assert "note" not in network.clinical_vessels


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda n: n.index("livr"), 'compartment: got "livr", did you mean "liver"'),
        (lambda n: n.drainage("brest"), 'primary site: got "brest", did you mean "breast"'),
        (lambda n: n.outflow_of("lungs"), 'did you mean "lung"'),
        (lambda n: BodyNetwork.load("femal"), 'sex: got "femal", did you mean "female"'),
    ],
)
def test_unknown_names_offer_the_nearest(call, message):
    with pytest.raises(ScenarioError, match=message):
        call(BodyNetwork.load())


def set_flow(data):
    data["edges"][0]["flow_bp"] = 1201


def set_volume(data):
    data["nodes"][3]["volume_bp"] += 1


def set_fraction(data):
    data["nodes"][3]["volume_bp"] = 12.5


def set_target(data):
    data["edges"][0]["target"] = "brian"


def set_duplicate(data):
    data["nodes"][1]["id"] = "left_heart"


def set_stated_flow(data):
    data["nodes"][0]["flow_through_bp"] = 9999


def set_kind(data):
    data["nodes"][0]["kind"] = "mixed"


def set_output(data):
    data["cardiac_output_L_min"] = -6.5


def drop_volume(data):
    del data["nodes"][2]["volume_bp"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (set_flow, "arteries receives 10000 bp and gives 10001 bp"),
        (set_volume, "add up to 10001 bp, must be 10000"),
        (set_fraction, "got 12.5, must be a whole number"),
        (set_target, 'target of edge arteries -> brian: got "brian", did you mean "brain"'),
        (set_duplicate, '"left_heart" occurs more than once'),
        (set_stated_flow, "flow_through_bp of left_heart: got 9999, must be 10000"),
        (set_kind, 'kind of node left_heart: got "mixed", must be one of mixing, capillary'),
        (set_output, "cardiac_output_L_min: got -6.5, must be a number > 0"),
        (drop_volume, "the key 'volume_bp' is missing"),
    ],
)
def test_a_wrong_network_is_refused(data, spoil, message):
    wrong = copy.deepcopy(data)
    spoil(wrong)
    with pytest.raises(ScenarioError, match=message):
        BodyNetwork.from_dict(wrong)


def test_compartments_that_are_cut_off_are_refused():
    nodes = [{"id": name, "kind": "mixing", "volume_bp": 2500} for name in "abcd"]
    pairs = [("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")]
    edges = [{"source": a, "target": b, "flow_bp": 100} for a, b in pairs]
    two = {"cardiac_output_L_min": 1, "total_blood_volume_mL": 1, "nodes": nodes, "edges": edges}
    with pytest.raises(ScenarioError, match="no way from a and back to c, d"):
        BodyNetwork.from_dict(two)


def test_the_network_cannot_be_changed_in_place():
    network = BodyNetwork.load()
    with pytest.raises(ValueError, match="read-only"):
        network.volume_bp[0] = 1


def test_own_networks_have_volumes_and_rates_in_house_units(ring):
    network = ring("mixing", "capillary")
    assert network.beds == ("n1",)
    assert network.volume == pytest.approx([3000.0, 3000.0])
    assert network.flow == pytest.approx([360_000.0] * 2)
    assert np.all(network.exit_rate == pytest.approx(120.0))
