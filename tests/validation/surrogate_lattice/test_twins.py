"""A patient on lattices against the twin whose organs are counted, and the one that is counted
whole: what is compared, and the scenario, in twins.py. The first two share seed and primary, so
that they are compared patient by patient."""

import numpy as np
import pytest

from tests.validation.surrogate_lattice.twins import MEASURES, TIMES, table

PATIENTS = 3
COLONIES = MEASURES.index("colonies founded")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found() -> dict[str, np.ndarray]:
    return table(PATIENTS)


def test_the_primary_does_not_feel_how_organs_are_kept(found):
    """But for the DTCs that return to it."""
    a, b = found["lattice"][:, : len(TIMES)], found["organs counted"][:, : len(TIMES)]
    assert np.all(np.abs(a / b - 1.0) < 0.01)


@pytest.mark.parametrize("name", ["organs counted", "all counted"])
def test_as_many_enter_the_blood_and_arrive_and_found_colonies(name, found):
    """Sums over the patients, Poisson at least: within three standard errors and a tenth."""
    first, last = len(TIMES), COLONIES + 2
    for k in (first, *range(first + 2, last)):
        a, b = found["lattice"][:, k].sum(), found[name][:, k].sum()
        assert abs(a - b) < 3.0 * np.sqrt(a + b) + 0.1 * b, (MEASURES[k], a, b)


def test_a_primary_that_is_counted_grows_as_one_on_a_lattice(found):
    """Within 10 %: a packed ball of two phenotypes, oxygen, cells that leave."""
    a, b = (found[n][:, : len(TIMES)].mean(axis=0) for n in ("lattice", "all counted"))
    assert np.all(np.abs(b / a - 1.0) < 0.1)
