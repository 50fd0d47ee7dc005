"""The bloodstream keeps account of every cell, and of who it was."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybridmet.circulation.capillary_bed import CirculationParameters, capillary_beds
from hybridmet.circulation.circulation import Circulation
from hybridmet.circulation.network import BodyNetwork
from hybridmet.circulation.source import NO_TISSUE
from hybridmet.tables import BLOOD_EVENT, BLOOD_EVENTS, CTC, DTC

PORTAL = {"portal_vein": 1.0}
NETWORK = BodyNetwork.load()
BEDS = capillary_beds(NETWORK)


def started(seed=1, threads=1, **changes) -> Circulation:
    return Circulation(NETWORK, BEDS, CirculationParameters(**changes), seed, threads)


def shed(clusters: list[int], seed: int, start=0.0, hours=1.0) -> np.ndarray:
    """Cells of clusters of the given sizes as a tissue hands them over: no serial numbers, and
    the cells of clusters that leave at the same time in any order."""
    random = np.random.default_rng(seed)
    # Times on a grid, so that several clusters leave at the same time.
    times = start + hours * np.sort(random.integers(0, 8, len(clusters))) / 8
    owner = np.repeat(np.arange(len(clusters)), clusters)
    owner = owner[np.lexsort((random.random(len(owner)), times[owner]))]
    table = np.zeros(len(owner), CTC)
    table["time"] = times[owner]
    first = {cluster: row for row, cluster in reversed(list(enumerate(owner)))}
    table["cluster"] = [first[cluster] for cluster in owner]
    table["cluster_size"] = np.array(clusters)[owner]
    table["site"] = random.integers(0, 1000, len(owner))
    table["clone"] = random.integers(0, 50, len(owner))
    table["phenotype"] = random.integers(0, 2, len(owner))
    table["diameter"] = random.uniform(10, 20, len(owner))
    return table


def equal_arrivals(a: dict, b: dict) -> bool:
    return list(a) == list(b) and all(np.array_equal(a[bed], b[bed]) for bed in a)


def equal_states(a: Circulation, b: Circulation) -> bool:
    pairs = zip(a.state_arrays(), b.state_arrays(), strict=True)
    return all(x[0] == y[0] and np.array_equal(x[1], y[1]) for x, y in pairs)


def run(circulation: Circulation, dt: float, hours: float) -> np.ndarray:
    """All DTCs of a run, in order of (arrival, ctc)."""
    arrivals = [
        table for _ in range(round(hours / dt)) for table in circulation.step(dt).values()
    ]
    table = np.concatenate(arrivals)
    return table[np.lexsort((table["ctc"], table["arrival"]))]


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(st.lists(st.integers(1, 9), max_size=20), min_size=1, max_size=6),
    injected=st.integers(0, 5),
    seed=st.integers(0, 2**64 - 1),
)
def test_every_cell_is_accounted_for_at_every_moment(steps, injected, seed):
    circulation = started(seed, death_rate=1.0, mean_arrest_time=1.0)
    came = out = 0
    for hour, clusters in enumerate(steps):
        came += len(circulation.admit(shed(clusters, hour, start=hour), {"ivc": 0.5, "svc": 0.5}))
        came += len(circulation.inject("arteries", injected, hour + 0.5, 0, 12.0))
        assert circulation.ledger["imbalance"] == 0
        out += sum(len(table) for table in circulation.step(1.0).values())
        ledger = circulation.ledger
        assert ledger["imbalance"] == 0
        assert ledger["extravasated"] == out
        assert ledger["intravasated"] + ledger["injected"] == came
    stocks = ledger["in_blood"] + ledger["arrested"]
    ends = ledger["died_in_blood"] + ledger["died_arrested"] + ledger["extravasated"]
    assert came == stocks + ends


def test_the_ledger_names_what_the_design_lists():
    assert list(started().ledger) == [
        *("intravasated", "injected", "in_blood", "arrested", "died_in_blood", "died_arrested"),
        *("extravasated", "filtered", "drawn", "imbalance"),
    ]


def test_a_lost_cell_shows_in_the_ledger():
    circulation = started()
    circulation.admit(shed([1] * 10, 1), PORTAL)
    circulation.transit.remove(np.arange(10) == 3)
    assert circulation.ledger["imbalance"] == 1


def test_serial_numbers_follow_the_rows_and_clusters_their_first_cell():
    circulation = started()
    circulation.admit(shed([1, 1], 1), PORTAL)
    table = shed([3, 1, 2, 4], 2)
    numbered = circulation.admit(table, PORTAL)
    assert numbered["ctc"].tolist() == list(range(3, 13))
    assert np.array_equal(numbered["cluster"], 3 + table["cluster"])
    assert not table["ctc"].any()


def test_arrivals_carry_the_cell_that_entered_unchanged():
    circulation = started(seed=2)
    entered = circulation.admit(shed([1, 2, 5, 1] * 50, 3), PORTAL)
    dtcs = run(circulation, 1.0, 200.0)
    assert len(dtcs) > 100 and dtcs.dtype == DTC
    origin = entered[dtcs["ctc"].astype(int) - 1]
    for name in CTC.names:
        assert np.array_equal(dtcs[name], origin[name]), name


def test_a_cluster_arrives_whole_or_not_at_all():
    circulation = started(seed=3)
    circulation.admit(shed([5, 3, 7, 1] * 50, 4), PORTAL)
    dtcs = run(circulation, 1.0, 200.0)
    sizes = np.unique(dtcs["cluster"], return_counts=True)[1]
    assert np.array_equal(np.repeat(sizes, sizes), np.sort(dtcs, order="cluster")["cluster_size"])
    for name in ("arrival", "bed", "passes", "time_in_blood"):
        assert len(np.unique(dtcs[["cluster", name]])) == len(sizes)


def test_the_largest_cell_decides_a_clusters_arrest():
    circulation = started()
    table = shed([4], 5)
    circulation.admit(table, PORTAL)
    assert circulation.transit.columns["diameter"].tolist() == [table["diameter"].max()]
    assert circulation.transit.columns["cells"].tolist() == [4]


def test_times_of_an_arrival_fit_together():
    circulation = started(seed=4)
    circulation.admit(shed([1] * 2000, 6), PORTAL)
    dtcs = run(circulation, 1.0, 100.0)
    assert np.array_equal(dtcs["time_in_blood"], dtcs["arrival"] - dtcs["time"])
    assert np.all((0 < dtcs["time_arrested"]) & (dtcs["time_arrested"] < dtcs["time_in_blood"]))
    assert np.all(dtcs["passes"] >= 1)
    assert NETWORK.is_bed[dtcs["bed"]].all()


def test_arrivals_come_by_bed_within_the_step_in_order_of_time():
    circulation = started(seed=5)
    circulation.admit(shed([2] * 2000, 7), PORTAL)
    for hour in range(20):
        arrivals = circulation.step(1.0)
        assert set(arrivals) <= set(NETWORK.beds)
        for bed, dtcs in arrivals.items():
            assert np.all(dtcs["bed"] == NETWORK.index(bed))
            assert np.all((hour <= dtcs["arrival"]) & (dtcs["arrival"] < hour + 1))
            order = np.lexsort((dtcs["ctc"], dtcs["arrival"]))
            assert np.array_equal(order, np.arange(len(dtcs)))


def test_results_do_not_depend_on_threads():
    one, two = started(seed=6, threads=1), started(seed=6, threads=2)
    for hour in range(3):
        table = shed([1, 1, 3] * 1500, 8 + hour, start=hour)
        for circulation in (one, two):
            circulation.admit(table, {"ivc": 0.4, "svc": 0.6})
        assert equal_arrivals(one.step(1.0), two.step(1.0))
        assert equal_states(one, two)
    for a, b in zip(one.drain_events(), two.drain_events(), strict=True):
        assert np.array_equal(a, b)


def test_results_do_not_depend_on_the_macro_step():
    """The same cells at the same times, an hour at a time or a quarter of one."""
    coarse, fine = started(seed=7), started(seed=7)
    coarse_dtcs, fine_dtcs = [], []
    for hour in range(24):
        table = shed([1, 2] * 100, 20 + hour, start=hour)
        coarse.admit(table, PORTAL)
        coarse_dtcs += coarse.step(1.0).values()
        for quarter in range(4):
            now = hour + quarter / 4
            part = table[(table["time"] >= now) & (table["time"] < now + 0.25)].copy()
            part["cluster"] -= np.searchsorted(table["time"], now).astype(np.uint64)
            fine.admit(part, PORTAL)
            fine_dtcs += fine.step(0.25).values()
    assert equal_states(coarse, fine)
    both = [np.sort(np.concatenate(d), order=["arrival", "ctc"]) for d in (coarse_dtcs, fine_dtcs)]
    assert len(both[0]) > 500 and np.array_equal(*both)
    events = [np.concatenate(circulation.drain_events()) for circulation in (coarse, fine)]
    assert np.array_equal(*events)
    assert coarse.work.updates == fine.work.updates > 0


def test_another_seed_gives_another_history():
    a, b = started(seed=8), started(seed=9)
    for circulation in (a, b):
        circulation.admit(shed([1] * 100, 9), PORTAL)
        circulation.step(1.0)
    assert not equal_states(a, b)


def test_events_tell_the_whole_story():
    circulation = started(seed=10)
    circulation.admit(shed([1, 4] * 300, 10), PORTAL)
    dtcs = run(circulation, 1.0, 50.0)
    events = np.concatenate(circulation.drain_events())
    assert events.dtype == BLOOD_EVENT and np.all(np.diff(events["time"]) >= 0)
    cells = {
        name: int(events["cells"][events["event"] == number].sum())
        for number, name in enumerate(BLOOD_EVENTS)
    }
    ledger = circulation.ledger
    assert cells["death_in_blood"] == ledger["died_in_blood"]
    assert cells["death_arrested"] == ledger["died_arrested"]
    assert cells["extravasation"] == ledger["extravasated"] == len(dtcs)
    left = cells["release"] + cells["death_arrested"] + cells["extravasation"]
    assert cells["arrest"] - left == ledger["arrested"]
    assert circulation.drain_events() == []


def test_stocks_are_counted_by_compartment():
    circulation = started(seed=11)
    circulation.inject("svc", 100, 0.5, 0, 15.0)
    assert circulation.free.tolist() == [100 * (name == "svc") for name in NETWORK.names]
    assert circulation.concentration[NETWORK.index("svc")] == pytest.approx(
        100 / (5300 * 595 / 10_000)
    )
    circulation.step(1.0)
    assert circulation.arrested[NETWORK.is_bed].sum() == circulation.arrested.sum() > 50
    assert circulation.free.dtype == circulation.arrested.dtype == np.int64


def test_injected_cells_come_from_no_tissue():
    circulation = started()
    table = circulation.inject("ivc", 3, 0.25, phenotype=1, diameter=14.0)
    assert table["ctc"].tolist() == table["cluster"].tolist() == [1, 2, 3]
    assert np.all(table["tissue"] == NO_TISSUE) and np.all(table["site"] == -1)
    assert np.all(table["phenotype"] == 1) and np.all(table["diameter"] == 14.0)
    assert circulation.ledger["injected"] == 3 and circulation.ledger["intravasated"] == 0


def test_an_empty_circulation_steps():
    circulation = started()
    assert len(circulation.admit(np.empty(0, CTC), PORTAL)) == 0
    assert circulation.step(1.0) == {}
    assert circulation.time == 1.0 and circulation.drain_events() == []


def test_state_arrays_change_with_every_stock():
    circulation = started(seed=12)
    before = [array.copy() for _, array in circulation.state_arrays()]
    circulation.admit(shed([2, 1], 11), PORTAL)
    after = circulation.state_arrays()
    changed = [n for (n, a), b in zip(after, before, strict=True) if not np.array_equal(a, b)]
    assert changed == [name for name, _ in after if name != "time"]


def spoil(**columns) -> np.ndarray:
    table = shed([2, 1], 12)
    for name, value in columns.items():
        table[name] = value
    return table


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (spoil(cluster=[1, 1, 1]), "cluster: must be the row"),
        (spoil(cluster=[0, 0, 7]), "cluster: must be the row"),
        (spoil(cluster=[0, 0, 2], cluster_size=[2, 1, 1]), "cluster_size: must be the number"),
        (spoil(time=[3.0, 3.0, 2.0]), "time: must be finite and ascending"),
        (spoil(time=[0.1, 0.2, 0.3]), "time: must be the same for all cells|cluster"),
        (spoil(time=np.nan), "time: must be finite"),
        (spoil(time=-1.0), "must be >= the clock"),
        (spoil(diameter=0.0), "diameter: must be finite and > 0"),
        (spoil(diameter=np.inf), "diameter: must be finite and > 0"),
    ],
)
def test_rows_that_make_no_sense_are_refused_and_change_nothing(table, message):
    circulation = started()
    with pytest.raises(ValueError, match=message):
        circulation.admit(table, PORTAL)
    assert equal_states(circulation, started())


def test_a_wrong_drain_changes_nothing():
    circulation = started()
    with pytest.raises(ValueError, match="add up to 1"):
        circulation.admit(shed([1], 1), {"ivc": 0.4})
    assert equal_states(circulation, started())


def test_cells_of_a_later_step_are_refused():
    circulation = started()
    circulation.inject("ivc", 1, 2.5, 0, 15.0)
    circulation.inject("ivc", 1, 0.5, 0, 15.0)
    with pytest.raises(ValueError, match="got 2.5 h, must lie in the step that ends at 1.0 h"):
        circulation.step(1.0)


@pytest.mark.parametrize("dt", [0.0, -1.0, np.nan, np.inf])
def test_steps_must_be_positive(dt):
    with pytest.raises(ValueError, match="must be > 0 h"):
        started().step(dt)
