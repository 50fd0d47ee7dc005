"""Incidence at autopsy, the metastatic efficiency index, and what flow explains of it."""

import numpy as np
import pytest

from hybridmet.circulation.capillary_bed import CirculationParameters, capillary_beds
from hybridmet.circulation.expected import Expected
from hybridmet.circulation.network import BodyNetwork
from hybridmet.errors import ScenarioError
from hybridmet.measures.efficiency import (
    DIAMETER,
    MICROMETASTASES,
    agreement,
    efficiency_index,
    first_entries,
    relative_arrests,
    shedding_start,
    with_perfect_pass,
)
from hybridmet.measures.incidence import PRIMARY_OF_SITE, incidence, incidence_table

NETWORK = BodyNetwork.load()
BEDS = capillary_beds(NETWORK)
PARAMETERS = CirculationParameters()
MEANS = Expected(NETWORK, BEDS, PARAMETERS, DIAMETER)


def test_the_table_holds_sixteen_primaries_over_thirty_sites():
    table = incidence_table()
    assert len(table) == 16 and all(len(sites) == 30 for sites in table.values())
    for sites in table.values():
        assert all(0 <= cases <= autopsies for cases, autopsies in sites.values())


def test_breast_cancer_at_autopsy():
    found = incidence("breast")
    assert found["lung"] == pytest.approx(247 / 432) and found["muscle"] == 0
    assert set(found) <= set(NETWORK.beds)


def test_every_primary_site_has_its_row():
    assert set(PRIMARY_OF_SITE) == set(NETWORK.primary_sites)
    for primary in PRIMARY_OF_SITE.values():
        assert len(incidence(primary)) >= 14
    with pytest.raises(ScenarioError, match='primary: got "brest", did you mean "breast"'):
        incidence("brest")


def test_the_rectum_sends_more_to_the_lung_than_the_colon():
    """diSibio & French 2008: lung-to-liver ratio 0.72 against 0.43 (comes out as an order)."""
    observed, simulated = [], []
    for site in ("rectum", "colon"):
        found = incidence(site)
        observed.append(found["lung"] / found["liver"])
        arrests = relative_arrests(MEANS, NETWORK.drainage(site))
        simulated.append(arrests["lung"] / arrests["liver"])
    assert observed == pytest.approx([0.72, 0.43], abs=0.01)
    assert simulated[0] > 1.5 * simulated[1]


def test_relative_flows_and_arrests_add_up():
    for relative in (first_entries, relative_arrests):
        found = relative(MEANS, {"svc": 1.0})
        assert sum(found.values()) == pytest.approx(1) and set(found) == set(NETWORK.beds)


def test_the_index_is_incidence_over_flow():
    assert efficiency_index({"lung": 0.5, "bone": 0.1}, {"lung": 0.25}) == {"lung": 2.0}


def test_the_index_depends_on_where_micrometastases_are_assumed():
    """Scott et al. 2014: with strict filters by orders of magnitude."""
    observed, strict = incidence("breast"), with_perfect_pass(BEDS, 1e-4)
    index = {}
    for name, organs in MICROMETASTASES.items():
        start = shedding_start(NETWORK, NETWORK.drainage("breast"), organs)
        assert sum(start.values()) == pytest.approx(1)
        flow = first_entries(Expected(NETWORK, strict, PARAMETERS, DIAMETER), start)
        index[name] = efficiency_index(observed, flow)["brain"]
    assert index["none"] > 1000 * index["lung"]
    assert index["liver"] == pytest.approx(index["none"], rel=0.5)


def test_flow_alone_orders_the_organs_weakly():
    """After Font-Clos et al. 2020: nothing is fitted, and the correlation is low."""
    ranks = []
    for site, primary in PRIMARY_OF_SITE.items():
        predicted = relative_arrests(MEANS, NETWORK.drainage(site))
        ranks.append(agreement(predicted, incidence(primary)).spearman)
    assert 0.0 < np.mean(ranks) < 0.5


def test_agreement_of_equal_orders_is_one():
    found = agreement({"a": 1.0, "b": 2.0, "c": 4.0}, {"a": 0.1, "b": 0.2, "c": 0.3})
    assert found.spearman == pytest.approx(1.0) and found.organs == 3
