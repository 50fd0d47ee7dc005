"""Fields against solutions on paper."""

import numpy as np
import pytest
from scipy.special import iv

from hybridmet._core.field import FieldSolver, Workspace
from hybridmet.lattice import Lattice
from hybridmet.tissue.fields import CellTables, FieldParameters, Fields, VesselExchange
from tests.tissue.field_problems import (
    NO_CELLS,
    NO_VESSELS,
    bytes_of,
    centres,
    padded_sites,
    per_byte,
    single,
)

HELD = 1e6
"""Exchange rate that holds a site at the blood's value, many times D / h^2 = 1 /h [1/h]."""


def held(lattice, mask):
    sites = padded_sites(lattice)[mask]
    return VesselExchange(sites, {"u": np.full(sites.size, HELD)})


def steady(fields, kind, tables=NO_CELLS, vessels=NO_VESSELS):
    fields.step(1.0, kind, tables, vessels)
    return fields["u"]


@pytest.mark.parametrize("shape", [(20, 15), (6, 9, 12)])
def test_cosine_mode_decays_by_the_discrete_factor(shape):
    """Factor 1 - 4 a sum sin^2(k h / 2) in each explicit sub-step."""
    lattice = Lattice(shape, 10.0)
    fields = single(lattice, kind="transient", diffusivity=300.0)
    waves = [np.pi * m / (n * 10.0) for m, n in zip((2, 1, 3), shape, strict=False)]
    mode = 1.0
    for wave, x in zip(waves, centres(lattice), strict=True):
        mode = mode * np.cos(wave * x)
    fields["u"][...] = 1.0 + mode
    n = fields.step(1.0, bytes_of(lattice), NO_CELLS, NO_VESSELS)["u"].substeps
    number = 300.0 / 100.0 / n
    factor = 1.0 - 4.0 * number * sum(np.sin(k * 5.0) ** 2 for k in waves)
    assert n > 1
    np.testing.assert_allclose(fields["u"], 1.0 + factor**n * mode, rtol=1e-12)


def heat_error(n):
    """Error of cos(pi x) cos(pi y) on the unit square after T = 0.05 at a = 0.2."""
    lattice = Lattice((n, n), 1.0 / n)
    solver = FieldSolver("u", lattice, [None] * 6, Workspace(lattice))
    solver.assemble(0.0, 0.0, 1.0, bytes_of(lattice), None, None, 1)
    y, x = centres(lattice)
    mode = np.cos(np.pi * x) * np.cos(np.pi * y)
    u = lattice.padded()
    lattice.interior(u)[...] = mode
    solver.explicit(u, 0.2, round(0.05 * n * n / 0.2), 1)
    return np.abs(lattice.interior(u) - np.exp(-0.1 * np.pi**2) * mode).max()


def test_explicit_steps_are_second_order_in_space():
    """With a = D dt / h^2 fixed, first order in time is second order in space."""
    errors = np.array([heat_error(n) for n in (32, 64, 128)])
    assert errors == pytest.approx([4.14e-4, 1.03e-4, 2.59e-5], rel=0.02)
    assert np.log2(errors[:-1] / errors[1:]) == pytest.approx([2.0, 2.0], abs=0.05)


def test_backward_euler_is_first_order_in_time():
    """Stiff transient fields take the same few implicit steps in each macro step here."""

    def error(steps):
        lattice = Lattice((1, 64), 1.0)
        fields = single(
            lattice, kind="transient", diffusivity=2000.0, accuracy=0.2, tolerance=1e-12
        )
        mode = np.cos(np.pi * centres(lattice)[1] / 64.0)
        fields["u"][...] = 2.0 + mode
        for _ in range(steps):
            report = fields.step(0.4 / steps, bytes_of(lattice), NO_CELLS, NO_VESSELS)
            assert report["u"].cycles > 0 and report["u"].substeps == 7
        rate = 4.0 * 2000.0 * np.sin(np.pi / 128.0) ** 2
        return np.abs(fields["u"] - 2.0 - np.exp(-rate * 0.4) * mode).max()

    errors = [error(n) for n in (2, 4, 8)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(1.0, abs=0.15)
    assert np.log2(errors[1] / errors[2]) == pytest.approx(1.0, abs=0.1)


def slab_error(n):
    """Slab of 200 um between two faces at 1, decay length 50 um: cosh profile."""
    lattice = Lattice((1, 1, n), 200.0 / n)
    fields = single(
        lattice,
        kind="quasi-steady",
        diffusivity=2500.0,
        decay_rate=1.0,
        fixed_sides={"x-": 1.0, "x+": 1.0},
        tolerance=1e-11,
    )
    x = centres(lattice)[2]
    exact = np.cosh((x - 100.0) / 50.0) / np.cosh(2.0)
    return np.abs(steady(fields, bytes_of(lattice)) - exact).max()


def test_slab_between_fixed_faces_is_second_order():
    errors = [slab_error(n) for n in (80, 160, 320)]
    assert errors[0] < 1e-3
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2.0, abs=0.05)
    assert np.log2(errors[1] / errors[2]) == pytest.approx(2.0, abs=0.05)


def radius_from_middle(lattice):
    middle = [n * lattice.spacing / 2 for n in lattice.shape]
    return np.sqrt(sum((x - m) ** 2 for x, m in zip(centres(lattice), middle, strict=True)))


