"""What blood holds of a field."""

from dataclasses import replace

import numpy as np
import pytest

from hybridmet.errors import ScenarioError
from hybridmet.tissue.blood_flow import BloodFlow
from hybridmet.tissue.blood_transport import BloodTransport, check_transport
from hybridmet.tissue.fields import DEFAULT_FIELDS, FieldParameters
from hybridmet.tissue.vessel_parameters import VesselParameters

OXYGEN = DEFAULT_FIELDS["oxygen"]
DRUG = FieldParameters(
    "quasi-steady",
    unit="uM",
    diffusivity=7.2e5,
    decay_rate=1.0,
    vessel_permeability=3.6e3,
    blood_value=2.0,
)


def test_saturation_is_that_of_human_blood():
    """Severinghaus 1979: S = 1 / (23400 / (P^3 + 150 P) + 1), to which Hill's curve is near."""
    p = np.linspace(1.0, 150.0, 300)
    standard = 1.0 / (23400.0 / (p**3 + 150.0 * p) + 1.0)
    assert np.max(np.abs(BloodTransport().saturation(p) - standard)) < 0.033


def test_blood_holds_what_it_binds_and_what_it_dissolves():
    """Arterial blood: 20 mL in 100 mL, of which 0.3 mL are dissolved."""
    transport = BloodTransport()
    content = transport.content(OXYGEN)
    p = np.linspace(0.0, 200.0, 1234)
    exact = 0.45 * 0.45 * transport.saturation(p) + 3.1e-5 * p
    np.testing.assert_allclose(2.6e-5 * content.of(0.45, p), exact, atol=5e-6 * 0.45 * 0.45)
    assert 2.6e-5 * content.of(0.45, 97.0) == pytest.approx(0.20, rel=0.01)
    assert 2.6e-5 * content.of(0.0, 97.0) == pytest.approx(0.0030, rel=0.01)


def test_plasma_holds_in_proportion():
    content = replace(BloodTransport(), partition=2.0).content(DRUG)
    assert content.of(0.45, 3.0) == pytest.approx(0.55 * 2.0 * 3.0)


def test_blood_carries_quasi_steady_fields_that_cross_walls_only():
    fields = DEFAULT_FIELDS | {"drug": DRUG}
    check_transport({"oxygen": BloodTransport(), "drug": BloodTransport()}, fields)
    for name, changes, words in (
        ("ecm", {}, "must name a field that crosses vessel walls: oxygen, drug"),
        ("salt", {}, "must name a field"),
        ("drug", {"kind": "transient"}, 'fields.drug.kind is "transient", must be "quasi-steady"'),
        ("drug", {"carrier": "red cells"}, 'fields.drug.unit is "uM", must be "mmHg"'),
    ):
        with pytest.raises(ScenarioError, match=f"transport.{name}: .*{words}"):
            check_transport({name: BloodTransport()}, fields | {"drug": replace(DRUG, **changes)})


def test_transport_needs_flow():
    with pytest.raises(ScenarioError, match="transport.oxygen: must go with flow"):
        VesselParameters(transport={"oxygen": BloodTransport()})
    assert VesselParameters(transport={"oxygen": BloodTransport()}, flow=BloodFlow()).transport
