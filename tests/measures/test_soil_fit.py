"""The soil fit: recovers what made the data, and says how far it is off."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybridmet.measures.soil_fit import (
    deviance,
    fit_shedding,
    fit_soil,
    predicted,
)

SITES = [f"site{i}" for i in range(8)]
PRIMARIES = [f"primary{i}" for i in range(6)]


def world(seed, patients):
    """Known soil and shedding, and cases drawn (or, with None, exact fractions of 10^9)."""
    random = np.random.default_rng(seed)
    soil = dict(zip(SITES, np.exp(random.normal(0.0, 1.2, len(SITES))), strict=True))
    shedding = dict(zip(PRIMARIES, np.exp(random.normal(2.0, 0.7, len(PRIMARIES))), strict=True))
    flux = {
        p: dict(zip(SITES, random.dirichlet(np.ones(len(SITES))) + 0.01, strict=True))
        for p in PRIMARIES
    }
    observed = {}
    for p in PRIMARIES:
        chance = predicted(flux[p], soil, shedding[p])
        n = 10**9 if patients is None else patients
        cases = {s: n * q if patients is None else random.binomial(n, q) for s, q in chance.items()}
        observed[p] = {site: (round(number), n) for site, number in cases.items()}
    return soil, shedding, flux, observed


def relative(values):
    """Logarithms around their mean: what is left when the shared scale is taken out."""
    logs = np.log(np.array(list(values)))
    return logs - logs.mean()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_known_factors_come_back_from_exact_fractions(seed):
    soil, shedding, flux, observed = world(seed, None)
    fit = fit_soil(observed, flux)
    assert relative(fit.soil.values()) == pytest.approx(relative(soil.values()), abs=1e-3)
    assert relative(fit.shedding.values()) == pytest.approx(relative(shedding.values()), abs=1e-3)


@pytest.mark.parametrize("seed", range(5))
def test_known_factors_come_back_from_autopsies_within_their_error(seed):
    """400 autopsies a primary: errors of log soil are near 0.1, and none is above 0.5."""
    soil, _, flux, observed = world(seed, 400)
    errors = relative(fit_soil(observed, flux).soil.values()) - relative(soil.values())
    assert np.sqrt(np.mean(errors**2)) < 0.2
    assert np.abs(errors).max() < 0.5


def test_deviance_of_the_true_model_is_that_of_chance():
    """Over many data sets its mean is the number of degrees of freedom."""
    ratios = []
    for seed in range(20):
        _, _, flux, observed = world(seed, 2000)
        fit = fit_soil(observed, flux)
        assert fit.freedom == len(SITES) * len(PRIMARIES) - len(SITES) - len(PRIMARIES) + 1
        ratios.append(fit.deviance / fit.freedom)
    assert np.mean(ratios) == pytest.approx(1.0, abs=3 * np.std(ratios, ddof=1) / np.sqrt(20))


def test_a_held_out_primary_is_predicted_up_to_its_shedding():
    soil, shedding, flux, observed = world(3, None)
    held = PRIMARIES[0]
    fit = fit_soil({p: observed[p] for p in PRIMARIES[1:]}, flux)
    c = fit_shedding(observed[held], flux[held], fit.soil)
    for site, chance in predicted(flux[held], fit.soil, c).items():
        cases, n = observed[held][site]
        assert chance == pytest.approx(cases / n, abs=1e-4)
    assert c * np.exp(np.mean(np.log(list(fit.soil.values())))) == pytest.approx(
        shedding[held] * np.exp(np.mean(np.log(list(soil.values())))), rel=1e-3
    )


def test_sites_without_a_case_get_a_small_but_finite_soil():
    _, _, flux, observed = world(1, 300)
    for counts in observed.values():
        counts["site0"] = (0, 300)
    fit = fit_soil(observed, flux)
    assert 0.0 < fit.soil["site0"] < 0.1 * min(v for k, v in fit.soil.items() if k != "site0")


def test_deviance_is_nothing_where_the_prediction_is_the_data():
    counts = {"a": (3, 10), "b": (0, 10), "c": (10, 10)}
    assert deviance(counts, {"a": 0.3, "b": 0.0, "c": 1.0}) == pytest.approx(0.0, abs=1e-12)
    by_hand = 2 * (3 * np.log(0.3 / 0.5) + 7 * np.log(0.7 / 0.5))
    assert deviance({"a": (3, 10)}, {"a": 0.5}) == pytest.approx(by_hand)
