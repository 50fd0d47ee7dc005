"""Scenarios whose blood runs out of what it gives."""

import pytest

from hybridmet.errors import ScenarioError
from hybridmet.scenario import loads_scenario
from hybridmet.scenario.preset import preset_named
from hybridmet.simulation import Simulation

PRESET = preset_named("vascular_tumour").text
TABLE = "primary.vessels.transport"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            (f"{TABLE}.ecm={{}}",),
            f"{TABLE}.ecm: must name a field that crosses vessel walls: oxygen",
        ),
        ((f"{TABLE}.oxygen.hill_power=0.1",), "must be >= 1 and <= 10"),
        ((f"{TABLE}.oxygen.half_saturation=26",), "must carry a unit"),
        (
            (f"{TABLE}.oxygen={{}}", "primary.vessels.flow=false", "primary.vessels.pruning=false"),
            f"{TABLE}.oxygen: must go with flow",
        ),
        ((f"{TABLE}.oxygen={{}}", "fields.oxygen.unit=kPa"), 'fields.oxygen.unit is "kPa"'),
    ],
)
def test_what_blood_cannot_carry_is_refused_with_its_key(overrides, message):
    with pytest.raises(ScenarioError) as error:
        loads_scenario(PRESET, overrides)
    assert message in str(error.value)


def test_a_table_switches_it_on():
    """Tensions between those of tissue and inlet, counted rounds, less oxygen than without."""
    means = []
    for overrides in ((), (f"{TABLE}.oxygen={{}}",)):
        sim = Simulation(loads_scenario(PRESET, overrides), seed=1)
        for _ in range(3):
            sim.patient.step(1.0)
        means.append(sim.patient.primary.fields["oxygen"].mean())
    tissue = sim.patient.primary
    tension = tissue.blood["oxygen"][tissue.vessels.perfused]
    inlet = tissue.fields.parameters["oxygen"].blood_value
    assert means[1] < means[0] and 0.0 < tension.min() < tension.max() <= inlet * (1.0 + 1e-9)
    events = tissue.numerics()["vessels"]
    assert events["transport_rounds"] >= 3 and "transport_unsettled" not in events
