"""The female network follows from the male's data by exact integer balance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybridmet.circulation.balance import apportioned
from hybridmet.circulation.network import BodyNetwork
from hybridmet.circulation.sexes import as_female
from hybridmet.errors import ScenarioError

WEIGHTS = st.lists(st.integers(1, 10_000), min_size=1, max_size=8)


@given(total=st.integers(0, 10_000), weights=WEIGHTS)
def test_shares_add_up_and_are_within_one_of_the_proportion(total, weights):
    parts = apportioned(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - total * weight / sum(weights)) < 1


def diamond(**override) -> dict:
    """arteries -> {a, b} -> vein -> arteries."""
    pairs = [("arteries", "a", 6000), ("arteries", "b", 4000), ("a", "vein", 6000)]
    pairs += [("b", "vein", 4000), ("vein", "arteries", 10_000)]
    return {
        "cardiac_output_L_min": 6,
        "total_blood_volume_mL": 5000,
        "nodes": [
            {"id": name, "kind": "mixing", "volume_bp": 2500, "flow_through_bp": flow}
            for name, flow in (("arteries", 10_000), ("a", 6000), ("b", 4000), ("vein", 10_000))
        ],
        "edges": [{"source": s, "target": t, "flow_bp": f} for s, t, f in pairs],
        "female_override": {
            "cardiac_output_L_min": 5,
            "total_blood_volume_mL": 4000,
            "flow_bp": {"a": 5000, "b": 5000},
            "volume_bp": {},
            **override,
        },
    }


def test_venous_flows_follow_from_the_arterial_supplies():
    network = BodyNetwork.from_dict(diamond(), "female")
    assert network.edge_flow_bp.tolist() == [5000, 5000, 5000, 5000, 10_000]
    assert network.sex == "female"


def test_the_male_is_untouched():
    data = diamond()
    as_female(data)
    assert data == diamond()


def test_volumes_that_do_not_close_are_refused():
    with pytest.raises(ScenarioError, match="add up to 10100 bp, must be 10000"):
        BodyNetwork.from_dict(diamond(volume_bp={"a": 2600}), "female")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ({"flow_bp": {"aa": 5000}}, 'female_override.flow_bp: got "aa", did you mean "a"'),
        ({"volume_bp": {"vien": 1}}, 'female_override.volume_bp: got "vien", did you mean "vein"'),
    ],
)
def test_unknown_names_in_the_override_are_refused(override, message):
    with pytest.raises(ScenarioError, match=message):
        BodyNetwork.from_dict(diamond(**override), "female")


def test_a_circuit_that_avoids_the_arteries_is_refused():
    data = diamond()
    data["edges"] += [{"source": s, "target": t, "flow_bp": 1} for s, t in ("ab", "ba")]
    for node in data["nodes"]:
        node.pop("flow_through_bp")
    assert BodyNetwork.from_dict(data).flow_bp.tolist() == [10_000, 6001, 4001, 10_000]
    with pytest.raises(ScenarioError, match="every circuit of the network must pass through"):
        BodyNetwork.from_dict(data, "female")
