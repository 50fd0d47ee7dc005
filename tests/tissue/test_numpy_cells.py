"""The NumPy program that the kernel is timed against does all of its rule: same state, same flows."""

import numpy as np
import pytest

from benchmarks.numpy_cells import NumpyCells
from benchmarks.numpy_philox import philox, stream_key
from hybridmet.lattice import Lattice
from hybridmet.tissue import kinetics
from hybridmet.tissue.cells import Cells
from hybridmet.tissue.phenotypes import DEFAULT_PHENOTYPES
from tests import philox as plain
from tests.tissue.worlds import Run, World, fill, kind_of

FIELDS = ("oxygen", "mmp2", "ecm")


def world(lattice: Lattice, rates: float) -> World:
    """Default phenotypes with their hazards raised, in oxygen from anoxia to plenty; steep and gentle
    slopes of the matrix."""
    rules = [
        table | {"rates": [rates * r for r in table["rates"][:-2]] + [10 * table["rates"][-2], 0.0],
                 "cohesion": 0.3}
        for table in kinetics.kernel_table(DEFAULT_PHENOTYPES, FIELDS)
    ]  # fmt: skip
    rng = np.random.default_rng(5)
    along = np.linspace(0.0, 20.0, lattice.shape[2])
    oxygen = np.broadcast_to(along, lattice.shape).copy()
    ecm = rng.random(lattice.shape) * np.linspace(0.0, 1.0, lattice.shape[0])[:, None, None]
    fields = [oxygen, np.zeros(lattice.shape), ecm]
    kinds = [kind_of(p, condition) for p in (0, 0, 1) for condition in (0, 0, 0, 1, 2)]
    walls = {int(s): (rng.uniform(0, 900), rng.uniform(0, 900))
             for s in rng.choice(lattice.sites, lattice.sites // 4, replace=False)}  # fmt: skip
    return World(
        lattice, rules, fill(lattice, 0.5, kinds), fields, walls, division_neighbours=6,
        tissue=3, seed=11,
    )  # fmt: skip


@pytest.mark.parametrize("shape", [(14, 15, 16), (7, 5, 300)])
@pytest.mark.parametrize("rates", [1.0, 20.0])
def test_its_state_and_flows_are_those_of_the_kernel(rates, shape):
    case = world(Lattice(shape), rates)
    run = Run(case)
    numpy = NumpyCells(
        case.lattice, case.tissue, run.cells.columns, run.world.phenotypes,
        case.padded_fields(), case.vessels(), case.seed,
    )  # fmt: skip
    for step in range(6):
        run.step(1.0, 4)
        for sub in range(4):
            numpy.substep(step, sub, 0.25, step + (sub + 1) * 0.25)
        for name in Cells.STATE:
            expected = run.cells.column(name)[..., 0]
            found = case.lattice.interior(getattr(numpy, name).reshape(case.lattice.padded_shape))
            np.testing.assert_array_equal(found, expected)
    assert {n: v for n, v in numpy.flows.items() if v} == {n: v for n, v in run.flows.items() if v}
    left = np.concatenate(numpy.leavers)
    order = ["time", "site"]
    np.testing.assert_array_equal(np.sort(left, order=order), np.sort(run.leavers, order=order))
    if rates > 1.0:
        busy = ("born", "moved", "blocked", "clamped", "transitions", "reactivated", "cleared",
                "died_apoptosis", "died_necrosis", "died_dormant", "intravasated")  # fmt: skip
        assert all(run.flows[name] > 0 for name in busy)
        assert len(np.unique(left["claimer"])) < len(left)


def test_its_random_numbers_are_philox():
    identity = np.array([0, 5, 1 << 40, (7 << 48) + 123_456_789], dtype=np.uint64)
    key = stream_key(2**63 + 11, 3)
    assert key == plain.stream_key(2**63 + 11, 3)
    words = np.stack(philox(key, identity, 17, 4), axis=1)
    expected = [plain.draw(key, int(i), 17, 4) for i in identity]
    assert words.tolist() == [list(block) for block in expected]
