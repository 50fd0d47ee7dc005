"""Michaelis-Menten uptake against a solver of its own, and what it costs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.linalg import spsolve

from hybridmet.lattice import Lattice
from hybridmet.tissue import kinetics
from hybridmet.tissue.field_budget import budget
from hybridmet.tissue.fields import CellTables, FieldParameters, Fields
from hybridmet.tissue.phenotypes import Phenotype, SaturableUptake
from tests.tissue.field_problems import (
    NO_VESSELS,
    bytes_of,
    laplacian,
    per_byte,
    scattered_vessels,
    single,
)

MAXIMUM, HALF = 8.0, 2.5
TABLES = CellTables(
    uptake={"u": per_byte(k5=0.1)},
    saturable={"u": np.stack([per_byte(k1=MAXIMUM), np.where(np.arange(256) == 1, HALF, 1.0)])},
)


def tissue(lattice, seed=1):
    return bytes_of(lattice, np.random.default_rng(seed).choice([0, 1, 1, 5], size=lattice.shape))


def oxygen(lattice, precision="float64", **changes):
    parameters = {"diffusivity": 400.0, "background_uptake_rate": 0.04, "blood_value": 20.0}
    return Fields(
        lattice, {"u": FieldParameters(kind="quasi-steady", **(parameters | changes))}, precision
    )


def solved_directly(fields, kind, vessels):
    """Newton's method with sparse elimination, damped by nothing: the uptake is concave."""
    linear = CellTables(uptake=TABLES.uptake)
    loss, source = fields.rates("u", kind, linear, vessels)
    lattice = fields.lattice
    diffusion = fields.parameters["u"].diffusivity / lattice.spacing**2 * laplacian(lattice)
    matrix = sparse.diags_array(loss.ravel()) - diffusion
    maximum = np.where(lattice.interior(kind)[..., 0].ravel() == 1, MAXIMUM, 0.0)
    u = np.zeros(lattice.sites)
    for _ in range(60):
        residual = source.ravel() - matrix @ u - maximum * u / (HALF + u)
        slope = maximum * HALF / (HALF + u) ** 2
        u = np.maximum(u + spsolve((matrix + sparse.diags_array(slope)).tocsc(), residual), 0.0)
    return u.reshape(lattice.shape)


@pytest.mark.parametrize("shape", [(12, 13, 14), (30, 31), (1, 1)])
@pytest.mark.parametrize("rate", [0.2, 5.0, 500.0])
def test_steady_state_is_that_of_newton_and_elimination(shape, rate):
    lattice = Lattice(shape, 20.0)
    fields, kind = oxygen(lattice, tolerance=1e-11), tissue(lattice)
    vessels = scattered_vessels(lattice, 0.03, rate)
    report = fields.step(1.0, kind, TABLES, vessels)
    expected = solved_directly(fields, kind, vessels)
    assert report["u"].error <= 1e-11
    np.testing.assert_allclose(fields["u"], expected, atol=1e-8 * expected.max())


def test_one_site_solves_the_quadratic():
    """rate (20 - u) = V u / (K + u)."""
    lattice = Lattice((1, 1), 20.0)
    fields = oxygen(lattice, tolerance=1e-12, background_uptake_rate=0.0)
    fields.step(1.0, bytes_of(lattice, 1), TABLES, scattered_vessels(lattice, 1.0, 0.3))
    roots = np.roots([0.3, 0.3 * HALF + MAXIMUM - 6.0, -6.0 * HALF])
    assert fields["u"][0, 0] == pytest.approx(roots[roots > 0][0], rel=1e-10)


@settings(max_examples=15, deadline=None)
@given(
    shape=st.one_of(st.tuples(*[st.integers(1, 20)] * 2), st.tuples(*[st.integers(1, 9)] * 3)),
    rate=st.floats(0.01, 100.0),
    seed=st.integers(0, 1000),
    precision=st.sampled_from(["float64", "float32"]),
)
def test_nothing_goes_negative(shape, rate, seed, precision):
    lattice = Lattice(shape, 20.0)
    fields = oxygen(lattice, precision)
    fields.step(1.0, tissue(lattice, seed), TABLES, scattered_vessels(lattice, 0.05, rate, seed))
    assert fields["u"].min() >= 0.0 and fields["u"].max() <= 20.0 * (1 + 1e-4)


def test_few_cycles_do_and_mass_balances():
    lattice = Lattice((32, 32, 32), 20.0)
    fields, kind = oxygen(lattice, tolerance=1e-10), tissue(lattice)
    vessels = scattered_vessels(lattice, 0.03, 5.0)
    report = fields.step(1.0, kind, TABLES, vessels)
    assert 0 < report["u"].cycles <= 14, "Newton within the cycles: near the linear rate"
    assert budget(fields, "u", kind, TABLES, vessels).imbalance < 1e-7


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_threads_do_not_change_a_bit(precision):
    lattice = Lattice((40, 41, 42), 20.0)
    kind, vessels = tissue(lattice), scattered_vessels(lattice, 0.02, 5.0)
    results = []
    for threads in (1, 2, 3):
        fields = oxygen(lattice, precision)
        fields.step(1.0, kind, TABLES, vessels, threads)
        results.append(fields.padded("u").tobytes())
    assert results[0] == results[1] == results[2]


def test_transient_field_takes_it_at_the_start_of_a_step_and_stays_positive():
    """Errors of first order: halving the step halves them."""
    lattice = Lattice((1, 1), 20.0)
    kind, finals = bytes_of(lattice, 1), []
    for n in (64, 128, 4096):
        fields = single(lattice, kind="transient", diffusivity=1.0, initial=5.0)
        for _ in range(n):
            fields.step(1.0 / n, kind, TABLES, NO_VESSELS)
        finals.append(fields["u"][0, 0])
    assert 0.0 < finals[2] < 5.0
    assert (finals[0] - finals[2]) / (finals[1] - finals[2]) == pytest.approx(2.0, abs=0.1)


def test_phenotypes_fill_the_table():
    table = kinetics.saturable_per_kind(
        {
            "a": Phenotype(),
            "b": Phenotype(saturable_uptake={"oxygen": SaturableUptake(7.0, 3.0)}),
        },
        "oxygen",
    )
    assert table.shape == (2, 256)
    assert table[:, 5].tolist() == [7.0, 3.0] and table[:, 6].tolist() == [7.0, 3.0]
    assert table[0].sum() == 14.0, "neither debris nor the other phenotype takes up"
    assert kinetics.saturable_per_kind({"a": Phenotype()}, "oxygen") is None
