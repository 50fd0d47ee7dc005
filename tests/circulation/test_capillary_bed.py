"""Capillary beds come from the data with their sources; a scenario changes them by name."""

import math

import pytest
from pydantic import TypeAdapter

from hybridmet.circulation.capillary_bed import (
    BedOverride,
    CirculationParameters,
    capillary_beds,
)
from hybridmet.circulation.network import BodyNetwork
from hybridmet.errors import ScenarioError


def test_every_bed_of_the_network_has_its_parameters_and_sources(body):
    network, beds, _ = body
    assert tuple(beds) == network.beds
    for name, bed in beds.items():
        assert bed.arrest_probability == (0.7 if name in ("lung", "liver") else 0.6)
        assert "Catenacci" in bed.sources["arrest_single_source"]


def test_a_scenario_changes_one_bed_and_leaves_the_others(body):
    network, beds, _ = body
    changed = capillary_beds(network, {"liver": BedOverride(arrest_probability=0.2)})
    assert changed["liver"].arrest_probability == 0.2
    assert changed["liver"].release_half_life == beds["liver"].release_half_life
    assert changed["lung"] == beds["lung"]


def test_unknown_beds_offer_the_nearest(body):
    with pytest.raises(ScenarioError, match='capillary bed: got "kidney", did you mean "kidneys"'):
        capillary_beds(body[0], {"kidney": BedOverride()})


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan])
def test_values_out_of_range_name_the_bed(body, value):
    with pytest.raises(ScenarioError, match=r"capillary_beds\.lung: .*arrest_probability: got"):
        capillary_beds(body[0], {"lung": BedOverride(arrest_probability=value)})


def test_a_network_without_data_for_a_bed_is_refused(ring):
    with pytest.raises(ScenarioError, match=r"capillary_beds\.n1: the key 'n1' is missing"):
        capillary_beds(ring("mixing", "capillary"))


def test_parameters_are_read_from_scenario_text():
    read = TypeAdapter(CirculationParameters).validate_python
    parameters = read({"death_rate": "7 / d", "beds": {"liver": {"release_half_life": "90 min"}}})
    assert parameters.death_rate == pytest.approx(7 / 24)
    assert parameters.beds == {"liver": BedOverride(release_half_life=1.5)}


def test_cluster_arrest_in_the_data_sets_the_default_of_the_size_effect():
    """0.6 for a single cell and 0.9 for a cluster of five: c = (logit .9 - logit .6) / ln 5."""
    entry = BodyNetwork.load().bed_data["brain"]
    single, cluster = entry["arrest_single"], entry["arrest_cluster"]
    log_odds = math.log(cluster / (1 - cluster)) - math.log(single / (1 - single))
    assert CirculationParameters().arrest_per_log_size == pytest.approx(
        log_odds / math.log(5), abs=0.02
    )


def test_parameters_out_of_range_are_refused():
    with pytest.raises(ScenarioError, match=r"CirculationParameters\.death_rate: got -1"):
        CirculationParameters(death_rate=-1)
