"""The preset franssen2019 against the reference table: ten seeds, each to the last step.

The reference moves cells one after another in random order, ours all at once: a site that is
full at the start of a step stays closed for the step even if a cell leaves it, and of several
cells that want the last place the one of lowest keyed priority gets it instead of the first.
With move probabilities of 0.02 a step that delays few moves (`blocked` in the ledger's flows).
"""

import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np
import pytest

from tests.validation.franssen_2019.measure import measured
from tests.validation.franssen_2019.reference import COLUMNS, DEVIATION, MEAN, STEPS

SEEDS = range(1, 11)
FIELDS = [COLUMNS.index("mmp2"), COLUMNS.index("ecm")]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def runs() -> list[np.ndarray]:
    """(seeds, columns) of each step, one thread a run, as many runs at once as there are cores.

    A run does not depend on which process makes it, nor on what else runs.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        rows = list(pool.map(partial(measured, steps=STEPS), SEEDS))
    return [np.stack(at_step) for at_step in zip(*rows, strict=True)]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("column", COLUMNS)
def test_mean_is_within_three_combined_standard_deviations(runs, step, column):
    at = STEPS.index(step), COLUMNS.index(column)
    ours = runs[at[0]][:, at[1]]
    combined = np.hypot(ours.std(ddof=1), DEVIATION[at])
    assert abs(ours.mean() - MEAN[at]) <= 3.0 * combined


@pytest.mark.parametrize("step", STEPS)
def test_means_of_mmp2_and_ecm_are_within_five_percent(runs, step):
    at = STEPS.index(step)
    np.testing.assert_allclose(runs[at][:, FIELDS].mean(axis=0), MEAN[at, FIELDS], rtol=0.05)
