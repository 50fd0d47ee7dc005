"""Sources without a tissue, and filters: windows in time, the same for any step."""

import numpy as np
import pytest

from hybridmet.circulation.capillary_bed import CirculationParameters, capillary_beds
from hybridmet.circulation.circulation import Circulation
from hybridmet.circulation.filtration import FilterParameters, Filtration
from hybridmet.circulation.network import BodyNetwork
from hybridmet.circulation.source import Source, SourceParameters
from hybridmet.errors import ScenarioError
from tests.circulation.test_circulation import equal_states

NETWORK = BodyNetwork.load()
BEDS = capillary_beds(NETWORK)


def source(seed=1, index=0, **changes) -> Source:
    options = {"place": "svc", "rate": 1000.0} | changes
    parameters = SourceParameters(**options)
    return Source(parameters, {"svc": 1.0}, [15.0, 12.0], [0.75, 0.25], index=index, seed=seed)


def cells(s: Source, times) -> np.ndarray:
    tables = [s.until(time) for time in times]
    first = np.cumsum([0, *(len(t) for t in tables[:-1])])
    for table, shift in zip(tables, first, strict=True):
        table["cluster"] += np.uint64(shift)
    return np.concatenate(tables)


SIZES = {"1": 0.5, "2": 0.3, "7": 0.2}


def test_entries_do_not_depend_on_where_steps_begin():
    whole = cells(source(cluster_sizes=SIZES, clones=5), [10.0])
    parts = cells(source(cluster_sizes=SIZES, clones=5), np.linspace(0.1, 10.0, 77))
    assert np.array_equal(whole, parts)
    assert not np.array_equal(whole, cells(source(2, cluster_sizes=SIZES, clones=5), [10.0]))


def test_entries_are_a_poisson_process_with_its_shares():
    table = cells(source(cluster_sizes=SIZES, clones=4), [20.0])
    first = table["cluster"] == np.arange(len(table))
    n = first.sum()
    assert n == pytest.approx(20_000, abs=4 * np.sqrt(20_000))
    gaps = np.diff(table["time"][first])
    assert gaps.std() == pytest.approx(1e-3, rel=0.05)
    for size, share in SIZES.items():
        found = (table["cluster_size"][first] == int(size)).mean()
        assert found == pytest.approx(share, abs=4 * np.sqrt(share / n))
    assert (table["phenotype"] == 1).mean() == pytest.approx(0.25, abs=0.01)
    assert np.bincount(table["clone"])[1:].min() > 0.2 * len(table)
    assert np.all(table["diameter"][table["phenotype"] == 1] == 12.0)


def test_a_source_has_its_window():
    table = cells(source(start=2.0, end=3.0), [1.0, 2.5, 10.0])
    assert 850 < len(table) < 1150
    assert table["time"].min() > 2.0 and table["time"].max() < 3.0


def blood(threads=1, filters=()) -> Circulation:
    circulation = Circulation(NETWORK, BEDS, CirculationParameters(), 7, threads)
    circulation.sources.append(source(cluster_sizes=SIZES))
    if filters:
        circulation.appointments.append(Filtration(tuple(filters), NETWORK))
    return circulation


WINDOW = FilterParameters(vessel="cubital_vein", flow=30_000.0, start=0.4, end=1.7)


def test_filtration_depends_neither_on_threads_nor_on_the_step():
    coarse, two, fine = blood(1, [WINDOW]), blood(2, [WINDOW]), blood(1, [WINDOW])
    for _ in range(3):
        coarse.step(1.0)
        two.step(1.0)
        for _ in range(4):
            fine.step(0.25)
    assert equal_states(coarse, two) and equal_states(coarse, fine)
    assert coarse.ledger["filtered"] > 0 and coarse.ledger["imbalance"] == 0


def test_nothing_is_filtered_outside_the_window():
    circulation = blood(1, [FilterParameters(vessel="right_atrium", flow=3e5, start=1.2, end=2.0)])
    circulation.step(1.0)
    assert circulation.ledger["filtered"] == 0
    circulation.step(1.0)
    filtered = circulation.ledger["filtered"]
    assert filtered > 0
    circulation.step(1.0)
    assert circulation.ledger["filtered"] == filtered
    events = np.concatenate(circulation.drain_events())
    times = events["time"][events["event"] == 7]
    assert times.min() >= 1.2 and times.max() < 2.0


def test_a_filter_removes_what_the_linear_solver_says():
    window = FilterParameters(vessel="right_atrium", flow=3e5, efficiency=0.8)
    circulation = Circulation(NETWORK, BEDS, CirculationParameters(), 8, 2)
    circulation.appointments.append(Filtration((window,), NETWORK))
    n = 40_000
    circulation.step(1e-9)
    circulation.inject("svc", n, 1e-9, 0, 15.0)
    for _ in range(60):
        circulation.step(1.0)
    mean = n * circulation.expected(15.0).fate({"svc": 1.0}).filtered.sum()
    assert mean > 100
    assert circulation.ledger["filtered"] == pytest.approx(mean, abs=4 * np.sqrt(mean))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: source(phenotypes={"a": 0.4}), "phenotypes: shares sum to 0.4, must be 1"),
        (lambda: source(cluster_sizes={"0": 1.0}), 'cluster_sizes: got "0", must be numbers'),
        (lambda: source(start=3.0, end=2.0), "end: got 2.0, must be > start"),
        (lambda: source(rate=1e9), "individual = false counts them"),
        (lambda: FilterParameters(vessel="svc", flow=1.0, efficiency=1.5), "efficiency: got 1.5"),
        (
            lambda: FilterParameters(vessel="svc", flow=1e7).removal_rate(NETWORK),
            "flow: got 1e.07 mL/h, must be <= .* mL/h, the flow of svc",
        ),
        (
            lambda: FilterParameters(vessel="radial_vein", flow=1.0).removal_rate(NETWORK),
            'vessel: got "radial_vein", .*must be one of cubital_vein',
        ),
    ],
)
def test_mistakes_say_what_is_allowed(build, message):
    with pytest.raises(ScenarioError, match=message):
        build()
