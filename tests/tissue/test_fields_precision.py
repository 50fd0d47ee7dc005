"""Single precision: the same fields from the same source, within rounding."""

import numpy as np
import pytest

from hybridmet.errors import ScenarioError
from hybridmet.lattice import Lattice
from hybridmet.tissue.fields import CellTables, FieldParameters, Fields
from tests.tissue.field_problems import bytes_of, per_byte, scattered_vessels

PARAMETERS = {
    "w": FieldParameters(kind="immobile", initial=1.0, degraded_by={"m": 0.3}),
    "o": FieldParameters(
        kind="quasi-steady", diffusivity=400.0, decay_rate=0.04, blood_value=20.0
    ),
    "m": FieldParameters(kind="transient", diffusivity=600.0, decay_rate=0.1),
    "s": FieldParameters(kind="transient", diffusivity=60000.0, decay_rate=0.1, accuracy=0.2),
}
TABLES = CellTables(
    uptake={"o": per_byte(k1=0.1, k5=0.3)},
    secretion={"m": per_byte(k5=0.2), "s": per_byte(k1=0.1)},
    degradation={"w": per_byte(k1=0.2)},
)


def stepped(lattice, precision, threads=1, fixed=None):
    parameters = PARAMETERS | (fixed or {})
    fields = Fields(lattice, parameters, precision)
    kind = bytes_of(lattice, np.random.default_rng(3).choice([0, 1, 5], size=lattice.shape))
    vessels = scattered_vessels(lattice, 0.01, 2.0, field="o")
    for _ in range(3):
        report = fields.step(1.0, kind, TABLES, vessels, threads)
    return fields, report


@pytest.mark.parametrize("boundary", ["closed", "periodic"])
@pytest.mark.parametrize("shape", [(20, 21, 22), (60, 61)])
def test_float32_agrees_with_float64(shape, boundary):
    lattice = Lattice(shape, 20.0, boundary)
    double, report = stepped(lattice, "float64")
    single, _ = stepped(lattice, "float32")
    assert report["m"].substeps > 0 and report["s"].cycles > 0, "both transient schemes ran"
    for name in PARAMETERS:
        assert single[name].dtype == np.float32 and double[name].dtype == np.float64
        scale = double[name].max()
        assert np.abs(single[name] - double[name]).max() < 3e-5 * scale, name


def test_fixed_sides_agree_too():
    lattice = Lattice((15, 16, 17), 20.0)
    fixed = {
        "o": FieldParameters(
            kind="quasi-steady", diffusivity=400.0, decay_rate=0.04, fixed_sides={"x-": 5.0}
        )
    }
    double, _ = stepped(lattice, "float64", fixed=fixed)
    single, _ = stepped(lattice, "float32", fixed=fixed)
    assert np.abs(single["o"] - double["o"]).max() < 3e-5 * double["o"].max()


def test_threads_do_not_change_a_bit_of_float32():
    lattice = Lattice((40, 41, 42), 20.0)
    runs = [stepped(lattice, "float32", threads)[0] for threads in (1, 2, 3)]
    for name in PARAMETERS:
        assert len({run.padded(name).tobytes() for run in runs}) == 1, name


def test_float32_takes_half_the_memory():
    lattice = Lattice((48, 48, 48), 20.0)
    double, single = (Fields(lattice, PARAMETERS, p) for p in ("float64", "float32"))
    assert 2 * single.padded("o").nbytes == double.padded("o").nbytes
    size = [fields._solvers["o"].workspace.sites.nbytes for fields in (single, double)]
    assert size[0] < 0.6 * size[1]


def test_finest_tolerance_of_float32_can_be_reached():
    lattice = Lattice((40, 40, 40), 20.0)
    strict = {"o": FieldParameters(kind="quasi-steady", diffusivity=400.0, decay_rate=1e-4,
                                   blood_value=20.0, tolerance=1e-12)}
    _, report = stepped(lattice, "float32", fixed=strict)
    assert report["o"].residual <= 6e-7


def test_other_precisions_are_refused():
    with pytest.raises(ScenarioError, match="precision: got 'float16', must be one of float64"):
        Fields(Lattice((4, 4)), PARAMETERS, "float16")
