"""The step of all fields: conservation, skipped work, halo, errors."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybridmet._core.field import exp_minus
from hybridmet.errors import KernelError, ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.tissue.fields import (
    DEFAULT_FIELDS,
    CellTables,
    FieldParameters,
    Fields,
    VesselExchange,
)
from tests.tissue.field_problems import (
    NO_CELLS,
    NO_VESSELS,
    bytes_of,
    per_byte,
    scattered_vessels,
    single,
)


def defaults(shape=(12, 12, 12), boundary="closed"):
    lattice = Lattice(shape, 20.0, boundary)
    return lattice, Fields(lattice, DEFAULT_FIELDS)


def test_fields_are_a_mapping_of_views():
    lattice, fields = defaults()
    assert list(fields) == ["oxygen", "mmp2", "ecm"] and len(fields) == 3
    before = fields.padded("ecm")
    fields.step(1.0, bytes_of(lattice), NO_CELLS, NO_VESSELS)
    assert fields.padded("ecm") is before
    assert np.shares_memory(fields["ecm"], before)
    assert fields["ecm"].shape == (12, 12, 12)


def test_defaults_reach_their_known_length():
    """sqrt(D / k) = 106 um where cells take up 13 /min (Owen et al. 2009)."""
    diffusivity = DEFAULT_FIELDS["oxygen"].diffusivity
    assert math.sqrt(diffusivity / (13.0 * 60.0)) == pytest.approx(105.6, abs=0.1)


@settings(max_examples=20, deadline=None)
@given(
    shape=st.one_of(st.tuples(*[st.integers(1, 20)] * 2), st.tuples(*[st.integers(1, 9)] * 3)),
    boundary=st.sampled_from(["closed", "periodic"]),
    seed=st.integers(0, 1000),
)
def test_explicit_steps_conserve_mass(shape, boundary, seed):
    lattice = Lattice(shape, 20.0, boundary)
    fields = single(lattice, kind="transient", diffusivity=2000.0)
    fields["u"][...] = np.random.default_rng(seed).random(shape)
    before = fields["u"].sum()
    fields.step(1.0, bytes_of(lattice), NO_CELLS, NO_VESSELS)
    assert fields["u"].sum() == pytest.approx(before, rel=1e-12)
    assert fields["u"].min() >= 0.0


def test_secretion_and_decay_balance_where_the_update_is_explicit():
    """In each of the n sub-steps: change = (source - decay * stock) dt / n."""
    lattice = Lattice((15, 16), 20.0)
    fields = single(lattice, kind="transient", diffusivity=1000.0, decay_rate=0.5)
    kind = bytes_of(lattice, np.eye(15, 16, dtype=np.uint8))
    report = fields.step(1.0, kind, CellTables(secretion={"u": per_byte(k1=2.0)}), NO_VESSELS)
    n, total = report["u"].substeps, 0.0
    for _ in range(n):
        total += (15 * 2.0 - 0.5 * total) / n
    assert fields["u"].sum() == pytest.approx(total, rel=1e-12)


def test_transient_field_that_is_nowhere_is_skipped():
    lattice, fields = defaults()
    report = fields.step(1.0, bytes_of(lattice), NO_CELLS, NO_VESSELS)
    assert report["mmp2"].skipped and report["mmp2"].updates == 0
    fields["mmp2"][3, 3, 3] = 1.0
    report = fields.step(1.0, bytes_of(lattice), NO_CELLS, NO_VESSELS)
    assert not report["mmp2"].skipped and report.updates >= report["mmp2"].updates > 0


def test_without_supply_a_quasi_steady_field_is_zero():
    lattice, fields = defaults()
    report = fields.step(1.0, bytes_of(lattice), NO_CELLS, NO_VESSELS)
    assert report["oxygen"].skipped
    assert not fields["oxygen"].any()


def test_repeated_step_keeps_the_solution_with_and_without_the_flag():
    lattice, fields = defaults()
    kind = bytes_of(lattice, np.random.default_rng(0).random(lattice.shape) < 0.3)
    tables = CellTables(uptake={"oxygen": per_byte(k1=2000.0)})
    vessels = scattered_vessels(lattice, 0.02, 2e4, field="oxygen")
    assert fields.step(1.0, kind, tables, vessels)["oxygen"].cycles > 0
    before = fields["oxygen"].tobytes()
    again = fields.step(1.0, kind, tables, vessels)["oxygen"]
    assert again.cycles == 0 and not again.skipped
    assert fields["oxygen"].tobytes() == before
    assert fields.step(1.0, kind, tables, vessels, unchanged=True)["oxygen"].skipped
    assert fields["oxygen"].tobytes() == before


def test_slots_of_a_site_take_up_together():
    lattice = Lattice((1, 1), 20.0)
    fields = single(lattice, kind="transient", diffusivity=1.0, initial=1.0)
    kind = lattice.padded(0, np.uint8, slots=3)
    lattice.interior(kind)[0, 0] = [0, 1, 5]
    tables = CellTables(uptake={"u": per_byte(k1=0.01, k5=0.02)})
    loss, source = fields.rates("u", kind, tables, NO_VESSELS)
    assert loss == pytest.approx(0.03) and source == 0.0


def test_background_uptake_is_for_sites_without_a_cell():
    lattice = Lattice((2, 2), 20.0)
    fields = single(lattice, kind="quasi-steady", diffusivity=1.0, background_uptake_rate=5.0)
    necrotic = 1 + 4 * 0 + 2
    loss, _ = fields.rates("u", bytes_of(lattice, [[0, necrotic], [1, 0]]), NO_CELLS, NO_VESSELS)
    np.testing.assert_array_equal(loss, [[5.0, 0.0], [0.0, 5.0]])


def test_negative_result_is_clamped_and_counted():
    lattice = Lattice((6, 6), 20.0)
    drain = CellTables(secretion={"u": per_byte(k1=-3.0)})
    kind = bytes_of(lattice, np.eye(6, dtype=np.uint8))
    for extra in (
        {"kind": "transient", "diffusivity": 1.0},
        {"kind": "immobile"},
        {"kind": "quasi-steady", "diffusivity": 1.0, "decay_rate": 1.0},
    ):
        fields = single(lattice, **extra)
        report = fields.step(1.0, kind, drain, NO_VESSELS)
        assert report["u"].clamped >= 6, extra
        assert fields["u"].min() == 0.0


@pytest.mark.parametrize("boundary", ["closed", "periodic"])
def test_halo_is_ready_for_gradients(boundary):
    lattice, fields = defaults((5, 6, 7), boundary)
    fields["ecm"][...] = np.random.default_rng(0).random((5, 6, 7))
    fields.step(0.1, bytes_of(lattice), NO_CELLS, NO_VESSELS)
    mode = {"closed": "symmetric", "periodic": "wrap"}[boundary]
    np.testing.assert_array_equal(fields.padded("ecm"), np.pad(fields["ecm"], 1, mode=mode))


def test_fixed_side_is_in_the_halo():
    lattice = Lattice((5, 6, 7), 20.0)
    fields = single(
        lattice, kind="quasi-steady", diffusivity=1.0, decay_rate=1e-4, fixed_sides={"y+": 4.0}
    )
    fields.step(1.0, bytes_of(lattice), NO_CELLS, NO_VESSELS)
    assert (fields.padded("u")[1:-1, -1, 1:-1] == 4.0).all()
    assert fields["u"][:, 5].min() > fields["u"][:, 0].max()


def test_vessel_outside_the_lattice_is_refused():
    lattice, fields = defaults()
    exchange = VesselExchange(np.array([0]), {"oxygen": np.ones(1)})
    with pytest.raises(KernelError, match="field oxygen, exchange with vessels"):
        fields.step(1.0, bytes_of(lattice), NO_CELLS, exchange)
    with pytest.raises(ValueError, match="ascending"):
        VesselExchange(np.array([5, 5]))


def test_nan_is_found():
    lattice, fields = defaults()
    fields["oxygen"][2, 3, 4] = np.nan
    with pytest.raises(KernelError, match="field oxygen.*not finite"):
        fields.step(
            1.0, bytes_of(lattice), NO_CELLS, scattered_vessels(lattice, 0.1, 1e4, field="oxygen")
        )


@pytest.mark.parametrize(
    "lattice, sides, message",
    [
        (Lattice((8, 8)), {"z-": 1.0}, "'z-', must be one of y-, y+, x-, x+"),
        (Lattice((8, 8), 20.0, "periodic"), {"x-": 1.0}, "empty on a periodic lattice"),
    ],
)
def test_fixed_side_must_exist(lattice, sides, message):
    with pytest.raises(ScenarioError, match="fields.u.fixed_sides") as caught:
        single(lattice, kind="transient", diffusivity=1.0, fixed_sides=sides)
    assert message in str(caught.value)


def test_degrading_field_must_exist():
    parameters = {"ecm": DEFAULT_FIELDS["ecm"], "mmp": DEFAULT_FIELDS["mmp2"]}
    with pytest.raises(ScenarioError, match="fields.ecm.degraded_by: got 'mmp2', must be .* mmp"):
        Fields(Lattice((4, 4)), parameters)


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({"kind": "steady"}, "kind: got 'steady', must be one of"),
        ({"kind": "immobile", "diffusivity": 1.0}, "diffusivity: got 1.0, must be 0"),
        ({"kind": "transient"}, "diffusivity: got 0.0, must be > 0"),
        ({"kind": "transient", "diffusivity": -1.0}, "diffusivity: got -1.0"),
        ({"kind": "transient", "diffusivity": 1.0, "degraded_by": {"a": 1.0}}, "degraded_by"),
        ({"kind": "immobile", "degraded_by": {"a": -1.0}}, "degraded_by.a: got -1.0"),
        ({"kind": "transient", "diffusivity": 1.0, "fixed_sides": {"up": 1.0}}, "got 'up'"),
        ({"kind": "transient", "diffusivity": 1.0, "tolerance": 0.5}, "tolerance: got 0.5"),
    ],
)
def test_wrong_parameters_are_named(parameters, message):
    with pytest.raises(ScenarioError) as caught:
        FieldParameters(**parameters)
    assert message in str(caught.value)


def test_largest_value_is_what_can_be_known():
    assert DEFAULT_FIELDS["oxygen"].largest_value == 20.0
    assert DEFAULT_FIELDS["mmp2"].largest_value == 1.0
    fixed = FieldParameters(kind="transient", diffusivity=1.0, fixed_sides={"x-": 7.0})
    assert fixed.largest_value == 7.0


@given(st.floats(0.0, 700.0))
def test_exponential_of_the_kernels(x):
    assert exp_minus(x) == pytest.approx(math.exp(-x), rel=5e-16)
