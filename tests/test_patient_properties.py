"""Whatever the lattices, boundaries, seeds and rates: no cell of the body is lost or made."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hybridmet.scenario import loads_scenario
from hybridmet.simulation import Simulation
from hybridmet.tissue.phenotypes import DEFAULT_PHENOTYPES

SITES = ["breast", "colon", "rectum", "lung", "liver", "pancreas"]


@st.composite
def texts(draw) -> str:
    """A patient whose cells enter the blood and wake up often."""
    dim = draw(st.integers(2, 3))
    shape, organ = (
        draw(st.lists(st.integers(least, most), min_size=dim, max_size=dim))
        for least, most in ((8, 14), (3, 9))
    )
    factor = st.floats(0.0, 10.0)
    lines = [
        'name = "random"',
        'duration = "4 d"',
        f"random_seed = {draw(st.integers(0, 2**63))}",
        f'time_step = "{draw(st.floats(0.2, 6.0))} h"',
        f"tissue.slots = {draw(st.integers(1, 4))}",
        f'tissue.precision = "{draw(st.sampled_from(["float64", "float32"]))}"',
        f"mutation.probability = {draw(st.floats(0.0, 1.0))}",
        "[primary]",
        f'site = "{draw(st.sampled_from(SITES))}"',
        f"shape = {shape}",
        f'boundary = "{draw(st.sampled_from(["closed", "periodic"]))}"',
        f'cells.radius = "{draw(st.floats(40.0, 90.0))} um"',
        f"flow_fraction = {draw(st.floats(0.0, 1.0))}",
        "[organs.default]",
        f"shape = {organ}",
        f'boundary = "{draw(st.sampled_from(["closed", "periodic"]))}"',
        f"flow_fraction = {draw(st.floats(0.1, 1.0))}",
    ]
    for name in DEFAULT_PHENOTYPES:
        lines += [
            f"[phenotypes.{name}]",
            f'division_rate = "{draw(factor) * 0.05} / h"',
            f'death_rate = "{draw(factor) * 0.01} / h"',
            f'reactivation_rate = "{draw(factor) * 0.1} / h"',
            f'intravasation_rate = "{draw(factor) * 2e-4} / (um^2 h)"',
            f'shedding_rate = "{draw(factor) * 2e-4} / (um^2 h)"',
            f"cohesion = {draw(st.floats(0.0, 1.0))}",
        ]
    return "\n".join(lines)


def check(simulation: Simulation) -> None:
    """The ledger of the body from its parts, and each lattice as it is."""
    ledger = simulation.ledger
    assert all(part["imbalance"] == 0 for part in ledger.values())
    body = ledger.pop("body")
    assert sum(organ["intravasated"] for organ in ledger.values()) == body["intravasated"]
    for tissue in simulation.patient.tissues.values():
        kind = tissue.cells.column("kind").reshape(-1, tissue.parameters.slots)
        assert kind.max() <= 8
        assert np.count_nonzero(kind) == tissue.living + tissue.debris
        assert np.all(tissue.cells.column("clone").reshape(kind.shape)[kind > 0] > 0)
        for values in tissue.fields.values():
            assert np.isfinite(values).all() and values.min() >= 0.0


@given(text=texts(), threads=st.integers(1, 3))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_no_cell_of_the_body_is_lost_or_made(text, threads):
    simulation = Simulation(loads_scenario(text), threads=threads)
    for day in (0.5, 1.0, 2.0):
        simulation.run(until=24.0 * day)
        check(simulation)
