"""The vessels of a lattice: who acts when, and that their shadow on the sites follows."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.tissue import wall_exchange
from hybridmet.tissue.adaptation import Adaptation
from hybridmet.tissue.blood_flow import BloodFlow
from hybridmet.tissue.compression import Compression
from hybridmet.tissue.fields import DEFAULT_FIELDS, Fields
from hybridmet.tissue.initial_cells import InitialCells
from hybridmet.tissue.maturation import Maturation
from hybridmet.tissue.phenotypes import DEFAULT_PHENOTYPES
from hybridmet.tissue.pieces import cut
from hybridmet.tissue.pruning import Pruning
from hybridmet.tissue.rupture import Rupture
from hybridmet.tissue.sprouting import Sprouting
from hybridmet.tissue.tissue import Tissue
from hybridmet.tissue.tissue_parameters import TissueParameters
from hybridmet.tissue.vasculature import Vasculature
from hybridmet.tissue.vessel_parameters import VesselParameters
from hybridmet.tissue.vessels import COLLAPSED, RUPTURED

LATTICE = Lattice((24, 24, 24))


def vasculature(parameters=None, seed=1) -> Vasculature:
    fields = Fields(LATTICE, DEFAULT_FIELDS)
    kind = LATTICE.padded(0, np.uint8, 1)
    parameters = parameters or VesselParameters(length_density=3e-4)
    return Vasculature(LATTICE, parameters, fields, kind, seed=seed, tissue=0)


@dataclass
class Scribe:
    """Notes when it is called; changes the network if told to."""

    changes: tuple[str, ...] = ()
    events: tuple[str, ...] = ()

    def __post_init__(self):
        self.calls = []

    def step(self, network, surroundings):
        self.calls.append((surroundings.step, surroundings.time, surroundings.dt))
        columns = {name: getattr(network, name) * 1.5 for name in self.changes}
        after = replace(network, **columns) if columns else network
        return after, dict.fromkeys(self.events, 1)


def test_growth_acts_at_every_step_and_remodelling_by_the_slow_clock():
    vessels, growth, remodelling = vasculature(), Scribe(events=("sprouts",)), Scribe()
    vessels.growth, vessels.remodelling = {"a": growth}, {"b": remodelling}
    for step in range(14):
        assert vessels.step(step, float(step), 1.0) is False
    assert growth.calls == [(n, float(n), 1.0) for n in range(14)]
    assert remodelling.calls == [(5, 5.0, 6.0), (11, 11.0, 6.0)]
    assert vessels.events == {"sprouts": 14}


def test_the_clock_counts_time_whatever_the_step():
    vessels, remodelling = vasculature(), Scribe()
    vessels.remodelling = {"b": remodelling}
    for step in range(12):
        vessels.step(step, 2.5 * step, 2.5)
    assert [dt for _, _, dt in remodelling.calls] == [7.5] * 4
    assert sum(dt for _, _, dt in remodelling.calls) == 30.0


def test_flow_is_solved_by_the_clock_only_where_its_course_changed():
    vessels, remodelling, flow = vasculature(), Scribe(changes=("age",)), Scribe(changes=("flow",))
    vessels.remodelling, vessels.flow = {"b": remodelling}, flow
    for step in range(12):
        vessels.step(step, float(step), 1.0)
    assert len(flow.calls) == 1  # ages and flow itself decide nothing
    remodelling.changes = ("radius",)
    for step in range(12, 24):
        vessels.step(step, float(step), 1.0)
    assert [step for step, _, _ in flow.calls] == [5, 17, 23]


def test_growth_between_ticks_waits_for_its_blood():
    vessels, flow = vasculature(), Scribe()
    vessels.growth, vessels.flow = {"a": Scribe(changes=("radius",))}, flow
    for step in range(12):
        assert vessels.step(step, float(step), 1.0) is True
    assert [step for step, _, _ in flow.calls] == [5, 11]


@pytest.mark.parametrize("name", ["pruning", "adaptation"])
def test_what_acts_by_shear_stress_needs_flow(name):
    process = {"pruning": Pruning, "adaptation": Adaptation}[name]()
    with pytest.raises(ScenarioError, match=f"{name}: must go with flow"):
        VesselParameters(**{name: process})
    assert VesselParameters(**{name: process}, flow=BloodFlow()).remodelling() == {name: process}


def test_the_shadow_follows_the_network():
    vessels = vasculature()
    before = vessels.sites
    vessels.growth = {"a": Scribe(changes=("radius",))}
    assert vessels.step(0, 0.0, 1.0)
    np.testing.assert_allclose(vessels.sites.intact_area, 1.5 * before.intact_area)
    touch = wall_exchange.contacts(LATTICE, vessels.network, vessels.pieces, DEFAULT_FIELDS)
    wanted = wall_exchange.conductances(LATTICE, vessels.network, touch, DEFAULT_FIELDS)
    np.testing.assert_array_equal(vessels.exchange.conductance["oxygen"], wanted["oxygen"])
    half = vessels.network.kept(np.arange(len(vessels.network.segments)) % 2 == 0)
    vessels.growth = {}
    vessels.network = half
    vessels._embed()
    anew = cut(LATTICE, half)
    np.testing.assert_array_equal(vessels.sites.sites, anew.sites)
    assert vessels.sites.length.sum() == pytest.approx(half.lengths.sum())


def tissue(vessels: VesselParameters, threads: int = 1) -> Tissue:
    made = Tissue(
        "here", index=0, bed="liver", lattice=LATTICE, fields=DEFAULT_FIELDS,
        phenotypes=DEFAULT_PHENOTYPES, vessels=vessels, parameters=TissueParameters(),
        seed=5, threads=threads,
    )  # fmt: skip
    made.start(InitialCells(radius=180.0))
    return made


def test_static_vessels_stay_bitwise_what_they_were():
    made = tissue(VesselParameters())
    network = made.vessels
    for _ in range(8):
        made.step(1.0)
    assert made.vessels is network and made.vasculature.events == {}
    assert made.numerics()["vessels"] == {}


PRESSED = VesselParameters(
    length_density=3e-4,
    ruptured_fraction=0.0,
    compression=Compression(rate=3e-4, packing=0.5),
    rupture=Rupture(rate=2e-4, packing=0.5),
    maturation=Maturation(),
)


def test_packed_cells_press_and_tear_vessels_and_the_tissue_feels_it():
    """Less oxygen where vessels are shut, and cells that enter through walls that were whole."""
    pressed, spared = (
        tissue(PRESSED),
        tissue(VesselParameters(length_density=3e-4, ruptured_fraction=0.0)),
    )
    shed = {"pressed": 0, "spared": 0}
    for _ in range(60):
        for name, one in (("pressed", pressed), ("spared", spared)):
            shed[name] += int(one.step(1.0)["ruptured"].sum())
    events = pressed.numerics()["vessels"]
    assert events["collapsed"] > 10 and events["ruptured"] > 10
    states = pressed.vessels.state
    assert np.count_nonzero(states == COLLAPSED) == events["collapsed"] - events.get("reopened", 0)
    assert np.count_nonzero(states == RUPTURED) > 0
    assert pressed.fields["oxygen"].mean() < spared.fields["oxygen"].mean()
    assert shed["pressed"] > 0 == shed["spared"]
    pressed.check_ledger()


def test_remodelling_is_the_same_for_any_number_of_threads():
    found = []
    for threads in (1, 2, 3):
        made = tissue(PRESSED, threads)
        for _ in range(20):
            made.step(1.0)
        found.append([(name, a.tobytes()) for name, a in made.state_arrays()])
    assert found[0] == found[1] == found[2]
    assert made.numerics()["vessels"]["collapsed"] > 0


@dataclass
class Layer:
    """Lays one segment in each step."""

    def step(self, network, surroundings):
        nodes = np.array([[0.0, 0.0, 0.0], [9.0, 0.0, 0.0]])
        return network.added(nodes, [len(network.nodes) + np.arange(2)], radius=5.0), {}


def test_segments_age_by_time_from_the_step_that_laid_them():
    vessels = vasculature()
    old = len(vessels.network.segments)
    vessels.growth = {"layer": Layer()}
    for step in range(4):
        vessels.step(step, 2.5 * step, 2.5)
    np.testing.assert_array_equal(vessels.network.age[:old], 10.0)
    np.testing.assert_array_equal(vessels.network.age[old:], [7.5, 5.0, 2.5, 0.0])


def test_sprouts_need_what_moves_their_tips():
    with pytest.raises(ScenarioError, match=r"angiogenesis: must go with sprouting"):
        VesselParameters(sprouting=Sprouting())
