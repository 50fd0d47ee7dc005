"""Multigrid against sparse elimination: any shape, any density of vessels, any threads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.linalg import spsolve

from hybridmet.errors import ConvergenceError
from hybridmet.lattice import Lattice
from hybridmet.tissue.field_budget import budget
from hybridmet.tissue.fields import CellTables, FieldParameters, Fields
from tests.tissue.field_problems import (
    NO_CELLS,
    NO_VESSELS,
    bytes_of,
    laplacian,
    per_byte,
    scattered_vessels,
    single,
)

UPTAKE = CellTables(uptake={"u": per_byte(k1=0.1, k5=0.3)}, secretion={"u": per_byte(k5=0.2)})


def random_cells(lattice, seed=3):
    rng = np.random.default_rng(seed)
    return bytes_of(lattice, rng.choice([0, 0, 1, 5], size=lattice.shape))


def oxygen_like(lattice, tolerance=1e-6, **changes):
    """D / h^2 = 1 per hour, so that rates are the dimensionless ones."""
    parameters = {"diffusivity": 400.0, "background_uptake_rate": 0.04, "blood_value": 20.0}
    return single(lattice, kind="quasi-steady", tolerance=tolerance, **(parameters | changes))


def solve_directly(fields, kind, tables, vessels):
    """The same linear system by elimination."""
    loss, source = fields.rates("u", kind, tables, vessels)
    lattice = fields.lattice
    p = fields.parameters["u"]
    diffusion = p.diffusivity / lattice.spacing**2 * laplacian(lattice)
    matrix = sparse.diags_array(loss.ravel()) - diffusion
    return spsolve(matrix.tocsc(), source.ravel()).reshape(lattice.shape)


@settings(max_examples=40, deadline=None)
@given(
    shape=st.one_of(
        st.tuples(*[st.integers(1, 33)] * 2),
        st.tuples(*[st.integers(1, 11)] * 3),
    ),
    boundary=st.sampled_from(["closed", "periodic"]),
    fraction=st.floats(0.0, 0.3),
    rate=st.floats(0.01, 1000.0),
)
def test_any_shape_agrees_with_elimination(shape, boundary, fraction, rate):
    lattice = Lattice(shape, 20.0, boundary)
    fields = oxygen_like(lattice, tolerance=1e-11)
    kind, vessels = random_cells(lattice), scattered_vessels(lattice, fraction, rate)
    fields.step(1.0, kind, UPTAKE, vessels)
    expected = solve_directly(fields, kind, UPTAKE, vessels)
    np.testing.assert_allclose(fields["u"], expected, atol=1e-8 * expected.max())


def convergence_factor(lattice, fraction, rate, uptake):
    """Mean factor of the residual per V-cycle, the first two left out."""
    fields = oxygen_like(lattice, background_uptake_rate=uptake)
    fields["u"][...] = 0.0
    vessels = scattered_vessels(lattice, fraction, rate)
    fields.rates("u", bytes_of(lattice), NO_CELLS, vessels)
    solver = fields._solvers["u"]
    residuals = [solver.steady(fields.padded("u"), 1e-13, 1, 1)[3] for _ in range(7)]
    return (residuals[6] / residuals[2]) ** (1 / 4)


@pytest.mark.parametrize("shape", [(32, 32, 32), (33, 41, 29)])
@pytest.mark.parametrize("fraction, rate", [(0.01, 1.0), (0.03, 10.0), (0.1, 100.0)])
def test_vessel_laden_tissue_converges_fast(shape, fraction, rate):
    assert convergence_factor(Lattice(shape, 20.0), fraction, rate, 0.04) < 0.25


@pytest.mark.parametrize("uptake", [0.04, 1e-6])
@pytest.mark.parametrize("fraction, rate", [(0.0002, 1000.0), (0.001, 100.0), (0.03, 10.0)])
@pytest.mark.parametrize("shape", [(40, 40, 40), (150, 150)])
def test_few_strong_vessels_converge_too(shape, fraction, rate, uptake):
    assert convergence_factor(Lattice(shape, 20.0), fraction, rate, uptake) < 0.5


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("shape, side", [((3, 3, 2000), "y-"), ((3, 4000), "y-"), ((3, 300, 300), "z-")])
def test_a_fixed_side_across_a_thin_lattice_converges(shape, side, precision):
    """Coarse grids have one site across it, which that side screens."""
    lattice = Lattice(shape, 20.0)
    oxygen = FieldParameters(
        kind="quasi-steady", diffusivity=4000.0, decay_rate=0.04, blood_value=20.0,
        fixed_sides={side: 20.0},
    )  # fmt: skip
    for fraction in (0.1, 0.01):
        fields = Fields(lattice, {"u": oxygen}, precision)
        vessels = scattered_vessels(lattice, fraction, 20.0)
        assert fields.step(1.0, random_cells(lattice), UPTAKE, vessels)["u"].cycles <= 12


@pytest.mark.parametrize("shape", [(3, 8000), (64, 8000)])
def test_losses_that_rounding_makes_endless_on_coarse_grids_converge(shape):
    """In float32 the mean loss of a few large sites is lost beside 1 on long coarse grids."""
    lattice = Lattice(shape, 20.0)
    oxygen = FieldParameters(
        kind="quasi-steady", diffusivity=4000.0, decay_rate=0.04, blood_value=20.0
    )
    saturable = np.stack([per_byte(k1=900.0, k5=900.0), np.full(256, 2.5)])
    tables, vessels = CellTables(saturable={"u": saturable}), scattered_vessels(lattice, 0.01, 20.0)
    found = []
    for precision in ("float32", "float64"):
        fields = Fields(lattice, {"u": oxygen}, precision)
        assert fields.step(1.0, random_cells(lattice), tables, vessels)["u"].cycles <= 12
        found.append(fields["u"].copy())
    np.testing.assert_allclose(found[0], found[1], atol=0.01 * found[1].max())


@pytest.mark.parametrize("boundary", ["closed", "periodic"])
@pytest.mark.parametrize("shape", [(40, 41, 42), (700, 701)])
def test_threads_do_not_change_a_bit(shape, boundary):
    lattice = Lattice(shape, 20.0, boundary)
    assert lattice.sites > 32768, "smaller lattices run on one thread, coarse ones below 100,000"
    kind, vessels = random_cells(lattice), scattered_vessels(lattice, 0.01, 2.0, field="o")
    tables = CellTables(
        uptake={"o": per_byte(k1=0.1, k5=0.3)},
        secretion={"m": per_byte(k5=0.2), "s": per_byte(k1=0.1)},
        degradation={"w": per_byte(k1=0.2)},
    )
    parameters = {
        "w": FieldParameters(kind="immobile", initial=1.0, degraded_by={"m": 0.3}),
        "o": FieldParameters(
            kind="quasi-steady", diffusivity=400.0, decay_rate=0.04, blood_value=20.0
        ),
        "m": FieldParameters(kind="transient", diffusivity=600.0, decay_rate=0.1),
        "s": FieldParameters(kind="transient", diffusivity=6e4, decay_rate=0.1, accuracy=0.2),
    }
    runs = []
    for threads in (1, 2, 3):
        fields = Fields(lattice, parameters)
        for _ in range(2):
            report = fields.step(1.0, kind, tables, vessels, threads)
        runs.append(fields)
    assert report["m"].substeps > 0 and report["s"].cycles > 0
    for name in parameters:
        assert runs[0].padded(name).tobytes() == runs[1].padded(name).tobytes(), name
        assert runs[0].padded(name).tobytes() == runs[2].padded(name).tobytes(), name


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), shape=st.tuples(*[st.integers(2, 14)] * 3))
def test_steady_state_lies_between_zero_and_the_blood(seed, shape):
    """The maximum principle, to the tolerance."""
    lattice = Lattice(shape, 20.0)
    fields = oxygen_like(lattice)
    uptake = CellTables(uptake=UPTAKE.uptake)
    vessels = scattered_vessels(lattice, 0.05, 5.0, seed)
    fields.step(1.0, random_cells(lattice, seed), uptake, vessels)
    assert fields["u"].min() >= 0.0
    assert fields["u"].max() <= 20.0 * (1.0 + 1e-4)


@pytest.mark.parametrize("sides", [{}, {"z-": 3.0, "x+": 1.0}])
def test_mass_balances_to_the_residual(sides):
    lattice = Lattice((20, 21, 22), 20.0)
    fields = oxygen_like(lattice, tolerance=1e-11, fixed_sides=sides)
    kind, vessels = random_cells(lattice), scattered_vessels(lattice, 0.02, 2.0)
    fields.step(1.0, kind, UPTAKE, vessels)
    found = budget(fields, "u", kind, UPTAKE, vessels)
    assert found.source > 0.0 and found.loss > 0.0 and bool(found.inflow) == bool(sides)
    assert found.imbalance < 1e-8


def test_no_loss_anywhere_has_no_steady_state():
    lattice = Lattice((8, 8), 20.0)
    fields = oxygen_like(lattice, background_uptake_rate=0.0)
    with pytest.raises(ConvergenceError, match="field u: has no steady state"):
        fields.step(1.0, bytes_of(lattice), NO_CELLS, NO_VESSELS)


def test_loss_in_one_site_is_enough():
    lattice = Lattice((16, 16, 16), 20.0)
    fields = oxygen_like(lattice, background_uptake_rate=0.0, tolerance=1e-10)
    fields.step(1.0, bytes_of(lattice), NO_CELLS, scattered_vessels(lattice, 0.0, 1e-3))
    np.testing.assert_allclose(fields["u"], 20.0, rtol=1e-6)


def test_failure_names_field_residual_and_cycles(monkeypatch):
    monkeypatch.setattr("hybridmet.tissue.fields.MAX_CYCLES", 1)
    lattice = Lattice((16, 16), 20.0)
    with pytest.raises(ConvergenceError, match=r"field u: error \S+ after 1 cycles.* 1e-06"):
        oxygen_like(lattice).step(
            1.0, bytes_of(lattice), NO_CELLS, scattered_vessels(lattice, 0.1, 5.0)
        )
