"""Speed of the cell kernel: cells that drew per second, default phenotypes, 3-D.

Run with `pytest benchmarks/benchmark_cells.py`; `extra_info` holds the rate.
"""

import numpy as np
import pytest

from hybridmet._core.cells import LEAVER, CellKernel
from hybridmet._core.vessels import trace
from hybridmet.lattice import Lattice
from hybridmet.tissue import kinetics
from hybridmet.tissue.capillary_mesh import capillary_mesh
from hybridmet.tissue.cells import Cells
from hybridmet.tissue.phenotypes import DEFAULT_PHENOTYPES
from hybridmet.tissue.vessel_parameters import VesselParameters

SITES = 96
FIELDS = ("oxygen", "mmp2", "ecm")
DT = 1.0


def field_arrays(lattice: Lattice) -> list[np.ndarray]:
    """Oxygen that falls from 40 to 2 mmHg, some MMP-2, a matrix of gentle slopes."""
    out = [lattice.padded(value) for value in (0.0, 0.1, 1.0)]
    along = np.arange(lattice.padded_shape[2])
    out[0] += 2.0 + 38.0 * along / along[-1]
    out[2] -= 0.3 * np.sin(along / 9.0) ** 2
    return out


def vessel_columns(lattice: Lattice) -> dict[str, np.ndarray]:
    """Wall areas of the default capillary mesh [um^2], a tenth of it ruptured."""
    network = capillary_mesh(lattice, VesselParameters(), seed=1, tissue=0)
    segment, site, length = trace(lattice, network.nodes, network.segments)
    sites, place = np.unique(site, return_inverse=True)
    area = 2.0 * np.pi * network.radius[segment] * length
    ruptured = network.state[segment] == 1
    mask = lattice.padded(0, np.uint8)
    mask.reshape(-1)[sites] = 1
    return {
        "mask": mask,
        "sites": sites,
        "intact_area": np.bincount(place, area * ~ruptured),
        "ruptured_area": np.bincount(place, area * ruptured),
    }


def occupied(lattice: Lattice, arrangement: str) -> np.ndarray:
    """Sites with a cell: 30 % at random, or a ball of 30 % of the volume."""
    rng = np.random.default_rng(1)
    if arrangement == "scattered":
        return np.flatnonzero(rng.random(lattice.sites) < 0.3)
    from_middle = np.indices(lattice.shape3) - (SITES - 1) / 2
    return np.argsort((from_middle**2).sum(axis=0).reshape(-1), kind="stable")[
        : int(0.3 * lattice.sites)
    ]


class Case:
    """A lattice whose macro step can be repeated from the same state."""

    def __init__(self, arrangement: str):
        self.lattice = Lattice((SITES,) * 3)
        self.cells = Cells(self.lattice)
        sites = occupied(self.lattice, arrangement)
        kind = np.where(np.random.default_rng(2).random(len(sites)) < 0.1, 5, 1)
        self.n_cells = len(sites)
        self.cells.put(sites, np.zeros(len(sites), int), kind, 1, 0, 0.0)
        self.vessels = vessels = vessel_columns(self.lattice)
        area = float((vessels["intact_area"] + vessels["ruptured_area"]).max())
        self.n_sub = kinetics.substeps(
            DEFAULT_PHENOTYPES, self.lattice, {"ecm": 1.0}, area, DT
        )
        self.rules = kinetics.kernel_table(DEFAULT_PHENOTYPES, FIELDS)
        self.fields = field_arrays(self.lattice)
        self.kernel = CellKernel(
            self.lattice, 1, 6, 0, self.cells.columns, self.rules, self.fields, vessels, 1
        )
        self.leavers = np.zeros(1 << 16, dtype=LEAVER)
        self.start = {name: array.copy() for name, array in self.cells.columns.items()}

    def restore(self) -> None:
        for name, array in self.start.items():
            self.cells.columns[name][...] = array

    def step(self, threads: int) -> dict[str, int]:
        """One macro step; returns the flows."""
        done, _, flows = self.kernel.step(
            0, 0, self.n_sub, 0.0, DT / self.n_sub, threads, self.leavers, 0
        )
        assert done == self.n_sub
        return flows


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("arrangement", ["scattered", "ball"])
def test_macro_step(benchmark, arrangement, threads):
    case = Case(arrangement)
    flows = benchmark.pedantic(
        case.step, args=(threads,), setup=case.restore, rounds=7, warmup_rounds=1
    )
    assert flows["drawn"] > 0
    benchmark.extra_info["cells_per_second"] = flows["drawn"] / benchmark.stats.stats.median
    benchmark.extra_info["substeps"] = case.n_sub
