"""Held-out primaries: the comparison finds flow and soil where both are there, and neither where not."""

import numpy as np
import pytest

from hybridmet.measures.soil_prediction import (
    FLOW_ALONE,
    FLOW_AND_SOIL,
    MODELS,
    NEITHER,
    SOIL_ALONE,
    held_out,
    mean_rms,
    rms_beyond,
    rms_of_chance,
)
from tests.measures.test_soil_fit import PRIMARIES, SITES, world


@pytest.fixture(scope="module")
def both():
    """Predictions in a world of known soil and flow, 400 autopsies a primary."""
    _, _, flux, observed = world(5, 400)
    return held_out(observed, flux, PRIMARIES, own_total=True), observed


def test_where_flow_and_soil_act_only_their_product_foretells(both):
    predictions, observed = both
    chance = np.mean([rms_of_chance(counts) for counts in observed.values()])
    assert mean_rms(predictions, FLOW_AND_SOIL)[0] < 2.0 * chance
    for other in (FLOW_ALONE, SOIL_ALONE, NEITHER):
        mean, low, high = rms_beyond(predictions, other, FLOW_AND_SOIL)
        assert 0.0 < low < mean < high


def test_where_flow_does_not_act_it_does_harm():
    """The same cases, told a flow that has nothing to do with them."""
    _, _, flux, _ = world(5, 400)
    even = {p: dict.fromkeys(SITES, 1.0 / len(SITES)) for p in PRIMARIES}
    soil = world(5, 400)[0]
    random = np.random.default_rng(7)
    observed = {
        p: {s: (int(random.binomial(400, -np.expm1(-soil[s] * even[p][s]))), 400) for s in SITES}
        for p in PRIMARIES
    }
    predictions = held_out(observed, flux, PRIMARIES, own_total=True)
    assert rms_beyond(predictions, FLOW_AND_SOIL, SOIL_ALONE)[1] > 0.0


def test_neither_takes_all_sites_alike(both):
    for prediction in both[0]:
        assert set(prediction.incidence) == set(MODELS)
        shares = list(prediction.incidence[NEITHER].values())
        assert np.ptp(shares) < 1e-12
        own = np.mean(list(prediction.observed.values()))
        assert shares[0] == pytest.approx(own, abs=1e-6)


def test_the_number_of_autopsies_leaves_the_error_of_a_binomial():
    assert rms_of_chance({"a": (20, 100), "b": (50, 100)}) == pytest.approx(
        np.sqrt((0.2 * 0.8 / 100 + 0.5 * 0.5 / 100) / 2)
    )
