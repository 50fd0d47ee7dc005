"""Steps that assemble and act in one pass do what the separate passes do."""

import numpy as np
import pytest

from hybridmet._core import field as double_kernels
from hybridmet._core import field32 as single_kernels
from hybridmet.lattice import Lattice
from hybridmet.tissue.fields import CellTables, FieldParameters, Fields
from tests.tissue.field_problems import NO_VESSELS, per_byte

KERNELS = {"float64": double_kernels, "float32": single_kernels}
SHAPES = [(5, 6, 7), (1, 3, 300), (40, 41, 42), (201, 203), (9, 1), (1, 1)]
FIXED = [None, None, 2.0, None, None, 0.5]


def crowd(lattice, slots, seed=3):
    """Cell bytes: half of the slots hold cells, but the first rows and the first half of the
    others none."""
    rng = np.random.default_rng(seed)
    kind = lattice.padded(0, np.uint8, slots=slots)
    inside = lattice.interior(kind)
    inside[...] = rng.choice([0, 0, 1, 5], size=inside.shape)
    inside[..., : lattice.shape[-2] // 3, :, :] = 0
    inside[..., : lattice.shape[-1] // 2, :] = 0
    return kind


@pytest.mark.parametrize("precision", KERNELS)
@pytest.mark.parametrize("boundary", ["closed", "periodic"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_step_in_one_pass_is_assembly_and_step(shape, boundary, precision):
    lattice, kernels = Lattice(shape, 10.0, boundary), KERNELS[precision]
    sides = FIXED if boundary == "closed" and len(shape) == 3 else [None] * 6
    solver = kernels.FieldSolver("u", lattice, sides, kernels.Workspace(lattice))
    start = lattice.padded(0.0, precision)
    lattice.interior(start)[...] = np.random.default_rng(4).random(shape)
    uptake, secretion = per_byte(k1=0.3, k5=0.1), per_byte(k1=0.2)
    for slots in (1, 4):
        kind, wanted = crowd(lattice, slots), start.copy()
        solver.assemble(0.01, 0.02, 1.5, kind, uptake, secretion, 1)
        solver.explicit(wanted, 0.1, 1, 1)
        for threads in (1, 2, 3):
            u = start.copy()
            solver.assembled_step(0.01, 0.02, 1.5, kind, uptake, secretion, u, 0.1, threads)
            assert np.array_equal(lattice.interior(u), lattice.interior(wanted))
            assert not np.array_equal(lattice.interior(u), lattice.interior(start))


@pytest.mark.parametrize("slots", [1, 4])
def test_dissolving_in_one_pass_is_assembly_and_decay(slots):
    lattice = Lattice((37, 70), 10.0)
    solver = double_kernels.FieldSolver(
        "w", lattice, [None] * 6, double_kernels.Workspace(lattice)
    )
    rng, kind = np.random.default_rng(5), crowd(lattice, slots)
    solvent, start = lattice.padded(0.0), lattice.padded(0.0)
    lattice.interior(start)[...] = rng.random(lattice.shape)
    lattice.interior(solvent)[...] = 10.0 ** rng.uniform(-40, 0, lattice.shape)
    lattice.interior(solvent)[:9] *= 1e-30  # rows in which nothing shows
    loss, wanted, w = per_byte(k1=0.3, k5=0.001), start.copy(), start.copy()
    solver.assemble(0.0, 0.0, 1.0, kind, loss, None, 1)
    solver.add_degradation(0.5, solvent, 1)
    solver.decay(wanted, 1)
    solver.dissolve(0.0, 0.0, 1.0, kind, loss, None, [(0.5, solvent)], w, 1)
    assert np.array_equal(w, wanted)
    assert np.array_equal(lattice.interior(w)[:9], lattice.interior(start)[:9])
    cells = lattice.interior(kind)
    total = loss[cells].sum(axis=-1) + 0.5 * lattice.interior(solvent)
    exact = lattice.interior(start) * np.exp(-total)
    np.testing.assert_allclose(lattice.interior(w), exact, rtol=4e-16)


def test_a_field_steps_alike_whether_it_was_zero_before_or_not():
    """The first step looks whether there is anything at all; later ones take the short way."""
    lattice = Lattice((20, 21), 10.0)
    tables = CellTables(secretion={"u": per_byte(k1=0.2)}, uptake={"u": per_byte(k5=0.1)})
    kind = crowd(lattice, 1)
    parameters = FieldParameters(kind="transient", diffusivity=100.0, decay_rate=0.01)
    fields, values = Fields(lattice, {"u": parameters}), []
    for _ in range(2):
        fields["u"][...] = 0.5
        fields._solvers["u"].fill_halo(fields.padded("u"))
        report = fields.step(0.1, kind, tables, NO_VESSELS)
        assert report["u"].substeps == 1
        values.append(fields["u"].copy())
    assert np.array_equal(*values)
