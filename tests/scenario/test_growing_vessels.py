"""Scenarios whose vessels grow: fields with a peak, lines of vessels, no tumour cells."""

import math

import numpy as np
import pytest

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.scenario import loads_scenario
from hybridmet.scenario.preset import preset_named
from hybridmet.simulation import Simulation
from hybridmet.tissue.field_peak import FieldPeak

PRESET = preset_named("anderson_chaplain1998").text
TOP = "primary.vessels"


def refused(*overrides: str) -> str:
    with pytest.raises(ScenarioError) as error:
        loads_scenario(PRESET, overrides)
    return str(error.value)


def test_peak_is_a_plane_a_line_or_a_ball():
    lattice = Lattice((4, 5, 6), 10.0)
    x, y, z = (lattice.positions(np.arange(120)) - np.array(lattice.extent) / 2).T
    for center in ({"x": 12.0}, {"x": 0.0, "y": 5.0}, {"x": 1.0, "y": 2.0, "z": 3.0}):
        squared = sum(
            (axis - center[name]) ** 2
            for name, axis in (("x", x), ("y", y), ("z", z))
            if name in center
        )
        expected = np.exp(-squared / 25.0**2).reshape(4, 5, 6)
        np.testing.assert_allclose(FieldPeak(center, 25.0).factor(lattice), expected, rtol=1e-12)


def test_fields_of_the_preset_start_as_in_the_paper():
    sim = Simulation(loads_scenario(PRESET), seed=1)
    fields = sim.patient.primary.fields
    x = (np.arange(200) + 0.5) / 200
    np.testing.assert_allclose(fields["vegf"][7], np.exp(-((1 - x) ** 2) / 0.45), rtol=1e-5)
    np.testing.assert_allclose(fields["ecm"][99], 0.75 * np.exp(-(x**2) / 0.45), rtol=1e-5)
    assert sim.patient.primary.living == 0
    assert np.count_nonzero(sim.patient.primary.vessels.tip) == 5


def test_numbers_of_the_preset_are_those_of_the_paper():
    """D, chi, rho, eta, beta, gamma in units of 2 mm and L^2 / D_c; the fields are relative."""
    rules = loads_scenario(PRESET).primary.vessels.angiogenesis
    hours = 0.2**2 / 2.9e-7 / 3600.0
    per_area = hours / 2000.0**2
    assert rules.motility * per_area == pytest.approx(3.5e-4, rel=0.005)
    assert rules.chemotaxis * per_area == pytest.approx(0.38, rel=0.005)
    assert rules.haptotaxis * per_area == pytest.approx(0.34, rel=0.005)
    assert rules.saturation == 0.6
    assert rules.uptake_rate * hours == pytest.approx(0.1, rel=0.005)
    assert rules.matrix_production_rate * hours == pytest.approx(0.05, rel=0.005)
    assert rules.matrix_degradation_rate * hours == pytest.approx(0.1, rel=0.005)
    assert rules.branching_age / hours == pytest.approx(0.5, rel=0.005)
    width = loads_scenario(PRESET).fields["vegf"].peak.width
    assert (width / 2000.0) ** 2 == pytest.approx(0.45, rel=1e-5)


def test_run_of_the_preset_keeps_the_ledger_and_draws_vessels(tmp_path):
    sim = Simulation(loads_scenario(PRESET), seed=3)
    before = sim.patient.primary.vessels.lengths.sum()
    while sim.patient.steps < 30:
        sim.patient.step(1.0)
    after = sim.patient.primary.vessels
    assert after.lengths.sum() > before + 1000.0
    assert sim.patient.primary.ledger()["imbalance"] == 0
    assert math.isfinite(sim.patient.primary.fields["vegf"].sum())


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("fields.vegf.peak.center={ w = \"1 um\" }", "peak.center"),
        ("fields.vegf.peak.width=0 um", "peak.width"),
        (f"{TOP}.angiogenesis.attractant=vgf", f'{TOP}.angiogenesis.attractant: got "vgf"'),
        (f"{TOP}.angiogenesis.motility=5 um", f"{TOP}.angiogenesis.motility"),
        (f"{TOP}.angiogenesis.branching_power=0", f"{TOP}.angiogenesis.branching_power"),
        (f"{TOP}.sprouting.attractant=none", f'{TOP}.sprouting.attractant: got "none"'),
        ("primary.shape=[50, 50]", f"{TOP}.lines[0].start: got"),
        ("primary.cells.radius=false", "primary.cells.radius"),
    ],
)
def test_bad_input_is_refused_with_its_key(override, message):
    assert message in refused(override)


def test_a_tissue_without_a_tumour_is_said_so():
    scenario = loads_scenario(PRESET)
    assert scenario.primary.cells is None
