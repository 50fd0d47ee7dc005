"""Luzzi et al. 1998, "Multistep nature of metastatic inefficiency" (Am J Pathol 153:865): B16F1 cells
injected into the portal blood of mice (there a mesenteric vein). By the abstract: over 80 % of the
injected cells were in the liver and extravasated by day 3; 1 in 40 of them formed micrometastases
by day 3; 1 in 100 of these progressed by day 13, most disappeared; 36 % of the injected cells were
there as solitary cells on day 13, most of them dormant.

Here cells enter the liver's blood and are arrested; what follows is competing hazards.

INPUT: extravasation against death while arrested, 0.80 (`extravasation_probability`, from this very
paper), so only its timing comes out; division at the default rate; two kinds of cells, because one
kind cannot give the three figures below together: one that wakes within hours (0.1 / h, ASSUMED; the
phenotype `epithelial`) and one that sleeps (default reactivation; `mesenchymal`).
FITTED, three numbers for three figures: the share of the first kind (0.2413), the death rate of
active cells (0.0488 / h) and that of sleepers (1.67e-3 / h), solved from the convolution of
extravasation, waking and a linear birth-death process.
NOT FITTED: the sizes on day 3 and the share of solitary cells that sleep on day 13.

The census is what an observer counts on the day: a micrometastasis is a line with MINIMUM = 2 living
cells then (the least that is a colony here, ASSUMED); one that persists has as many on both days. With
four or more, no rates of this model with death above division give the three figures: the share that
wakes would exceed what the solitary cells leave. What persists is small; the paper's are macroscopic.
"""

import functools

import numpy as np
import pytest
from scipy.stats import binomtest

from hybridmet.patient import Patient
from hybridmet.scenario import loads_scenario
from hybridmet.scenario.build import build_patient

SEEDS, DAY = range(1, 11), 24.0
MINIMUM = 2
"""Living cells of a micrometastasis on the day of the census."""
EXTRAVASATED, MICROMETASTASES, PERSISTING, SOLITARY = 0.80, 1 / 40, 1 / 100, 0.36

MOUSE = """
name = "luzzi_1998"
duration = "13 d"
time_step = "1 h"
organ_catalogue = false
primary = false

[[sources]]
place = "portal_vein"
rate = "8000 / h"
end = "0.5 h"
phenotypes = { epithelial = 0.2413, mesenchymal = 0.7587 }

[circulation]
death_rate = "0 / h"
[circulation.beds.liver]
arrest_probability = 1.0
reversible_fraction = 0.0

[organs]
default = false
[organs.liver]
shape = [96, 96, 96]

[fields]
oxygen = false
mmp2 = false
ecm = false

[phenotypes.epithelial]
necrosis_rate = "0 / h"
death_rate = "0.0488 / h"
motility = "0 um^2/h"
shedding_rate = "0 / (um^2 h)"
responses = []
dormant_death_rate = "0 / h"
reactivation_rate = "0.1 / h"
transition_rates = { mesenchymal = false }

[phenotypes.mesenchymal]
necrosis_rate = "0 / h"
death_rate = "0.0488 / h"
motility = "0 um^2/h"
shedding_rate = "0 / (um^2 h)"
responses = []
division_rate = "0.0312 / h"
dormant_death_rate = "1.67e-3 / h"
reactivation_rate = "8.2e-5 / h"
transition_rates = { epithelial = false }
"""


def _alive(patient: Patient) -> dict[int, int]:
    """Living cells of each founder in the liver."""
    liver = patient.tissues["liver"]
    liver.census()
    return {row.ctc: row.cells for row in liver.founders.rows}


def counted(model: str, seed: int, rate: str, *changes: str) -> np.ndarray:
    """Cells injected, extravasated by day 3; micrometastases then, those of them of 16 cells at
    most, those of them on day 13 too; solitary cells on day 13, those that sleep."""
    scenario = loads_scenario(MOUSE.replace("8000 / h", rate), [f"tissue.model={model}", *changes])
    patient = build_patient(scenario, seed, 1)
    for _ in range(3 * 24):
        patient.step(1.0)
    body = patient.ledger()["body"]
    assert body["failed_no_room"] == body["died_in_blood"] == body["imbalance"] == 0
    early = {ctc: n for ctc, n in _alive(patient).items() if n >= MINIMUM}
    for _ in range(10 * 24):
        patient.step(1.0)
    cells = _alive(patient)
    small = sum(n <= 16 for n in early.values())
    persisting = sum(cells[ctc] >= MINIMUM for ctc in early)
    solitary = sum(n == 1 for n in cells.values())
    dormant = patient.tissues["liver"].counts()["dormant"]
    numbers = (body["injected"], body["extravasated"], len(early), small, persisting)
    return np.array([*numbers, solitary, dormant])


@functools.cache
def total(model: str, *changes: str) -> np.ndarray:
    """The lattice: 40,000 cells; the surrogate: ten times as many."""
    rate = "80000 / h" if model == "surrogate" else "8000 / h"
    return sum(counted(model, seed, rate, *changes) for seed in SEEDS)


def agrees(found: int, n: int, p: float) -> bool:
    """Exact binomial test at the level of three standard errors."""
    return binomtest(int(found), int(n), p).pvalue > 0.0027


pytestmark = pytest.mark.slow
both = pytest.mark.parametrize("model", ["lattice", "surrogate"])


@both
def test_extravasated_by_day_3(model):
    """Nearly all that will: of a mean time of 12 h, exp(-6) is left."""
    injected, extravasated, *_ = total(model)
    assert agrees(extravasated, injected, EXTRAVASATED * (1.0 - np.exp(-6.0)))


@both
def test_micrometastases_of_the_extravasated_on_day_3(model):
    _, extravasated, micrometastases, *_ = total(model)
    assert agrees(micrometastases, extravasated, MICROMETASTASES)


@both
def test_micrometastases_that_persist_on_day_13(model):
    _, _, micrometastases, _, persisting, *_ = total(model)
    assert agrees(persisting, micrometastases, PERSISTING)
    assert not agrees(0, micrometastases, PERSISTING)


@pytest.mark.parametrize("death", ["0.0439 / h", "0.0537 / h"])
def test_persistence_rejects_a_death_rate_ten_percent_off(death):
    _, _, micrometastases, _, persisting, *_ = total(
        "surrogate", f"phenotypes.epithelial.death_rate={death}"
    )
    assert not agrees(persisting, micrometastases, PERSISTING)


@both
def test_solitary_cells_of_the_injected_on_day_13(model):
    injected, *_, solitary, _ = total(model)
    assert agrees(solitary, injected, SOLITARY)


@both
def test_not_fitted_most_solitary_cells_sleep_and_micrometastases_have_16_cells_at_most(model):
    """A lower bound only: 99.8 % sleep here, in the paper some 95 % (2 % divide, 3 % die)."""
    _, _, micrometastases, small, _, solitary, dormant = total(model)
    assert dormant / solitary > 0.95
    assert small / micrometastases > 0.99
