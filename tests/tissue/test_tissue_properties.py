"""Whatever the shape, boundary, seed and rates: no site holds more than it can, no cell is lost,
no field is negative."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hybridmet import tables
from hybridmet.lattice import Lattice
from hybridmet.scenario.resolution import largest_uptake
from hybridmet.tissue.clones import Clones, MutationParameters
from hybridmet.tissue.fields import DEFAULT_FIELDS, FieldParameters
from hybridmet.tissue.initial_cells import InitialCells
from hybridmet.tissue.phenotypes import Phenotype, Response, SaturableUptake
from hybridmet.tissue.tissue import Tissue
from hybridmet.tissue.tissue_parameters import TissueParameters
from hybridmet.tissue.vessel_parameters import VesselParameters

SHAPES = st.one_of(
    st.tuples(st.integers(3, 24), st.integers(3, 24)),
    st.tuples(st.integers(3, 8), st.integers(3, 8), st.integers(3, 8)),
)
RATES = st.floats(0.0, 0.5)
NAMES = ("epithelial", "mesenchymal")


def saturable(largest: float) -> st.SearchStrategy:
    uptake = st.builds(SaturableUptake, st.floats(0.01, largest), st.floats(0.5, 20.0))
    return st.none() | uptake


@st.composite
def phenotypes(draw) -> dict[str, Phenotype]:
    response = Response(
        draw(st.sampled_from(["division", "death", "motility", "taxis", "transition", "necrosis"])),
        draw(st.sampled_from(["oxygen", "mmp2", "ecm"])),
        draw(st.sampled_from(["high", "low"])),
        half_maximum=draw(st.floats(0.01, 50.0)),
        extreme=draw(st.floats(0.0, 5.0)),
    )
    out = {}
    for name, other in (NAMES, NAMES[::-1]):
        uptake = {"oxygen": draw(saturable(5000.0)), "mmp2": draw(saturable(10.0))}
        out[name] = Phenotype(
            division_rate=draw(RATES),
            death_rate=draw(RATES),
            necrosis_rate=draw(RATES),
            clearance_rate=draw(RATES),
            dormant_death_rate=draw(RATES),
            reactivation_rate=draw(RATES),
            motility=draw(st.floats(0.0, 60.0)),
            haptotaxis=draw(st.floats(0.0, 600.0)),
            chemotaxis={"oxygen": draw(st.floats(0.0, 20.0))},
            transition_rates={other: draw(RATES)},
            uptake_rates={"oxygen": draw(st.floats(0.0, 2000.0)), "mmp2": draw(RATES)},
            saturable_uptake={field: one for field, one in uptake.items() if one is not None},
            secretion_rates={"mmp2": draw(st.floats(0.0, 1.0))},
            degradation_rates={"ecm": draw(st.floats(0.0, 2.0))},
            intravasation_rate=draw(st.floats(0.0, 1e-3)),
            shedding_rate=draw(st.floats(0.0, 1e-3)),
            cohesion=draw(st.floats(0.0, 1.0)),
            responses=(response,),
        )
    return out


@st.composite
def fields(draw, spacing: float, uptake: float) -> dict[str, FieldParameters]:
    """Quasi-steady oxygen, transient mmp2 and immobile ecm, each with numbers of its own.

    Oxygen diffuses as fast as a scenario must have it where a site takes up so much [1/h].
    """
    oxygen, mmp2, ecm = DEFAULT_FIELDS.values()
    return {
        "oxygen": replace(
            oxygen,
            diffusivity=spacing**2 * uptake * draw(st.floats(1.0, 100.0)),
            decay_rate=draw(st.floats(0.1, 100.0)),
            background_uptake_rate=draw(st.floats(0.0, 2000.0)),
            vessel_permeability=draw(st.just(0.0) | st.floats(1.0, 1e8)),
            blood_value=draw(st.just(0.0) | st.floats(0.1, 100.0)),
        ),
        "mmp2": replace(
            mmp2,
            diffusivity=draw(st.floats(1.0, 1e6)),
            decay_rate=draw(st.floats(0.0, 2.0)),
            background_uptake_rate=draw(st.floats(0.0, 2.0)),
            initial=draw(st.floats(0.0, 2.0)),
            accuracy=draw(st.floats(0.01, 0.2)),
        ),
        "ecm": replace(ecm, degraded_by={"mmp2": draw(st.floats(0.0, 5.0))}),
    }


@st.composite
def tissues(draw) -> Tissue:
    """A lattice with cells in it, of any kind that a scenario may describe."""
    slots = draw(st.integers(1, 4))
    lattice = Lattice(
        draw(SHAPES), draw(st.floats(8.0, 40.0)), draw(st.sampled_from(["closed", "periodic"]))
    )
    rules = draw(phenotypes())
    uptake = max(2100.0, *(slots * largest_uptake(rule, "oxygen") for rule in rules.values()))
    mutation = MutationParameters(probability=draw(st.floats(0.0, 1.0)), spread={"division": 0.5})
    tissue = Tissue(
        "liver", index=0, bed="liver", lattice=lattice,
        fields=draw(fields(lattice.spacing, uptake)), phenotypes=rules,
        vessels=VesselParameters(
            length_density=draw(st.floats(0.0, 0.5)) / lattice.spacing**2,
            radius=draw(st.floats(1.0, 3.0)),
            ruptured_fraction=draw(st.floats(0.0, 1.0)),
        ),
        parameters=TissueParameters(
            slots=slots,
            division_neighbours=draw(st.sampled_from(["faces", "all"])),
            precision=draw(st.sampled_from(["float64", "float32"])),
            arrival=draw(st.sampled_from(["dormant", "active"])),
        ),
        seed=draw(st.integers(0, 2**64 - 1)), threads=draw(st.integers(1, 3)),
        clones=Clones(mutation),
    )  # fmt: skip
    share = draw(st.floats(0.0, 1.0))
    tissue.start(
        InitialCells(
            radius=draw(st.floats(1.0, 6.0)) * lattice.spacing,
            per_site=draw(st.integers(1, slots)),
            phenotypes={NAMES[0]: share, NAMES[1]: 1.0 - share},
        )
    )
    return tissue


def arrivals(first: int, n: int, cluster_size: int) -> np.ndarray:
    """DTCs, in clusters of a size, with serial numbers from `first` on."""
    out = np.zeros(n, dtype=tables.DTC)
    out["ctc"] = first + np.arange(n)
    out["cluster"] = first + np.arange(n) // cluster_size * cluster_size
    out["phenotype"], out["clone"] = np.arange(n) % 2, 1
    return out


def check(tissue: Tissue) -> None:
    """Nothing overfull, lost or negative."""
    tissue.check_ledger()
    slots = tissue.parameters.slots
    kind = tissue.cells.column("kind").reshape(-1, slots)
    assert kind.max() <= 8
    assert np.count_nonzero(kind, axis=1).max(initial=0) <= slots
    assert tissue.living + tissue.debris == np.count_nonzero(kind)
    clone = tissue.cells.column("clone").reshape(-1, slots)
    assert clone.max() < tissue.clones.n and np.array_equal(clone > 0, kind > 0)
    assert tissue.clone_sizes().sum() == tissue.living
    for name, values in tissue.fields.items():
        assert np.isfinite(values).all() and values.min() >= 0.0, name


@given(
    tissue=tissues(),
    steps=st.lists(st.floats(0.05, 4.0), min_size=2, max_size=4),
    seeded=st.integers(0, 12),
    cluster_size=st.integers(1, 4),
)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_nothing_is_lost_overfull_or_negative(tissue, steps, seeded, cluster_size):
    check(tissue)
    left = came = 0
    for number, dt in enumerate(steps):
        left += len(tissue.step(dt))
        check(tissue)
        table = arrivals(1 + number * seeded, seeded, cluster_size)
        came += np.count_nonzero(tissue.seed_cells(table)["outcome"] == tables.SEEDED)
        check(tissue)
    assert tissue.flows["intravasated"] == left
    assert tissue.flows["seeded"] == came
    assert came + tissue.flows["failed_no_room"] + tissue.flows.get("failed_soil", 0) == (
        seeded * len(steps)
    )
