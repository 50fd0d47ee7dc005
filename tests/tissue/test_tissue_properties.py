"""Whatever the shape, boundary, seed and rates: no site holds more than it can, no cell is lost,
no field is negative."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hybridmet.lattice import Lattice
from hybridmet.tissue.cells import InitialCells
from hybridmet.tissue.clones import Clones, MutationParameters
from hybridmet.tissue.fields import DEFAULT_FIELDS
from hybridmet.tissue.phenotypes import Phenotype, Response
from hybridmet.tissue.tissue import Tissue
from hybridmet.tissue.tissue_parameters import TissueParameters
from hybridmet.tissue.vessel_parameters import VesselParameters

SHAPES = st.one_of(
    st.tuples(st.integers(3, 24), st.integers(3, 24)),
    st.tuples(st.integers(3, 8), st.integers(3, 8), st.integers(3, 8)),
)
RATES = st.floats(0.0, 0.5)


@st.composite
def phenotypes(draw) -> dict[str, Phenotype]:
    response = Response(
        draw(st.sampled_from(["division", "death", "motility", "taxis", "transition"])),
        draw(st.sampled_from(["oxygen", "mmp2", "ecm"])),
        draw(st.sampled_from(["high", "low"])),
        half_maximum=draw(st.floats(0.01, 50.0)),
        extreme=draw(st.floats(0.0, 5.0)),
    )
    return {
        name: Phenotype(
            division_rate=draw(RATES),
            death_rate=draw(RATES),
            clearance_rate=draw(RATES),
            motility=draw(st.floats(0.0, 60.0)),
            haptotaxis=draw(st.floats(0.0, 600.0)),
            transition_rates={other: draw(RATES)},
            secretion_rates={"mmp2": draw(st.floats(0.0, 1.0))},
            degradation_rates={"ecm": draw(st.floats(0.0, 2.0))},
            intravasation_rate=draw(st.floats(0.0, 1e-3)),
            cohesion=draw(st.floats(0.0, 1.0)),
            responses=(response,),
        )
        for name, other in (("epithelial", "mesenchymal"), ("mesenchymal", "epithelial"))
    }


@given(
    shape=SHAPES,
    boundary=st.sampled_from(["closed", "periodic"]),
    slots=st.integers(1, 4),
    rules=phenotypes(),
    everywhere=st.booleans(),
    seed=st.integers(0, 2**64 - 1),
    mutation=st.floats(0.0, 1.0),
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_nothing_is_lost_overfull_or_negative(
    shape, boundary, slots, rules, everywhere, seed, mutation
):
    clones = Clones(MutationParameters(probability=mutation, spread={"division": 0.5}))
    tissue = Tissue(
        "liver", index=0, bed="liver", lattice=Lattice(shape, boundary=boundary),
        fields=DEFAULT_FIELDS, phenotypes=rules, vessels=VesselParameters(),
        parameters=TissueParameters(
            slots=slots, division_neighbours="all" if everywhere else "faces"
        ),
        seed=seed, clones=clones,
    )  # fmt: skip
    tissue.start(InitialCells(radius=45.0, per_site=slots))
    left = 0
    for _ in range(3):
        left += len(tissue.step(1.0))
        tissue.check_ledger()
        kind = tissue.cells.column("kind").reshape(-1, slots)
        assert kind.max() <= 8
        assert np.count_nonzero(kind, axis=1).max(initial=0) <= slots
        assert tissue.living + tissue.debris == np.count_nonzero(kind)
        for values in tissue.fields.values():
            assert values.min() >= 0.0
        clone = tissue.cells.column("clone").reshape(-1, slots)
        assert clone.max() < clones.n and np.array_equal(clone > 0, kind > 0)
        assert tissue.clone_sizes().sum() == tissue.living
    assert tissue.flows["intravasated"] == left
