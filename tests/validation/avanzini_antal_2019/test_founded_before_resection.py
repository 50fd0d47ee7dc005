"""Avanzini & Antal 2019, "Cancer recurrence times from a branching process model" (PLoS Comput
Biol 15:e1007423): the metastases founded before a primary that grows at rate l reaches N cells, and
whose lines live for ever, are Poisson with mean nu (1 - d/b) (N - 1) / l.

Here it comes out of a patient: cells of the primary enter the blood at hazard h each, CTCs walk
through the body until they are arrested, a share p of these extravasates (nobody dies in blood or
is released again), so nu = h p; metastases are branching processes with birth b and death d, and
vessels that let nobody in. A cell that enters the blood is gone from the primary, so l = b - d - h.

The paper's primary grows as exp(l t) without noise; this one is a birth-death process from one
cell. With I the integral of its size, (size - 1 - l I) and (seedings - nu I) are martingales, so by
optional stopping the mean holds for it exactly, at the end of the first step with N cells or more
(or when it died out), with the size found there in place of N. Given that it does not die out, I is
(N - 1) / l up to a variance of N (b + d) / l^3, which raises the ratio of variance to mean by
nu (1 - d/b) (b + d) / l^2: 0.012 here, below what 300 patients can tell from a Poisson law.
"""

import functools

import numpy as np
import pytest
from scipy import stats

from hybridmet.scenario import loads_scenario
from hybridmet.scenario.blood import scenario_network
from hybridmet.scenario.build import build_patient
from hybridmet.tissue.mean_field import EvenVessels

BIRTH, DEATH, EXTRAVASATED = 0.1, 0.05, 0.8
SIZE, PATIENTS = 3000, 300
STEP, AFTERWARDS = 2.0, 120.0
"""Macro step, and time after the resection in which all metastases but 0.1 % that will die out
have done so [h]."""
PATIENT = """
name = "avanzini_antal_2019"
duration = "60 d"
time_step = "2 h"
organ_catalogue = false

[tissue]
model = "surrogate"
arrival = "active"
surrogate = { shell = "1e6 um", capacity = 1_000_000_000 }

[phenotypes.epithelial]
division_rate = "0.1 / h"
death_rate = "0.05 / h"
necrosis_rate = "0 / h"
transition_rates = { mesenchymal = false }
intravasation_rate = "2e-5 / (um^2 h)"
shedding_rate = "2e-5 / (um^2 h)"
cohesion = 0.0
responses = []

[primary]
site = "breast"
shape = [41, 41, 41]
flow_fraction = 0.0
cells = { radius = "5 um", clones = 1, phenotypes = { epithelial = 1.0 } }

[organs.default.vessels]
length_density = "0 mm/mm^3"

[circulation]
death_rate = "0 / h"
mean_arrest_time = "0.1 h"
"""


@functools.cache
def scenario():
    one = loads_scenario(PATIENT)
    beds = scenario_network(one).beds
    keys = {"extravasation_probability": EXTRAVASATED, "reversible_fraction": 0}
    changes = [f"circulation.beds.{b}.{key}={x}" for b in beds for key, x in keys.items()]
    return loads_scenario(PATIENT, changes)


def hazard() -> float:
    """At which a cell of the primary enters the blood [1/h]."""
    lattice = scenario().primary.lattice()
    area = sum(EvenVessels.of(scenario().primary.vessels, lattice).wall_areas(lattice))
    return 2e-5 * area


def mean_of(size: np.ndarray | float):
    """The paper's mean for a primary of `size` cells; below 0 for one that died out, which is what
    the martingales give such."""
    seeding, growth = hazard() * EXTRAVASATED, BIRTH - DEATH - hazard()
    return seeding * (1.0 - DEATH / BIRTH) * (size - 1.0) / growth


def metastases(seed: int) -> tuple[int, int]:
    """Size of the primary when it is removed (0: it died out), and metastases alive long after."""
    patient = build_patient(scenario(), seed, 1)
    while 0 < patient.primary.living < SIZE:
        patient.step(STEP)
    size = patient.primary.remove()
    for _ in range(round(AFTERWARDS / STEP)):
        patient.step(STEP)
    body = patient.ledger()["body"]
    assert body["imbalance"] == body["failed_no_room"] == body["unfollowed"] == 0
    founders = [row for t in list(patient.tissues.values())[1:] for row in t.founders.rows]
    return size, sum(row.cells > 0 for row in founders)


@functools.cache
def observed() -> np.ndarray:
    """(patients, 2): size and metastases."""
    return np.array([metastases(seed) for seed in range(1, PATIENTS + 1)])


@pytest.mark.slow
def test_the_mean_holds_for_all_patients():
    size, n = observed().T
    difference = n - mean_of(size.astype(float))
    error = difference.std(ddof=1) / np.sqrt(PATIENTS)
    assert abs(difference.mean()) < 3.0 * error, (difference.mean(), error)


@pytest.mark.slow
def test_the_number_is_poisson_where_the_primary_lived():
    size, n = observed().T
    grown = size > 0
    x, mean = n[grown], mean_of(size[grown].astype(float)).mean()
    assert abs(x.mean() - mean) < 3.0 * np.sqrt(mean / len(x)), (x.mean(), mean)
    dispersion = ((x - x.mean()) ** 2).sum() / x.mean()
    assert 1e-3 < stats.chi2.sf(dispersion, len(x) - 1) < 1.0 - 1e-3, dispersion / len(x)
    edges = stats.poisson.ppf(np.linspace(0.0, 1.0, 9)[1:-1], mean)
    edges = np.unique(np.concatenate([[-1.0], edges, [1e9]]))
    expected = len(x) * np.diff(stats.poisson.cdf(edges, mean))
    found = np.histogram(x, edges + 0.5)[0]
    assert stats.chisquare(found, expected).pvalue > 1e-3, (found, expected)


@pytest.mark.slow
def test_as_many_primaries_live_as_a_branching_process_says():
    size, _ = observed().T
    survival = 1.0 - (DEATH + hazard()) / BIRTH
    error = np.sqrt(survival * (1.0 - survival) / PATIENTS)
    assert abs((size > 0).mean() - survival) < 3.0 * error