def test_sphere_with_first_order_uptake():
    """c = c0 (R / r) sinh(r / l) / sinh(R / l), R = 20 sites, l = 20 sites."""
    lattice = Lattice((47, 47, 47), 1.0)
    r = radius_from_middle(lattice)
    outside = r > 20.0
    fields = single(
        lattice, kind="quasi-steady", diffusivity=1.0, decay_rate=1.0 / 400.0, blood_value=1.0
    )
    c = steady(fields, bytes_of(lattice), vessels=held(lattice, outside))
    # The masked wall is a staircase: its effective radius is fitted by the volume it encloses.
    radius = (3.0 * (~outside).sum() / (4.0 * np.pi)) ** (1 / 3) + 0.5
    inner = (r < 18.0) & (r > 0.5)
    exact = radius / r[inner] * np.sinh(r[inner] / 20.0) / np.sinh(radius / 20.0)
    np.testing.assert_allclose(c[inner], exact, rtol=0.01)


def test_cylinder_with_first_order_uptake():
    """c = c0 I0(r / l) / I0(R / l) in a disc."""
    lattice = Lattice((90, 90), 1.0)
    r = radius_from_middle(lattice)
    outside = r > 40.0
    fields = single(
        lattice, kind="quasi-steady", diffusivity=1.0, decay_rate=1.0 / 400.0, blood_value=1.0
    )
    c = steady(fields, bytes_of(lattice), vessels=held(lattice, outside))
    radius = np.sqrt((~outside).sum() / np.pi) + 0.5
    inner = r < 38.0
    exact = iv(0, r[inner] / 20.0) / iv(0, radius / 20.0)
    np.testing.assert_allclose(c[inner], exact, rtol=0.01)


def test_krogh_cylinder_with_zero_order_uptake():
    """P = P_c + kappa (r^2 - R_c^2) / R_t^2 - 2 kappa ln(r / R_c), kappa = M R_t^2 / (4 D alpha).

    Beyond the cells' rim R_t there is neither source nor loss, so that nothing crosses it.
    """
    tissue, capillary, kappa = 100.0, 10.0, 10.0
    lattice = Lattice((204, 204), 1.0)
    r = radius_from_middle(lattice)
    inside = (r > capillary) & (r <= tissue)
    rate = 4.0 * kappa / tissue**2  # M / alpha with D = 1
    tables = CellTables(secretion={"u": per_byte(k1=-rate)})
    fields = single(lattice, kind="quasi-steady", diffusivity=1.0, blood_value=100.0)
    kind = bytes_of(lattice, inside.astype(np.uint8))
    c = steady(fields, kind, tables, held(lattice, r <= capillary))

    def profile(radius):
        return kappa * (radius**2 / tissue**2) - 2.0 * kappa * np.log(radius / capillary)

    near, far = (abs(r - 30.0) < 0.5), (abs(r - 95.0) < 0.5)
    drop = c[far].mean() - c[near].mean()
    assert profile(100.0) - profile(10.0) == pytest.approx(-36.152, abs=1e-3)
    assert drop == pytest.approx((profile(r[far]).mean() - profile(r[near]).mean()), rel=0.01)


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_zero_order_uptake_reaches_zero_at_the_penetration_depth(dim):
    """A slab, disc or ball of radius sqrt(2 d D c0 / a) just reaches 0 in its middle."""
    depth = {1: 40.0, 2: 40.0, 3: 20.0}[dim]
    n = 2 * int(depth) + 7
    lattice = Lattice({1: (1, n), 2: (n, n), 3: (n, n, n)}[dim], 1.0)
    r = abs(centres(lattice)[1] - n / 2) if dim == 1 else radius_from_middle(lattice)
    outside = r > depth
    # Distance from the middle to where the value is held: half a site beyond the last free one.
    measure = {1: (~outside).sum() / 2, 2: np.sqrt((~outside).sum() / np.pi)}
    measure[3] = (3.0 * (~outside).sum() / (4.0 * np.pi)) ** (1 / 3)
    reach = measure[dim] + 0.5
    supply = 1.0
    rate = 2.0 * dim * supply / reach**2
    tables = CellTables(secretion={"u": per_byte(k1=-rate)})
    fields = single(lattice, kind="quasi-steady", diffusivity=1.0, blood_value=supply + 1.0)
    kind = bytes_of(lattice, (~outside).astype(np.uint8))
    c = steady(fields, kind, tables, held(lattice, outside)) - 1.0
    # One site of depth is worth 2 dim (depth / reach^2) of concentration.
    assert abs(c.min()) < 2.0 * supply / reach


def test_local_decay_is_exact_for_any_step():
    """dw/dt = -(a u + b) w, with u constant: w = exp(-(a u + b) t)."""
    lattice = Lattice((8, 8), 20.0)
    fields = Fields(
        lattice,
        {
            "w": FieldParameters(kind="immobile", initial=1.0, degraded_by={"u": 0.3}),
            "u": FieldParameters(kind="transient", diffusivity=1.0, initial=2.0),
        },
    )
    kind = bytes_of(lattice, np.eye(8, dtype=np.uint8))
    tables = CellTables(degradation={"w": per_byte(k1=0.5)})
    fields.step(3.0, kind, tables, NO_VESSELS)
    fields.step(0.5, kind, tables, NO_VESSELS)
    expected = np.exp(-3.5 * (0.6 + 0.5 * np.eye(8)))
    np.testing.assert_allclose(fields["w"], expected, rtol=1e-13)
