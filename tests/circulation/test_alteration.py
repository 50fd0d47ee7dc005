"""Clusters that part, phenotypes that change, diameters and survival by identity."""

from dataclasses import replace

import numpy as np
import pytest

from hybridmet.circulation.capillary_bed import (
    BloodTraits,
    CirculationParameters,
    capillary_beds,
)
from hybridmet.circulation.circulation import Circulation
from hybridmet.circulation.network import BodyNetwork
from hybridmet.errors import ScenarioError
from hybridmet.tables import PARTING, PHENOTYPE_CHANGE
from tests.circulation.test_circulation import equal_states, run, shed

NETWORK = BodyNetwork.load()
BEDS = capillary_beds(NETWORK)
NAMES = ("epithelial", "mesenchymal")
NEVER = {"arrest_per_diameter": 10.0, "reference_diameter": 100.0}
CHANGING = {
    "epithelial": BloodTraits(diameter_cv=0.2, transition_rates={"mesenchymal": 3.0}),
    "mesenchymal": BloodTraits(diameter_cv=0.1, diameter=12.0),
}


def started(seed=1, threads=1, **changes) -> Circulation:
    parameters = CirculationParameters(**changes)
    return Circulation(NETWORK, BEDS, parameters, seed, threads, NAMES)


def events(circulation: Circulation) -> np.ndarray:
    return np.concatenate(circulation.drain_events())


def test_clusters_part_until_single_cells_are_left():
    circulation = started(disaggregation_rate=1000.0, death_rate=0.0, **NEVER)
    circulation.admit(shed([5] * 100 + [1] * 20, 1), {"svc": 1.0})
    circulation.step(1.0)
    columns = circulation.transit.columns
    assert len(columns["serial"]) == 520 and np.all(columns["cells"] == 1)
    assert np.all(np.diff(columns["serial"].astype(np.int64)) > 0)
    assert not columns["parting_rate"].any()
    assert (events(circulation)["event"] == PARTING).sum() == 400
    assert circulation.ledger["imbalance"] == 0 and circulation.ledger["in_blood"] == 520


def test_pairs_part_at_their_rate():
    n, rate = 4000, 2.0
    circulation = started(disaggregation_rate=rate, death_rate=0.0, **NEVER)
    table = shed([2] * n, 2)
    table["time"] = 0.0
    circulation.admit(table, {"svc": 1.0})
    circulation.step(0.5)
    parted = len(circulation.transit.columns["serial"]) - n
    mean = n * (1 - np.exp(-rate * 0.5))
    assert parted == pytest.approx(mean, abs=4 * np.sqrt(n / 4))


def test_a_phenotype_changes_at_its_rate_and_takes_its_diameter():
    n = 4000
    circulation = started(phenotypes=CHANGING, death_rate=0.0, **NEVER)
    circulation.inject("svc", n, 0.0, 0, 15.0)
    circulation.step(0.2)
    cells = circulation._cargo
    changed = cells["phenotype"] == 1
    mean = n * (1 - np.exp(-3.0 * 0.2))
    assert changed.sum() == pytest.approx(mean, abs=4 * np.sqrt(n / 4))
    assert cells["diameter"][changed].mean() == pytest.approx(12.0, abs=0.2)
    assert (events(circulation)["event"] == PHENOTYPE_CHANGE).sum() == changed.sum()
    assert np.array_equal(circulation.transit.columns["diameter"], cells["diameter"])


def test_changes_depend_neither_on_threads_nor_on_the_step():
    runs = []
    for threads, dt in ((1, 1.0), (2, 1.0), (1, 0.25)):
        circulation = started(
            4, threads, phenotypes=CHANGING, disaggregation_rate=5.0, mean_arrest_time=2.0
        )
        circulation.admit(shed([1, 3, 6] * 300, 3, hours=0.25), {"svc": 0.5, "ivc": 0.5})
        dtcs = run(circulation, dt, 6.0)
        runs.append((circulation, dtcs, events(circulation)))
    for circulation, dtcs, happened in runs[1:]:
        assert equal_states(runs[0][0], circulation)
        assert np.array_equal(dtcs, runs[0][1]) and np.array_equal(happened, runs[0][2])
    assert len(runs[0][1]) > 100
    assert runs[0][0].ledger["imbalance"] == 0


def test_diameters_vary_around_the_phenotypes_mean_by_identity():
    circulation = started(phenotypes=CHANGING)
    cells = circulation.inject("svc", 20_000, 0.0, 0, 15.0)["diameter"]
    assert cells.mean() == pytest.approx(15.0, abs=4 * 3.0 / np.sqrt(20_000))
    assert cells.std() / cells.mean() == pytest.approx(0.2, rel=0.05)
    again = started(phenotypes=CHANGING)
    first = again.inject("ivc", 10, 0.0, 0, 15.0)["diameter"]
    assert np.array_equal(first, cells[:10])


def test_a_clone_with_a_higher_death_factor_dies_more():
    circulation = started(death_rate=5.0, clone_death_factors={"1": 10.0, "2": 0.0}, **NEVER)
    table = shed([1] * 4000, 4)
    table["time"], table["clone"] = 0.0, 1 + np.arange(4000) % 2
    circulation.admit(table, {"svc": 1.0})
    circulation.step(0.1)
    left = np.bincount(circulation._cargo["clone"])
    assert left[2] == 2000
    assert left[1] == pytest.approx(2000 * np.exp(-5.0), abs=15)


def test_clone_survival_is_drawn_once_for_a_clone_and_has_mean_one():
    traits = started(clone_survival_cv=0.5).traits
    factors = np.array([traits.clone_death_factor(k) for k in range(1, 4001)])
    assert factors.mean() == pytest.approx(1.0, abs=4 * 0.5 / np.sqrt(4000))
    assert factors.std() == pytest.approx(0.5, rel=0.1)
    assert started(clone_survival_cv=0.5).traits.clone_death_factor(7) == factors[6]


def test_who_arrives_behind_a_filter_is_not_who_left():
    """Beyond the liver smaller cells are overrepresented, in it larger ones."""
    circulation = started(5, 2)
    table = shed([1] * 40_000, 5)
    table["diameter"] = 15.0
    circulation.admit(table, {"portal_vein": 1.0})
    for _ in range(40):
        circulation.step(1.0)
    s = circulation.selection
    mean = s.extravasated_diameter.sum(axis=1) / np.maximum(s.extravasated.sum(axis=1), 1)
    left = s.entered_diameter.sum() / s.entered.sum()
    assert mean[NETWORK.index("liver")] > left > mean[NETWORK.index("lung")]
    assert s.extravasated.sum() == circulation.ledger["extravasated"]


def test_unknown_phenotypes_and_clones_are_refused():
    with pytest.raises(ScenarioError, match='got "mesenchimal", did you mean "mesenchymal"'):
        started(phenotypes={"mesenchimal": BloodTraits()})
    wrong = {"epithelial": replace(CHANGING["epithelial"], transition_rates={"hybrid": 1.0})}
    with pytest.raises(ScenarioError, match='transition_rates: got "hybrid"'):
        started(phenotypes=wrong)
    with pytest.raises(ScenarioError, match='clone_death_factors: got "a", must be clone numbers'):
        started(clone_death_factors={"a": 1.0})
