"""Fixed time in blood: when it ends, who survives and where they go."""

import numpy as np
import pytest

from hybridmet.circulation.capillary_bed import (
    CirculationParameters,
    FixedTime,
    capillary_beds,
)
from hybridmet.circulation.circulation import Circulation
from hybridmet.circulation.network import BodyNetwork
from hybridmet.errors import ScenarioError
from hybridmet.tables import CTC

NETWORK = BodyNetwork.load("male")


def circulation(**changes) -> Circulation:
    parameters = CirculationParameters(fixed_time=FixedTime(**changes))
    return Circulation(NETWORK, capillary_beds(NETWORK), parameters, seed=3)


def clusters(n: int, size: int, time: float = 0.5) -> np.ndarray:
    """n clusters of `size` cells that left at one time."""
    table = np.zeros(n * size, CTC)
    table["time"], table["diameter"], table["cluster_size"] = time, 15.0, size
    table["cluster"] = np.repeat(np.arange(n) * size, size)
    return table


def within(count: int, n: int, p: float) -> bool:
    """Three standard errors."""
    return abs(count - n * p) <= 3.0 * np.sqrt(n * p * (1.0 - p))


def test_all_wait_for_the_fixed_time_and_none_longer():
    subject = circulation()
    subject.admit(clusters(100, 1), {"svc": 1.0})
    subject.step(2.49)
    assert subject.ledger["in_blood"] == subject.free[NETWORK.index("svc")] == 100
    subject.step(0.02)
    assert subject.ledger["in_blood"] == 0
    assert subject.ledger["imbalance"] == 0


def test_survival_and_organs_of_single_cells():
    n, p = 20_000, 0.3
    subject = circulation(survival_single=p)
    subject.admit(clusters(n, 1), {"svc": 1.0})
    arrived = {bed: len(rows) for bed, rows in subject.step(3.0).items()}
    assert within(sum(arrived.values()), n, p)
    for bed, share in FixedTime().organs.items():
        assert within(arrived[bed], n, p * share)
    assert subject.ledger["died_in_blood"] + subject.ledger["extravasated"] == n


def test_half_of_the_cells_split_off_and_the_rest_stay_together():
    n, size = 3000, 4
    subject = circulation(survival_single=1.0, survival_cluster=1.0)
    admitted = subject.admit(clusters(n, size), {"svc": 1.0})
    assert np.all(admitted["cluster_size"] == size)
    rows = np.concatenate(list(subject.step(3.0).values()))
    assert len(rows) == n * size
    together = rows["cluster_size"] > 1
    # Of the cells not split off, those whose whole cluster did are alone: 1/2 (1 - 1/8).
    assert within(int(together.sum()), n * size, 0.5 * 7 / 8)
    _, count = np.unique(rows["cluster"], return_counts=True)
    assert sorted(np.repeat(count, count)) == sorted(rows["cluster_size"])


@pytest.mark.parametrize("size", [1, 3])
def test_a_cluster_survives_or_dies_as_one(size):
    n, p = 5000, 0.2
    subject = circulation(survival_single=p, survival_cluster=p, disaggregation=0.0)
    subject.admit(clusters(n, size), {"svc": 1.0})
    rows = np.concatenate(list(subject.step(3.0).values()))
    _, count = np.unique(rows["cluster"], return_counts=True)
    assert np.all(count == size)
    assert within(len(count), n, p)


def test_results_do_not_depend_on_the_step():
    ends = []
    for dt in (3.0, 0.25):
        subject = circulation(survival_single=0.5)
        subject.admit(clusters(50, 2, time=0.1), {"svc": 1.0})
        rows = [r for _ in range(round(3.0 / dt)) for r in subject.step(dt).values()]
        ends.append(np.sort(np.concatenate(rows)["ctc"]))
    np.testing.assert_array_equal(*ends)


def test_shares_must_add_up():
    with pytest.raises(ScenarioError, match="sum is 1"):
        FixedTime(organs={"bone": 0.5})
