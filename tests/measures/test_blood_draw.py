"""Blood draws count who is there, with the chances that volume and vessel give."""

import numpy as np
import pytest
from scipy import stats

from hybridmet.circulation.capillary_bed import CirculationParameters, capillary_beds
from hybridmet.circulation.circulation import Circulation
from hybridmet.circulation.network import BodyNetwork
from hybridmet.circulation.source import Source, SourceParameters
from hybridmet.errors import ScenarioError
from hybridmet.measures.blood_draw import BloodDraws, DrawParameters, spread
from tests.circulation.test_circulation import equal_states

NETWORK = BodyNetwork.load()
BEDS = capillary_beds(NETWORK)
NAMES = ("epithelial", "mesenchymal")


def drawn(draws, seed=1, hours=4.0, dt=1.0, rate=20_000.0, threads=1):
    """A circulation after some hours with a source and draws, and the draws."""
    circulation = Circulation(NETWORK, BEDS, CirculationParameters(), seed, threads, NAMES)
    sizes = {"1": 0.9, "4": 0.1}
    parameters = SourceParameters(place="svc", rate=rate, cluster_sizes=sizes, clones=3)
    circulation.sources.append(
        Source(parameters, {"svc": 1.0}, [15.0, 12.0], [0.7, 0.3], index=0, seed=seed)
    )
    record = BloodDraws(draws, NETWORK, NAMES)
    circulation.appointments.append(record)
    for _ in range(round(hours / dt)):
        circulation.step(dt)
    return circulation, record


def totals(record):
    return [row for row in record.rows if row.phenotype == "all"]


EVERY = DrawParameters(vessel="svc", volume=100.0, every=0.01, start=1.0)


def test_counts_scatter_around_what_is_in_the_vessel():
    _, record = drawn([EVERY], hours=3.0)
    rows = totals(record)
    z = np.array([(row.cells - row.expected_cells) / row.sd_cells for row in rows if row.sd_cells])
    assert len(rows) == 201 and len(z) > 190
    assert abs(z.mean()) < 4 / np.sqrt(len(z)) and z.std() == pytest.approx(1.0, abs=0.2)
    inside = np.mean([row.q025_cells <= row.cells <= row.q975_cells for row in rows])
    assert inside > 0.9


def test_rows_by_phenotype_and_clone_add_up_to_the_draw():
    _, record = drawn([EVERY], hours=2.0)
    for total in totals(record):
        parts = [r for r in record.rows if r.time_h == total.time_h and r.phenotype != "all"]
        assert sum(r.cells for r in parts) == total.cells
        assert sum(r.singles for r in parts) == total.singles
        assert sum(r.expected_cells for r in parts) == pytest.approx(total.expected_cells)
    assert {r.phenotype for r in record.rows} == {"all", *NAMES}
    assert {r.clone for r in record.rows} == {"all", "1", "2", "3"}
    assert any(total.clusters for total in totals(record))


def test_a_draw_that_removes_is_in_the_ledger_and_another_changes_nothing():
    taking = DrawParameters(vessel="right_atrium", volume=200.0, at=(1.5, 2.0), removes=True)
    looking = DrawParameters(vessel="right_atrium", volume=200.0, at=(1.5, 2.0))
    with_removal, record = drawn([taking])
    assert with_removal.ledger["drawn"] == sum(row.cells for row in totals(record)) > 0
    assert with_removal.ledger["imbalance"] == 0
    watched, _ = drawn([looking])
    alone, _ = drawn([])
    assert equal_states(watched, alone) and not equal_states(with_removal, alone)


def test_draws_depend_neither_on_threads_nor_on_the_step():
    draw = DrawParameters(vessel="svc", volume=50.0, every=0.3, at=(0.77,), removes=True)
    one, two, fine = drawn([draw]), drawn([draw], threads=2), drawn([draw], dt=0.25)
    # NaN marks what the row of a phenotype does not hold.
    assert str(one[1].rows) == str(two[1].rows) == str(fine[1].rows)
    assert equal_states(one[0], two[0]) and equal_states(one[0], fine[0])


def test_blood_is_drawn_at_its_times():
    draw = DrawParameters(vessel="svc", every=0.7, start=0.5, end=2.0, at=(0.0, 3.25))
    _, record = drawn([draw])
    assert [row.time_h for row in totals(record)] == pytest.approx([0.0, 0.5, 1.2, 1.9, 3.25])


def test_the_distribution_of_a_draw_is_the_binomial_of_its_cells():
    chance = np.zeros(len(NETWORK.names))
    chance[3] = 0.02
    sd, low, high, none = spread([(3, 1, 500)], chance)
    law = stats.binom(500, 0.02)
    assert sd == pytest.approx(law.std()) and none == pytest.approx(law.pmf(0))
    assert (low, high) == (law.ppf(0.025), law.ppf(0.975))
    clusters = spread([(3, 5, 500)], chance)
    assert clusters[0] == pytest.approx(5 * law.std()) and clusters[3] == pytest.approx(none)
    assert clusters[1:3] == (5 * low, 5 * high)


def test_large_draws_are_normal():
    chance = np.full(len(NETWORK.names), 0.5)
    sd, low, high, _ = spread([(0, 1, 10**8)], chance)
    assert (low, high) == pytest.approx((5e7 - 1.96 * sd, 5e7 + 1.96 * sd), abs=2 + 1e-3 * sd)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: DrawParameters(vessel="portal_vein", volume=60.0, at=(1.0,)),
            "volume: got 60 mL, must be <= 53 mL, what portal_vein holds",
        ),
        (
            lambda: DrawParameters(vessel="cubital", at=(1.0,)),
            'vessel: got "cubital", did you mean "cubital_vein"? must be one of',
        ),
        (lambda: DrawParameters(vessel="svc"), "at: must hold times, or `every`"),
    ],
)
def test_mistakes_say_what_is_allowed(build, message):
    with pytest.raises(ScenarioError) as caught:
        build().probability(NETWORK)
    assert message in str(caught.value)
